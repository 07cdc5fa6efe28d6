"""What the box shows: its font, and pictures of its screen."""
