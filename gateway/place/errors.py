"""What goes wrong in this room."""

from presence.errors import PlaceError as PlaceError
