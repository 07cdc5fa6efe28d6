"""The visits of persons made anew where something of them is new. Within the caller's transaction.

1. Where somebody was only seen again, the part of that life is read and made anew that this can change
   (`server.visits.part`): what that takes does not grow with the days that are kept.
2. Whoever's sightings are another's now or were timed anew is made anew as a whole, and so is who was seen, then,
   nobody knows well enough when.
3. Either way the rows are those that all sightings of the person give.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from server.store import visit_rows, visit_sightings
from server.visits.part import Anew, Book, Range, anew, is_vague, span
from server.visits.rules import visits
from server.visits.stay import identity_of
from server.visits.timing import LOOSE_MS
from server.visits.types import HOUR_MS, Sighting

TOGETHER_MS = 6 * HOUR_MS
"""Persons who were seen within this are asked for together."""
MOST_READ_MS = 24 * HOUR_MS
"""So far on both sides at most; where that does not tell, `FARTHER` times as far, and then everything."""
FARTHER = (1, 5)
Lives = Mapping[bytes, Sequence[Sighting]]


def make_anew(connection: Connection, whole: Collection[bytes], fresh: Lives, book: Book) -> None:
    """`whole`: persons of whom anything may have changed; `fresh`: what is new, by person, and written already."""
    rest = {person: some for person, some in fresh.items() if person not in whole}
    left = set(whole) | _in_parts(connection, rest, book)
    if left:
        seen = visit_sightings.of_persons(connection, left)
        found = [one for some in seen.values() for one in visits(some, book.places)]
        visit_rows.replace(connection, left, found)


def _in_parts(connection: Connection, fresh: Lives, book: Book) -> set[bytes]:
    """Returns whose part cannot be told."""
    vague = visit_sightings.vague(connection, fresh) if fresh else {}
    left = {person for person, some in fresh.items() if any(map(is_vague, some))}
    made: list[Anew] = []
    for hull, persons in _together({person: some for person, some in fresh.items() if person not in left}):
        for times in FARTHER:
            wide_ms = times * (min(book.longest_ms, MOST_READ_MS) + 2 * HOUR_MS)
            known = Range(hull.from_ms - wide_ms, hull.to_ms + wide_ms)
            left |= {one for one in persons if any(_touches(other, known) for other in vague.get(one, ()))}
            persons = [one for one in persons if one not in left]
            read = visit_sightings.between(connection, persons, known.from_ms - LOOSE_MS, known.to_ms + LOOSE_MS)
            found = {one: _part(read.get(one, ()), fresh[one], known, book) for one in persons}
            made += [one for one in found.values() if one is not None]
            persons = [person for person, one in found.items() if one is None]
        left.update(persons)
    ids = {one for part in made for one in _ids(part.sightings)}
    visit_rows.replace_at(connection, ids, [one for part in made for one in part.visits])
    return left


def _part(read: Iterable[Sighting], fresh: Iterable[Sighting], known: Range, book: Book) -> Anew | None:
    sure = [one for one in read if not is_vague(one)]
    return anew(sure, {one[:3] for one in fresh}, book, known)


def _touches(vague: Sighting, known: Range) -> bool:
    low, high = span(vague)
    return low <= known.to_ms and known.from_ms <= high


def _together(fresh: Lives) -> Iterator[tuple[Range, list[bytes]]]:
    """Persons who were seen at about the same time; and those who were seen over long."""
    hulls = sorted((_hull(some), person) for person, some in fresh.items())
    far = [one for one in hulls if one[0].to_ms - one[0].from_ms > TOGETHER_MS]
    if far:
        yield _around(far)
    near: list[tuple[Range, bytes]] = []
    for one in hulls:
        if one[0].to_ms - one[0].from_ms > TOGETHER_MS:
            continue
        if near and one[0].to_ms - near[0][0].from_ms > TOGETHER_MS:
            yield _around(near)
            near = []
        near.append(one)
    if near:
        yield _around(near)


def _hull(some: Iterable[Sighting]) -> Range:
    spans = [span(one) for one in some]
    return Range(min(low for low, _ in spans), max(high for _, high in spans))


def _around(some: list[tuple[Range, bytes]]) -> tuple[Range, list[bytes]]:
    hulls = [hull for hull, _ in some]
    return Range(min(one.from_ms for one in hulls), max(one.to_ms for one in hulls)), [person for _, person in some]


def _ids(seen: Iterable[Sighting]) -> Iterator[bytes]:
    for one in seen:
        yield identity_of(one[:3], False)
        if one.zone:
            yield identity_of(one[:3], True)
