"""Gateways that wait for news: thousands of open requests that cost a future each, and wake at once.

1. A gateway waits once: a second question of the same gateway sends the first one home.
2. Who asks and who changes run on one event loop: between looking at the version and beginning to wait nothing happens.
"""

import asyncio


class Waiting:
    """The version of each gateway's wishes, and who waits for the next."""

    def __init__(self) -> None:
        self._fleet = 0
        self._own: dict[str, int] = {}
        self._futures: dict[str, asyncio.Future[bool]] = {}
        self._is_closed = False

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._futures)

    def load(self, fleet: int, own: dict[str, int]) -> None:
        """The versions as they are now; whoever waits for one of those that have changed is told."""
        before = {gateway_id: self.version(gateway_id) for gateway_id in self._futures}
        self._fleet, self._own = fleet, dict(own)
        for gateway_id, version in before.items():
            if self.version(gateway_id) > version:
                self._wake(gateway_id, True)

    def version(self, gateway_id: str) -> int:
        """Of this gateway's wishes."""
        return max(self._fleet, self._own.get(gateway_id, 0))

    async def until_newer(self, gateway_id: str, after: int, wait_s: float) -> bool:
        """Whether there is a newer version within the wait."""
        if self.version(gateway_id) > after:
            return True
        self._wake(gateway_id, False)
        if self._is_closed or wait_s <= 0:
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._futures[gateway_id] = future
        try:
            async with asyncio.timeout(wait_s):
                return await future
        except TimeoutError:
            return False
        finally:
            if self._futures.get(gateway_id) is future:
                del self._futures[gateway_id]

    def close(self) -> None:
        """Send everybody home."""
        self._is_closed = True
        for gateway_id in list(self._futures):
            self._wake(gateway_id, False)

    def _wake(self, gateway_id: str, is_news: bool) -> None:
        future = self._futures.pop(gateway_id, None)
        if future is not None and not future.done():
            future.set_result(is_news)
