"""The server as an object: made from settings, started on a socket, stopped. The one place that wires the rooms."""

import asyncio
import contextlib
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import structlog
import uvicorn
from litestar import Litestar

from server.config import Config
from server.errors import Unusable
from server.store.shelf import Shelf
from server.web.desk import Desk, Limits
from server.web.doors import Doors, Gateway, Reader
from server.web.live import Live
from server.web.metrics import Metrics
from server.web.page import render_news
from server.web.site import build

# Unpacking and reading batches is work for the processor; the interpreter does one at a time anyhow.
READING_THREADS = 1
STOP_PATIENCE_S = 10
BACKLOG = 512


def utc_ms() -> int:
    """Now, by the server's clock."""
    return time.time_ns() // 1_000_000


class Server:
    """`Server(config).run()` serves until SIGTERM or SIGINT; `app` is the ASGI application by itself."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.shelf = Shelf(config.database_path(), utc_ms, config.store.busy_timeout_ms, config.limits.waiting_batches)
        self.metrics = Metrics()
        self.live = Live(self.shelf.news, self.shelf.boxes_missing, render_news, config.web.live_interval_ms)
        self._readers = ThreadPoolExecutor(READING_THREADS, "reading")
        self.app = build(self._desk(), self._lifespan)

    def _desk(self) -> Desk:
        config, limits = self.config, self.config.limits
        self.metrics.live_readers.set_function(lambda: self.live.readers)
        self.metrics.ledgers_mended.set_function(lambda: self.shelf.disagreed)
        return Desk(
            limits=Limits(limits.packed_bytes, limits.batch_bytes, limits.body_timeout_s, limits.retry_after_s),
            store=self.shelf,
            metrics=self.metrics,
            doors=Doors(
                [Gateway(one.id, one.token_sha256, frozenset(one.boxes)) for one in config.gateways],
                [Reader(one.name, one.token_sha256) for one in config.readers],
                config.web.session_hours,
                utc_ms,
            ),
            live=self.live,
            readers=self._readers,
            now_ms=utc_ms,
        )

    def open(self) -> None:
        """Open the store. Raises `Unusable`."""
        started_s = time.perf_counter()
        migrated = self.shelf.start(self.config.store.check_at_start)
        structlog.get_logger().info(
            "store_open",
            path=str(self.config.database_path()),
            migrations=migrated,
            took_ms=round((time.perf_counter() - started_s) * 1000),
        )

    def close(self) -> None:
        """Close the store; what is committed stays."""
        self.shelf.close()
        self._readers.shutdown()

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Litestar) -> AsyncIterator[None]:
        telling = asyncio.create_task(self.live.run(), name="live")
        try:
            yield
        finally:
            self.live.close()
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await telling

    def run(self) -> None:
        """Serve until told to stop. Raises `Unusable` where it cannot start."""
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
        host, port = listening.getsockname()[:2]
        web = _Uvicorn(settings, self.live, f"{host}:{port}" if ":" not in host else f"[{host}]:{port}")
        await web.serve(sockets=[listening])
        if not web.started:
            raise Unusable("listen", "the application did not start")


class _Uvicorn(uvicorn.Server):
    """uvicorn, with our own word for ready and a clean end at a signal: exit code 0, live pages let go first."""

    def __init__(self, config: uvicorn.Config, live: Live, address: str) -> None:
        super().__init__(config)
        self._live = live
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            structlog.get_logger().info("listening", address=self._address, url=f"http://{self._address}")
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
        self._live.close()
        self.handle_exit(number, None)


def rebuild(config: Config) -> int:
    """Make every ledger anew from what was kept; returns how many. Raises `Unusable` while a server runs on it."""

    async def work(shelf: Shelf) -> int:
        return await shelf.rebuild()

    shelf = Shelf(config.database_path(), utc_ms, config.store.busy_timeout_ms)
    shelf.start(config.store.check_at_start)
    try:
        return asyncio.run(work(shelf))
    finally:
        shelf.close()
