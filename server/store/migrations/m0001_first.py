"""1: raw scans, losses and quarantine with their envelopes; clocks, tips, ledgers; health; the record of migrations."""

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
)
from sqlalchemy.types import TypeEngine


def _id() -> Column[Any]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _must(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _may(*names: str) -> list[Column[Any]]:
    return [Column(name, BigInteger) for name in names]


def _envelope() -> list[Column[Any]]:
    return [
        _must("gateway_id", String(32)),
        _must("batch_no", BigInteger()),
        _must("received_ms", BigInteger()),
        *_may("earliest_ms", "latest_ms"),
    ]


def _identity() -> list[Column[Any]]:
    return [_must("box_id", String(32)), _must("epoch", String(12)), _must("seq", BigInteger())]


def _spool() -> list[Column[Any]]:
    return [_key("box_id", String(32)), _key("epoch", String(12))]


def up(connection: Connection) -> None:
    """Make every table."""
    made = MetaData()
    Table(
        "scans",
        made,
        _id(),
        *_identity(),
        _must("raw", LargeBinary()),
        *_envelope(),
        UniqueConstraint("box_id", "epoch", "seq", name="scans_identity"),
    )
    Table(
        "losses",
        made,
        _id(),
        *_identity(),
        _must("raw", LargeBinary()),
        *_envelope(),
        UniqueConstraint("box_id", "epoch", "seq", "raw", name="losses_identity"),
    )
    Table(
        "quarantine",
        made,
        _id(),
        Column("box_id", String(32)),
        Column("epoch", String(12)),
        *_may("seq"),
        _must("code", String(32)),
        _must("counts", Boolean()),
        _must("digest", LargeBinary(32)),
        _must("raw", LargeBinary()),
        _must("times", BigInteger()),
        *_envelope(),
        UniqueConstraint("digest", "code", "gateway_id", name="quarantine_identity"),
        Index("quarantine_spool", "box_id", "epoch", "seq"),
    )
    _derived(made)
    made.create_all(connection, checkfirst=False)


def _derived(made: MetaData) -> None:
    sample = ("boot", "uptime_ms", "earliest_ms", "latest_ms")
    Table("clocks", made, *_spool(), *[_key(name, BigInteger()) for name in sample])
    Table("tips", made, *_spool(), _must("first_held", BigInteger()), _must("last_seq", BigInteger()))
    Table(
        "ledgers",
        made,
        *_spool(),
        *[_must(name, Text()) for name in ("stored_spans", "quarantined_spans", "lost_spans")],
        *_may("lost_from"),
        _must("lost_unknown", Boolean()),
        *_may("first_held", "last_seq"),
        *[
            _must(name, BigInteger())
            for name in ("complete_to", "accepted", "stored", "quarantined", "declared_lost", "waiting", "missing")
        ],
        _must("since_ms", BigInteger()),
        _must("gateway_id", String(32)),
        _must("changed_ms", BigInteger()),
    )
    Table("health", made, _key("id", Integer()), _must("written_ms", BigInteger()))
    Table("migrations", made, _key("number", Integer()), _must("name", String(64)), _must("applied_ms", BigInteger()))
