"""The tables as they are now. How they came to be is in `migrations`; a test holds the two together.

`scans` has the raw record and the envelope around it; what stands inside the record is read from it. Its identity
begins with `box_id`, on which a database of several machines can be distributed. `id` is the order of arrival.
`ledgers` is derived from `scans`, `losses`, `quarantine` and `tips`, and can be rebuilt from them.
What is wished of gateways and boxes, and what they tell, is in `fleet_tables`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    FetchedValue,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
# SQLite numbers rows by itself only where the type is exactly INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")


def _envelope() -> list[Column[object]]:
    return [
        Column("gateway_id", String(32), nullable=False),
        Column("batch_no", BigInteger, nullable=False),
        Column("received_ms", BigInteger, nullable=False),
        Column("earliest_ms", BigInteger),
        Column("latest_ms", BigInteger),
    ]


scans = Table(
    "scans",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("box_id", String(32), nullable=False),
    Column("epoch", String(12), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    *_envelope(),
    Column("digest", LargeBinary(16)),
    Column("kind", String(24)),
    Column("unread", String(32)),
    Column("day", Integer),
    Column("class", String(8)),
    Column("sealed", LargeBinary),
    Column("tx", BigInteger, nullable=False, server_default=FetchedValue()),
    UniqueConstraint("box_id", "epoch", "seq", name="scans_identity"),
)

losses = Table(
    "losses",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("box_id", String(32), nullable=False),
    Column("epoch", String(12), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    *_envelope(),
    UniqueConstraint("box_id", "epoch", "seq", "raw", name="losses_identity"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("box_id", String(32)),
    Column("epoch", String(12)),
    Column("seq", BigInteger),
    Column("code", String(32), nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("times", BigInteger, nullable=False),
    *_envelope(),
    Column("day", Integer),
    Column("class", String(8)),
    Column("sealed", LargeBinary),
    UniqueConstraint("digest", "code", "gateway_id", name="quarantine_identity"),
    Index("quarantine_spool", "box_id", "epoch", "seq"),
)

clocks = Table(
    "clocks",
    metadata,
    Column("box_id", String(32), primary_key=True),
    Column("epoch", String(12), primary_key=True),
    Column("boot", BigInteger, primary_key=True, autoincrement=False),
    Column("uptime_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("earliest_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("latest_ms", BigInteger, primary_key=True, autoincrement=False),
)

tips = Table(
    "tips",
    metadata,
    Column("box_id", String(32), primary_key=True),
    Column("epoch", String(12), primary_key=True),
    Column("first_held", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
)

ledgers = Table(
    "ledgers",
    metadata,
    Column("box_id", String(32), primary_key=True),
    Column("epoch", String(12), primary_key=True),
    Column("stored_spans", Text, nullable=False),
    Column("quarantined_spans", Text, nullable=False),
    Column("lost_spans", Text, nullable=False),
    Column("lost_from", BigInteger),
    Column("lost_unknown", Boolean, nullable=False),
    Column("first_held", BigInteger),
    Column("last_seq", BigInteger),
    Column("complete_to", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("declared_lost", BigInteger, nullable=False),
    Column("waiting", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("gateway_id", String(32), nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)

health = Table(
    "health",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("written_ms", BigInteger, nullable=False),
)

migrations = Table(
    "migrations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(64), nullable=False),
    Column("applied_ms", BigInteger, nullable=False),
)
