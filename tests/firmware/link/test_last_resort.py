"""When a box that finds no gateway starts itself anew: rarely, and only where it may help."""

import pytest

from firmware.link.last_resort import is_due

MIN = 60_000
HOUR = 60 * MIN


@pytest.mark.parametrize(
    "uptime_ms, gateway_ms, scan_ms",
    [
        (15 * MIN, None, None),  # from the boot on nobody, and nobody showed a code
        (30 * MIN, 15 * MIN, None),
        (20 * MIN, None, 5 * MIN),  # a scan, but long ago
        (HOUR, 40 * MIN, HOUR - 1),  # scans are being taken, an hour after the boot
        (50 * HOUR, 49 * HOUR, 50 * HOUR),
    ],
)
def test_it_is_due_when_the_driver_is_stuck_and_nobody_was_there_for_long(uptime_ms, gateway_ms, scan_ms):
    assert is_due(uptime_ms, gateway_ms, scan_ms, is_stuck=True)


@pytest.mark.parametrize(
    "uptime_ms, gateway_ms, scan_ms, is_stuck",
    [
        (15 * MIN, None, None, False),  # nothing to gain
        (100 * HOUR, None, 100 * HOUR, False),
        (15 * MIN - 1, None, None, True),
        (30 * MIN, 15 * MIN + 1, None, True),
        (20 * MIN, None, 10 * MIN, True),  # scans are being taken, and the last start was not an hour ago
        (HOUR - 1, None, HOUR - 1, True),
        (HOUR, HOUR, None, True),
    ],
)
def test_it_is_not_due_otherwise(uptime_ms, gateway_ms, scan_ms, is_stuck):
    assert not is_due(uptime_ms, gateway_ms, scan_ms, is_stuck)


def test_with_scans_all_day_it_comes_once_an_hour_at_most():
    starts, booted_ms = [], 0
    for now_ms in range(0, 8 * HOUR, MIN):
        if is_due(now_ms - booted_ms, None, now_ms - booted_ms, is_stuck=True):
            starts.append(now_ms)
            booted_ms = now_ms
    assert starts == [HOUR * number for number in range(1, 8)]


def test_both_spans_can_be_set():
    assert is_due(5, None, 5, True, after_ms=5, gap_ms=5)
    assert not is_due(5, None, 5, True, after_ms=5, gap_ms=6)
