"""What may be kept of each scan of a batch: asked once a box where it is always the same, and never otherwise."""

from hypothesis import given
from hypothesis import strategies as st

from server.places.seats import Seats
from server.places.types import BoxSeat, GatewaySeat, Period, Place, Register
from server.web.reception import remembering

GATEWAY, BOXES, PLACES = "gw-1", ("box-0001", "box-0002"), ("cho-a", "cho-b", "gw-1")
instants = st.integers(0, 12).map(lambda number: number * 1000)
bounds = st.none() | st.integers(-1, 13_000)
periods = st.lists(st.builds(Period, instants, st.sampled_from(["identified", "counts_only"]), st.just("QD 1")))
registers = st.builds(
    lambda boxes, gateways, purposes, wished: Register(
        {one: Place(one, one) for one in PLACES}, {}, tuple(gateways), tuple(boxes), purposes, wished
    ),
    st.lists(st.builds(BoxSeat, st.sampled_from(BOXES), instants, st.sampled_from(["", *PLACES])), max_size=4),
    st.lists(st.builds(GatewaySeat, st.just(GATEWAY), instants, st.sampled_from(["", *PLACES])), max_size=3),
    st.dictionaries(st.sampled_from(PLACES), periods.map(tuple)),
    st.dictionaries(st.just(GATEWAY), periods.map(tuple)),
)


@given(registers, st.lists(st.tuples(st.sampled_from(BOXES), bounds, bounds), max_size=12))
def test_it_says_of_each_scan_what_the_register_says(register, scans):
    seats = Seats(register)
    may = remembering(seats.may_identify)
    assert [may(GATEWAY, *one) for one in scans] == [seats.may_identify(GATEWAY, *one) for one in scans]


def test_of_a_box_that_is_always_identified_it_is_asked_once():
    asked = []
    may = remembering(lambda *what: (asked.append(what), True)[1])
    assert all(may(GATEWAY, box, at, at + 5) for box in BOXES for at in range(100))
    assert asked == [(GATEWAY, box, None, None) for box in BOXES]


def test_of_a_box_that_is_not_each_scan_is_asked_for():
    may = remembering(lambda gateway, box, earliest_ms, latest_ms: earliest_ms is not None and earliest_ms < 50)
    assert [may(GATEWAY, BOXES[0], at, at) for at in (10, 60, 20)] == [True, False, True]
