# Which readings become scans.
#
# 1. The same code within the repeat window of its scan is no new scan.
# 2. A code that stays before the reader is read over and over, and every reading extends the window: someone who holds
#    a card for ten seconds is counted once. But not for ever: HOLD_WINDOWS windows after its scan the code counts
#    again, so that a card stuck in the holder does not shut out its owner's next visit. It never touches other codes.
# 3. So a code counts again as soon as it was gone for a whole window, and at the latest after HOLD_WINDOWS windows.
# 4. Codes are told apart by their length and SHA-256, never by a checksum: a visitor must not be taken for another.
# 5. KEPT codes are remembered; the one that was seen longest ago makes room. A forgotten one counts again: a scan too
#    many, never one too few.
# 6. `forget` takes a judgement back, when what was accepted could not be stored after all.
# 7. The limits come first: a code that is refused leaves no trace.
# 8. Then comes the kind. What this gate does not take is "wrong_kind", as often as it is shown, and counted once for as
#    long as it is held there. No more is kept of it than the digest of the last one, and it makes nobody else's room.
# 9. "control" and "provision" are for the box, not for the spool: always told, never remembered. Like payment codes
#    they cannot be taken as scans, whatever a setting says.
# 10. What is counted is counted by kind: accepted, repeat, refused. `kind` is that of the code judged last.

from hashlib import sha256

from ..codes import KINDS, TAKEABLE, TAKEN, kind_of
from ..wire.record import MAX_CODE_BYTES

HOLD_WINDOWS = 10
KEPT = 16

_FOR_THE_BOX = ("control", "provision")


class Accept:
    def __init__(
        self, repeat_window_ms: int, min_bytes: int = 1, max_bytes: int = MAX_CODE_BYTES, take: tuple | list = TAKEN
    ) -> None:
        if not 0 <= repeat_window_ms <= 3600000:
            raise ValueError("repeat_window_ms")
        if not 1 <= min_bytes <= max_bytes <= MAX_CODE_BYTES:
            raise ValueError("min_bytes, max_bytes")
        if [kind for kind in take if kind not in TAKEABLE]:
            raise ValueError("take")
        self._window_ms = repeat_window_ms
        self._min_bytes = min_bytes
        self._max_bytes = max_bytes
        self._take = take
        self._recent = []  # [digest, length, scanned_ms, seen_ms], the latest seen last
        self._refused = []  # the same, of the wrong kind that was shown last
        self._counts = [0] * (3 * len(KINDS))
        self.kind = "other"

    def judge(self, code: bytes, now_ms: int) -> str:
        self.kind = "other"
        if len(code) > self._max_bytes:
            return "too_long"
        if len(code) < self._min_bytes:
            return "too_short"
        self.kind = kind = kind_of(code)
        if kind in _FOR_THE_BOX:
            return kind
        if kind not in self._take:
            if not self._is_known(self._refused, 1, code, now_ms):
                self._count(2, kind)
            return "wrong_kind"
        is_repeat = self._is_known(self._recent, KEPT, code, now_ms)
        self._count(1 if is_repeat else 0, kind)
        return "repeat" if is_repeat else "accepted"

    def forget(self, code: bytes) -> None:
        if not self._window_ms or _pull(self._recent, sha256(code).digest(), len(code)):
            self._count(0, kind_of(code), -1)

    def stats(self) -> dict:
        # accepted_<kind>, repeat_<kind>, refused_<kind>: those that happened
        found = {}
        for at, count in enumerate(self._counts):
            if count:
                found[("accepted_", "repeat_", "refused_")[at // len(KINDS)] + KINDS[at % len(KINDS)]] = count
        return found

    def _count(self, what: int, kind: str, by: int = 1) -> None:
        self._counts[what * len(KINDS) + KINDS.index(kind)] += by

    def _is_known(self, memory: list, kept: int, code: bytes, now_ms: int) -> bool:
        # Remembers the code, too.
        if not self._window_ms:
            return False
        digest = sha256(code).digest()
        entry = _pull(memory, digest, len(code))
        is_known = bool(entry) and self._is_repeat(entry, now_ms)
        if not is_known:
            entry = [digest, len(code), now_ms, now_ms]
        entry[3] = now_ms
        memory.append(entry)
        if len(memory) > kept:
            memory.pop(0)
        return is_known

    def _is_repeat(self, entry: list, now_ms: int) -> bool:
        _, _, scanned_ms, seen_ms = entry
        return now_ms - seen_ms < self._window_ms and now_ms - scanned_ms < self._window_ms * HOLD_WINDOWS


def _pull(memory: list, digest: bytes, length: int) -> list | None:
    for entry in memory:
        if entry[1] == length and entry[0] == digest:
            memory.remove(entry)
            return entry
    return None
