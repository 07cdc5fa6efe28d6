"""7: cases, rule sets and what was asked; and an index for stays whose bounds are far apart."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    inspect,
    text,
)

LONG_MS = 86_400_000


def up(connection: Connection) -> None:
    """Make the tables and the index."""
    made = MetaData()
    Table(
        "cases",
        made,
        Column("id", String(12), primary_key=True),
        Column("title", String(200), nullable=False),
        Column("legal_basis", String(200), nullable=False),
        Column("area", String(32), nullable=False),
        Column("opened_by", String(96), nullable=False),
        Column("opened_ms", BigInteger, nullable=False),
        Column("ends_ms", BigInteger, nullable=False),
        Column("case_key", LargeBinary(32), nullable=False),
        Column("closed_by", String(96)),
        Column("closed_ms", BigInteger),
        Column("version", Integer, nullable=False),
    )
    Table(
        "rule_sets",
        made,
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("since_ms", BigInteger, nullable=False),
        Column("name", String(200), nullable=False),
        Column("made_by", String(96), nullable=False),
        Column("made_ms", BigInteger, nullable=False),
        Column("body", LargeBinary, nullable=False),
    )
    Table(
        "questions",
        made,
        Column("id", String(12), primary_key=True),
        Column("case_id", String(12), nullable=False),
        Column("asked_by", String(96), nullable=False),
        Column("asked_ms", BigInteger, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("state", String(8), nullable=False),
        Column("code", String(32)),
        Column("done_ms", BigInteger),
        Column("took_ms", BigInteger),
        Column("contacts", BigInteger),
        Column("sha256", String(64)),
        Column("summary", LargeBinary),
        Index("questions_case", "case_id", "asked_ms"),
    )
    Table(
        "contacts",
        made,
        Column("question_id", String(12), primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("person", LargeBinary(16), nullable=False),
        Column("pseudonym", String(11), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Index("contacts_pseudonym", "question_id", "pseudonym"),
    )
    Table(
        "exports",
        made,
        Column("id", String(12), primary_key=True),
        Column("case_id", String(12), nullable=False),
        Column("question_id", String(12), nullable=False),
        Column("made_by", String(96), nullable=False),
        Column("made_ms", BigInteger, nullable=False),
        Column("form", String(8), nullable=False),
        Column("with_identities", Boolean, nullable=False),
        Column("contacts", BigInteger, nullable=False),
        Column("approval", String(64)),
        Index("exports_case", "case_id", "made_ms"),
    )
    made.create_all(connection)
    if inspect(connection).has_table("visits"):
        is_long = f"out_high - in_low > {LONG_MS}"
        connection.execute(text(f"CREATE INDEX visits_long ON visits (place_id, out_high) WHERE {is_long}"))
        if connection.dialect.name == "postgresql":
            # else it takes a third of the table for long, and reads all of a place's past instead of that index
            connection.execute(text("CREATE STATISTICS visits_length ON (out_high - in_low) FROM visits"))
        connection.execute(text("CREATE INDEX hours_unread ON hours (hour_ms, place_id, unread) WHERE unread > 0"))
