"""Deriving as it is awaited: pages out, what follows from them in, and beginning anew."""

from collections.abc import Callable

from sqlalchemy import Connection

from server.ingest.kept import StoredScan
from server.ingest.meaning import Kept
from server.persons.types import Named
from server.places.seats import Seats
from server.store import (
    access_audit,
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
from server.store.visit_rules import book_of
from server.visits.part import Book

SCANS = "scans"  # what ingest rings after its commit
VISITS = "visits"  # what deriving rings after its own


class DeriveShelf:
    """Each verb raises `Unavailable` where the database cannot do it now."""

    def __init__(
        self, database: Database, now_ms: Callable[[], int], pseudonyms_changed: Callable[[Connection], None]
    ) -> None:
        """`pseudonyms_changed`: puts into the record of looks that everybody has another pseudonym from here on."""
        self._database = database
        self._now_ms = now_ms
        self._pseudonyms_changed = pseudonyms_changed
        self._known: tuple[place_seats.Version, Seats, Book] | None = None

    async def derive_page(self, limit: int) -> Page:
        """The next scans to derive, or some to derive anew."""
        found = await self._database.read(lambda connection: deriving.page(connection, limit))
        if found.is_empty and await self._database.read(lambda connection: bool(place_register.marks(connection))):
            await self._database.write(marked.take_up)
            found = await self._database.read(lambda connection: deriving.page(connection, limit))
        return found

    async def derive(self, found: Page, named: list[Named | None], pepper: str) -> bool:
        """Write what follows from them, named with this pepper. False: another node has done it, or all that is derived
        is made with another pepper by now."""

        def job(connection: Connection) -> bool:
            if not deriving.is_made_with(connection, pepper):
                return False
            seats, book = self._register(connection)
            done = derived.take(connection, found, named, seats, book, self._now_ms())
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

    async def keep_keys(self, pepper: str, peppers: list[str], digest: str, force: bool = False) -> str:
        """Begin anew where what is derived was made with an older pepper, or by older rules; returns which, or "".

        Raises `Unusable`: `holder_other` where these are not the keys of this database.
        """

        def job(connection: Connection) -> str:
            dialect.lock(connection, [access_audit.LOCK])
            deriving.alone(connection)
            reason = deriving.keep_keys(connection, pepper, peppers, digest, force)
            if reason:
                deriving.clear(connection, visit_sightings.clear)
                person_links.clear(connection)
            if reason == "pepper":
                self._pseudonyms_changed(connection)
            return reason

        return await self._database.write(job)

    async def rotted(self) -> dict[str, int]:
        """How many scans were passed over, by what is wrong with them."""
        return await self._database.read(deriving.rotted)

    async def clear(self) -> int:
        """Begin anew; returns how many scans there are to derive, about."""

        def job(connection: Connection) -> int:
            deriving.clear(connection, visit_sightings.clear)
            person_links.clear(connection)
            return deriving.count(connection)

        return await self._database.write(job)

    def _register(self, connection: Connection) -> tuple[Seats, Book]:
        version = place_seats.version(connection)
        known = self._known  # set at once and never in part: several threads may be here
        if known is None or known[0] != version:
            register = place_seats.register(connection)
            known = self._known = (version, Seats(register), book_of(register.places, register.gates))
        return known[1], known[2]
