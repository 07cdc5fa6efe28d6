"""Everything that was derived, read for comparing (`server.sim`), and its hash.

1. The hash is over every row that was derived, and every scan as it is kept, in the order of their contents; what only
   says when and how something came (and the noise in what is sealed) is left out.
2. The weeks that were told before the first day are left out: no scan stands behind them.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, or_, select, true, tuple_

from server.store.database import Database
from server.store.person_tables import edges, probables, tokens
from server.store.place_tables import place_findings
from server.store.tables import scans
from server.store.visit_tables import hours, sightings, visits
from server.visits.types import Identity, Visit

TABLES = (sightings, visits, hours, tokens, edges, probables, scans)
LEFT_OUT = {"id", "received_ms", "batch_no", "gateway_id", "tx", "sealed"}
PAGE_ROWS = 20_000


class Seen(NamedTuple):
    """A scan as it was derived."""

    person: bytes | None
    kind: str
    place_id: str
    earliest_ms: int | None
    latest_ms: int


class Rows(NamedTuple):
    """`visits` by id; `theirs`: the visits of a pseudonym."""

    seen: dict[Identity, Seen]
    unread: frozenset[Identity]
    visits: dict[bytes, Visit]
    theirs: dict[bytes, list[Visit]]


async def everything(database: Database) -> Rows:
    """All sightings and visits."""
    named = sightings.c["box_id", "epoch", "seq", "person", "kind", "place_id", "earliest_ms", "latest_ms"]
    seen = {tuple(row[:3]): Seen(*row[3:]) for row in await _all(database, sightings, list(named))}
    asked = select(*scans.c["box_id", "epoch", "seq"]).where(scans.c.unread.is_not(None))
    unread = frozenset(tuple(row) for row in await database.read(lambda connection: connection.execute(asked).all()))
    found = [Visit(*row) for row in await _all(database, visits, [visits.c[name] for name in Visit._fields])]
    theirs: dict[bytes, list[Visit]] = {}
    for one in found:
        theirs.setdefault(one.person, []).append(one)
    return Rows(seen, unread, {one.id: one for one in found}, theirs)


async def findings(database: Database, after: int) -> list[tuple[Any, ...]]:
    """code, place_id, box_id, since_ms, evidence of what was found silent, but for the first so many."""
    columns = place_findings.c["code", "place_id", "box_id", "since_ms", "evidence"]
    asked = select(*columns).order_by(place_findings.c.id).offset(after)
    return [tuple(row) for row in await database.read(lambda connection: connection.execute(asked).all())]


async def fingerprint(database: Database, from_ms: int = 0) -> str:
    """16 hexadecimal digits. `from_ms`: counts of hours before that are left out."""
    made = hashlib.sha256()
    for table in TABLES:
        columns = [one for one in table.c if one.name not in LEFT_OUT or (one.name == "id" and table is visits)]
        counted = or_(hours.c.hour_ms < 0, hours.c.hour_ms >= from_ms) if table is hours else true()
        found = await _all(database, table, columns, counted)
        rows = sorted(hashlib.blake2b(_text(row).encode(), digest_size=16).digest() for row in found)
        made.update(table.name.encode() + b"".join(rows))
    return made.hexdigest()[:16]


def _text(row: Sequence[Any]) -> str:
    return repr([bytes(one) if isinstance(one, memoryview) else one for one in row])


async def _all(
    database: Database, table: Table, columns: Sequence[Any], which: ColumnElement[bool] | None = None
) -> list[tuple[Any, ...]]:
    """In pages, each behind the last row of the one before: nobody waits long, and none takes longer than the first."""
    key = list(table.primary_key.columns)
    asked = select(*columns, *(one.label(f"key_{one.name}") for one in key)).order_by(*key).limit(PAGE_ROWS)
    behind = asked = asked.where(true() if which is None else which)
    found: list[tuple[Any, ...]] = []
    while True:

        def job(connection: Connection, page: Any = behind) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.execute(page)]

        rows = await database.read(job)
        found += [row[: len(columns)] for row in rows]
        if len(rows) < PAGE_ROWS:
            return found
        behind = asked.where(tuple_(*key) > tuple_(*rows[-1][len(columns) :]))
