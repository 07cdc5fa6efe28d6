"""The tables of `server/persons`: who is who across documents, and when what is known of them ends.

`tokens` has a row for each number that was shown, as its keyed hash; `person` None: it names nobody. `edges` has the
pairs that one code showed; `probables` what is like another for all but some digits. A day is the last on which it was
shown: with it, it goes. All three are derived from `scans`, and can be made anew from what is readable.
`destructions` is kept for ever: what was destroyed when, and how much of it; `rows` None: it has begun. It names nobody
and holds no key. `horizons` says by class from which day on things are kept: what is older is not derived again.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    func,
    literal_column,
)

from server.store.tables import RowId, metadata, scans

Mac = LargeBinary(16)

tokens = Table(
    "tokens",
    metadata,
    Column("mac", Mac, primary_key=True),
    Column("type", String(16), nullable=False),
    Column("person", Mac),
    Column("is_ambiguous", Boolean, nullable=False),
    Column("last_day", Integer, nullable=False),
    Index("tokens_person", "person"),
    Index("tokens_last_day", "last_day"),
)

edges = Table(
    "edges",
    metadata,
    Column("low", Mac, primary_key=True),
    Column("high", Mac, primary_key=True),
    Column("last_day", Integer, nullable=False),
    Index("edges_high", "high"),
    Index("edges_last_day", "last_day"),
)

probables = Table(
    "probables",
    metadata,
    Column("probable", Mac, primary_key=True),
    Column("token", Mac, primary_key=True),
    Column("is_masked", Boolean, nullable=False),
    Column("last_day", Integer, nullable=False),
    Index("probables_token", "token"),
    Index("probables_last_day", "last_day"),
)

destructions = Table(
    "destructions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("what", String(8), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("day", Integer),
    Column("class", String(8)),
    Column("fingerprint", String(16)),
    Column("destroyed_ms", BigInteger, nullable=False),
    Column("rows", Text),
    UniqueConstraint("what", "subject", name="destructions_subject"),
)

horizons = Table(
    "horizons",
    metadata,
    Column("class", String(8), primary_key=True),
    Column("day", Integer, nullable=False),
)

scans_held = Index(
    "scans_held",
    scans.c.day,
    scans.c["class"],
    sqlite_where=scans.c.sealed.is_not(None),
    postgresql_where=scans.c.sealed.is_not(None),
)

_BARE = and_(scans.c.sealed.is_(None), func.length(scans.c.digest) > literal_column("0"))
scans_digests = Index("scans_digests", scans.c.received_ms, sqlite_where=_BARE, postgresql_where=_BARE)
