"""10: sightings of which nobody knows well enough when they were made have an index of their own; of a token only the
last day is kept on which it was shown."""

from sqlalchemy import Connection, text


def up(connection: Connection) -> None:
    """Make the index, drop the column."""
    is_vague = "earliest_ms IS NULL OR latest_ms - earliest_ms > 14400000"
    connection.execute(text(f"CREATE INDEX sightings_vague ON sightings (person) WHERE {is_vague}"))
    connection.execute(text("ALTER TABLE tokens DROP COLUMN first_day"))
