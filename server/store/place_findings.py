"""Findings of silence as they are kept: raised once, gone by themselves, settled by a person."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, or_, select, update

from server.errors import Refused
from server.places.finding import Changes, There
from server.places.silence import Finding
from server.store.place_tables import place_findings, places

_FINDING = [place_findings.c[name] for name in Finding._fields]
_KEY = _FINDING[:4]


class KeptFinding(NamedTuple):
    """A finding. `gone_ms` None: it is found still; `settled_ms` None: nobody has dealt with it. `area`: of its place,
    "" where that is not registered."""

    id: int
    finding: Finding
    area: str
    raised_ms: int
    seen_ms: int
    gone_ms: int | None
    settled_ms: int | None
    settled_by: str | None


def there(connection: Connection) -> list[There]:
    """Every finding that was found at the last look."""
    asked = select(place_findings.c.id, *_KEY).where(place_findings.c.gone_ms.is_(None))
    return [
        There(number, (code, place_id, gate_id, box_id))
        for number, code, place_id, gate_id, box_id in connection.execute(asked)
    ]


def places_with(connection: Connection, codes: Sequence[str]) -> set[str]:
    """Where one of these was found at the last look."""
    asked = select(place_findings.c.place_id).where(
        place_findings.c.gone_ms.is_(None), place_findings.c.code.in_(codes)
    )
    return set(connection.execute(asked.distinct()).scalars())


def write(connection: Connection, changes: Changes, now_ms: int) -> None:
    """Keep what a look changed."""
    if changes.raised:
        connection.execute(place_findings.insert(), [_row(one, now_ms) for one in changes.raised])
    for number, one in changes.again:
        same = update(place_findings).where(place_findings.c.id == number)
        connection.execute(same.values(seen_ms=now_ms, evidence=msgspec.json.encode(one.evidence)))
    if changes.gone:
        gone = update(place_findings).where(place_findings.c.id.in_(changes.gone))
        connection.execute(gone.values(gone_ms=now_ms))


def page(
    connection: Connection,
    after: int,
    limit: int,
    is_open: bool,
    within: tuple[Iterable[str], Iterable[str]] | None = None,
    place_id: str = "",
) -> list[KeptFinding]:
    """By number. `is_open`: only what is found still and nobody has settled. `within`: only of these places, and of
    those in these areas; None: all."""
    joined = place_findings.outerjoin(places, places.c.place_id == place_findings.c.place_id)
    asked = select(place_findings, places.c.area).select_from(joined)
    asked = asked.where(place_findings.c.id > after).order_by(place_findings.c.id).limit(limit)
    if is_open:
        asked = asked.where(place_findings.c.gone_ms.is_(None), place_findings.c.settled_ms.is_(None))
    if place_id:
        asked = asked.where(place_findings.c.place_id == place_id)
    if within is not None:
        ids, codes = within
        asked = asked.where(or_(place_findings.c.place_id.in_(list(ids)), places.c.area.in_(list(codes))))
    return [
        KeptFinding(
            row.id,
            Finding(row.code, row.place_id, row.gate_id, row.box_id, row.since_ms, msgspec.json.decode(row.evidence)),
            row.area or "",
            row.raised_ms,
            row.seen_ms,
            row.gone_ms,
            row.settled_ms,
            row.settled_by,
        )
        for row in connection.execute(asked)
    ]


def one(connection: Connection, number: int) -> KeptFinding | None:
    """By its number."""
    found = page(connection, number - 1, 1, False)
    return found[0] if found and found[0].id == number else None


def settle(connection: Connection, number: int, by: str, now_ms: int) -> None:
    """A person has dealt with it; it is not raised again before it has been gone. Raises `Refused`: `not_found`."""
    still = update(place_findings).where(place_findings.c.id == number, place_findings.c.settled_ms.is_(None))
    connection.execute(still.values(settled_ms=now_ms, settled_by=by))
    if one(connection, number) is None:
        raise Refused("not_found", "no such finding")


def forget(connection: Connection, before_ms: int, limit: int) -> int:
    """Drop findings that were gone by then; returns how many."""
    old: Sequence[int] = list(
        connection.execute(
            select(place_findings.c.id).where(place_findings.c.gone_ms < before_ms).limit(limit)
        ).scalars()
    )
    connection.execute(place_findings.delete().where(place_findings.c.id.in_(old)))
    return len(old)


def _row(one: Finding, now_ms: int) -> dict[str, object]:
    return {**one._asdict(), "evidence": msgspec.json.encode(one.evidence), "raised_ms": now_ms, "seen_ms": now_ms}
