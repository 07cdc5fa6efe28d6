"""Where a scan was made, and for what purpose: whenever it comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Refused
from server.places import register
from server.places.seats import Seats
from server.places.types import BoxSeat, Gate, GatewaySeat, Mark, Period, Place, Register

DAY_MS = 86_400_000
BOX, GATEWAY = "box-0001", "gw-1"


def seats(boxes=(), gateways=(), purposes=None, wished=None, gates=(), places=("cho-a", "cho-b")):
    return Seats(
        Register(
            {one: Place(one, one) for one in places},
            {one[:2]: one for one in gates},
            tuple(GatewaySeat(*one) for one in gateways),
            tuple(BoxSeat(*one) for one in boxes),
            purposes or {},
            wished or {},
        )
    )


def test_a_gateway_that_nobody_registered_is_a_place_of_its_own():
    found = seats().where(BOX, GATEWAY, 5)
    assert (found.place_id, found.gate_id, found.is_registered, found.is_sure) == (GATEWAY, "", False, True)


def test_a_boxs_own_seat_comes_before_its_gateways():
    asked = seats([(BOX, 0, "cho-b", "dong")], [(GATEWAY, 0, "cho-a")], gates=[Gate("cho-b", "dong", "", "thit", "in")])
    found = asked.where(BOX, GATEWAY, 5)
    assert found == ("cho-b", "dong", "thit", "in", True, True)
    assert asked.where("box-0002", GATEWAY, 5).place_id == "cho-a"


def test_a_box_moved_yesterday_keeps_its_earlier_scans_at_the_earlier_place():
    asked = seats([(BOX, 0, "cho-a"), (BOX, 10 * DAY_MS, "cho-b")])
    assert asked.where(BOX, GATEWAY, 10 * DAY_MS - 1).place_id == "cho-a"
    assert asked.where(BOX, GATEWAY, 10 * DAY_MS).place_id == "cho-b"


def test_a_scan_whose_bounds_hold_a_move_is_not_sure_of_its_place():
    asked = seats([(BOX, 0, "cho-a"), (BOX, 10 * DAY_MS, "cho-b")])
    assert not asked.where(BOX, GATEWAY, 10 * DAY_MS + 5, 9 * DAY_MS, 11 * DAY_MS).is_sure
    assert not asked.where(BOX, GATEWAY, None).is_sure
    assert asked.where(BOX, GATEWAY, None).place_id == "cho-b"
    assert asked.where(BOX, GATEWAY, None, 0, 2 * DAY_MS) == asked.where(BOX, GATEWAY, DAY_MS)


def test_a_seat_that_is_none_falls_back_to_the_gateways_place():
    asked = seats([(BOX, 0, "cho-b"), (BOX, 5, "")], [(GATEWAY, 0, "cho-a"), (GATEWAY, 9, "")])
    assert [asked.where(BOX, GATEWAY, at).place_id for at in (4, 5, 8, 9)] == ["cho-b", "cho-a", "cho-a", GATEWAY]


def test_the_records_marks_come_before_the_register_but_only_for_a_gate_that_is_there():
    asked = seats([(BOX, 0, "cho-a", "dong")], gates=[Gate("cho-a", "dong"), Gate("cho-a", "tay", "", "rau", "out")])
    assert asked.where(BOX, GATEWAY, 1, gate="tay")[1:4] == ("tay", "rau", "out")
    assert asked.where(BOX, GATEWAY, 1, gate="bac").gate_id == "dong"
    assert asked.where(BOX, GATEWAY, 1, gate="tay", direction="in").direction == "in"
    assert seats().where(BOX, GATEWAY, 1, gate="bac").gate_id == "bac"


def test_the_flip_date_holds_for_scans_that_were_queued():
    flip = 10 * DAY_MS
    asked = seats([(BOX, 0, "cho-a")], purposes={"cho-a": (Period(0, "identified", "NQ"), Period(flip, "counts_only"))})
    assert asked.mode(GATEWAY, BOX, flip - 1, flip - 1) == "identified"
    assert asked.mode(GATEWAY, BOX, flip, flip) == "counts_only"
    assert asked.mode(GATEWAY, BOX, flip - 5, flip) == "counts_only"
    assert asked.mode(GATEWAY, BOX, flip - 5, None) == asked.mode(GATEWAY, BOX, None, None) == "counts_only"
    assert asked.mode(GATEWAY, BOX, None, flip - 1) == "identified"


def test_counts_only_of_any_place_that_the_box_may_have_been_at_wins():
    moved = [(BOX, 0, "cho-a"), (BOX, 10, "cho-b"), (BOX, 20, "cho-a")]
    asked = seats(moved, purposes={"cho-b": (Period(0, "counts_only"),)})
    assert asked.mode(GATEWAY, BOX, 5, 9) == asked.mode(GATEWAY, BOX, 20, 25) == "identified"
    assert asked.mode(GATEWAY, BOX, 9, 10) == asked.mode(GATEWAY, BOX, 0, 99) == "counts_only"
    assert asked.mode(GATEWAY, BOX, 25, 5) == "counts_only"


def test_what_the_fleet_wishes_of_a_gateway_holds_where_the_register_says_nothing():
    wished = {GATEWAY: (Period(0, "counts_only"),)}
    assert seats(wished=wished).mode(GATEWAY, BOX, 5, 5) == "counts_only"
    assert seats([(BOX, 0, "cho-a")], wished=wished).mode(GATEWAY, BOX, 5, 5) == "counts_only"
    ours = {"cho-a": (Period(0, "identified", "NQ"),)}
    assert seats([(BOX, 0, "cho-a")], wished=wished, purposes=ours).mode(GATEWAY, BOX, 5, 5) == "identified"


moves = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["cho-a", "cho-b", ""])), max_size=5, unique_by=lambda m: m[0]
)


@given(moves, moves, st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_a_mode_within_bounds_is_the_strictest_of_every_instant_within(boxes, gateways, flip, one, other):
    asked = seats(
        [(BOX, *move) for move in boxes],
        [(GATEWAY, *move) for move in gateways],
        {
            "cho-a": (Period(0, "identified", "x"), Period(flip, "counts_only")),
            "cho-b": (Period(0, "identified", "x"),),
        },
    )
    low, high = sorted((one, other))
    each = {asked.mode(GATEWAY, BOX, at, at) for at in range(low, high + 1)}
    assert asked.mode(GATEWAY, BOX, low, high) == ("counts_only" if "counts_only" in each else "identified")
    assert asked.where(BOX, GATEWAY, high, low, high).is_sure == (
        len({asked.where(BOX, GATEWAY, at).place_id for at in range(low, high + 1)}) == 1
    )


def test_a_correction_of_the_past_says_what_is_to_be_derived_anew():
    before = [BoxSeat(BOX, 0, "cho-a"), BoxSeat(BOX, 50, "cho-b")]
    after = [BoxSeat(BOX, 0, "cho-a"), BoxSeat(BOX, 30, "cho-b")]
    assert register.marks_of_seats(before, after, 100) == [Mark("box", BOX, 30, 50, "seat")]
    assert register.marks_of_seats(before, [*before, BoxSeat(BOX, 200, "cho-a")], 100) == []
    assert register.marks_of_seats(before, [*before, BoxSeat(BOX, 80, "cho-a")], 100) == [
        Mark("box", BOX, 80, None, "seat")
    ]
    assert register.marks_of_seats(before, before, 100) == []


@given(moves, moves, st.integers(0, 40))
def test_every_instant_whose_place_changed_lies_within_a_mark(before, after, at):
    was = [BoxSeat(BOX, *move) for move in sorted(before)]
    now = [BoxSeat(BOX, *move) for move in sorted(after)]
    marks = register.marks_of_seats(was, now, 1000)
    changed = seats(was).where(BOX, GATEWAY, at).place_id != seats(now).where(BOX, GATEWAY, at).place_id
    assert not changed or any(one.from_ms <= at and (one.to_ms is None or at < one.to_ms) for one in marks)


@pytest.mark.parametrize(
    ("seat", "code"),
    [
        (BoxSeat("BOX", 0, "cho-a"), "box_id"),
        (BoxSeat(BOX, -1000, "cho-a"), "place_instant"),
        (BoxSeat(BOX, 1, "cho-a"), "place_instant"),
        (BoxSeat(BOX, 1 << 60, "cho-a"), "place_instant"),
        (BoxSeat(BOX, 0, "chợ"), "place_id"),
        (BoxSeat(BOX, 0, "", "dong"), "gate_id"),
        (BoxSeat(BOX, 0, "cho-a", "Đông"), "gate_id"),
        (GatewaySeat("g", 0, "cho-a"), "gateway_id"),
    ],
)
def test_a_seat_that_is_not_in_its_form_is_refused(seat, code):
    with pytest.raises(Refused) as refused:
        register.seat(seat)
    assert refused.value.code == code
