"""What every handler needs, handed to them in one piece; and the store as they see it."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol, cast

from litestar.connection import ASGIConnection

from server.fleet.roster import Roster
from server.holder.holder import Holder
from server.ingest.kept import BoxPage, LedgerRow, Quarantined, Reading, Replayed, Totals, Which
from server.ingest.receive import Candidate, Intake, Version
from server.ingest.settle import Settlement, Spool
from server.persons.retention import Retention
from server.places.seats import Seats
from server.web.access_store import AccessStore
from server.web.doors import Doors
from server.web.fleet_store import FleetStore
from server.web.live import Live
from server.web.logins import Logins
from server.web.metrics import Metrics
from server.web.pace import Pace
from server.web.person_store import Certified, PersonStore
from server.web.place_store import PlaceStore
from server.web.reception import Reception
from server.web.replays import Replays
from server.web.trace_store import TraceStore
from server.web.visit_store import VisitStore
from server.web.waiting import Waiting


class Forgetting(Protocol):
    """What is needed of who destroys."""

    async def forget(self, person: bytes, request: str) -> Certified:
        """Let go of what is known of a person, as the request with this number asks."""


class Store(Protocol):
    """The store's verbs. Each raises `Unavailable` where it cannot be done now."""

    async def seating(self) -> tuple[Version, Seats]:
        """The register that was read last, with its version."""

    async def keep(self, found: Intake) -> Settlement:
        """Keep a batch; returns after the commit. Raises `RegisterChanged`: judge it anew."""

    async def beat(self) -> None:
        """Write, to know that it can be written."""

    async def ledgers(self, box_id: str | None, epoch: str | None, after: Spool | None, limit: int) -> list[LedgerRow]:
        """Ledgers in the order of box and epoch."""

    async def epochs(self, box_id: str) -> list[str]:
        """The epochs of a box of which a scan is stored."""

    async def scans(self, box_id: str, epoch: str, after_seq: int, limit: int) -> list[Reading]:
        """Scans of one spool above `after_seq`."""

    async def quarantine(self, after_id: int, limit: int) -> list[Quarantined]:
        """Rows of the quarantine, in the order in which they came."""

    async def to_replay(self, which: Which, after_id: int, limit: int) -> list[Quarantined]:
        """Quarantined rows to be judged anew."""

    async def to_replay_count(self, which: Which, after_id: int) -> int:
        """How many of them there are."""

    async def keep_again(self, pairs: list[tuple[Quarantined, Candidate]]) -> Replayed:
        """Keep what was judged anew."""

    async def sums(self) -> tuple[Totals, dict[str, int]]:
        """The sum over all ledgers, and the rows in quarantine by code."""

    async def boxes(self, contains: str, offset: int, limit: int, newest: int) -> BoxPage:
        """A page of boxes, those that need attention first."""

    async def news(self, box_ids: list[str], newest: int, after_id: int) -> BoxPage:
        """These boxes as they are now, and what arrived after the row `after_id`."""


@dataclass(frozen=True)
class Limits:
    """What one request may cost."""

    packed_bytes: int
    batch_bytes: int
    body_timeout_s: int
    retry_after_s: int


@dataclass(frozen=True)
class Desk:
    """The rooms that a handler may turn to."""

    limits: Limits
    store: Store
    fleet: FleetStore
    persons: PersonStore
    visits: VisitStore
    places: PlaceStore
    tracing: TraceStore
    access: AccessStore
    roster: Roster
    waiting: Waiting
    replays: Replays
    reception: Reception
    holder: Holder
    retention: Retention
    purge: Forgetting
    fleet_key: bytes | None
    updates_at_once: int
    metrics: Metrics
    doors: Doors
    logins: Logins
    live: Live
    pace: Pace
    readers: Executor
    now_ms: Callable[[], int]


def desk_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Desk:
    """The desk of the app that a request came to."""
    return cast(Desk, connection.app.state.desk)
