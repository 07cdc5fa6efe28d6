"""The truth lies within the bounds, whatever clocks and messages do."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire.beacon import Heard
from firmware.wire.record import Scan
from gateway.clock import ClockRefused, Timekeeper
from gateway.clock.machine import NOT_BEFORE_MS
from tests.gateway.clock.worlds import Drifting, FakeMachine

NOW_MS = NOT_BEFORE_MS + 10**10
BOX, EPOCH = "box-1", "aabbccddeeff"
PPM = st.floats(-490, 490)
"""How far two clocks may stray from each other: this machine's from UTC, and a box's from this machine's."""


def a_scan(uptime_ms: int, boot: int = 1, utc_ms: int | None = None, bound_ms: int | None = None) -> Scan:
    return Scan(BOX, EPOCH, 1, boot, uptime_ms, utc_ms, bound_ms, "", b"x")


def a_keeper(machine: FakeMachine) -> Timekeeper:
    return Timekeeper("gw-1", machine, server_bound_ms=0)


def hear(
    keeper: Timekeeper,
    machine: FakeMachine,
    box: Drifting,
    out_ms: float,
    wait_ms: float,
    back_ms: float,
    boot: int = 1,
) -> None:
    """A beacon leaves now, hangs, is heard, waits, and its answer hangs on the way back."""
    mono_ms = machine.mono_ms()
    heard_ms = box.at(machine.true_ms + out_ms)
    sent_ms = box.at(machine.true_ms + out_ms + wait_ms)
    machine.true_ms += out_ms + wait_ms + back_ms
    keeper.heard(Heard(BOX, EPOCH, boot, machine.boot, mono_ms, heard_ms, sent_ms), machine.mono_ms())


@given(
    PPM,
    PPM,
    st.lists(st.tuples(*[st.floats(0, 30_000)] * 4), min_size=1, max_size=40),
    st.floats(-1e6, 1e6),
    st.integers(0, 5000),
)
def test_the_true_instant_lies_within_the_bounds_for_all_drifts_and_delays(
    box_ppm, mono_ppm, exchanges, away_ms, bound_ms
):
    machine = FakeMachine(mono=Drifting(NOW_MS, 5_000_000, mono_ppm))
    machine.true_ms = NOW_MS
    box = Drifting(NOW_MS, 2_000_000, mono_ppm + box_ppm)
    keeper = a_keeper(machine)
    for out_ms, wait_ms, back_ms, pause_ms in exchanges:
        hear(keeper, machine, box, out_ms, wait_ms, back_ms)
        machine.true_ms += pause_ms
        machine.know_utc(bound_ms, error_ms=random.Random(int(pause_ms)).randint(-bound_ms, bound_ms))
        keeper.tick()
    scan_true_ms = machine.true_ms + away_ms
    received = machine.clock.at(max(scan_true_ms, machine.true_ms))
    earliest_ms, latest_ms = keeper.instant(a_scan(box.at(scan_true_ms)), machine.boot, received)
    assert earliest_ms is not None
    assert latest_ms is not None
    assert earliest_ms <= scan_true_ms <= latest_ms


@given(PPM, PPM, st.integers(0, 20_000), st.integers(0, 20_000))
def test_the_servers_clock_bounds_utc_by_the_round_trip(box_ppm, mono_ppm, there_ms, back_ms):
    machine = FakeMachine(mono=Drifting(NOW_MS, 77, mono_ppm))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    sent_ms = machine.mono_ms()
    server_ms = int(machine.true_ms + there_ms)
    machine.true_ms += there_ms + back_ms
    assert keeper.server_said(server_ms, sent_ms, machine.mono_ms())
    box = Drifting(NOW_MS, 0, mono_ppm + box_ppm)
    hear(keeper, machine, box, 3, 1, 4)
    found = keeper.instant(a_scan(box.at(machine.true_ms)), machine.boot, machine.mono_ms())
    assert found[0] is not None
    assert found[0] <= machine.true_ms <= (found[1] or 0)


def test_what_is_not_known_is_none():
    machine = FakeMachine(mono=Drifting(0, 1000, 0))
    keeper = a_keeper(machine)
    assert keeper.instant(a_scan(5), machine.boot, 1000) == (None, None)
    hear(keeper, machine, Drifting(0, 0, 0), 1, 1, 1)
    assert keeper.instant(a_scan(5), machine.boot, 1000) == (None, None)
    assert keeper.time(BOX) is None
    assert keeper.beacon().utc_ms is None


def test_utc_that_becomes_known_later_reaches_back_to_what_was_heard_before():
    machine = FakeMachine(mono=Drifting(NOW_MS, 1000, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    hear(keeper, machine, Drifting(NOW_MS, 0, 0), 5, 5, 5)
    machine.true_ms += 60_000
    machine.know_utc(10)
    assert keeper.tick()
    assert not keeper.tick()
    told = keeper.time(BOX)
    assert told is not None
    assert told.earliest_ms <= NOW_MS + 5 <= told.latest_ms


def test_a_scan_that_nobody_can_place_is_at_least_not_later_than_its_arrival():
    machine = FakeMachine(mono=Drifting(NOW_MS, 1000, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    machine.know_utc(10)
    keeper.tick()
    earliest_ms, latest_ms = keeper.instant(a_scan(10**9, boot=9), machine.boot, machine.mono_ms())
    assert earliest_ms is None
    assert latest_ms is not None
    assert NOW_MS <= latest_ms <= NOW_MS + 20


def test_a_boot_that_never_saw_the_time_lies_between_those_that_did():
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    machine.know_utc(1)
    keeper.tick()
    hear(keeper, machine, Drifting(NOW_MS, 0, 0), 5, 5, 5, boot=1)
    machine.true_ms = NOW_MS + 10**7
    hear(keeper, machine, Drifting(NOW_MS + 9 * 10**6, 0, 0), 5, 5, 5, boot=4)
    earliest_ms, latest_ms = keeper.instant(a_scan(60_000, boot=2), machine.boot, machine.mono_ms())
    assert earliest_ms is not None
    assert latest_ms is not None
    assert NOW_MS + 59_900 <= earliest_ms <= NOW_MS + 60_010
    assert NOW_MS + 9 * 10**6 <= latest_ms <= NOW_MS + 9 * 10**6 + 10**4


@given(
    st.lists(st.tuples(st.integers(1, 10**7), st.booleans(), PPM), min_size=2, max_size=8),
    st.data(),
)
def test_the_truth_lies_between_the_boots_whichever_of_them_saw_the_time(boots, data):
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    machine.know_utc(1)
    keeper.tick()
    scans = []
    for boot, (length_ms, saw_the_time, ppm) in enumerate(boots, 1):
        began_ms = machine.true_ms
        clock = Drifting(began_ms, 0, ppm)
        made_ms = began_ms + data.draw(st.integers(0, length_ms))
        scans.append((boot, clock.at(made_ms), made_ms))
        if saw_the_time:
            machine.true_ms = began_ms + data.draw(st.integers(0, length_ms))
            hear(keeper, machine, clock, 5, 5, 5, boot)
        machine.true_ms = began_ms + length_ms + 20
    for boot, uptime_ms, made_ms in scans:
        earliest_ms, latest_ms = keeper.instant(a_scan(uptime_ms, boot), machine.boot, machine.mono_ms())
        assert earliest_ms is None or earliest_ms <= made_ms + 1
        assert latest_ms is not None
        assert latest_ms >= made_ms - 1


@pytest.mark.parametrize("uptime_ms", [10**9, 2**53 - 1])
def test_a_boot_that_cannot_have_lasted_so_long_says_only_that_it_was_before_its_arrival(uptime_ms):
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    machine.know_utc(1)
    keeper.tick()
    hear(keeper, machine, Drifting(NOW_MS, 0, 0), 5, 5, 5, boot=1)
    earliest_ms, latest_ms = keeper.instant(a_scan(uptime_ms, boot=2), machine.boot, machine.mono_ms())
    assert earliest_ms is None
    assert latest_ms is not None


def test_another_epoch_says_nothing_of_this_ones_boots():
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    machine.know_utc(1)
    keeper.tick()
    hear(keeper, machine, Drifting(NOW_MS, 0, 0), 5, 5, 5, boot=1)
    scan = a_scan(5, boot=2)._replace(epoch="ffffffffffff")
    assert keeper.instant(scan, machine.boot, machine.mono_ms())[0] is None


def test_bounds_never_reach_past_the_arrival():
    machine = FakeMachine(mono=Drifting(NOW_MS, 1000, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    hear(keeper, machine, Drifting(NOW_MS, 0, 0), 20_000, 0, 0)
    machine.know_utc(10)
    keeper.tick()
    found = keeper.instant(a_scan(20_000), machine.boot, machine.mono_ms())
    assert found[1] is not None
    assert found[1] <= machine.true_ms + 20


def test_what_was_known_in_an_earlier_boot_of_this_machine_stays_true():
    machine = FakeMachine(boot="111111111111", mono=Drifting(NOW_MS, 1000, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    hear(keeper, machine, Drifting(NOW_MS, 0, 0), 5, 5, 5)
    machine.know_utc(10)
    keeper.tick()
    later = FakeMachine(boot="222222222222", mono=Drifting(NOW_MS + 10**6, 0, 0))
    later.true_ms = NOW_MS + 10**6
    keeper_after = a_keeper(later)
    keeper_after.load(*keeper.unsaved())
    earliest_ms, latest_ms = keeper_after.instant(a_scan(100), "111111111111", 1200)
    assert earliest_ms is not None
    assert latest_ms is not None
    assert earliest_ms <= NOW_MS + 100 <= latest_ms
    stranger = a_scan(100)._replace(epoch="ffffffffffff")
    assert keeper_after.instant(stranger, "222222222222", 5) == (None, None)


def test_two_boots_of_a_box_do_not_mix():
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    machine.know_utc(1)
    keeper.tick()
    hear(keeper, machine, Drifting(NOW_MS, 0, 0), 1, 1, 1, boot=1)
    hear(keeper, machine, Drifting(NOW_MS, 9_000_000, 0), 1, 1, 1, boot=2)
    first = keeper.instant(a_scan(2, boot=1), machine.boot, machine.mono_ms())
    second = keeper.instant(a_scan(9_000_002, boot=2), machine.boot, machine.mono_ms())
    assert first[0] is not None
    assert second[0] is not None
    assert abs(first[0] - NOW_MS) < 100
    assert abs(second[0] - NOW_MS) < 100


def test_contradictions_widen_to_the_span_over_all():
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    machine.know_utc(100)
    keeper.tick()
    machine.true_ms += 1000
    machine.know_utc(100, error_ms=3_600_000)
    keeper.tick()
    bounds = keeper.utc_at(machine.boot, machine.mono_ms())
    assert bounds is not None
    assert bounds[0] <= machine.true_ms
    assert bounds[1] >= machine.true_ms + 3_600_000 - 100


def test_a_wall_clock_that_jumps_and_is_right_some_of_the_time_never_excludes_the_truth():
    rng = random.Random(5)
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 300))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    machine.know_utc(50)
    keeper.tick()
    for _ in range(300):
        machine.true_ms += rng.randint(1, 60_000)
        machine.know_utc(50, error_ms=rng.choice([0, 0, -(10**7), 10**8]))
        keeper.tick()
        bounds = keeper.utc_at(machine.boot, machine.mono_ms())
        assert bounds is not None
        assert bounds[0] <= machine.true_ms + 1
        assert machine.true_ms - 1 <= bounds[1]


def test_the_boxs_own_note_of_utc_counts_and_a_false_one_only_widens():
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 0))
    keeper = a_keeper(machine)
    assert keeper.instant(a_scan(5, utc_ms=NOW_MS, bound_ms=30), "ffffffffffff", 1) == (NOW_MS - 30, NOW_MS + 30)
    machine.true_ms = NOW_MS
    machine.know_utc(1)
    keeper.tick()
    hear(keeper, machine, Drifting(NOW_MS, 0, 0), 1, 1, 1)
    machine.true_ms += 10**7
    lied = keeper.instant(a_scan(2, utc_ms=NOW_MS - 10**6, bound_ms=1), machine.boot, machine.mono_ms())
    assert lied[0] is not None
    assert lied[1] is not None
    assert lied[0] <= NOW_MS - 10**6
    assert lied[1] >= NOW_MS


def test_an_answer_to_a_beacon_that_was_not_yet_sent_is_refused():
    machine = FakeMachine(mono=Drifting(0, 1000, 0))
    keeper = a_keeper(machine)
    with pytest.raises(ClockRefused) as refused:
        keeper.heard(Heard(BOX, EPOCH, 1, machine.boot, 50_000, 5, 6), 2_000)
    assert refused.value.code == "heard_from_future"
    assert keeper.boxes() == []


def test_an_answer_that_waited_longer_than_the_beacon_is_old_is_refused():
    machine = FakeMachine(mono=Drifting(0, 1000, 0))
    with pytest.raises(ClockRefused):
        a_keeper(machine).heard(Heard(BOX, EPOCH, 1, machine.boot, 1_000, 0, 60_000), 2_000)


def test_an_answer_to_an_earlier_boot_of_ours_says_nothing():
    machine = FakeMachine()
    keeper = a_keeper(machine)
    assert keeper.heard(Heard(BOX, EPOCH, 1, "eeeeeeeeeeee", 5, 5, 5), 10) is None
    assert keeper.samples() == []


@pytest.mark.parametrize("said", [0, 1, NOT_BEFORE_MS - 1, 253402300800000, 2**60])
def test_a_server_whose_clock_cannot_be_right_is_not_believed(said):
    keeper = a_keeper(FakeMachine())
    assert not keeper.server_said(said, 5, 6)
    assert keeper.beacon().utc_ms is None


def test_a_server_answer_that_came_before_its_question_is_not_believed():
    assert not a_keeper(FakeMachine()).server_said(NOW_MS, 6, 5)


def test_a_box_that_makes_up_boots_takes_a_bounded_amount_of_memory():
    machine = FakeMachine(mono=Drifting(0, 10**6, 0))
    keeper = a_keeper(machine)
    for boot in range(1, 2000):
        keeper.heard(Heard(BOX, EPOCH, boot, machine.boot, 10**6, 5, 5), 10**6 + 5)
    kept = [boot for boot in range(1, 2000) if (EPOCH, boot) in keeper._boxes[BOX]]
    assert kept == list(range(2000 - 64, 2000))


def test_little_is_written_down_of_much_that_is_heard():
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 20))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    box = Drifting(NOW_MS, 0, -30)
    samples = anchors = 0
    for _ in range(720):
        hear(keeper, machine, box, 4, 1, 3)
        machine.know_utc(20)
        keeper.tick()
        machine.true_ms += 5_000
        fresh = keeper.unsaved()
        samples += len(fresh[0])
        anchors += len(fresh[1])
    assert samples <= 15
    assert anchors <= 15


def test_the_server_is_offered_one_sample_for_each_boot_and_seldom_another():
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 20))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    box = Drifting(NOW_MS, 0, -30)
    offered = set()
    for _ in range(720):
        hear(keeper, machine, box, 4, 1, 3)
        machine.know_utc(20)
        keeper.tick()
        machine.true_ms += 5_000
        (sample,) = keeper.samples()
        offered.add(sample)
    assert len(offered) <= 3
    for sample in offered:
        true_ms = NOW_MS + sample.uptime_ms / (1 - 30 / 1_000_000)
        assert sample.earliest_ms <= true_ms <= sample.latest_ms


def test_nothing_is_offered_to_the_server_before_utc_is_known_and_everything_after():
    machine = FakeMachine(mono=Drifting(NOW_MS, 0, 0))
    machine.true_ms = NOW_MS
    keeper = a_keeper(machine)
    for boot in (1, 2, 3):
        hear(keeper, machine, Drifting(NOW_MS, 0, 0), 4, 1, 3, boot=boot)
    assert keeper.samples() == []
    machine.know_utc(20)
    keeper.tick()
    assert sorted(sample.boot for sample in keeper.samples()) == [1, 2, 3]
