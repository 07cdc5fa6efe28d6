"""What deriving comes back to: how far it is, scans whose instant may still be narrowed, spools to derive anew."""

from sqlalchemy import BigInteger, Column, Index, String, Table

from server.store.tables import metadata

derivings = Table(
    "derivings",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("tx", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

vague_scans = Table(
    "vague_scans",
    metadata,
    Column("box_id", String(32), primary_key=True),
    Column("epoch", String(12), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("boot", BigInteger, nullable=False),
    Column("uptime_ms", BigInteger, nullable=False),
    Column("stale", BigInteger, nullable=False),
    Index("vague_scans_boot", "box_id", "epoch", "boot", "uptime_ms"),
    Index("vague_scans_stale", "stale"),
)

stale_spools = Table(
    "stale_spools",
    metadata,
    Column("box_id", String(32), primary_key=True),
    Column("epoch", String(12), primary_key=True),
    Column("from_seq", BigInteger, nullable=False),
)
