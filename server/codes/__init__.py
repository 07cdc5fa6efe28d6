"""The codes that people show, read in full. Pure."""
