"""9: how far deriving has come, scans whose instant may still be narrowed, spools to derive anew."""

from sqlalchemy import BigInteger, Column, Connection, Index, MetaData, String, Table, text


def up(connection: Connection) -> None:
    """Make the tables."""
    made = MetaData()
    Table(
        "derivings",
        made,
        Column("name", String(32), primary_key=True),
        Column("tx", BigInteger, nullable=False),
        Column("id", BigInteger, nullable=False),
        Column("count", BigInteger, nullable=False),
        Column("at_ms", BigInteger, nullable=False),
    )
    Table(
        "vague_scans",
        made,
        Column("box_id", String(32), primary_key=True),
        Column("epoch", String(12), primary_key=True),
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("boot", BigInteger, nullable=False),
        Column("uptime_ms", BigInteger, nullable=False),
        Column("stale", BigInteger, nullable=False),
        Index("vague_scans_boot", "box_id", "epoch", "boot", "uptime_ms"),
        Index("vague_scans_stale", "stale"),
    )
    Table(
        "stale_spools",
        made,
        Column("box_id", String(32), primary_key=True),
        Column("epoch", String(12), primary_key=True),
        Column("from_seq", BigInteger, nullable=False),
    )
    made.create_all(connection)
    # up to here scans may have been stored with their codes
    last = connection.execute(text("SELECT coalesce(max(id), 0) FROM scans")).scalar_one()
    row = {"name": "before", "tx": last, "id": 0, "count": 0, "at_ms": 0}
    connection.execute(made.tables["derivings"].insert().values(row))
