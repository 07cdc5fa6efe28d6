"""Sightings: one row for each scan that has been derived. Within the caller's transaction.

1. A scan has one row, by its identity; to put it again replaces it.
2. The row keeps the token that the scan goes by: whose person that is may change, as more becomes known.
3. What is older than the retention goes as a whole row; the counts by the hour stay.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update

from server.store import many
from server.store.person_graph import pieces
from server.store.visit_tables import VAGUE, hours, sightings, visits
from server.visits.timing import LOOSE_MS
from server.visits.types import Identity, Sighting

_COLUMNS = [sightings.c[name] for name in Sighting._fields]
_OF_PERSON = [sightings.c.person, *_COLUMNS]


class Forgotten(NamedTuple):
    """How many sightings went, and whose they were: their visits are to be derived anew."""

    many: int
    persons: set[bytes]


def put(connection: Connection, found: Sequence[Sighting]) -> None:
    """Keep them."""
    many.put(connection, sightings, found)


def repoint(connection: Connection, moved: Mapping[bytes, bytes | None]) -> set[bytes]:
    """The scans that go by these tokens are these persons' now; returns who had them before and who has them now."""
    touched = {person for person in moved.values() if person is not None}
    for asked in pieces(moved):
        found = select(sightings.c.person).where(sightings.c.token.in_(asked), sightings.c.person.is_not(None))
        touched.update(connection.execute(found.distinct()).scalars())
    if moved:
        statement = update(sightings).where(sightings.c.token == bindparam("of_token")).values(person=bindparam("to"))
        connection.execute(statement, [{"of_token": token, "to": person} for token, person in moved.items()])
    return touched


def of(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, Sighting]:
    """Those of these scans that are there."""
    by_spool: dict[tuple[str, str], list[int]] = {}
    for box_id, epoch, seq in identities:
        by_spool.setdefault((box_id, epoch), []).append(seq)
    found: dict[Identity, Sighting] = {}
    for (box_id, epoch), seqs in by_spool.items():
        for asked in pieces(seqs):
            rows = connection.execute(
                select(*_COLUMNS).where(
                    sightings.c.box_id == box_id, sightings.c.epoch == epoch, sightings.c.seq.in_(asked)
                )
            )
            found.update((one.identity, one) for one in (Sighting(*row) for row in rows))
    return found


def of_persons(connection: Connection, persons: Collection[bytes]) -> dict[bytes, list[Sighting]]:
    """All that was seen of these; who was not seen is left out."""
    return _by_person(connection, persons, "")


def between(
    connection: Connection, persons: Collection[bytes], from_ms: int, to_ms: int
) -> dict[bytes, list[Sighting]]:
    """What was seen of these, by the best instant, from … to …."""
    return _by_person(connection, persons, "at_ms BETWEEN ? AND ?", from_ms, to_ms)


def vague(connection: Connection, persons: Collection[bytes]) -> dict[bytes, list[Sighting]]:
    """What was seen of these nobody knows well enough when."""
    return _by_person(connection, persons, VAGUE.text)


def _by_person(
    connection: Connection, persons: Collection[bytes], where: str, *values: int
) -> dict[bytes, list[Sighting]]:
    found: dict[bytes, list[Sighting]] = {}
    for row in many.rows(connection, _OF_PERSON, where, values, persons):
        found.setdefault(row[0], []).append(Sighting._make(row[1:]))
    return found


def persons_at(connection: Connection, place_id: str, from_ms: int, to_ms: int | None) -> set[bytes]:
    """Whoever may have been seen at this place between the two (None: until the end)."""
    after = sightings.c.at_ms >= from_ms - LOOSE_MS
    within = after if to_ms is None else and_(after, sightings.c.at_ms <= to_ms + LOOSE_MS)
    asked = select(sightings.c.person).where(
        sightings.c.place_id == place_id,
        sightings.c.person.is_not(None),
        or_(sightings.c.at_ms.is_(None), within),
    )
    return set(connection.execute(asked.distinct()).scalars())


def forget(connection: Connection, before_ms: int, limit: int) -> Forgotten:
    """Let go of what was made before that instant, so many rows at once; 0 went: there is no more."""
    asked = select(*_COLUMNS).where(sightings.c.latest_ms < before_ms).order_by(sightings.c.latest_ms).limit(limit)
    found = [Sighting(*row) for row in connection.execute(asked)]
    if found:
        statement = delete(sightings).where(
            sightings.c.box_id == bindparam("of_box"),
            sightings.c.epoch == bindparam("of_epoch"),
            sightings.c.seq == bindparam("of_seq"),
        )
        connection.execute(statement, [dict(zip(("of_box", "of_epoch", "of_seq"), one.identity)) for one in found])
    return Forgotten(len(found), {one.person for one in found if one.person is not None})


def clear(connection: Connection) -> None:
    """Before everything is derived anew."""
    for table in (sightings, visits, hours):
        connection.execute(delete(table))
