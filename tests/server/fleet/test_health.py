"""How gateways and boxes are: silence is told from absence, and nobody is called dead whom nobody can see."""

import pytest

from server.fleet.health import Heard, judge, worst_first
from server.fleet.report import read
from tests.server.telling import box, part, told

NOW, SILENT = 1_000_000, 120_000
BOXES = [f"box-{number:02}" for number in range(20)]


def state(report=None, ago_ms=1000, batch_ago_ms=None, started_ago_ms=900_000, boxes=BOXES):
    heard = Heard(
        None if report is None else read(report, "gw-1"),
        None if report is None else NOW - ago_ms,
        None if batch_ago_ms is None else NOW - batch_ago_ms,
    )
    return judge("gw-1", heard, boxes, NOW, NOW - started_ago_ms, SILENT)


ALL_ONLINE = [box(one, "online") for one in BOXES]
ALL_AWAY = [box(one, "away", "no answer", since_s=40) for one in BOXES]


def test_a_gateway_that_speaks_of_boxes_that_are_there_is_well():
    one = state(told(boxes=ALL_ONLINE, health=[part("broker", "ok")]))
    assert (one.state, one.counts) == ("ok", {"well": 20, "away": 0, "unknown": 0})


def test_twenty_dead_boxes_are_twenty_boxes_away_at_a_gateway_that_is_well():
    one = state(told(boxes=ALL_AWAY, health=[part("boxes", "gone")]))
    assert (one.state, one.counts) == ("ok", {"well": 0, "away": 20, "unknown": 0})
    assert {(box.reason, box.since_ms) for box in one.boxes} == {("no answer", NOW - 41_000)}


@pytest.mark.parametrize("said", [ALL_ONLINE, ALL_AWAY])
def test_a_dead_gateway_is_one_finding_and_its_boxes_are_unknown(said):
    one = state(told(boxes=said), ago_ms=SILENT + 1)
    assert (one.state, one.since_ms) == ("silent", NOW - SILENT - 1)
    assert one.counts == {"well": 0, "away": 0, "unknown": 20}
    assert {box.reason for box in one.boxes} == {"gateway_silent"}


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"ago_ms": SILENT}, "ok"),
        ({"ago_ms": SILENT + 1, "batch_ago_ms": 5}, "ok"),
        ({"ago_ms": SILENT + 1, "batch_ago_ms": SILENT + 1}, "silent"),
        ({"ago_ms": SILENT + 1, "started_ago_ms": SILENT}, "ok"),
        ({"ago_ms": 800_000, "started_ago_ms": SILENT + 1}, "silent"),
    ],
)
def test_silence_is_measured_from_what_was_heard_last_and_not_while_the_server_was_away(how, expected):
    assert state(told(), **how).state == expected


def test_who_was_never_heard_is_never_and_not_silent():
    one = state()
    assert (one.state, one.since_ms, one.counts["unknown"]) == ("never", None, 20)


def test_who_only_sends_batches_is_heard_and_its_boxes_are_unknown():
    one = state(batch_ago_ms=1000)
    assert (one.state, one.counts["unknown"], one.boxes[0].reason) == ("ok", 20, "not_named")


def test_the_worst_part_is_the_gateways_state_with_all_reasons():
    parts = [part("broker", "down", "refused", 9), part("clock", "ok"), part("sending", "late", "", 3)]
    one = state(told(health=parts, boxes=ALL_ONLINE))
    assert (one.state, one.reason, one.since_ms) == ("trouble", "broker: refused; sending: late", NOW - 10_000)


def test_a_box_that_is_not_its_own_is_not_shown_and_one_that_it_does_not_name_is_unknown():
    one = state(told(boxes=[box("box-00", "online"), box("box-99", "online")]), boxes=["box-00", "box-01"])
    assert [(box.box_id, box.state) for box in one.boxes] == [("box-00", "online"), ("box-01", "unknown")]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"tram_waiting_records": 12, "tram_waiting_oldest_seconds": 7.9}, (12, 7)),
        ({"tram_waiting_records": -1}, (None, None)),
        ({"waiting": 12}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_what_waits_is_told_where_it_is_known(numbers, expected):
    one = state(told(numbers=numbers))
    assert (one.waiting, one.oldest_s) == expected


def test_those_that_need_somebody_come_first():
    states = [
        judge(name, heard, [], NOW, 0, SILENT)
        for name, heard in (
            ("gw-b", Heard(read(told(), "gw-1"), NOW, None)),
            ("gw-a", Heard(read(told(), "gw-1"), NOW, None)),
            ("gw-n", Heard(None, None, None)),
            ("gw-t", Heard(read(told(health=[part("broker", "down")]), "gw-1"), NOW, None)),
            ("gw-s", Heard(read(told(), "gw-1"), 1, None)),
        )
    ]
    assert [one.gateway_id for one in worst_first(states)] == ["gw-s", "gw-t", "gw-n", "gw-a", "gw-b"]
