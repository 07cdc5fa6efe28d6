"""How many records a batch has, and when a slow server is left in peace.

1. It doubles while full batches are answered within QUICK_S, and halves when one takes longer than SLOW_S, times out
   or is refused as too large. What a limited rate costs does not count.
2. Between 1 and the setting. A batch that was not full says nothing about a larger one.
3. After an outage it begins again with no more than FIRST_SCANS: everybody comes back at once.
4. After a full batch that took longer than QUICK_S there is a rest, as long as the answer took at most: other gateways'
   live scans come in between.
"""

from collections.abc import Callable

QUICK_S = 2.0
SLOW_S = 8.0
FIRST_SCANS = 250
LONGEST_REST_S = 10.0


class Pace:
    def __init__(self, most: int, random: Callable[[], float]) -> None:
        self._most = most
        self._random = random
        self.scans = min(FIRST_SCANS, most)

    def answered(self, sent: int, took_s: float) -> float:
        """-> seconds to rest."""
        was_full = sent >= self.scans
        if took_s > SLOW_S:
            self.halve(sent)
        elif took_s <= QUICK_S and was_full:
            self.scans = min(self._most, self.scans * 2)
        return self._random() * min(took_s, LONGEST_REST_S) if was_full and took_s > QUICK_S else 0.0

    def begin_again(self) -> None:
        self.scans = min(self.scans, FIRST_SCANS)

    def halve(self, sent: int) -> None:
        self.scans = max(1, min(self.scans, sent) // 2)
