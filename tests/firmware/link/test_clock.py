"""Uptime that never wraps, answers to beacons, and UTC within its bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.link.clock import MAX_SAMPLES, Clock
from firmware.link.uptime import Uptime
from firmware.wire import beacon
from firmware.wire.errors import WireError
from tests.firmware.link.rig import BOX, EPOCH

TURN = 1 << 30  # of ticks_ms on a 32-bit board
T0 = 1_700_000_000_000


def ticks_diff(later: int, earlier: int) -> int:
    return (later - earlier + TURN // 2) % TURN - TURN // 2


@given(st.integers(0, TURN - 1), st.lists(st.integers(0, TURN // 2 - 1), max_size=20))
def test_uptime_never_wraps(start, steps):
    ticks = [start]
    uptime_ms = Uptime(lambda: ticks[0], ticks_diff)
    for step in steps:
        ticks[0] = (ticks[0] + step) % TURN
        uptime_ms()
    assert uptime_ms() == sum(steps)


def test_uptime_never_goes_back():
    ticks = [1000]
    uptime_ms = Uptime(lambda: ticks[0], ticks_diff)
    ticks[0] = 1500
    assert uptime_ms() == 500
    ticks[0] = 1400
    assert uptime_ms() == 500
    ticks[0] = 1600
    assert uptime_ms() == 600


class Bench:
    def __init__(self, spread_ms: int = 300, drawn: int = 0) -> None:
        self.now_ms = 10_000
        self.counted: list[str] = []
        self.clock = Clock(BOX, EPOCH, 3, lambda: self.now_ms, lambda most: drawn, self.counted.append, spread_ms)

    def tell(self, uptime_ms: int, earliest_ms: int, latest_ms: int, **other) -> None:
        fields = {"box_id": BOX, "epoch": EPOCH, "boot": 3, **other}
        message = beacon.Time(fields["box_id"], fields["epoch"], fields["boot"], uptime_ms, earliest_ms, latest_ms)
        self.clock.on_time(beacon.encode_time(message))

    def beacon(self, mono_ms: int = 5, gateway_boot: str = "00000000000a") -> bool:
        sent = beacon.Beacon("gw-1", gateway_boot, mono_ms, None, None)
        return self.clock.on_beacon(beacon.encode_beacon(sent))


def test_before_the_first_sample_nothing_is_known():
    assert Bench().clock.utc(10_000) == (None, None)


def test_utc_is_the_middle_and_its_bound_the_half():
    bench = Bench()
    bench.tell(9_000, T0, T0 + 100)
    assert bench.clock.utc(9_000) == (T0 + 50, 50)


def test_the_bound_grows_away_from_the_sample_in_both_directions():
    bench = Bench()
    bench.tell(9_000, T0, T0 + 100)
    for away_ms in (-9_000, 100_000):
        utc_ms, bound_ms = bench.clock.utc(9_000 + away_ms)
        assert abs(utc_ms - (T0 + 50 + away_ms)) <= 1
        assert 50 + abs(away_ms) // 2000 <= bound_ms <= 53 + abs(away_ms) // 2000


def test_a_wrong_sample_is_forgotten_after_as_many_right_ones():
    bench = Bench()
    bench.tell(1_000, 5, 10)  # a gateway in 1970
    for step in range(MAX_SAMPLES):
        bench.now_ms += 10_000
        bench.tell(bench.now_ms, T0 + bench.now_ms, T0 + bench.now_ms + 20)
        # until then the samples contradict each other by more than any bound can say: then nothing is said
        assert (bench.clock.utc(bench.now_ms) != (None, None)) == (step == MAX_SAMPLES - 1)


@pytest.mark.parametrize(
    "other, counter",
    [
        ({"box_id": "box-2"}, "time_not_ours"),
        ({"epoch": "ffffffffffff"}, "time_not_ours"),
        ({"boot": 2}, "time_not_ours"),
        ({"boot": 4}, "time_not_ours"),
    ],
)
def test_a_time_that_is_not_about_this_boot_is_counted_and_dropped(other, counter):
    bench = Bench()
    bench.tell(9_000, T0, T0 + 10, **other)
    assert bench.counted == [counter]
    assert bench.clock.utc(9_000) == (None, None)


def test_after_a_new_epoch_the_samples_stay_and_answers_carry_the_new_name():
    bench = Bench()
    bench.tell(9_000, T0, T0 + 100)
    bench.clock.rename("fedcba987654", 1)
    assert bench.clock.utc(9_000) == (T0 + 50, 50)
    bench.tell(9_500, T0 + 500, T0 + 600)
    assert bench.counted == ["time_not_ours"]
    bench.tell(9_500, T0 + 500, T0 + 600, epoch="fedcba987654", boot=1)
    assert bench.counted == ["time_not_ours"]
    bench.beacon()
    heard = beacon.decode_heard(bench.clock.answer())
    assert (heard.epoch, heard.boot) == ("fedcba987654", 1)


def test_a_time_of_an_uptime_that_is_not_yet_is_counted_and_dropped():
    bench = Bench()
    bench.tell(10_001, T0, T0 + 10)
    assert bench.counted == ["time_from_future"]
    assert bench.clock.utc(9_000) == (None, None)


@pytest.mark.parametrize(
    "payload", [b"", b"1 time\n", b"\xff" * 20, b"2 time box-1 0123456789ab 3 1 1 1\n", b"x" * 9000]
)
def test_a_time_that_is_none_is_a_wire_error(payload):
    with pytest.raises(WireError):
        Bench().clock.on_time(payload)


def test_the_answer_names_both_uptimes_and_goes_out_once():
    bench = Bench(drawn=120)
    bench.beacon(mono_ms=77)
    assert bench.clock.answer_in_ms() == 120
    bench.now_ms += 120
    assert bench.clock.answer_in_ms() == 0
    heard = beacon.decode_heard(bench.clock.answer())
    assert heard == beacon.Heard(BOX, EPOCH, 3, "00000000000a", 77, 10_000, 10_120)
    assert bench.clock.answer_in_ms() is None


def test_only_the_newest_beacon_is_answered():
    bench = Bench()
    bench.beacon(mono_ms=77)
    bench.now_ms += 5
    bench.beacon(mono_ms=82)
    assert beacon.decode_heard(bench.clock.answer()).mono_ms == 82
    assert bench.clock.answer_in_ms() is None


def test_a_gateway_that_is_new_or_was_away_is_noticed():
    bench = Bench()
    assert bench.beacon()
    bench.now_ms += 10_000
    assert not bench.beacon()
    assert bench.beacon(gateway_boot="00000000000b")
    bench.now_ms += 40_000
    assert bench.beacon(gateway_boot="00000000000b")


# The gateway's own clock, for deadlines


def test_before_a_beacon_nothing_is_known_of_the_gateways_clock():
    bench = Bench()
    bench.clock.broker_answered(9_000)
    assert bench.clock.gateway_now() is None


def test_a_beacon_without_an_answer_of_the_broker_is_no_bound():
    bench = Bench()
    bench.beacon(mono_ms=500)
    assert bench.clock.gateway_now() is None


def test_the_gateways_clock_is_known_within_the_round_trip_to_its_broker():
    bench = Bench()
    bench.clock.broker_answered(9_400)
    bench.beacon(mono_ms=500)
    assert bench.clock.gateway_now() == ("00000000000a", 500, 1_100)
    bench.now_ms += 10_000
    boot, earliest_ms, latest_ms = bench.clock.gateway_now()
    assert (boot, earliest_ms, latest_ms) == ("00000000000a", 10_500 - 6, 11_100 + 6)


def test_an_older_answer_does_not_widen_what_is_known():
    bench = Bench()
    bench.clock.broker_answered(9_900)
    bench.clock.broker_answered(9_400)
    bench.beacon(mono_ms=500)
    assert bench.clock.gateway_now()[1:] == (500, 600)


def test_several_beacons_narrow_the_gateways_clock():
    bench = Bench()
    bench.clock.broker_answered(4_000)
    bench.beacon(mono_ms=500)
    bench.now_ms += 1_000
    bench.clock.broker_answered(10_990)
    bench.beacon(mono_ms=1_600)  # the first one was 100 ms late
    assert bench.clock.gateway_now()[1:] == (1_600, 1_610)


def test_another_boot_of_the_gateway_begins_its_clock_anew():
    bench = Bench()
    bench.clock.broker_answered(9_990)
    bench.beacon(mono_ms=900_000)
    bench.now_ms += 50
    bench.clock.broker_answered(10_040)
    bench.beacon(mono_ms=70, gateway_boot="00000000000b")
    assert bench.clock.gateway_now() == ("00000000000b", 70, 80)


def test_a_gateways_clock_that_contradicts_itself_is_known_within_all_it_said():
    bench = Bench()
    bench.clock.broker_answered(9_990)
    bench.beacon(mono_ms=900_000)
    bench.beacon(mono_ms=70)
    assert bench.clock.gateway_now()[1:] == (70, 900_010)


@given(
    st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 3_000), st.integers(0, 3_000)), min_size=1, max_size=12),
    st.integers(0, 600_000),
    st.integers(-400, 400),
)
def test_the_gateways_clock_is_always_within_what_is_said_of_it(beacons, later_ms, drift_ppm):
    """Whatever the delays on the way and the drift between the clocks, as long as it is below 500 ppm."""

    def mono_ms(uptime_ms: int) -> int:
        return 7_000_000 + uptime_ms + uptime_ms * drift_ppm // 1_000_000

    bench = Bench()
    for pause_ms, asked_before_ms, under_way_ms in beacons:
        bench.now_ms += pause_ms
        sent_ms = bench.now_ms
        bench.clock.broker_answered(sent_ms - asked_before_ms)
        bench.now_ms += under_way_ms
        bench.beacon(mono_ms=mono_ms(sent_ms))
    bench.now_ms += later_ms
    _, earliest_ms, latest_ms = bench.clock.gateway_now()
    assert earliest_ms <= mono_ms(bench.now_ms) <= latest_ms


# Samples that contradict each other, and boots that never saw the time


@given(
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 5_000), st.integers(0, 5_000)), min_size=1, max_size=8),
    st.integers(0, 100_000),
)
def test_utc_is_always_within_its_bound(samples, later_ms):
    bench = Bench()
    for pause_ms, below_ms, above_ms in samples:
        bench.now_ms += pause_ms
        bench.tell(bench.now_ms, T0 + bench.now_ms - below_ms, T0 + bench.now_ms + above_ms)
    bench.now_ms += later_ms
    utc_ms, bound_ms = bench.clock.utc(bench.now_ms)
    assert utc_ms - bound_ms <= T0 + bench.now_ms <= utc_ms + bound_ms


def test_samples_that_contradict_each_other_give_the_span_over_both():
    bench = Bench()
    bench.tell(9_000, T0, T0 + 100)
    bench.tell(9_000, T0 + 10_000, T0 + 10_100)
    utc_ms, bound_ms = bench.clock.utc(9_000)
    assert utc_ms - bound_ms <= T0
    assert utc_ms + bound_ms >= T0 + 10_100


def test_a_reboot_of_the_gateway_takes_nothing_from_what_is_known_of_utc():
    bench = Bench()
    bench.beacon()
    bench.tell(9_000, T0, T0 + 100)
    bench.beacon(gateway_boot="00000000000b")
    assert bench.clock.utc(9_000) == (T0 + 50, 50)


def test_a_boot_that_has_not_seen_the_time_yet_knows_it_afterwards_for_what_was_before():
    bench = Bench()
    assert bench.clock.utc(4_000) == (None, None)
    bench.tell(9_000, T0, T0 + 100)
    utc_ms, bound_ms = bench.clock.utc(4_000)
    assert abs(utc_ms - (T0 + 50 - 5_000)) <= 1
    assert bound_ms <= 50 + 4 + 1
