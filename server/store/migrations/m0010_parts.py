"""10: sightings of which nobody knows well enough when they were made have an index of their own."""

from sqlalchemy import Connection, text


def up(connection: Connection) -> None:
    """Make the index."""
    is_vague = "earliest_ms IS NULL OR latest_ms - earliest_ms > 14400000"
    connection.execute(text(f"CREATE INDEX sightings_vague ON sightings (person) WHERE {is_vague}"))
