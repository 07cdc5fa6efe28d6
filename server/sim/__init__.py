"""A province that is not there: people, places and days, sent through the real server, and compared with the truth."""
