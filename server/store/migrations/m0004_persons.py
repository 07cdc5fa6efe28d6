"""4: who is who across documents, and when what is known of them ends."""

from typing import Any

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
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine


def up(connection: Connection) -> None:
    """Make the tables."""
    made = MetaData()
    _linked(made)
    Table(
        "destructions",
        made,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("what", String(8), nullable=False),
        Column("subject", String(40), nullable=False),
        Column("day", Integer),
        Column("class", String(8)),
        Column("fingerprint", String(16)),
        Column("destroyed_ms", BigInteger, nullable=False),
        Column("rows", Text),
        UniqueConstraint("what", "subject", name="destructions_subject"),
    )
    Table("horizons", made, Column("class", String(8), primary_key=True), _must("day", Integer()))
    made.create_all(connection)
    connection.execute(text('CREATE INDEX scans_held ON scans (day, "class") WHERE sealed IS NOT NULL'))
    bare = "sealed IS NULL AND length(digest) > 0"
    connection.execute(text(f"CREATE INDEX scans_digests ON scans (received_ms) WHERE {bare}"))


def _linked(made: MetaData) -> None:
    Table(
        "tokens",
        made,
        _mac("mac", primary_key=True),
        Column("type", String(16), nullable=False),
        _mac("person"),
        _must("is_ambiguous", Boolean()),
        _must("first_day", Integer()),
        _must("last_day", Integer()),
        Index("tokens_person", "person"),
        Index("tokens_last_day", "last_day"),
    )
    Table(
        "edges",
        made,
        _mac("low", primary_key=True),
        _mac("high", primary_key=True),
        _must("last_day", Integer()),
        Index("edges_high", "high"),
        Index("edges_last_day", "last_day"),
    )
    Table(
        "probables",
        made,
        _mac("probable", primary_key=True),
        _mac("token", primary_key=True),
        _must("is_masked", Boolean()),
        _must("last_day", Integer()),
        Index("probables_token", "token"),
        Index("probables_last_day", "last_day"),
    )


def _mac(name: str, primary_key: bool = False) -> Column[Any]:
    return Column(name, LargeBinary(16), primary_key=primary_key)


def _must(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, nullable=False)
