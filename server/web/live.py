"""What is new, told to every page that looks: server-sent events, put together no more than a few times a second.

1. A commit only says which boxes changed. What is told is then read from the store, so a page shows what is kept.
2. However much comes, an interval has one message: the changed boxes as they are now, the sums, the newest scans.
3. A page that does not keep up loses messages and is told to load itself anew; it never holds up anybody.
4. The gateways' part is told where it looks otherwise than before: silence shows without anything coming.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

import structlog

from server.errors import TramError, Unavailable
from server.ingest.kept import BoxPage
from server.ingest.receive import Intake
from server.ingest.settle import Verdict

MAX_BOXES = 100
MAX_SCANS = 30
MAX_READERS = 200
QUEUED_MESSAGES = 4
HEARTBEAT_S = 15.0
REFRESH_S = 20.0
GATEWAYS_EVERY_S = 2.0
RELOAD = b"event: reload\ndata: {}\n\n"
HEARTBEAT = b"event: pulse\ndata: {}\n\n"

Missing = Callable[[int], Awaitable[list[str]]]
News = Callable[[list[str], int, int], Awaitable[BoxPage]]
Render = Callable[[BoxPage, str, bool], bytes]
RenderGateways = Callable[[str], bytes]


class _Page:
    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.messages: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED_MESSAGES)

    def offer(self, message: bytes | None) -> None:
        try:
            self.messages.put_nowait(message)
        except asyncio.QueueFull:
            while not self.messages.empty():
                self.messages.get_nowait()
            self.messages.put_nowait(RELOAD if message is not None else None)


class Live:
    """`changed` after a commit, `watch` for a page, `run` as a task."""

    def __init__(
        self, news: News, missing: Missing, render: Render, render_gateways: RenderGateways, interval_ms: int
    ) -> None:
        self._news = news
        self._missing = missing
        self._render = render
        self._render_gateways = render_gateways
        self._gateways: dict[str, bytes] = {}
        self._gateways_due_s = 0.0
        self._interval_s = interval_ms / 1000
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._pages: set[_Page] = set()
        self._newest_id = 0
        self._closed = False

    @property
    def readers(self) -> int:
        """How many pages look."""
        return len(self._pages)

    def changed(self, box_ids: Iterable[str]) -> None:
        """These boxes have something new."""
        if self._pages:
            self._changed.update(box_ids)
            self._wake.set()

    def gateways_changed(self) -> None:
        """A gateway told something, or something is wished of one: to be told within GATEWAYS_EVERY_S."""
        if not self._pages:
            return
        loop = asyncio.get_running_loop()
        soon_s = loop.time() + GATEWAYS_EVERY_S
        if self._gateways_due_s <= loop.time():
            self._wake.set()
        elif self._gateways_due_s > soon_s:
            self._gateways_due_s = soon_s
            loop.call_at(soon_s + 0.01, self._wake.set)

    def log_odd(self, intake: Intake, odd: Sequence[Verdict]) -> None:
        """Conflicts and quarantine go to the log: a conflict is an alarm."""
        log = structlog.get_logger().bind(gateway_id=intake.gateway_id, batch_no=intake.batch_no)
        for (verdict, code, box_id), count in Counter((one.verdict, one.code, one.box_id) for one in odd).items():
            tell = log.error if verdict == "conflict" else log.warning
            tell("not_stored", verdict=verdict, code=code, box_id=box_id, count=count)

    async def run(self) -> None:
        """Tell the pages, as long as the server runs."""
        while not self._closed:
            await self._until_news()
            self._tell_gateways()
            await self._tell()
            await asyncio.sleep(self._interval_s)

    async def _until_news(self) -> None:
        """Wait for a change. What is missing becomes overdue without any: so look at it from time to time."""
        try:
            async with asyncio.timeout(REFRESH_S):
                await self._wake.wait()
        except TimeoutError:
            if self._pages:
                with contextlib.suppress(TramError):
                    self._changed.update(await self._missing(MAX_BOXES))
        self._wake.clear()

    def _tell_gateways(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s < self._gateways_due_s:
            return
        self._gateways_due_s = now_s + REFRESH_S
        for lang in {one.lang for one in self._pages}:
            message = self._render_gateways(lang)
            if message != self._gateways.get(lang):
                self._gateways[lang] = message
                for one in self._pages:
                    if one.lang == lang:
                        one.offer(message)

    async def _tell(self) -> None:
        box_ids, self._changed = sorted(self._changed), set()
        if not self._pages or not box_ids:
            return
        try:
            page = await self._news(box_ids[:MAX_BOXES], MAX_SCANS, self._newest_id)
        except TramError:
            self._changed.update(box_ids)
            self._wake.set()
            return
        if page.newest:
            self._newest_id = page.newest[0].stored.id
        more = len(box_ids) > MAX_BOXES
        for lang in {one.lang for one in self._pages}:
            message = self._render(page, lang, more)
            for one in self._pages:
                if one.lang == lang:
                    one.offer(message)

    def watch(self, lang: str) -> AsyncIterator[bytes]:
        """The messages for one page. Raises `Unavailable`: `too_many_readers`."""
        if len(self._pages) >= MAX_READERS:
            raise Unavailable("too_many_readers", f"{MAX_READERS} pages look already")
        page = _Page(lang)
        self._pages.add(page)
        return self._messages(page)

    async def _messages(self, page: _Page) -> AsyncIterator[bytes]:
        try:
            yield HEARTBEAT
            while not self._closed:
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        message = await page.messages.get()
                except TimeoutError:
                    message = HEARTBEAT
                if message is None:
                    return
                yield message
        finally:
            self._pages.discard(page)

    def close(self) -> None:
        """Let every page go."""
        self._closed = True
        self._wake.set()
        for page in self._pages:
            page.offer(None)
