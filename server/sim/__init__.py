"""A province that is not there: places, people, their documents and days, with the truth known."""
