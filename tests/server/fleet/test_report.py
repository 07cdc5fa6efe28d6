"""What a gateway tells: refused as a whole only where it is no report; every line in it stands for itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Refused
from server.fleet import report
from server.fleet.report import MOST_BYTES, MOST_EVENTS, fresh, kept, read
from tests.server.telling import EVENTS_EPOCH, event, told

GW = "gw-1"


def found(**changes):
    return read(told(**changes), GW)


def test_a_report_is_read():
    events = [event(2, "enrolled", {"box_id": "box-1"}), event(1, "alert", {"part": "p", "state": "s", "reason": "r"})]
    one = found(events=events, health=[{"part": "broker", "state": "ok", "reason": "", "since_s": 3}])
    assert [(part.part, part.since_s) for part in one.health] == [("broker", 3)]
    assert [(one.no, one.kind) for one in one.events] == [(1, "alert"), (2, "enrolled")]
    assert (one.events_epoch, one.odd) == (EVENTS_EPOCH, 0)


def test_what_is_kept_of_a_report_is_read_back():
    one = found(
        boxes=[{"box_id": "box-1", "state": "online", "reason": "", "since_s": 1.5, "status": {"v": 1}}],
        health=[{"part": "sending", "state": "late", "reason": "so", "since_s": 3}],
        numbers={"tram_waiting_records": 3},
        events=[event(1, "alert", {})],
    )
    assert read(kept(one), GW) == one._replace(events=[], odd=0)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json"),
        (b"[]", "json"),
        (b"null", "json"),
        (b"\xff", "json"),
        (told()[:-1], "json"),
        (b"[" * 100_000, "json"),
        (b'{"v":1' + b" " * MOST_BYTES + b"}", "too_long"),
        (told(v=2), "version"),
        (told(v=True), "version"),
        (told(v="1"), "version"),
        (told(v=None), "version"),
        (told(gateway_id="gw-2"), "gateway_mismatch"),
        (told(gateway_id=None), "gateway_mismatch"),
        (told(events_epoch=None), "field"),
        (told(events_epoch="ABCDEFABCDEF"), "field"),
        (told(events_epoch=EVENTS_EPOCH + "0"), "field"),
    ],
)
def test_what_is_no_report_is_refused(data, code):
    with pytest.raises(Refused) as err:
        read(data, GW)
    assert err.value.code == code


@pytest.mark.parametrize(
    "line",
    [
        None,
        3,
        [],
        {},
        {"box_id": "box-1"},
        {"box_id": "BOX", "state": "ok"},
        {"box_id": 3, "state": "ok"},
        {"box_id": "box-1", "state": ""},
        {"box_id": "box-1", "state": 7},
    ],
)
def test_a_line_of_a_box_that_is_none_is_left_out_and_counted(line):
    good = {"box_id": "box-2", "state": "online", "reason": "", "since_s": 1, "status": None}
    one = found(boxes=[line, good])
    assert ([box.box_id for box in one.boxes], one.odd) == (["box-2"], 1)


@pytest.mark.parametrize("name", ["health", "boxes", "events", "numbers"])
@pytest.mark.parametrize("value", ["text", 7, True, ""])
def test_a_part_that_is_none_is_left_out(name, value):
    one = found(**{name: value})
    assert (not getattr(one, name), one.odd) == (True, 1)


@pytest.mark.parametrize("no", [0, -1, None, "1", 1.5, True, 2**53])
def test_an_event_without_a_number_is_left_out(no):
    one = found(events=[{**event(1, "alert", {}), "no": no}, event(2, "enrolled", {"box_id": "box-1"})])
    assert ([event.no for event in one.events], one.odd) == ([2], 1)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("new_kind", {}),
        (None, {}),
        (7, {"a": 1}),
        ("enrolled", {}),
        ("enrolled", None),
        ("enrolled", "box-1"),
        ("enrolled", {"box_id": "NO"}),
        ("enrolled", {"box_id": 7}),
        ("result", {"box_id": "box-1", "id": 7, "name": "x", "outcome": "done"}),
        ("result", {"box_id": "box-1", "name": "x", "outcome": "done"}),
        ("result", []),
        ("damage", "all"),
        ("alert", {"part": "x"}),
        ("alert", {"part": "x", "state": "y", "reason": "z" * 300_000}),
    ],
)
def test_an_event_that_is_not_known_is_kept_and_in_nobodys_way(kind, body):
    one = found(events=[event(1, kind, body), event(2, "enrolled", {"box_id": "box-1"})])
    assert [(event.no, event.kind) for event in one.events] == [(1, "other"), (2, "enrolled")]
    assert one.odd == 0


@pytest.mark.parametrize("at_ms", [None, [], [1], [2, 1], [1, 2, 3], ["1", 2], [0, 5], 7, [1.5, 2]])
def test_a_time_that_is_none_stays_unknown(at_ms):
    (one,) = found(events=[{**event(1, "alert", {}), "at_ms": at_ms}]).events
    assert (one.earliest_ms, one.latest_ms) == (None, None)


def test_lines_are_as_long_as_a_page_can_take_and_no_longer():
    one = found(
        software="x" * 10_000,
        health=[{"part": "p" * 99, "state": "s" * 99, "reason": "r\n\x1b[31m" + "r" * 9999, "since_s": -1}] * 100,
        boxes=[{"box_id": "box-1", "state": "x", "status": {"a": "b" * 5000}}],
    )
    assert (len(one.software), len(one.health), one.odd) == (64, report.MOST_PARTS, 100 - report.MOST_PARTS)
    assert (len(one.health[0].part), len(one.health[0].reason), one.health[0].since_s) == (32, 300, 0)
    assert one.health[0].reason.isprintable()
    assert one.boxes[0].status is None


def test_numbers_that_are_none_are_left_out():
    one = found(numbers={"a": 1, "b": "2", "c": None, "d": True, "e": 1e308, "f": [1], "g": 2.5})
    assert (one.numbers, one.odd) == ({"a": 1.0, "g": 2.5}, 5)


def test_no_more_events_than_a_report_may_have_are_read():
    one = found(events=[event(no, "damage", {}) for no in range(1, MOST_EVENTS + 3)])
    assert (len(one.events), one.odd) == (MOST_EVENTS, 2)


@pytest.mark.parametrize(
    ("numbers", "taken_to", "expected"),
    [
        ([1, 2, 3], 0, ([1, 2, 3], 3, False)),
        ([1, 2, 3], 2, ([3], 3, False)),
        ([1, 2, 3], 3, ([], 3, False)),
        ([1, 2], 7, ([], 7, False)),
        ([], 7, ([], 7, False)),
        ([5, 6], 2, ([5, 6], 6, True)),
        ([3, 4, 6, 7], 2, ([3, 4], 4, False)),
        ([1, 9], 0, ([1], 1, False)),
        ([8, 9], 0, ([8, 9], 9, True)),
    ],
)
def test_events_are_taken_once_in_their_order_and_what_is_gone_is_said(numbers, taken_to, expected):
    events = found(events=[event(no, "damage", {}) for no in numbers]).events
    taken, to, is_gap = fresh(events, taken_to)
    assert ([one.no for one in taken], to, is_gap) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=8
)


@given(
    part=st.sampled_from(["health", "boxes", "events", "numbers", "software", "uptime_ms", "sent_utc_ms"]), value=JSON
)
def test_whatever_stands_in_a_part_the_report_is_read(part, value):
    said = json.loads(told())
    said[part] = value
    one = read(json.dumps(said, allow_nan=False, default=str).encode() if _is_json(said) else told(), GW)
    assert one.gateway_id == GW


def _is_json(value):
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
