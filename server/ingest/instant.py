"""When a scan was made, between which two instants, from all that is known.

1. Four things may be known: the gateway's envelope, the record's own UTC with its bound, clock samples of the same
   box, epoch and boot, and the instant at which the server had it.
2. No scan is made after it arrived. Who says so has a clock that is ahead, by more than it shows: by up to
   AHEAD_TIMES as much, where it shows no more than AHEAD_MS; where it shows more, what it says counts for nothing.
3. What is left intersects. Where it contradicts itself nobody can say what is right: then the span over all counts.
4. Nobody invents a time: what nothing is known of stays None. The middle of an interval is its best single instant,
   half its length the bound; without both ends there is neither.
5. Of many samples the best are kept: one that another implies adds nothing, and beyond SAMPLES_KEPT the widest goes.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from firmware.wire import clock
from firmware.wire.envelope import Counted
from firmware.wire.record import Scan

SAMPLES_KEPT = 16
AHEAD_MS, AHEAD_TIMES = 300_000, 10
Sample = tuple[int, int, int]
Bounds = tuple[int | None, int | None]


class Instant(NamedTuple):
    """`earliest_ms` … `latest_ms`, UTC; `at_ms` ± `bound_ms` says the same of a closed interval."""

    earliest_ms: int | None
    latest_ms: int
    at_ms: int | None
    bound_ms: int | None


def instant(
    scan: Scan | Counted,
    earliest_ms: int | None,
    latest_ms: int | None,
    samples: Sequence[Sample],
    received_ms: int,
) -> Instant:
    """Narrow down when `scan` was made; `earliest_ms` and `latest_ms` are the gateway's envelope."""
    lows: list[int] = []
    highs = [received_ms]
    for low, high in _told(scan, earliest_ms, latest_ms, samples):
        if low is not None and low > received_ms:
            ahead = low - received_ms
            if ahead > AHEAD_MS:
                continue
            low, high = low - AHEAD_TIMES * ahead, None
        if low is not None:
            lows.append(low)
        if high is not None and high < received_ms:
            highs.append(high)
    if not lows:
        return Instant(None, min(highs), None, None)
    low, high = max(lows), min(highs)
    if low > high:
        low, high = min(*lows, *highs), received_ms
    return Instant(low, high, (low + high) // 2, (high - low + 1) // 2)


def ahead_ms(scan: Scan | Counted, earliest_ms: int | None, samples: Sequence[Sample], received_ms: int) -> int | None:
    """How far after its arrival a scan says that it was made, where that counts for nothing; None: it does not."""
    lows = [low for low, _ in _told(scan, earliest_ms, None, samples) if low is not None]
    ahead = max(lows, default=received_ms) - received_ms
    return ahead if ahead > AHEAD_MS else None


def _told(
    scan: Scan | Counted, earliest_ms: int | None, latest_ms: int | None, samples: Sequence[Sample]
) -> Iterator[Bounds]:
    yield earliest_ms, latest_ms
    if scan.utc_ms is not None and scan.bound_ms is not None:
        yield scan.utc_ms - scan.bound_ms, scan.utc_ms + scan.bound_ms
    for sample in samples:
        yield clock.widen(sample, scan.uptime_ms)


def best(samples: Iterable[Sample]) -> list[Sample]:
    """The samples worth keeping, in the order of their uptime."""
    kept: list[Sample] = []
    for sample in sorted(set(samples), key=_width_ms):
        if not any(_implies(other, sample) for other in kept):
            kept.append(sample)
    return sorted(kept[:SAMPLES_KEPT])


def beside(samples: Sequence[Sample], uptime_ms: int) -> list[Sample]:
    """Of the samples of a boot, in the order of their uptime, those next to an uptime on either side: the latest that
    is not after it, and the earliest that is. All that share such an uptime count."""
    earlier = max((one[0] for one in samples if one[0] <= uptime_ms), default=None)
    later = min((one[0] for one in samples if one[0] > uptime_ms), default=None)
    return [one for one in samples if one[0] in (earlier, later)]


def _width_ms(sample: Sample) -> tuple[int, int]:
    return sample[2] - sample[1], sample[0]


def _implies(one: Sample, other: Sample) -> bool:
    low, high = clock.widen(one, other[0])
    return other[1] <= low and high <= other[2]
