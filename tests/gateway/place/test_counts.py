"""Numbers by day, hour and box, and never more of them than there may be."""

import msgspec
import pytest

from gateway.place.counts import KEEP_DAYS, MOST_BOXES, THE_REST, WIDEST_MS, Counts, direction_of, gate_of, middle_ms


@pytest.mark.parametrize(
    "marks, direction, gate",
    [
        ("dir=in", "in", ""),
        ("dir=out,gate=cong-1,place=cho", "out", "cong-1"),
        ("gate=cong-2,dir=in", "in", "cong-2"),
        ("dir=both", "both", ""),
        ("", "both", ""),
        ("dir=", "both", ""),
        ("dir=inside", "both", ""),
        ("x.dir=in", "both", ""),
        ("gate=", "both", ""),
    ],
)
def test_a_direction_and_a_gate_are_read_from_the_marks(marks, direction, gate):
    assert (direction_of(marks), gate_of(marks)) == (direction, gate)


@pytest.mark.parametrize(
    "bounds, middle",
    [
        ((10, 20), 15),
        ((10, 10), 10),
        ((10, 10 + WIDEST_MS), 10 + WIDEST_MS // 2),
        ((10, 11 + WIDEST_MS), None),
        ((None, 20), None),
        ((10, None), None),
        ((None, None), None),
        ((20, 10), None),
    ],
)
def test_an_instant_is_known_where_its_bounds_are_close(bounds, middle):
    assert middle_ms(bounds) == middle


def test_only_the_latest_days_are_kept():
    counts = Counts()
    for day in (5, 3, *range(10, 30), 2):
        counts.add(day, 0, "box-1", "in")
    assert sorted(counts.days) == list(range(30 - KEEP_DAYS, 30))


def test_boxes_without_end_count_under_one_name():
    counts = Counts()
    for n in range(MOST_BOXES + 50):
        counts.add(1, 0, f"box-{n}", "in")
        counts.add_unknown(f"box-{n}", "out")
    assert len(counts.days[1]) == len(counts.unknown) == MOST_BOXES + 1
    assert counts.days[1][THE_REST].total("in") == counts.unknown[THE_REST]["out"] == 50


def test_who_was_refused_did_not_come_in():
    counts = Counts()
    for outcome in (None, "welcome", "quota", "quota", "revoked"):
        counts.add(1, 7, "box-1", "in", outcome)
    assert counts.days[1]["box-1"].total("in") == 2
    assert counts.days[1]["box-1"].refused == {"quota": 2, "revoked": 1}


def test_when_utc_is_known_what_counted_by_running_time_is_of_no_known_time():
    counts = Counts()
    counts.add_running(3, "box-1", "in")
    counts.add_running(4, "box-1", "both")
    counts.end_running()
    assert counts.running == {}
    assert counts.unknown == {"box-1": {"in": 1, "out": 0, "both": 1}}
    counts.became_known("box-1", "in")
    counts.became_known("box-1", "in")
    assert counts.unknown["box-1"]["in"] == 0


def test_a_restart_changes_nothing():
    counts, again = Counts(), Counts()
    counts.add(1, 7, "box-1", "in", "quota")
    counts.add(2, 8, "box-1", "out")
    counts.add_running(3, "box-2", "in")
    counts.add_unknown("box-3", "both")
    again.load(msgspec.msgpack.decode(msgspec.msgpack.encode(counts.dump())))
    assert (again.days, again.running, again.unknown) == (counts.days, counts.running, counts.unknown)
