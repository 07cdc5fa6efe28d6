"""Deriving as it is awaited: pages out, what follows from them in, and beginning anew."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from server.ingest.kept import StoredScan
from server.ingest.meaning import Kept
from server.persons.types import Named
from server.places.seats import Seats
from server.store import (
    before,
    derived,
    deriving,
    dialect,
    marked,
    person_destroyed,
    person_links,
    place_register,
    place_seats,
    visit_sightings,
)
from server.store.database import Database
from server.store.deriving import Page
from server.store.visit_rules import rules_of
from server.visits.types import PlaceRules

SCANS = "scans"  # what ingest rings after its commit
VISITS = "visits"  # what deriving rings after its own


class DeriveShelf:
    """Each verb raises `Unavailable` where the database cannot do it now."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._version: place_seats.Version | None = None
        self._seats = Seats()
        self._rules: Mapping[str, PlaceRules] = {}

    async def derive_page(self, limit: int) -> Page:
        """The next scans to derive, or some to derive anew."""
        found = await self._database.read(lambda connection: deriving.page(connection, limit))
        if found.is_empty and await self._database.read(lambda connection: bool(place_register.marks(connection))):
            await self._database.write(marked.take_up)
            found = await self._database.read(lambda connection: deriving.page(connection, limit))
        return found

    async def derive(self, found: Page, named: list[Named | None]) -> bool:
        """Write what follows from them; False: another node has done it."""

        def job(connection: Connection) -> bool:
            seats, rules = self._register(connection)
            done = derived.take(connection, found, named, seats, rules, self._now_ms())
            if done:
                dialect.notify(connection, VISITS, "")
            return done

        return await self._database.write(job)

    async def until_scans(self, wait_s: float) -> None:
        """Until there is something new, or so long."""
        with self._database.listen(SCANS) as heard:
            if not await self._database.read(deriving.waiting):
                await heard.wait(wait_s)

    async def seats(self) -> Seats:
        """Who sits where, as it is now."""
        return await self._database.read(lambda connection: self._register(connection)[0])

    async def before(self, limit: int) -> list[StoredScan]:
        """Scans that may still hold their codes; none: it is done."""

        def job(connection: Connection) -> list[StoredScan]:
            rows = before.page(connection, limit)
            if not rows:
                before.finish(connection)
            return rows

        return await self._database.write(job)

    async def not_destroyed(self, days: set[tuple[int, str]]) -> set[tuple[int, str]]:
        """Of these (day, class) those of which no destruction is known."""
        return await self._database.read(lambda connection: person_destroyed.not_destroyed(connection, days))

    async def settle_before(self, rows: list[StoredScan], kept: list[Kept]) -> None:
        """Write them without their codes."""
        await self._database.write(lambda connection: before.settle(connection, rows, kept, self._now_ms()))

    async def keep_keys(self, pepper: str, peppers: list[str], digest: str, force: bool = False) -> bool:
        """Whether tokens are made with a newer pepper than what is derived; then everything begins anew.

        Raises `Unusable`: `holder_other` where these are not the keys of this database.
        """

        def job(connection: Connection) -> bool:
            is_other = deriving.keep_keys(connection, pepper, peppers, digest, force)
            if is_other:
                deriving.clear(connection, visit_sightings.clear)
                person_links.clear(connection)
            return is_other

        return await self._database.write(job)

    async def clear(self) -> int:
        """Begin anew; returns how many scans there are to derive, about."""

        def job(connection: Connection) -> int:
            deriving.clear(connection, visit_sightings.clear)
            person_links.clear(connection)
            return deriving.count(connection)

        return await self._database.write(job)

    def _register(self, connection: Connection) -> tuple[Seats, Mapping[str, PlaceRules]]:
        version = place_seats.version(connection)
        if version != self._version:
            register = place_seats.register(connection)
            self._seats = Seats(register)
            self._rules = rules_of(register.places, register.gates)
            self._version = version
        return self._seats, self._rules
