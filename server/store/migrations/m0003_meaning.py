"""3: what a scan was parsed to, sealed under the key of its day and class; on PostgreSQL `scans` is cut by time."""

from sqlalchemy import Connection, text

NEW_COLUMNS = (
    ("digest", "BYTEA", "BLOB"),
    ("kind", "VARCHAR(24)", "VARCHAR(24)"),
    ("unread", "VARCHAR(32)", "VARCHAR(32)"),
    ("day", "INTEGER", "INTEGER"),
    ("class", "VARCHAR(8)", "VARCHAR(8)"),
    ("sealed", "BYTEA", "BLOB"),
)

# Rows of before are of no transaction that is known: they come first.
CUT_BY_TIME = (
    "ALTER TABLE scans DROP CONSTRAINT scans_identity",
    "ALTER TABLE scans RENAME TO scans_whole",
    "ALTER SEQUENCE scans_id_seq OWNED BY NONE",
    "ALTER SEQUENCE scans_id_seq RENAME TO scans_arrival",
    "CREATE TABLE scans (LIKE scans_whole INCLUDING DEFAULTS) PARTITION BY RANGE (received_ms)",
    "CREATE INDEX scans_order ON scans (tx, id)",
    "CREATE INDEX scans_number ON scans (id)",
    "CREATE TABLE scans_rest PARTITION OF scans DEFAULT",
    "CREATE UNIQUE INDEX scans_rest_identity ON scans_rest (box_id, epoch, seq)",
    "INSERT INTO scans SELECT * FROM scans_whole",
    "DROP TABLE scans_whole",
    "ALTER TABLE scans ALTER COLUMN tx SET DEFAULT pg_current_xact_id()::text::bigint",
)


def up(connection: Connection) -> None:
    """Add the columns, make the tables."""
    is_postgres = connection.dialect.name == "postgresql"
    for name, postgres, sqlite in NEW_COLUMNS:
        connection.execute(text(f"ALTER TABLE scans ADD COLUMN {name} {postgres if is_postgres else sqlite}"))
        if name in ("day", "class", "sealed"):
            connection.execute(text(f"ALTER TABLE quarantine ADD COLUMN {name} {postgres if is_postgres else sqlite}"))
    connection.execute(text("ALTER TABLE scans ADD COLUMN tx BIGINT NOT NULL DEFAULT 0"))
    if is_postgres:
        for statement in CUT_BY_TIME:
            connection.execute(text(statement.replace(":", "\\:")))
