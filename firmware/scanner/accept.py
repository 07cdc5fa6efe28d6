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

from hashlib import sha256

from ..wire.record import MAX_CODE_BYTES

HOLD_WINDOWS = 10
KEPT = 16


class Accept:
    def __init__(self, repeat_window_ms: int, min_bytes: int = 1, max_bytes: int = MAX_CODE_BYTES) -> None:
        if not 0 <= repeat_window_ms <= 3600000:
            raise ValueError("repeat_window_ms")
        if not 1 <= min_bytes <= max_bytes <= MAX_CODE_BYTES:
            raise ValueError("min_bytes, max_bytes")
        self._window_ms = repeat_window_ms
        self._min_bytes = min_bytes
        self._max_bytes = max_bytes
        self._recent = []  # [digest, length, scanned_ms, seen_ms], the latest seen last

    def judge(self, code: bytes, now_ms: int) -> str:
        if len(code) > self._max_bytes:
            return "too_long"
        if len(code) < self._min_bytes:
            return "too_short"
        if not self._window_ms:
            return "accepted"
        digest = sha256(code).digest()
        entry = self._pull(digest, len(code))
        verdict = "accepted"
        if entry and self._is_repeat(entry, now_ms):
            verdict = "repeat"
        else:
            entry = [digest, len(code), now_ms, now_ms]
        entry[3] = now_ms
        self._recent.append(entry)
        if len(self._recent) > KEPT:
            self._recent.pop(0)
        return verdict

    def forget(self, code: bytes) -> None:
        self._pull(sha256(code).digest(), len(code))

    def _is_repeat(self, entry: list, now_ms: int) -> bool:
        _, _, scanned_ms, seen_ms = entry
        return now_ms - seen_ms < self._window_ms and now_ms - scanned_ms < self._window_ms * HOLD_WINDOWS

    def _pull(self, digest: bytes, length: int) -> list | None:
        for entry in self._recent:
            if entry[1] == length and entry[0] == digest:
                self._recent.remove(entry)
                return entry
        return None
