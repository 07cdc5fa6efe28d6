"""The store as the rest of the server sees it: a few verbs to await, each one transaction."""

from collections.abc import Callable

from sqlalchemy import Connection

from server.ingest.kept import BoxPage, LedgerRow, Quarantined, Reading, Replayed, Totals, Which
from server.ingest.receive import Intake, RegisterChanged
from server.ingest.settle import Settlement, Spool, spools_of
from server.store import intake, ledgers, pulse, quarantine, rebuild, replay, scans
from server.store.access_shelf import AccessShelf
from server.store.database import Database, Where
from server.store.derive_shelf import DeriveShelf
from server.store.fleet_shelf import FleetShelf
from server.store.intake import LedgerDisagrees
from server.store.person_shelf import PersonShelf
from server.store.place_shelf import PlaceShelf
from server.store.seating import Seating, Seatings
from server.store.trace_shelf import TraceShelf
from server.store.visit_shelf import VisitShelf


class Shelf:
    """Opens with `start`, ends with `close`. Every verb raises `Unavailable` where the database cannot do it now."""

    def __init__(self, place: Where, now_ms: Callable[[], int], busy_timeout_ms: int = 2000, waiting: int = 64) -> None:
        self.database = Database(place, now_ms, busy_timeout_ms, waiting)
        self.fleet = FleetShelf(self.database, now_ms)
        self.persons = PersonShelf(self.database, now_ms)
        self.visits = VisitShelf(self.database, now_ms)
        self.places = PlaceShelf(self.database, now_ms)
        self.tracing = TraceShelf(self.database, now_ms)
        self.access = AccessShelf(self.database, now_ms)
        self.deriving = DeriveShelf(self.database, now_ms, self.access.pseudonyms_changed)
        self.disagreed = 0
        self._seatings = Seatings(self.database)
        self._now_ms = now_ms

    def start(self, check: bool = True) -> list[str]:
        """Open, check, migrate; returns the migrations that ran. Raises `Unusable`."""
        self.database.start(check)
        return self.database.migrated

    def close(self) -> None:
        """Finish what waits, and close."""
        self.database.close()

    async def seating(self) -> Seating:
        """The register that was read last, with its version: what a batch is judged by."""
        return await self._seatings.known()

    async def keep(self, found: Intake) -> Settlement:
        """Keep a batch; returns after the commit, and what it raises means that nothing was kept. `RegisterChanged`:
        it is to be judged anew, by what `seating` says then."""
        try:
            return await self.database.write(lambda connection: intake.keep(connection, found))
        except RegisterChanged:
            self._seatings.forget()
            raise
        except LedgerDisagrees:
            self.disagreed += 1
            now_ms = self._now_ms()
            await self.database.write(lambda connection: rebuild.spools(connection, spools_of(found), now_ms))
            return await self.database.write(lambda connection: intake.keep(connection, found))

    async def to_replay(self, which: Which, after_id: int, limit: int) -> list[Quarantined]:
        """Quarantined rows to be judged anew."""
        return await self.database.read(lambda connection: replay.page(connection, which, after_id, limit))

    async def to_replay_count(self, which: Which, after_id: int) -> int:
        """How many of them there are."""
        return await self.database.read(lambda connection: replay.count(connection, which, after_id))

    async def keep_again(self, pairs: list[replay.Pair]) -> Replayed:
        """Keep what was judged anew; returns after the commit."""
        now_ms = self._now_ms()
        try:
            return await self.database.write(lambda connection: replay.keep_again(connection, pairs, now_ms))
        except LedgerDisagrees:
            self.disagreed += 1
            await self.database.write(lambda connection: rebuild.spools(connection, replay.spools_in(pairs), now_ms))
            return await self.database.write(lambda connection: replay.keep_again(connection, pairs, now_ms))

    async def rebuild(self) -> int:
        """Every ledger anew from what was kept; returns how many."""
        return await self.database.write(lambda connection: rebuild.everything(connection, self._now_ms()))

    async def beat(self) -> None:
        """Write, to know that it can be written."""
        await self.database.write(lambda connection: pulse.beat(connection, self._now_ms()))

    async def ledgers(self, box_id: str | None, epoch: str | None, after: Spool | None, limit: int) -> list[LedgerRow]:
        """Ledgers in the order of box and epoch."""
        return await self.database.read(lambda connection: ledgers.page(connection, box_id, epoch, after, limit))

    async def epochs(self, box_id: str) -> list[str]:
        """The epochs of a box of which a scan is stored."""
        return await self.database.read(lambda connection: scans.epochs(connection, box_id))

    async def scans(self, box_id: str, epoch: str, after_seq: int, limit: int) -> list[Reading]:
        """Scans of one spool above `after_seq`."""
        return await self.database.read(lambda connection: scans.readable(connection, box_id, epoch, after_seq, limit))

    async def quarantine(self, after_id: int, limit: int) -> list[Quarantined]:
        """Rows of the quarantine, in the order in which they came."""
        return await self.database.read(lambda connection: quarantine.page(connection, after_id, limit))

    async def sums(self) -> tuple[Totals, dict[str, int]]:
        """The sum over all ledgers, and the rows in quarantine by code."""
        return await self.database.read(
            lambda connection: (ledgers.totals(connection, self._now_ms()), quarantine.by_code(connection))
        )

    async def boxes(self, contains: str, offset: int, limit: int, newest: int) -> BoxPage:
        """A page of boxes, those that need attention first."""

        def job(connection: Connection) -> BoxPage:
            box_ids = ledgers.box_ids(connection, contains, offset, limit)
            found = ledgers.count_boxes(connection, contains)
            return _box_page(connection, box_ids, found, newest, 0, self._now_ms())

        return await self.database.read(job)

    async def boxes_missing(self, limit: int) -> list[str]:
        """Boxes of which something is missing."""
        return await self.database.read(lambda connection: ledgers.box_ids_missing(connection, limit))

    async def news(self, box_ids: list[str], newest: int, after_id: int) -> BoxPage:
        """These boxes as they are now, and what arrived after the row `after_id`."""
        return await self.database.read(
            lambda connection: _box_page(connection, box_ids, len(box_ids), newest, after_id, self._now_ms())
        )


def _box_page(
    connection: Connection, box_ids: list[str], found: int, newest: int, after_id: int, now_ms: int
) -> BoxPage:
    boxes: dict[str, list[LedgerRow]] = {box_id: [] for box_id in box_ids}
    for row in ledgers.of_boxes(connection, box_ids):
        boxes[row.ledger.box_id].append(row)
    readings = scans.read(connection, scans.newest(connection, newest, after_id))
    return BoxPage(boxes, found, ledgers.totals(connection, now_ms), now_ms, readings)
