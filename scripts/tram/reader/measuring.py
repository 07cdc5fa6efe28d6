"""`measure`: how fast and how surely a module reads one known code.

1. The time runs from the first code to the last: fumbling before it does not count.
2. The known code is what the person says; where nothing is said, whichever came most often. All others are misreads.
3. With `is_free` the module reads without pause and gives the same code every time, for as long as it is measured;
   what it was set to is written back at the end, also after Ctrl-C. Nothing of it is saved.
4. Times are those at which the last byte arrived here; a USB adapter may hold bytes back for up to 16 ms.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

from firmware.scanner import gm65
from firmware.scanner.settings import READING
from scripts.tram import exits, out
from scripts.tram.reader.session import Found, Target, found
from scripts.tram.reader.words import WORDS
from scripts.tram.trouble import Trouble

WAIT_S = 30.0
"""So long a first code is waited for."""
_LEAST_INTERVAL = 3
"""What the firmware's framing needs to see two codes apart, in tenths of a second."""
_CONTINUOUS = READING["continuous"]


@dataclass(frozen=True)
class Tally:
    codes: int
    misread: int
    seconds: float
    gaps_ms: Sequence[int]

    @property
    def rate(self) -> float:
        """Codes a second; 0: one code is no rate."""
        return (self.codes - 1) / self.seconds if self.seconds else 0.0

    def gap(self, share: float) -> int:
        """The gap that this share of all gaps does not exceed."""
        if not self.gaps_ms:
            return 0
        gaps = sorted(self.gaps_ms)
        return gaps[min(len(gaps) - 1, int(share * len(gaps)))]


def tallied(reads: Sequence[tuple[bytes, int]], known: bytes | None) -> Tally:
    """`reads`: codes, and when each had come, in milliseconds."""
    times = [at_ms for _, at_ms in reads]
    counts = Counter(code for code, _ in reads)
    right = counts[known] if known is not None else max(counts.values(), default=0)
    gaps = [after - before for before, after in pairwise(times)]
    seconds = (times[-1] - times[0]) / 1000 if times else 0.0
    return Tally(len(reads), len(reads) - right, seconds, gaps)


async def measure(
    target: Target, seconds: float, most: int | None, known: bytes | None, is_free: bool, wait_s: float = WAIT_S
) -> int:
    """FOUND: something was misread or damaged."""
    reads: list[tuple[bytes, int]] = []
    refused: Counter[str] = Counter()
    is_on = False
    came = asyncio.Event()

    def on_code(code: bytes, at_ms: int) -> None:
        if is_on and (most is None or len(reads) < most):
            reads.append((code, at_ms))
            came.set()

    def on_refused(reason: str, length: int) -> None:
        if is_on:
            refused[reason] += 1

    async with found(target, on_code, on_refused) as it, _freed(it, is_free):
        what = WORDS("for_codes", n=most) if most else WORDS("for_seconds", n=round(seconds))
        out.event("hold", WORDS("hold", what=what))
        is_on = True
        if await _until(it, came, wait_s):
            await _until(it, asyncio.Event() if most is None else _Full(reads, most), seconds)
        is_on = False
        if not reads:
            raise Trouble("nothing_read", exits.NO_ANSWER, WORDS, seconds=round(wait_s))
        _tell(it, tallied(reads, known), refused)
        return exits.FOUND if tallied(reads, known).misread or refused else exits.OK


class _Full:
    """Waits until there are so many."""

    def __init__(self, reads: Sequence[object], most: int) -> None:
        self._reads = reads
        self._most = most

    async def wait(self) -> bool:
        while len(self._reads) < self._most:
            await asyncio.sleep(0.005)
        return True


async def _until(it: Found, what: "asyncio.Event | _Full", limit_s: float) -> bool:
    """Has it come to pass in time? Raises Trouble gone."""
    wanted = asyncio.ensure_future(what.wait())
    gone = asyncio.ensure_future(it.bench.gone.wait())
    try:
        await asyncio.wait({wanted, gone}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for future in (wanted, gone):
            future.cancel()
    if it.bench.gone.is_set():
        raise Trouble("gone", exits.CUT, WORDS)
    return wanted.done() and not wanted.cancelled()


@asynccontextmanager
async def _freed(it: Found, is_free: bool) -> AsyncIterator[None]:
    if not it.model.zones:
        if is_free:
            raise it.cannot("why_no_zones")
        yield
        return
    zoned = it.zoned()
    before = await zoned.read_all()
    if not is_free:
        _tell_bounds(it, before)
        yield
        return
    wants = {
        gm65.ZONE_SAME_CODE: 0,
        gm65.ZONE_INTERVAL: _LEAST_INTERVAL,
        gm65.ZONE_MODE: before[gm65.ZONE_MODE] & 0xFC | _CONTINUOUS,
    }
    now, _ = await zoned.write(before, wants)
    try:
        yield
    finally:
        _, ignored = await zoned.write(now, {zone: before[zone] for zone in wants})
        if ignored:
            raise Trouble("ignored", exits.REFUSED, WORDS, names=", ".join(f"{zone:04X}" for zone in ignored))


def _tell_bounds(it: Found, zones: bytes) -> None:
    texts = {}
    for name in ("interval_ms", "same_code_ms"):
        zone, field = it.model.field(name)
        texts[name] = field.text(zone.number(zones))
    out.event("bound", WORDS("bound", interval=texts["interval_ms"], same=texts["same_code_ms"]), **texts)


def _tell(it: Found, tally: Tally, refused: Counter[str]) -> None:
    gaps = {"least": tally.gap(0), "middle": tally.gap(0.5), "most95": tally.gap(0.95), "most": tally.gap(1)}
    lines = [WORDS("measured", codes=tally.codes, seconds=tally.seconds, rate=tally.rate)]
    if tally.gaps_ms:
        lines.append(WORDS("gaps", **gaps))
    if tally.misread:
        lines.append(WORDS("misreads", n=tally.misread))
    if refused:
        lines.append(WORDS("refused", text=", ".join(f"{name} {count}" for name, count in sorted(refused.items()))))
    if not tally.misread and not refused:
        lines.append(WORDS("none_wrong"))
    facts = {
        "codes": tally.codes,
        "misread": tally.misread,
        "refused": dict(refused),
        "seconds": round(tally.seconds, 3),
        "codes_per_s": round(tally.rate, 3),
        "gap_ms": gaps,
    }
    out.result({**it.facts, **facts}, it.line, *lines)
