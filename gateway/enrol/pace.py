"""How often one address may ask: a bucket that fills again with time.

1. `allows` takes one out, and says no where none is left. A bucket that is full again is forgotten.
2. There are never more than MOST buckets: while there are, an address that has none has to wait.
"""

MOST = 4_096


class Pace:
    """`burst` at once, and `per_minute` in the long run, for each address."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self._per_ms = per_minute / 60_000
        self._burst = burst
        self._left: dict[str, tuple[float, int]] = {}

    def allows(self, address: str, now_ms: int) -> bool:
        if address not in self._left and len(self._left) >= MOST:
            self._forget(now_ms)
            if len(self._left) >= MOST:
                return False
        left = self._refilled(*self._left.get(address, (self._burst, now_ms)), now_ms)
        if left < 1:
            self._left[address] = left, now_ms
            return False
        self._left[address] = left - 1, now_ms
        return True

    def _refilled(self, left: float, since_ms: int, now_ms: int) -> float:
        return min(float(self._burst), left + max(0, now_ms - since_ms) * self._per_ms)

    def _forget(self, now_ms: int) -> None:
        full = [one for one, known in self._left.items() if self._refilled(*known, now_ms) >= self._burst]
        for address in full:
            del self._left[address]
