"""Letting go of what is known of persons: by day, when its time is over, and by person, when one has asked.

1. In pages, each of them a transaction of its own that leaves everything consistent: who was held together only by
   what went is apart from then on, as if it had never come.
2. The headers of scans stay: the ledger stands on them. What was sealed beside them goes, and the digest.
3. Of quarantined items what they hold goes; that there was one stays.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from firmware.wire import envelope
from firmware.wire.envelope import Sealed
from firmware.wire.errors import WireError
from server.store.person_graph import Settled, pieces, settle
from server.store.person_tables import edges, probables, tokens
from server.store.tables import quarantine, scans
from server.store.visit_tables import sightings
from server.visits.types import Sighting

Identity = tuple[str, str, int]
CLOSED = (b"1 sealed ", b"1 opaque ")
_SIGHTING = [sightings.c[name] for name in Sighting._fields]
_DROPPED = ("of_box", "of_epoch", "of_seq")
_DROP = delete(sightings).where(
    sightings.c.box_id == bindparam("of_box"),
    sightings.c.epoch == bindparam("of_epoch"),
    sightings.c.seq == bindparam("of_seq"),
)


class Gone(NamedTuple):
    """A page: how many tokens went, and what is otherwise (a token that went is nobody). `more`: ask again."""

    tokens: int
    settled: Settled
    more: bool


def held(connection: Connection) -> list[tuple[int, str]]:
    """(day, class) of everything that is still sealed, the oldest first: from one to the next along the index."""
    found: set[tuple[int, str]] = set()
    day, class_ = scans.c.day, scans.c["class"]
    asked = select(day, class_).where(scans.c.sealed.is_not(None)).order_by(day, class_).limit(1)
    row = connection.execute(asked).first()
    while row is not None:
        found.add((row[0], row[1]))
        same_day = connection.execute(asked.where(day == row[0], class_ > row[1])).first()
        row = same_day or connection.execute(asked.where(day > row[0])).first()
    aside = select(quarantine.c.day, quarantine.c["class"]).where(quarantine.c.sealed.is_not(None)).distinct()
    return sorted(found | {(one[0], one[1]) for one in connection.execute(aside)})


def count_held(connection: Connection, day: int, class_: str) -> int:
    """How many rows are sealed under the key of that day."""
    done = 0
    for table in (scans, quarantine):
        of_day = (table.c.day == day, table.c["class"] == class_, table.c.sealed.is_not(None))
        done += connection.execute(select(func.count()).select_from(table).where(*of_day)).scalar_one()
    return done


def blank_day(connection: Connection, day: int, class_: str, limit: int) -> int:
    """Of a page of a day's scans nothing but the header is left; returns how many."""
    of_day = and_(scans.c.day == day, scans.c["class"] == class_, scans.c.sealed.is_not(None))
    page = select(scans.c.id).where(of_day).limit(limit)
    done = update(scans).where(scans.c.id.in_(page)).values(sealed=None, digest=None)
    return connection.execute(done).rowcount


def blank_scans(connection: Connection, identities: Iterable[Identity]) -> int:
    """The same for single scans."""
    done = 0
    where = tuple_(scans.c.box_id, scans.c.epoch, scans.c.seq)
    for piece in pieces(identities):
        blank = update(scans).where(where.in_(piece)).values(sealed=None, digest=None)
        done += connection.execute(blank).rowcount
    return done


def blank_digests(connection: Connection, received_before_ms: int, limit: int) -> int:
    """A page of digests of scans that nothing is sealed of; returns how many."""
    bare = and_(scans.c.sealed.is_(None), func.length(scans.c.digest) > literal_column("0"))
    page = select(scans.c.id).where(bare, scans.c.received_ms < received_before_ms).limit(limit)
    return connection.execute(update(scans).where(scans.c.id.in_(page)).values(digest=None)).rowcount


def expire(connection: Connection, before_day: int, limit: int) -> Gone:
    """A page of what was last shown before this day."""
    _drop_page(connection, probables, probables.c.last_day < before_day, limit)
    old = edges.c.last_day < before_day
    gone = connection.execute(select(edges.c.low, edges.c.high).where(old).limit(limit)).all()
    for piece in pieces([tuple(edge) for edge in gone]):
        connection.execute(delete(edges).where(tuple_(edges.c.low, edges.c.high).in_(piece)))
    settled = settle(connection, {mac for edge in gone for mac in edge})
    if len(gone) == limit:
        return Gone(0, settled, more=True)
    dead = connection.execute(select(tokens.c.mac).where(tokens.c.last_day < before_day).limit(limit)).scalars().all()
    for piece in pieces(dead):
        connection.execute(delete(tokens).where(tokens.c.mac.in_(piece)))
    moved = {**settled.moved, **dict.fromkeys(dead)}
    more = len(dead) == limit or _any(connection, probables.c.last_day < before_day)
    return Gone(len(dead), Settled(moved, settled.left), more)


def drop_person(connection: Connection, person: bytes) -> Gone:
    """Every token of a person, and what they were shown with."""
    mine = connection.execute(select(tokens.c.mac).where(tokens.c.person == person)).scalars().all()
    beside: set[bytes] = set()
    for piece in pieces(mine):
        at = or_(edges.c.low.in_(piece), edges.c.high.in_(piece))
        beside |= {mac for edge in connection.execute(select(edges.c.low, edges.c.high).where(at)) for mac in edge}
        connection.execute(delete(edges).where(at))
        connection.execute(delete(probables).where(probables.c.token.in_(piece)))
        connection.execute(delete(tokens).where(tokens.c.mac.in_(piece)))
    settled = settle(connection, beside.difference(mine))
    return Gone(len(mine), Settled({**settled.moved, **dict.fromkeys(mine)}, settled.left), more=False)


def _drop_page(connection: Connection, table: Table, where: ColumnElement[bool], limit: int) -> None:
    key = tuple_(*table.primary_key.columns)
    page = select(*table.primary_key.columns).where(where).limit(limit)
    for piece in pieces([tuple(row) for row in connection.execute(page)]):
        connection.execute(delete(table).where(key.in_(piece)))


def _any(connection: Connection, where: ColumnElement[bool]) -> bool:
    return bool(connection.execute(select(exists().where(where))).scalar())


def blank_quarantine(connection: Connection, day: int, class_: str, limit: int) -> int:
    """What a page of quarantined items of a day holds goes; returns how many."""
    of_day = and_(quarantine.c.day == day, quarantine.c["class"] == class_, quarantine.c.sealed.is_not(None))
    page = select(quarantine.c.id).where(of_day).limit(limit)
    return connection.execute(update(quarantine).where(quarantine.c.id.in_(page)).values(sealed=None)).rowcount


def blank_envelopes(
    connection: Connection, received_before_ms: int, after_id: int, limit: int
) -> tuple[int, int | None]:
    """Envelopes that stayed closed: of a scan the count stays, of another the line that says whose it is."""
    asked = select(quarantine.c.id, quarantine.c.raw).where(
        quarantine.c.id > after_id, quarantine.c.received_ms < received_before_ms
    )
    page = connection.execute(asked.order_by(quarantine.c.id).limit(limit)).all()
    done = 0
    for number, raw in page:
        if raw.startswith(CLOSED) and (bare := _bare(raw)) != raw:
            connection.execute(update(quarantine).where(quarantine.c.id == number).values(raw=bare))
            done += 1
    return done, page[-1][0] if len(page) == limit else None


def drop_oldest(connection: Connection, before_ms: int, limit: int) -> dict[bytes | None, list[Sighting]]:
    """A page of the sightings made before that instant, the oldest first; returns them by person."""
    asked = select(*_SIGHTING).where(sightings.c.latest_ms < before_ms).order_by(sightings.c.latest_ms).limit(limit)
    found: dict[bytes | None, list[Sighting]] = {}
    rows = [Sighting._make(row) for row in connection.execute(asked)]
    for one in rows:
        found.setdefault(one.person, []).append(one)
    if rows:
        connection.execute(_DROP, [dict(zip(_DROPPED, one.identity, strict=True)) for one in rows])
    return found


def drop_sightings(connection: Connection, person: bytes, limit: int) -> list[Identity]:
    """A page of the sightings of a person; returns which scans they were."""
    where = (sightings.c.box_id, sightings.c.epoch, sightings.c.seq)
    asked = select(*where).where(sightings.c.person == person).limit(limit)
    found = [(row[0], row[1], row[2]) for row in connection.execute(asked)]
    for piece in pieces(found):
        connection.execute(delete(sightings).where(tuple_(*where).in_(piece)))
    return found


def _bare(raw: bytes) -> bytes:
    try:
        closed = envelope.decode(raw)
    except WireError:
        return raw[: raw.find(b"\n") + 1]
    return bytes(envelope.encode_counted(closed)) if isinstance(closed, Sealed) else raw[: raw.find(b"\n") + 1]
