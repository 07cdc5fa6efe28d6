"""What `server/places` keeps: a few verbs to await, each one transaction.

Who changes a place says which version of it was seen (`seen`); None: it is to be new. Where another version is there by
now, nothing is changed: `changed_meanwhile`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from server.errors import Refused
from server.places.areas import Areas
from server.places.finding import reconcile
from server.places.holidays import HOLIDAYS
from server.places.importing import Sheet
from server.places.profile import HOUR_MS, Point, Profile, Sort, shape
from server.places.seats import Seats
from server.places.sheet import written
from server.places.silence import CLOCK, NOON, SAME_PERSON, Finding, judge
from server.places.types import Area, BoxSeat, Gate, GatewaySeat, Mark, Period, Place
from server.store import (
    place_findings,
    place_hours,
    place_import,
    place_register,
    place_seats,
    place_watch,
    place_wishes,
)
from server.store.database import Database
from server.store.place_findings import KeptFinding
from server.store.place_import import Imported
from server.store.place_register import Entry, Kept

T = TypeVar("T")
Within = tuple[Iterable[str], Iterable[str]] | None
MOST_OF_A_SORT = 200
PAGE = 500
LOOK_PLACES, LEARN_PLACES = 50, 8
SLOW = (NOON, SAME_PERSON, CLOCK)
NEVER_MS = -HOUR_MS


class Looked(NamedTuple):
    """What a look at every point found: new findings, how many there are, how many have gone."""

    raised: list[Finding]
    there: int
    gone: int


class PlaceShelf:
    """Each verb raises `Unavailable` where the database cannot do it now."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._areas: tuple[int, Areas] = (0, Areas(()))
        self._seats: tuple[place_seats.Version, Seats] | None = None
        self._looked_ms = NEVER_MS

    async def version(self) -> place_seats.Version:
        """Changes when `seats` would be others."""
        return await self._database.read(place_seats.version)

    async def seats(self) -> Seats:
        """Who sits where."""
        return await self._database.read(place_seats.seats)

    async def areas(self) -> Areas:
        """The tree of areas; made anew where the register has changed."""
        number, _ = await self.version()
        if number != self._areas[0]:
            self._areas = number, Areas(await self.area_list())
        return self._areas[1]

    async def area_list(self) -> list[Area]:
        """Every area."""
        return await self._database.read(place_register.all_areas)

    async def page(
        self, after: str, limit: int, within: Within, area_codes: Iterable[str] | None = None, kind: str = ""
    ) -> list[tuple[Place, int]]:
        """Places by id, with their versions."""
        return await self._database.read(
            lambda connection: place_register.page(connection, after, limit, within, area_codes, kind)
        )

    async def entry(self, place_id: str) -> Entry:
        """A place with all that hangs on it. Raises `Refused`: `not_found`."""
        return await self._database.read(lambda connection: _entry(connection, place_id))

    async def put_place(self, place: Place, seen: int | None) -> int:
        """Add or change; returns its version. Raises `Refused`: `changed_meanwhile`, `area_unknown`."""
        now_ms = self._now_ms()

        def job(connection: Connection) -> int:
            _must_be(connection, place.place_id, seen)
            if place.area and place.area not in Areas(place_register.all_areas(connection)):
                raise Refused("area_unknown", place.area)
            number = place_register.put_places(connection, [place], now_ms)
            place_wishes.apply(connection, [place.place_id], now_ms)
            return number

        return await self._database.write(job)

    async def put_gate(self, gate: Gate, seen: int) -> int:
        """Add or change; returns its place's version. Raises `Refused`: `changed_meanwhile`, `not_found`."""
        return await self._change(gate.place_id, seen, lambda c, now_ms: place_register.put_gates(c, [gate], now_ms))

    async def drop_gate(self, place_id: str, gate_id: str, seen: int) -> int:
        """Take it away; returns its place's version. Raises `Refused`: `changed_meanwhile`, `not_found`."""

        def job(connection: Connection, now_ms: int) -> int:
            for gate in _entry(connection, place_id).gates:
                if gate.gate_id == gate_id:
                    return place_register.drop_gate(connection, gate, now_ms)
            raise Refused("not_found", "no such gate")

        return await self._change(place_id, seen, job)

    async def put_periods(self, place_id: str, periods: tuple[Period, ...], seen: int) -> int:
        """All of its purposes; returns its version. Raises `Refused`: `changed_meanwhile`, `not_found`."""
        return await self._change(
            place_id, seen, lambda c, now_ms: place_register.put_periods(c, {place_id: periods}, now_ms)
        )

    async def box_seats(self, box_id: str) -> list[BoxSeat]:
        """Where a box hangs, and hung."""
        return await self._database.read(lambda connection: place_register.box_seats(connection, [box_id]))

    async def box_page(self, after: str, limit: int) -> list[tuple[str, list[BoxSeat]]]:
        """Boxes by id, with their seats."""

        def job(connection: Connection) -> list[tuple[str, list[BoxSeat]]]:
            ids = place_register.all_box_ids(connection, after, limit)
            seats = place_register.box_seats(connection, ids)
            return [(box_id, [one for one in seats if one.box_id == box_id]) for box_id in ids]

        return await self._database.read(job)

    async def put_box_seats(
        self, box_id: str, found: Sequence[BoxSeat], seen: Sequence[BoxSeat], by: str
    ) -> list[Mark]:
        """All seats of a box, where they were `seen`; returns what is to be derived anew. Raises `Refused`:
        `changed_meanwhile`, `place_unknown`, `gate_unknown`."""
        now_ms = self._now_ms()

        def job(connection: Connection) -> list[Mark]:
            place_register.hold(connection)
            if place_register.box_seats(connection, [box_id]) != list(seen):
                raise Refused("changed_meanwhile", "the box was given another seat")
            for one in found:
                if one.place_id:
                    _must_have_gate(connection, one.place_id, one.gate_id)
            place_register.replace_box_seats(connection, box_id, found, by, now_ms)
            return [one.mark for one in place_register.marks(connection) if one.mark[:2] == ("box", box_id)]

        return await self._database.write(job)

    async def gateway_seats(self, gateway_id: str) -> list[GatewaySeat]:
        """What a gateway serves, and served."""
        return await self._database.read(lambda connection: place_register.gateway_seats(connection, [gateway_id]))

    async def put_gateway_seat(self, seat: GatewaySeat, by: str, seen: Sequence[GatewaySeat] | None = None) -> None:
        """Add or replace one; `seen`: all that the gateway had. Raises `Refused`: `place_unknown`,
        `changed_meanwhile`."""
        now_ms = self._now_ms()

        def job(connection: Connection) -> None:
            place_register.hold(connection)
            if seen is not None and place_register.gateway_seats(connection, [seat.gateway_id]) != list(seen):
                raise Refused("changed_meanwhile", "the gateway was given another seat")
            if seat.place_id:
                _must_have_gate(connection, seat.place_id, "")
            place_register.put_gateway_seats(connection, [seat], by, now_ms)
            place_wishes.apply(connection, [seat.place_id], now_ms)

        await self._database.write(job)

    async def take_in(self, sheet: Sheet, partial: bool, dry: bool, by: str) -> Imported:
        """A judged file: all of it, or with `partial` what is good of it; returns after the commit."""
        now_ms = self._now_ms()

        def job(connection: Connection) -> Imported:
            made = place_import.put(connection, sheet, partial, dry, by, now_ms)
            place_wishes.apply(connection, made.place_ids, now_ms)
            return made

        return await self._database.write(job)

    async def export(self, name: str, within: Within) -> bytes:
        """A table of the register as a file that `take_in` takes. Boxes and gateways only of places that are within."""
        if name == "areas":
            return written(name, [place_import.cells_of(one) for one in await self.area_list()])
        cells: list[dict[str, str]] = []
        after = ""
        if within is None and name == "gateways":
            seats = await self._database.read(place_register.all_gateway_seats)
            return written(name, [place_import.cells_of(one) for one in seats])
        while within is None and name == "boxes" and (boxes := await self.box_page(after, PAGE)):
            after = boxes[-1][0]
            cells += [place_import.cells_of(one) for _, some in boxes for one in some]
        if within is None and name == "boxes":
            return written(name, cells)
        while found := await self.page(after, PAGE, within):
            after = found[-1][0].place_id
            for place, _ in found:
                cells += [place_import.cells_of(place)] if name == "places" else await self._cells(name, place.place_id)
        return written(name, cells)

    async def marks(self) -> list[Kept]:
        """What is to be derived anew, the oldest first."""
        return await self._database.read(place_register.marks)

    async def unmark(self, numbers: Sequence[int]) -> None:
        """These are derived anew."""
        await self._database.write(lambda connection: place_register.unmark(connection, numbers))

    async def wish(self) -> list[str]:
        """Wish of every gateway what the register says now (a dated seat may have begun); returns which changed."""
        now_ms, changed, after = self._now_ms(), list[str](), ""
        while ids := await self._database.read(partial(place_register.served_places, after=after)):
            changed += await self._database.write(partial(place_wishes.apply, place_ids=ids, now_ms=now_ms))
            after = ids[-1]
        return changed

    async def merged(self, gateway_id: str, wish: dict[str, object] | None) -> dict[str, object] | None:
        """What is wished of this gateway, where somebody wishes this by hand: the register's fields hold."""
        now_ms = self._now_ms()
        return await self._database.read(lambda connection: place_wishes.merged(connection, gateway_id, wish, now_ms))

    async def learn(self, tell: Callable[[int], None] = lambda places: None, older_ms: int = 0) -> int:
        """Learn profiles anew, page by page, of places whose profiles are so old or older; returns how many. `tell`
        hears how many places are done."""
        now_ms, seats = self._now_ms(), await self._known_seats()
        by_sort: dict[Sort, list[Profile]] = {}
        after, count, done = "", 0, 0
        while ids := await self._place_ids(after, LEARN_PLACES):
            found = await self._learn_page(ids, seats, now_ms, now_ms - older_ms)
            count, done, after = count + len(found), done + len(ids), ids[-1]
            kept = await self._database.read(partial(place_watch.profiles, ids=ids)) if older_ms else {}
            for point, profile in sorted({**kept, **found}.items()):
                some = by_sort.setdefault(place_watch.sort_of(point, profile, seats), [])
                if len(some) < MOST_OF_A_SORT:
                    some.append(profile)
            tell(done)
        shapes = {sort: made for sort, some in by_sort.items() if (made := shape(some)) is not None}
        await self._database.write(partial(place_watch.put_shapes, shapes=shapes, now_ms=now_ms))
        return count

    async def _learn_page(self, ids: list[str], seats: Seats, now_ms: int, before_ms: int) -> dict[Point, Profile]:
        read = partial(place_watch.to_learn, ids=ids, now_ms=now_ms, learned_before_ms=before_ms)
        past = await self._database.read(read)
        found = await asyncio.to_thread(place_watch.learned, past, seats, now_ms, HOLIDAYS)
        if found:
            await self._database.write(partial(place_watch.put_profiles, found=found, now_ms=now_ms))
        return found

    async def look(self, heard: Mapping[str, int] | None = None) -> Looked:
        """Judge every point, and keep what that changes. `heard`: gateway -> heard last, if not by a report.

        Who was silent is judged each time; holes, people and clocks at the first look of an hour, and at each look
        where one of these findings is there."""
        now_ms, seats = self._now_ms(), await self._known_seats()
        known = await self._database.read(lambda c: place_watch.hints(c, seats, heard or {}, now_ms))
        shapes = await self._database.read(place_watch.shapes)
        is_whole = now_ms // HOUR_MS != self._looked_ms // HOUR_MS
        whole = None if is_whole else await self._database.read(partial(place_findings.places_with, codes=SLOW))
        found: list[Finding] = []
        after = ""
        while ids := await self._place_ids(after, LOOK_PLACES):
            read = partial(place_watch.watched, ids=ids, known=known, now_ms=now_ms, whole=whole)
            recent = await self._database.read(read)
            profiles = await self._database.read(partial(place_watch.profiles, ids=ids))
            found += judge(profiles, recent, now_ms, HOLIDAYS, shapes)
            after = ids[-1]

        def job(connection: Connection) -> Looked:
            changes = reconcile(place_findings.there(connection), found)
            place_findings.write(connection, changes, now_ms)
            return Looked(changes.raised, len(found), len(changes.gone))

        looked = await self._database.write(job)
        self._looked_ms = now_ms if is_whole else self._looked_ms
        return looked

    async def findings(
        self, after: int, limit: int, is_open: bool, within: Within = None, place_id: str = ""
    ) -> list[KeptFinding]:
        """Findings by number."""
        return await self._database.read(
            lambda connection: place_findings.page(connection, after, limit, is_open, within, place_id)
        )

    async def finding(self, number: int) -> KeptFinding:
        """One. Raises `Refused`: `not_found`."""
        found = await self._database.read(lambda connection: place_findings.one(connection, number))
        if found is None:
            raise Refused("not_found", "no such finding")
        return found

    async def settle(self, number: int, by: str) -> None:
        """A person has dealt with it. Raises `Refused`: `not_found`."""
        now_ms = self._now_ms()
        await self._database.write(lambda connection: place_findings.settle(connection, number, by, now_ms))

    async def _change(self, place_id: str, seen: int, change: Callable[[Connection, int], T]) -> T:
        now_ms = self._now_ms()

        def job(connection: Connection) -> T:
            _entry(connection, place_id)
            _must_be(connection, place_id, seen)
            made = change(connection, now_ms)
            place_wishes.apply(connection, [place_id], now_ms)
            return made

        return await self._database.write(job)

    async def _cells(self, name: str, place_id: str) -> list[dict[str, str]]:
        found = await self.entry(place_id)
        rows: Mapping[str, Sequence[object]] = {
            "gates": found.gates,
            "purposes": found.periods,
            "gateways": found.gateways,
            "boxes": found.boxes,
        }
        return [place_import.cells_of(one, place_id) for one in rows[name]]

    async def _place_ids(self, after: str, limit: int) -> list[str]:
        return await self._database.read(partial(place_hours.place_ids, after=after, limit=limit))

    async def _known_seats(self) -> Seats:
        version = await self.version()
        if self._seats is None or self._seats[0] != version:
            self._seats = version, await self.seats()
        return self._seats[1]


def _entry(connection: Connection, place_id: str) -> Entry:
    found = place_register.entry(connection, place_id)
    if found is None:
        raise Refused("not_found", "no such place")
    return found


def _must_be(connection: Connection, place_id: str, seen: int | None) -> None:
    place_register.hold(connection)
    found = place_register.entry(connection, place_id)
    if (found.version if found else None) != seen:
        raise Refused("changed_meanwhile", "somebody else has changed it")


def _must_have_gate(connection: Connection, place_id: str, gate_id: str) -> None:
    found = place_register.entry(connection, place_id)
    if found is None:
        raise Refused("place_unknown", place_id)
    if gate_id and all(one.gate_id != gate_id for one in found.gates):
        raise Refused("gate_unknown", f"{place_id} {gate_id}")
