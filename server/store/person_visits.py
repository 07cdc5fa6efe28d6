"""The visits of persons of whom the oldest sightings went. Within the caller's transaction.

1. What went can change no more than it could when it came: the part of that life between two cuts
   (`server.visits.part`). That part is made anew of what is left of it; all else stays as it is.
2. Where the part cannot be told, or somebody was seen nobody knows well enough when, the whole life is made anew.
3. Either way the rows are those that all sightings that are left give.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from server.store import visit_rows, visit_sightings
from server.visits.part import Book, Range, anew, is_vague
from server.visits.rules import life, visits
from server.visits.stay import identity_of
from server.visits.timing import LOOSE_MS, NEVER_MS, events
from server.visits.types import HOUR_MS, Identity, Sighting, Visit

AHEAD_MS = 26 * HOUR_MS


def make_anew(
    connection: Connection, whole: Collection[bytes], gone: Mapping[bytes, Sequence[Sighting]], book: Book
) -> int:
    """`whole`: persons of whom anything may have changed; `gone`: what went, by person, of the oldest of each. Returns
    how many visits went."""
    rest = {person: some for person, some in gone.items() if person not in whole}
    left, dropped = _in_parts(connection, rest, book)
    left |= set(whole)
    if not left:
        return dropped
    seen = visit_sightings.of_persons(connection, left)
    found = [one for some in seen.values() for one in visits(some, book.places)]
    return dropped + visit_rows.replace(connection, left, found).dropped


def _in_parts(connection: Connection, gone: Mapping[bytes, Sequence[Sighting]], book: Book) -> tuple[set[bytes], int]:
    """(those whose part cannot be told, how many visits went)"""
    left = {person for person, some in gone.items() if any(map(is_vague, some))}
    left |= visit_sightings.vague(connection, gone).keys() if gone else set()
    known = {person: some for person, some in gone.items() if person not in left}
    if not known:
        return left, 0
    last_ms = max(one.latest_ms for some in known.values() for one in some)
    range_ = Range(NEVER_MS, last_ms + AHEAD_MS)
    read = visit_sightings.between(connection, known, 0, range_.to_ms + LOOSE_MS)
    ids: list[bytes] = []
    made: list[Visit] = []
    for person, some in known.items():
        part = _part(read.get(person, ()), some, range_, book)
        if part is None:
            left.add(person)
        else:
            ids += _ids(part[0])
            made += part[1]
    return left, visit_rows.replace_at(connection, ids, made).dropped


def _part(
    read: Sequence[Sighting], gone: Sequence[Sighting], known: Range, book: Book
) -> tuple[list[Identity], list[Visit]] | None:
    """(scans of the part as it was, visits of what is left of it)"""
    before = [*read, *gone]
    went = {one.identity for one in gone}
    part = anew(before, went, book, known)
    if part is None:
        return None
    inside = [one.identity for one in part.sightings]
    among = set(inside)
    outside = [event for event in events(before) if event.sighting.identity not in among]
    first = min(one.latest_ms for one in part.sightings)
    if outside and outside[0].sighting.latest_ms < first:
        return None
    here = events(one for one in part.sightings if one.identity not in went)
    return inside, life(here, book.places, None, outside[0] if outside else None)


def _ids(found: Sequence[Identity]) -> Iterator[bytes]:
    for identity in found:
        yield identity_of(identity, False)
        yield identity_of(identity, True)
