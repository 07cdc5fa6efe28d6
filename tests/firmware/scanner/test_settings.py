"""What may be wished of a reader. Examples stand in tests/vectors/gm65/settings.json."""

from firmware.scanner import settings
from firmware.scanner.gm65 import BAUD_DIVISORS
from firmware.scanner.line import GAP_MS

BURST_PAUSE_MS = 500


def test_two_reads_are_always_further_apart_than_the_framing_needs() -> None:
    assert settings._RANGES["interval_ms"][0] > GAP_MS


def test_two_visitors_a_second_fit_into_the_defaults() -> None:
    assert settings.DEFAULTS["interval_ms"] <= BURST_PAUSE_MS * 0.7
    assert settings.DEFAULTS["same_code_ms"] <= BURST_PAUSE_MS


def test_each_speed_that_may_be_wished_is_one_that_a_gm65_has() -> None:
    assert set(settings.BAUDS) == set(BAUD_DIVISORS)
