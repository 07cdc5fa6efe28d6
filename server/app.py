"""The server as an object: made from settings, started on a socket, stopped. The one place that wires the rooms."""

import asyncio
import contextlib
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import structlog
import uvicorn
from litestar import Litestar
from prometheus_client import Gauge

from server import keys, tls
from server.access.vault import Vault
from server.codes.files import load_rules, load_trust
from server.config import Config
from server.deriving import Deriver, running
from server.errors import Unavailable, Unusable
from server.fleet.assignment import Assignments, Policy
from server.fleet.roster import Roster
from server.following import Follower, following
from server.holder.holder import Holder
from server.holder.local import LocalHolder
from server.holder.remote import RemoteHolder
from server.ingest.kept import Replayed, Which
from server.ingest.seal import Keys
from server.persons.retention import Retention
from server.purging import Purge
from server.rounds import Rounds, going
from server.store.database import Where, where
from server.store.person_destroyed import Destruction
from server.store.shelf import Shelf
from server.tracing import seldom as collector
from server.web import trace_folder
from server.web.desk import Desk, Limits
from server.web.doors import Doors, Gateway, Operator, Reader
from server.web.live import Live
from server.web.logins import Logins
from server.web.metrics import Metrics
from server.web.pace import Pace
from server.web.page import render_gateways, render_news
from server.web.reception import Reception
from server.web.replays import NOTHING, Replays
from server.web.site import build
from server.web.waiting import Waiting

# Unpacking, opening and reading batches is work for the processor, about 0.11 ms a sealed scan, and holds the
# interpreter (cryptography does not let go of it): measured, two or four threads read no more than one.
READING_THREADS = 1
SWITCH_S = 0.001
"""So often threads hand over the interpreter: who only reads waits less for those who compute."""
REBUILD_SCANS = 4_000
"""To a page where all is derived anew and nobody waits beside it: the larger, the less often the same is written."""
STOP_PATIENCE_S = 10
BACKLOG = 512
T = TypeVar("T")


def utc_ms() -> int:
    """Now, by the server's clock."""
    return time.time_ns() // 1_000_000


class Server:
    """`Server(config).run()` serves until SIGTERM or SIGINT; `app` is the ASGI application by itself. `now_ms`: another
    clock than the machine's."""

    def __init__(self, config: Config, now_ms: Callable[[], int] | None = None) -> None:
        self.config = config
        self._now_ms = now_ms = now_ms or utc_ms
        self._refused: Unusable | None = None
        self.keys = read_keys(config) if not config.holder.socket else Keys()
        chain_file = config.tls_chain_file
        self._tls = tls.context(Path(chain_file), config.tls_client_ca_file) if chain_file else None
        self.shelf = Shelf(place_of(config), now_ms, config.store.busy_timeout_ms, config.limits.waiting_batches)
        access = self.shelf.access
        access.vault, access.node = read_vault(config), socket.gethostname()[:64]
        self.logins = Logins(access, access.vault, now_ms, config.web.session_hours, config.access.hashing)
        self.metrics = Metrics()
        policies = [Policy(one.id, frozenset(one.boxes), one.assign_enrolled) for one in config.gateways]
        self.roster = Roster(policies, config.fleet.silent_s, now_ms)
        self.waiting = Waiting()
        self.live = Live(
            self.shelf.news,
            self.shelf.boxes_missing,
            render_news,
            lambda lang: render_gateways(self.roster, lang, now_ms()),
            config.web.live_interval_ms,
        )
        self._readers = ThreadPoolExecutor(READING_THREADS, "reading")
        boxes_of = self.roster.assignments.boxes_of
        self.holder = make_holder(config, self.keys, now_ms)
        self.reception = Reception(self.holder, self.shelf.deriving.seats, self._readers, now_ms)
        self.replays = Replays(self.shelf, self.reception, boxes_of, self.live.changed)
        deriving = config.deriving
        self.deriver = Deriver(self.shelf.deriving, self.holder, deriving.batch, deriving.look_every_ms)
        kept = Retention(config.retention.person_days, config.retention.health_days, config.retention.code_days)
        self.purge = Purge(self.shelf.persons, self.holder, kept, now_ms, self._record_destruction)
        every_s = config.retention.run_every_s
        self.rounds = Rounds(self.shelf, self.purge, kept, self.roster, self._told, self._log_head, every_s)
        self.app = build(self._desk(), self._lifespan)

    def _desk(self) -> Desk:
        config, limits = self.config, self.config.limits
        self.metrics.live_readers.set_function(lambda: self.live.readers)
        self.metrics.waiting_gateways.set_function(lambda: self.waiting.count)
        self.metrics.ledgers_mended.set_function(lambda: self.shelf.disagreed)
        for name, said, value in (
            ("tram_rows_rotted", "Stored scans that cannot be read", lambda: sum(self.deriver.rotted.values())),
            ("tram_deriving_waits", "1: visits are not made now, the log says why", lambda: bool(self.deriver.fault)),
        ):
            Gauge(name, said, registry=self.metrics.registry).set_function(value)
        return Desk(
            limits=Limits(limits.packed_bytes, limits.batch_bytes, limits.body_timeout_s, limits.retry_after_s),
            store=self.shelf,
            fleet=self.shelf.fleet,
            persons=self.shelf.persons,
            visits=self.shelf.visits,
            places=self.shelf.places,
            tracing=self.shelf.tracing,
            access=self.shelf.access,
            roster=self.roster,
            waiting=self.waiting,
            replays=self.replays,
            reception=self.reception,
            holder=self.holder,
            retention=self.rounds.retention,
            purge=self.purge,
            fleet_key=read_fleet_key(config),
            updates_at_once=config.fleet.updates_at_once,
            metrics=self.metrics,
            doors=Doors(
                [Gateway(one.id, one.token_sha256, one.certificate_required) for one in config.gateways],
                [Reader(one.name, one.token_sha256) for one in config.readers],
                [Operator(one.name, one.token_sha256) for one in config.operators],
                config.web.session_hours,
                self._now_ms,
            ),
            logins=self.logins,
            pace=Pace(limits.asks_per_s, limits.asks_burst, time.monotonic),
            live=self.live,
            readers=self._readers,
            now_ms=self._now_ms,
        )

    async def _record_destruction(self, one: Destruction) -> None:
        rows = sum((one.rows or {}).values())
        await self.shelf.access.record("retention", "destroyed", [one.subject], {"what": one.what, "rows": rows})

    async def _same_keys(self) -> None:
        try:
            await self.deriver.same_keys()
        except Unavailable as err:  # the holder is away: deriving asks again
            structlog.get_logger().warning("holder_waits", code=err.code)
        except Unusable as err:
            self._refused = err
            raise

    async def _log_head(self) -> None:
        """The head of the record of looks, where the log keeps it apart from the database."""
        head = await self.shelf.access.head()
        structlog.get_logger().info("audit_head", no=head.no, hash=head.hash.hex())

    async def _told(self) -> None:
        """The wishes have changed, and nobody at the API did it: whoever waits for them is told."""
        found = await self.shelf.fleet.load()
        self.waiting.load(found.version, found.versions)

    def open(self) -> None:
        """Open the store. Raises `Unusable`."""
        started_s = time.perf_counter()
        migrated = self.shelf.start(self.config.store.check_at_start)
        structlog.get_logger().info(
            "store_open",
            path=self.config.database_url or str(self.config.database_path()),
            migrations=migrated,
            took_ms=round((time.perf_counter() - started_s) * 1000),
        )

    def close(self) -> None:
        """Close the store; what is committed stays."""
        self.shelf.close()
        self.logins.close()
        self._readers.shutdown()

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Litestar) -> AsyncIterator[None]:
        await asyncio.to_thread(trace_folder.sweep)
        found = await self.shelf.fleet.load()
        self.roster.load(found.given, found.reports, found.findings)
        self.waiting.load(found.version, found.versions)
        self.replays.at_start()
        telling = asyncio.create_task(self.live.run(), name="live")
        try:
            deriver = self.deriver if self.config.deriving.enabled else None
            await self._log_head()
            await self._same_keys()
            alone = isinstance(self.shelf.database.place, Path)  # on SQLite there are no other nodes
            follower = None if alone else Follower(self.shelf, self.roster, self.waiting, self.replays, self.live)
            async with running(deriver), going(self.rounds if deriver else None), following(follower):
                yield
        finally:
            self.live.close()
            self.waiting.close()
            await self.replays.close()
            if (work := app.state.get("trace_work")) is not None:
                await work.close()
            await self.holder.close()
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await telling

    def run(self) -> None:
        """Serve until told to stop. Raises `Unusable` where it cannot start."""
        sys.setswitchinterval(SWITCH_S)
        collector.from_now_on()
        listening = self._listen()
        self.open()
        try:
            asyncio.run(self._serve(listening))
        finally:
            self.close()
        structlog.get_logger().info("stopped")

    def _listen(self) -> socket.socket:
        host, port = self.config.address()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # asyncio turns off Nagle's delay (40 ms an answer) only on a socket that says that it is TCP
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(BACKLOG)
        except OSError as err:
            listening.close()
            raise Unusable("listen", f"{self.config.listen}: {err.strerror}") from err
        return listening

    async def _serve(self, listening: socket.socket) -> None:
        settings = uvicorn.Config(
            self.app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            lifespan="on",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=STOP_PATIENCE_S,
        )
        if self._tls is not None:
            tls.secure(settings, self._tls)
        host, port = listening.getsockname()[:2]
        address = f"{host}:{port}" if ":" not in host else f"[{host}]:{port}"
        scheme = "http" if self._tls is None else "https"
        web = _Uvicorn(settings, self._let_go, f"{scheme}://{address}")
        await web.serve(sockets=[listening])
        if not web.started:
            raise self._refused or Unusable("listen", "the application did not start")

    def _let_go(self) -> None:
        self.live.close()
        self.waiting.close()


class _Uvicorn(uvicorn.Server):
    """uvicorn, with our own word for ready and a clean end at a signal: exit code 0, who waits is let go first."""

    def __init__(self, config: uvicorn.Config, let_go: Callable[[], None], url: str) -> None:
        super().__init__(config)
        self._let_go = let_go
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            structlog.get_logger().info("listening", address=self._url.partition("//")[2], url=self._url)
            sys.stdout.flush()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number)
        yield
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    def _stop(self, number: int) -> None:
        structlog.get_logger().info("stopping", signal=signal.Signals(number).name)
        self._let_go()
        self.handle_exit(number, None)


def place_of(config: Config) -> Where:
    """Where the database is."""
    return where(config.database_url, config.database_password_file, config.database_path())


def read_keys(config: Config) -> Keys:
    """The private keys that the settings name. Raises `Unusable`."""
    return Keys(keys.read(Path(name)) for name in config.sealing_key_files)


def make_holder(config: Config, sealing_keys: Keys, now_ms: Callable[[], int] | None = None) -> Holder:
    """Who holds the keys: a process of its own where there is one, else this one. Raises `Unusable`."""
    if config.holder.socket:
        return RemoteHolder(Path(config.holder.socket))
    return make_local_holder(config, sealing_keys, now_ms)


def make_local_holder(config: Config, sealing_keys: Keys, now_ms: Callable[[], int] | None = None) -> LocalHolder:
    """The keys in this process. Raises `Unusable`."""
    days, codes = config.retention, config.codes
    kept = {"person": days.person_days, "health": days.health_days, "code": days.code_days}
    health, tickets, signers, issuers = (
        Path(name) if name else None
        for name in (codes.health_rules_file, codes.prefixes_file, codes.trust_file, codes.shc_keys_file)
    )
    rules, trust = load_rules(health, tickets), load_trust(signers, issuers)
    return LocalHolder(config.holder_folder(), sealing_keys, rules, trust, now_ms or utc_ms, kept)


def read_vault(config: Config) -> Vault:
    """The key of access, made where there is none. Raises `Unusable`."""
    path = config.access_key_path()
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(Unusable):  # another node was faster
            keys.write_private(path, secrets.token_hex(32).encode() + b"\n")
    return Vault(keys.read(path))


def read_fleet_key(config: Config) -> bytes | None:
    """The public half of the key that firmware is signed with. Raises `Unusable`."""
    name = config.fleet.fleet_key_file
    return keys.read_fleet_key(Path(name)) if name else None


def replay(config: Config, which: Which, tell: Callable[[int, Replayed], None]) -> Replayed:
    """Judge quarantined items anew; `tell` hears how many there are in all, and what became of each page.

    Raises `Unusable` while a server runs on the database.
    """

    async def work(shelf: Shelf) -> Replayed:
        policies = [Policy(one.id, frozenset(one.boxes), one.assign_enrolled) for one in config.gateways]
        assignments = Assignments(policies)
        assignments.load((await shelf.fleet.load()).given)
        reception = Reception(make_holder(config, read_keys(config)), shelf.deriving.seats, None, utc_ms)
        replays = Replays(shelf, reception, assignments.boxes_of)
        total, done = await replays.count(which, 0), NOTHING
        after_id: int | None = 0
        while after_id is not None:
            page, after_id = await replays.step(which, after_id)
            done = done.plus(page)
            tell(total, done)
        return done

    return _on_the_store(config, work)


def rebuild(config: Config, tell: Callable[[int, int], None] = lambda total, done: None) -> tuple[int, int]:
    """Make everything derived anew from what was kept: ledgers, then persons, visits and counts. `tell` hears how many
    scans there are, about, and how many are derived. Returns how many ledgers, and how many scans.

    Raises `Unusable` while a server runs on the database.
    """

    async def work(shelf: Shelf) -> tuple[int, int]:
        shelf.access.vault, shelf.access.node = read_vault(config), "cli"
        ledgers = await shelf.rebuild()
        holder = make_holder(config, read_keys(config))
        try:
            total = await shelf.deriving.clear()
            deriver = Deriver(shelf.deriving, holder, REBUILD_SCANS, config.deriving.look_every_ms)
            await deriver.same_keys(force=True)
            return ledgers, await deriver.all(lambda done: tell(total, done))
        finally:
            await holder.close()

    with collector.seldom():
        return _on_the_store(config, work)


def _on_the_store(config: Config, work: Callable[[Shelf], Coroutine[Any, Any, T]]) -> T:
    shelf = Shelf(place_of(config), utc_ms, config.store.busy_timeout_ms)
    shelf.start(config.store.check_at_start)
    try:
        return asyncio.run(work(shelf))
    finally:
        shelf.close()
