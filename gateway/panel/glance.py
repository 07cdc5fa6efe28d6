"""The latest look, for many who ask: the sources are asked a few times a second at most, never twice at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from gateway.panel.types import Day, Look, Sources

log = structlog.get_logger()

FRESH_MS = 200
PATIENCE_S = 5.0


Told = TypeVar("Told")


class NoLook(Exception):
    """The sources cannot tell just now."""


class Glance:
    def __init__(self, sources: Sources, mono_ms: Callable[[], int]) -> None:
        self._sources = sources
        self._mono_ms = mono_ms
        self._lock = asyncio.Lock()
        self._latest: tuple[int, Look] | None = None
        self.failed = 0

    async def look(self) -> Look:
        """No older than FRESH_MS. Raises NoLook."""
        async with self._lock:
            if self._latest is None or self._mono_ms() - self._latest[0] >= FRESH_MS:
                asked_ms = self._mono_ms()
                self._latest = asked_ms, await self._ask("look", self._sources.look())
            return self._latest[1]

    async def day(self, date: str) -> Day | None:
        """Raises NoLook."""
        return await self._ask("day", self._sources.day(date))

    async def metrics(self) -> str:
        """Raises NoLook."""
        return await self._ask("metrics", self._sources.metrics())

    async def _ask(self, what: str, asked: Awaitable[Told]) -> Told:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asked
        except Exception as error:  # a source's fault ends neither the page nor the gateway
            self.failed += 1
            log.error("the panel got no answer", asked=what, error=repr(error))
            raise NoLook(what) from error
