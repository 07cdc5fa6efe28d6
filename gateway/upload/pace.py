"""How many records a batch has.

1. It doubles while full batches are answered within QUICK_S, and halves when one takes longer than SLOW_S, times out
   or is refused as too large.
2. Between 1 and the setting. A batch that was not full says nothing about a larger one.
"""

QUICK_S = 2.0
SLOW_S = 8.0
FIRST_SCANS = 250


class Pace:
    def __init__(self, most: int) -> None:
        self._most = most
        self.scans = min(FIRST_SCANS, most)

    def answered(self, sent: int, took_s: float) -> None:
        if took_s > SLOW_S:
            self.halve(sent)
        elif took_s <= QUICK_S and sent >= self.scans:
            self.scans = min(self._most, self.scans * 2)

    def halve(self, sent: int) -> None:
        self.scans = max(1, min(self.scans, sent) // 2)
