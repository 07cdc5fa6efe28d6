"""What `server/persons` keeps: a few verbs to await, each one transaction."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection

from server.persons.retention import Due, begins_ms
from server.store import (
    person_destroyed,
    person_forget,
    person_links,
    person_visits,
    tidy,
    trace_cases,
    visit_sightings,
)
from server.store.database import Database
from server.store.person_destroyed import Destruction
from server.store.person_forget import Gone
from server.store.place_seats import register
from server.store.visit_rules import book_of
from server.visits.types import Sighting

NOTHING: Mapping[bytes, Sequence[Sighting]] = MappingProxyType({})


class Held(NamedTuple):
    """A day of a class of which something is sealed, and how many rows."""

    day: int
    class_: str
    rows: int


class Page(NamedTuple):
    """What a page did: how many rows went, by table. `more`: ask again."""

    rows: dict[str, int]
    more: bool


class PersonShelf:
    """Each verb raises `Unavailable` where the database cannot do it now."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms

    async def persons_of(self, macs: list[bytes]) -> dict[bytes, bytes | None]:
        """Who these tokens are; those that were never shown are left out."""
        return await self._database.read(lambda connection: person_links.persons_of(connection, macs))

    async def probable_persons(self, person: bytes) -> list[bytes]:
        """Who may be the same; never merged."""
        return await self._database.read(lambda connection: person_links.probable_persons(connection, person))

    async def pseudonyms(self, person: bytes) -> list[bytes]:
        """Every pseudonym that this person may have had: it was always the token of one of their documents."""
        return await self._database.read(lambda connection: person_links.tokens_of(connection, person))

    async def held(self) -> list[Held]:
        """What is still sealed, the oldest first. Counted day by day: each is a job of its own."""
        found = []
        for day, class_ in await self._database.read(person_forget.held):
            found.append(Held(day, class_, await self._count(day, class_)))
        return found

    async def _count(self, day: int, class_: str) -> int:
        return await self._database.read(lambda connection: person_forget.count_held(connection, day, class_))

    async def begun(self) -> list[Due]:
        """Days whose destruction was cut off."""
        return await self._database.read(person_destroyed.begun)

    async def set_horizons(self, first_days: Mapping[str, int]) -> None:
        """By class: the oldest day that is kept. What is older is not derived again."""
        await tidy.overwrite_deleted(self._database)
        await self._database.write(lambda connection: person_destroyed.set_horizons(connection, first_days))

    async def begin_day(self, day: int, class_: str, fingerprint: str | None, destroyed_ms: int) -> None:
        """The key of a day is destroyed."""
        await self._database.write(
            lambda connection: person_destroyed.begin_day(connection, day, class_, fingerprint, destroyed_ms)
        )

    async def blank_day(self, day: int, class_: str, limit: int) -> Page:
        """A page of what was sealed under that key."""

        def job(connection: Connection) -> Page:
            scans = person_forget.blank_day(connection, day, class_, limit)
            quarantine = person_forget.blank_quarantine(connection, day, class_, limit)
            return Page({"scans": scans, "quarantine": quarantine}, limit in (scans, quarantine))

        return await self._database.write(job)

    async def expire(self, before_day: int, limit: int) -> Page:
        """A page of who was where, and who is who, before this day."""

        def job(connection: Connection) -> Page:
            forgotten = person_forget.drop_oldest(connection, begins_ms(before_day), limit)
            count = sum(map(len, forgotten.values()))
            gone = person_forget.expire(connection, before_day, limit)
            seen = {person: some for person, some in forgotten.items() if person is not None}
            dropped = _heal(connection, gone, set(), seen)
            return Page({"sightings": count, "tokens": gone.tokens, "visits": dropped}, gone.more or count > 0)

        return await self._database.write(job)

    async def blank_digests(self, received_before_ms: int, limit: int) -> int:
        """A page of digests of scans of which nothing else was kept; returns how many."""
        return await self._database.write(
            lambda connection: person_forget.blank_digests(connection, received_before_ms, limit)
        )

    async def blank_envelopes(self, received_before_ms: int, after_id: int, limit: int) -> tuple[int, int | None]:
        """What is in quarantined envelopes that nobody could open; -> how many, and where to go on."""
        return await self._database.write(
            lambda connection: person_forget.blank_envelopes(connection, received_before_ms, after_id, limit)
        )

    async def begin_person(self, request: str) -> None:
        """Somebody has asked to be forgotten."""
        now_ms = self._now_ms()
        await self._database.write(lambda connection: person_destroyed.begin_person(connection, request, now_ms))

    async def drop_person(self, person: bytes, limit: int) -> Page:
        """A page of what is known of a person; the last one takes the tokens."""

        def job(connection: Connection) -> Page:
            found = person_forget.drop_sightings(connection, person, limit)
            scans = person_forget.blank_scans(connection, found)
            rows = {"sightings": len(found), "scans": scans}
            if len(found) == limit:
                return Page(rows, more=True)
            gone = person_forget.drop_person(connection, person)
            dropped = _heal(connection, gone, {person})
            return Page({**rows, "tokens": gone.tokens, "visits": dropped}, more=False)

        return await self._database.write(job)

    async def forget_contacts(self, persons: list[bytes]) -> int:
        """These pseudonyms stand in no answer of a case any more; returns in how many they did."""
        return await self._database.write(lambda connection: trace_cases.forget_persons(connection, persons))

    async def finish(self, what: str, subject: str, rows: Mapping[str, int]) -> Destruction:
        """It is done: the certificate."""
        return await self._database.write(lambda connection: person_destroyed.finish(connection, what, subject, rows))

    async def certificates(self, after_id: int, limit: int) -> list[Destruction]:
        """Certificates of destruction, in the order in which they came about."""
        return await self._database.read(lambda connection: person_destroyed.page(connection, after_id, limit))

    async def tidy(self, tables: tuple[str, ...], compact: bool) -> None:
        """What was deleted is not left in free pages, nor in the database's own log."""
        await tidy.tidy(self._database, tables, compact)


def _heal(
    connection: Connection, gone: Gone, persons: set[bytes], forgotten: Mapping[bytes, Sequence[Sighting]] = NOTHING
) -> int:
    """The visits of whoever is another now, or lost a sighting, anew; returns how many rows went. `forgotten`: what
    went, of the oldest of each person."""
    touched = visit_sightings.repoint(connection, gone.settled.moved) | persons | gone.settled.left
    if not touched and not forgotten:
        return 0
    found = register(connection)
    return person_visits.make_anew(connection, touched, forgotten, book_of(found.places, found.gates))
