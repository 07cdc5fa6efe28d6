"""When a scan was made, between which two instants, from all that is known.

1. Four things may be known: the gateway's envelope, the record's own UTC with its bound, clock samples of the same
   box, epoch and boot, and the instant at which the server had it: no scan is made after it arrived.
2. They intersect. Where they contradict each other nobody can say which is right: then the span over all counts.
3. Nobody invents a time: what nothing is known of stays None. The middle of an interval is its best single instant,
   half its length the bound; without both ends there is neither.
4. Of many samples the best are kept: one that another implies adds nothing, and beyond SAMPLES_KEPT the widest goes.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from firmware.wire import clock
from firmware.wire.envelope import Counted
from firmware.wire.record import Scan

SAMPLES_KEPT = 16
Sample = tuple[int, int, int]


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
    lows = [] if earliest_ms is None else [earliest_ms]
    highs = [received_ms] if latest_ms is None else [received_ms, latest_ms]
    if scan.utc_ms is not None and scan.bound_ms is not None:
        lows.append(scan.utc_ms - scan.bound_ms)
        highs.append(scan.utc_ms + scan.bound_ms)
    for sample in samples:
        low, high = clock.widen(sample, scan.uptime_ms)
        lows.append(low)
        highs.append(high)
    if not lows:
        return Instant(None, min(highs), None, None)
    low, high = max(lows), min(highs)
    if low > high:
        low, high = min(lows), max(highs)
    return Instant(low, high, (low + high) // 2, (high - low + 1) // 2)


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
