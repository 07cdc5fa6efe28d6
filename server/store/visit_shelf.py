"""What `server/visits` keeps: a few verbs to await, each one transaction, but those that read in pages."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from server.places.areas import Areas
from server.store import place_register, place_seats, visit_counted, visit_hours, visit_rows, visit_rules
from server.store.database import Database
from server.store.visit_hours import HourRow
from server.visits.occupancy import Counted, Course, Level, calendar_of, counted_levels, together
from server.visits.types import HOUR_MS, PlaceRules, Visit

PAGE_ROWS = 5_000
SPAN_MS = 31 * 24 * HOUR_MS
STEP_MS = 2 * HOUR_MS
WIDE_MS = 12 * HOUR_MS
"""So far from the best instant of a scan the true one may lie, and still widen a day."""


class PlaceKnown(NamedTuple):
    """A place as far as visits go. `above`: the areas that it lies in."""

    rules: PlaceRules
    above: frozenset[str]
    is_registered: bool


class VisitShelf:
    """Each verb raises `Unavailable` where the database cannot do it now."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._areas: tuple[place_seats.Version, Areas] | None = None

    async def place(self, place_id: str) -> PlaceKnown:
        """What is usual there, and where it lies; one that is not registered has the usual rules, and lies nowhere."""

        def job(connection: Connection) -> PlaceKnown:
            found = place_register.entry(connection, place_id)
            if found is None:
                return PlaceKnown(PlaceRules(), frozenset(), False)
            rules = visit_rules.place_rules(found.place, found.gates)
            return PlaceKnown(rules, self._tree(connection).above(found.place.area), True)

        return await self._database.read(job)

    async def of_person(self, person: bytes) -> list[Visit]:
        """Every visit of a person, in the order in which they began."""
        return await self._database.read(lambda connection: visit_rows.of_person(connection, person))

    async def visits(
        self, place_id: str, from_ms: int, to_ms: int, zone: str | None, after: visit_rows.After | None, limit: int
    ) -> list[Visit]:
        """Visits that may touch that time, in order, above `after`."""
        return await self._database.read(
            lambda connection: visit_rows.page(connection, place_id, from_ms, to_ms, zone, after, limit)
        )

    async def hours(self, place_id: str, from_ms: int, to_ms: int, gate_id: str | None) -> list[HourRow]:
        """Counts of the hours that begin in that time."""
        found: list[HourRow] = []
        for begin_ms in range(from_ms, to_ms, SPAN_MS):
            end_ms = min(to_ms, begin_ms + SPAN_MS)
            found += await self._hours(place_id, begin_ms, end_ms, gate_id)
        return found

    async def undated(self, place_id: str, gate_id: str | None) -> list[HourRow]:
        """Counts of scans of which nobody knows the hour."""
        return await self._hours(place_id, visit_hours.NO_HOUR, 0, gate_id)

    async def occupancy(self, place_id: str, instants: Sequence[int], rules: PlaceRules) -> list[Level]:
        """How many were inside at these instants, which rise."""
        course = Course(instants)
        after: visit_rows.After | None = None
        while True:
            page = await self._ends(place_id, instants[0], instants[-1] + 1, after)
            for _, *ends in page:
                course.add(tuple(ends))  # type: ignore[arg-type]
            if len(page) < PAGE_ROWS:
                break
            after = page[-1][1], page[-1][0]
        scans = await self._counted(place_id, instants, rules)
        return together(course.levels(), counted_levels(instants, scans, rules))

    async def _hours(self, place_id: str, from_ms: int, to_ms: int, gate_id: str | None) -> list[HourRow]:
        return await self._database.read(
            lambda connection: visit_hours.of_place(connection, place_id, from_ms, to_ms, gate_id)
        )

    async def _ends(
        self, place_id: str, from_ms: int, to_ms: int, after: visit_rows.After | None
    ) -> list[visit_rows.EndsRow]:
        return await self._database.read(
            lambda connection: visit_rows.ends(connection, place_id, from_ms, to_ms, after, PAGE_ROWS)
        )

    async def _counted(self, place_id: str, instants: Sequence[int], rules: PlaceRules) -> list[Counted]:
        calendar = calendar_of(rules)
        first_ms = calendar.begins_ms(calendar.day_of(instants[0]))
        found = await self._database.read(lambda connection: visit_counted.untimed(connection, place_id, first_ms))
        for begin_ms in range(first_ms - WIDE_MS, instants[-1] + WIDE_MS, STEP_MS):
            found += await self._counted_between(place_id, begin_ms, begin_ms + STEP_MS)
        return found

    async def _counted_between(self, place_id: str, from_ms: int, to_ms: int) -> list[Counted]:
        return await self._database.read(lambda connection: visit_counted.between(connection, place_id, from_ms, to_ms))

    def _tree(self, connection: Connection) -> Areas:
        version = place_seats.version(connection)
        if self._areas is None or self._areas[0] != version:
            self._areas = version, Areas(place_register.all_areas(connection))
        return self._areas[1]
