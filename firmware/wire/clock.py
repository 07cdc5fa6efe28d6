# Sure bounds between a box's uptime and UTC (SPEC §7).
#
# 1. A sample (uptime_ms, earliest_ms, latest_ms) says: at that uptime, UTC was between the two.
# 2. Away from its reference a sample widens by DRIFT_PPM and 1 ms on each side: crystals stray by some 50 ppm, and a
#    gateway whose clock is being disciplined is slewed by up to 500.
# 3. Samples intersect. Where they contradict each other nobody can say which is right: then the span over all counts.

DRIFT_PPM = 500


def widen(sample: tuple[int, int, int], uptime_ms: int) -> tuple[int, int]:
    reference_ms, earliest_ms, latest_ms = sample
    away_ms = uptime_ms - reference_ms
    slack_ms = 0 if away_ms == 0 else abs(away_ms) * DRIFT_PPM // 1000000 + 1
    return earliest_ms + away_ms - slack_ms, latest_ms + away_ms + slack_ms


def instant(samples: list[tuple[int, int, int]], uptime_ms: int) -> "tuple[int, int] | None":
    # -> (earliest_ms, latest_ms) of the moment at that uptime, or None where nothing is known
    if not samples:
        return None
    bounds = [widen(sample, uptime_ms) for sample in samples]
    return meet(bounds)


def meet(bounds: list[tuple[int, int]]) -> tuple[int, int]:
    earliest_ms = max([low for low, _ in bounds])
    latest_ms = min([high for _, high in bounds])
    if earliest_ms <= latest_ms:
        return earliest_ms, latest_ms
    return min([low for low, _ in bounds]), max([high for _, high in bounds])
