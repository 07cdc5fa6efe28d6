"""The kernel's clocks, as this machine has them, and as the rules read them."""

import time

import pytest

from gateway.clock import machine
from gateway.clock.machine import NOT_BEFORE_MS, KernelClock, kernel_error_ms


def test_the_axis_goes_on_and_is_named_by_the_kernels_boot():
    one, other = KernelClock("kernel", 100), KernelClock("always", 100)
    assert one.boot == other.boot
    assert len(one.boot) == 12
    assert int(one.boot, 16) >= 0
    assert 0 <= other.mono_ms() - one.mono_ms() < 5_000


def test_the_kernel_says_an_error_or_that_it_does_not_know():
    error_ms = kernel_error_ms()
    assert error_ms is None or 0 < error_ms < 10**7


def test_an_undisciplined_clock_is_not_believed(monkeypatch):
    monkeypatch.setattr(machine, "kernel_error_ms", lambda: None)
    assert KernelClock("kernel", 100).utc() is None


def test_a_disciplined_clock_is_believed_within_its_stated_error(monkeypatch):
    monkeypatch.setattr(machine, "kernel_error_ms", lambda: 40)
    found = KernelClock("kernel", 100).utc()
    assert found is not None
    assert 280 <= found.latest_ms - found.earliest_ms <= 400
    assert found.earliest_ms <= time.time() * 1000 <= found.latest_ms + 1000


def test_trust_always_needs_no_discipline(monkeypatch):
    monkeypatch.setattr(machine, "kernel_error_ms", lambda: None)
    found = KernelClock("always", 100).utc()
    assert found is not None
    assert found.latest_ms - found.earliest_ms >= 200


@pytest.mark.parametrize("wall_ms", [0, 1, 60_000, NOT_BEFORE_MS - 1])
@pytest.mark.parametrize("trust", ["kernel", "always"])
def test_a_clock_that_starts_in_1970_is_believed_by_nobody(monkeypatch, wall_ms, trust):
    monkeypatch.setattr(machine, "kernel_error_ms", lambda: 1)
    monkeypatch.setattr(machine.time, "time_ns", lambda: wall_ms * 1_000_000)
    assert KernelClock(trust, 100).utc() is None
