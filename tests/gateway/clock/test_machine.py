"""The kernel's clocks, as this machine has them, and as the rules read them."""

import time

import pytest

from gateway.clock import machine
from gateway.clock.machine import NOT_BEFORE_MS, Discipline, KernelClock, axis_name, discipline, utc_of

BOOT_ID = "cb53b72712a048b8a3fab198f0efb2f7"
SOUND = Discipline(True, NOT_BEFORE_MS + 10**10, 0.0, 40, False, "chrony")


def believed(said, trust="kernel", bound_ms=100, before_ms=1_000, after_ms=1_000):
    return utc_of(said, before_ms, after_ms, trust, bound_ms)


def test_the_axis_goes_on_and_is_named_by_the_kernels_boot():
    one, other = KernelClock("kernel", 100), KernelClock("always", 100)
    assert one.boot == other.boot
    assert len(one.boot) == 12
    assert int(one.boot, 16) >= 0
    assert 0 <= other.mono_ms() - one.mono_ms() < 5_000


def test_the_kernel_is_asked_for_time_and_error_in_one_call():
    said = discipline()
    assert abs(said.wall_ms - time.time() * 1000) < 5_000
    assert 0 < said.max_error_ms < 10**7


@pytest.mark.parametrize(
    "there, service", [("run/systemd/timesync/", "systemd-timesyncd"), ("run/chrony/chronyd.pid", "chrony")]
)
def test_the_time_service_is_known_by_what_it_leaves_in_run(tmp_path, there, service):
    (tmp_path / there).parent.mkdir(parents=True)
    (tmp_path / there).mkdir(exist_ok=True)
    assert discipline(tmp_path).service == service
    assert discipline(tmp_path / "run").service == ""


def test_a_kernel_that_may_not_be_asked_knows_nothing():
    said = machine.read_timex(-1, machine._Timex(), "")
    assert not said.is_synchronised
    assert believed(said) is None


@pytest.mark.parametrize("state, status, believes", [(0, 0, True), (5, 0, False), (0, 0x40, False), (5, 0x40, False)])
def test_the_kernels_own_doubt_counts(state, status, believes):
    timex = machine._Timex(status=status, maxerror=40_000, seconds=NOT_BEFORE_MS // 1000 + 5)
    assert (believed(machine.read_timex(state, timex, "")) is not None) == believes


@pytest.mark.parametrize("status, parts", [(0, 123_456), (0x2000, 123_456_789)])
def test_micro_and_nanoseconds_are_told_apart(status, parts):
    timex = machine._Timex(status=status, maxerror=1, seconds=NOT_BEFORE_MS // 1000, parts=parts)
    assert machine.read_timex(0, timex, "").wall_ms == NOT_BEFORE_MS + 123


def test_a_disciplined_clock_is_believed_within_its_stated_error():
    found = believed(SOUND)
    assert found is not None
    assert SOUND.wall_ms - found.earliest_ms == found.latest_ms - SOUND.wall_ms == 142


def test_what_is_still_being_slewed_away_is_not_known_yet():
    found, calm = believed(SOUND._replace(offset_ms=-250.0)), believed(SOUND)
    assert found is not None
    assert calm is not None
    assert calm.earliest_ms - found.earliest_ms == 250


def test_a_reading_that_took_long_is_that_much_less_sure():
    found = believed(SOUND, before_ms=1_000, after_ms=1_900)
    assert found is not None
    assert found.mono_ms == 1_900
    assert found.latest_ms - found.earliest_ms == 2 * 142 + 900


def test_a_leap_second_may_be_wrong_by_itself():
    found = believed(SOUND._replace(is_leap=True))
    assert found is not None
    assert found.latest_ms - found.earliest_ms == 2 * 1142


def test_trust_always_needs_no_discipline():
    found = believed(SOUND._replace(is_synchronised=False, max_error_ms=16_001), trust="always")
    assert found is not None
    assert found.latest_ms - found.earliest_ms == 202


@pytest.mark.parametrize("wall_ms", [0, 1, 60_000, NOT_BEFORE_MS - 1])
@pytest.mark.parametrize("trust", ["kernel", "always"])
def test_a_clock_that_starts_in_1970_is_believed_by_nobody(wall_ms, trust):
    assert believed(SOUND._replace(wall_ms=wall_ms), trust) is None


def test_after_a_suspend_the_axis_has_another_name():
    assert axis_name(BOOT_ID, 0) == axis_name(BOOT_ID, 7) == BOOT_ID[:12]
    slept, slept_again = axis_name(BOOT_ID, 60_000), axis_name(BOOT_ID, 90_000)
    assert len({BOOT_ID[:12], slept, slept_again}) == 3
    assert axis_name(BOOT_ID, 60_003) == slept


def test_a_machine_that_is_awake_has_not_slept_and_one_that_slept_says_so(monkeypatch):
    clock = KernelClock("kernel", 100)
    assert not clock.has_slept()
    monkeypatch.setattr(machine, "_slept_ms", lambda: 30_000)
    assert clock.has_slept()
    assert not KernelClock("kernel", 100).has_slept()
    assert KernelClock("kernel", 100).boot != clock.boot
