"""What is new, told to every page that looks: server-sent events with pieces of the page.

1. However much comes, a page is told LEAST_S apart at the least; and EVERY_S apart at the most while somebody looks,
   for ages grow without any news.
2. Pieces are made once for all pages of a kind and language. A page is sent those that it does not have: one that does
   not keep up skips what was in between, and holds up nobody.
3. A stream ends with its session. There are never more than MOST, nor more than MOST_OF_ONE of one person.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

MOST = 24
MOST_OF_ONE = 12
LEAST_S = 0.25
EVERY_S = 1.0
HEARTBEAT_S = 10.0
HEARTBEAT = b"event: pulse\ndata: {}\n\n"
ENDED = b"event: ended\ndata: {}\n\n"
NO_LOOK = b"event: blind\ndata: {}\n\n"

Pieces = Mapping[str, str]
Make = Callable[[set[tuple[str, str]]], Awaitable[Mapping[tuple[str, str], Pieces] | None]]
"""(page, language) of all that are looked at -> their pieces; None: nobody can tell just now."""


class TooMany(Exception):
    """As many look as may."""


class Live:
    """changed() after a commit, watch() for a page, run() as a task."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._news = asyncio.Event()
        self._made = asyncio.Condition()
        self._version = 0
        self._pieces: Mapping[tuple[str, str], Pieces] | None = None
        self._watched: Counter[tuple[str, str]] = Counter()
        self._owners: Counter[str] = Counter()
        self._somebody = asyncio.Event()

    @property
    def watchers(self) -> int:
        return self._owners.total()

    def changed(self) -> None:
        self._news.set()

    async def run(self) -> None:
        while True:
            await self._somebody.wait()
            self._news.clear()
            made = await self._make(set(self._watched))
            async with self._made:
                self._version += 1
                self._pieces = made
                self._made.notify_all()
            await asyncio.sleep(LEAST_S)
            try:
                async with asyncio.timeout(EVERY_S - LEAST_S):
                    await self._news.wait()
            except TimeoutError:
                pass

    def watch(self, page: str, lang: str, owner: str, is_welcome: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """Raises TooMany."""
        if self.watchers >= MOST or self._owners[owner] >= MOST_OF_ONE:
            raise TooMany
        return self._stream((page, lang), owner, is_welcome)

    async def _stream(
        self, kind: tuple[str, str], owner: str, is_welcome: Callable[[], bool]
    ) -> AsyncGenerator[bytes, None]:
        self._enter(kind, owner)
        has: dict[str, str] = {}
        seen = self._version
        quiet_s = 0.0
        try:
            yield HEARTBEAT
            while is_welcome():
                message = b""
                if await self._next(seen):
                    seen = self._version
                    message = self._message(kind, has)
                quiet_s = 0.0 if message else quiet_s + EVERY_S
                if not message and quiet_s >= HEARTBEAT_S:
                    message, quiet_s = HEARTBEAT, 0.0
                if message:
                    yield message
            yield ENDED
        finally:
            self._leave(kind, owner)

    async def _next(self, seen: int) -> bool:
        """Whether there is another version than the one seen, within EVERY_S or so."""
        try:
            async with asyncio.timeout(2 * EVERY_S), self._made:
                await self._made.wait_for(lambda: self._version != seen)
        except TimeoutError:
            return False
        return True

    def _message(self, kind: tuple[str, str], has: dict[str, str]) -> bytes:
        """What this page does not have yet; empty: nothing."""
        if self._pieces is None:
            return NO_LOOK
        pieces = self._pieces.get(kind, {})
        fresh = {name: text for name, text in pieces.items() if has.get(name) != text}
        has.update(fresh)
        return b"event: news\ndata: " + json.dumps(fresh).encode() + b"\n\n" if fresh else b""

    def _enter(self, kind: tuple[str, str], owner: str) -> None:
        self._watched[kind] += 1
        self._owners[owner] += 1
        self._somebody.set()
        self._news.set()

    def _leave(self, kind: tuple[str, str], owner: str) -> None:
        self._watched -= Counter([kind])  # what comes to 0 is gone
        self._owners -= Counter([owner])
        if not self._owners:
            self._somebody.clear()
