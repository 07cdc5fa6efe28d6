# One file on its way, piece by piece: what to ask for, and what has come. A rule, without I/O.
#
# 1. At most `window` pieces have been asked for and not come. One that comes before its turn waits for it.
# 2. Where nothing comes, everything outstanding is asked for again: after FIRST_WAIT_MS, then twice as long, up to
#    LONGEST_WAIT_MS. What comes starts that anew. Nobody gives up: the link may be away for days.
# 3. What was not asked for is not taken: another offset, another length, a piece that has come before.

FIRST_WAIT_MS = 2000
LONGEST_WAIT_MS = 30000


class Fetch:
    def __init__(self, length, piece_bytes, window, now_ms):
        self.length = length
        self._piece_bytes = piece_bytes
        self._window = window
        self._asked = []  # offsets, rising
        self._early = {}  # offset -> data
        self._next = 0  # the first offset that was never asked for
        self.taken = 0  # up to here all has come, in order
        self._wait_ms = FIRST_WAIT_MS
        self._again_ms = now_ms

    def is_done(self):
        return self.taken == self.length

    def wants(self, now_ms):
        # -> [(offset, length)] to ask for now
        found = []
        if self._asked and now_ms >= self._again_ms:
            found = [offset for offset in self._asked if offset not in self._early]
            self._wait_ms = min(LONGEST_WAIT_MS, 2 * self._wait_ms)
            self._again_ms = now_ms + self._wait_ms
        while len(self._asked) < self._window and self._next < self.length:
            if not self._asked:
                self._again_ms = now_ms + self._wait_ms
            found.append(self._next)
            self._asked.append(self._next)
            self._next += self._size(self._next)
        return [(offset, self._size(offset)) for offset in found]

    def wait_ms(self, now_ms):
        return max(0, self._again_ms - now_ms)

    def take(self, offset, data, now_ms):
        # -> the pieces that are now next in order; None: that was not asked for
        if offset not in self._asked or offset in self._early or len(data) != self._size(offset):
            return None
        self._early[offset] = data
        self._wait_ms = FIRST_WAIT_MS
        self._again_ms = now_ms + self._wait_ms
        ready = []
        while self.taken in self._early:
            self._asked.remove(self.taken)
            ready.append(self._early.pop(self.taken))
            self.taken += len(ready[-1])
        return ready

    def _size(self, offset):
        return min(self._piece_bytes, self.length - offset)
