"""For what scans are kept: in order, and alike at the gateway and at the server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.place.purpose import Purpose as AtGateway
from server.errors import Refused
from server.fleet.place import place as in_form
from server.places import purpose, register
from server.places.types import Period, Place

S = 1000
IDENTIFIED, COUNTS = "identified", "counts_only"


class Said:
    def __init__(self, one):
        self.since, self.mode, self.basis = one["since"], one["mode"], one["basis"]


@pytest.mark.parametrize(
    ("periods", "code"),
    [
        ([Period(0, IDENTIFIED)], "purpose_basis"),
        ([Period(5 * S, COUNTS), Period(5 * S, IDENTIFIED, "NQ 1")], "purpose_order"),
        ([Period(9 * S, COUNTS), Period(5 * S, COUNTS)], "purpose_order"),
        ([Period(5 * S, IDENTIFIED, "NQ 1", 5 * S)], "purpose_until"),
        ([Period(5 * S, IDENTIFIED, "NQ 1", 9 * S), Period(8 * S, COUNTS)], "purpose_until"),
        ([Period(1, COUNTS)], "purpose_order"),
        ([Period(-S, COUNTS)], "purpose_order"),
        ([Period(1 << 53, COUNTS)], "purpose_order"),
        ([Period(at * S, COUNTS) for at in range(51)], "purpose_many"),
    ],
)
def test_a_disordered_list_is_refused(periods, code):
    with pytest.raises(Refused) as refused:
        register.periods(periods)
    assert refused.value.code == code


def test_after_the_end_of_a_period_only_counts_are_kept():
    asked = purpose.Purpose([Period(10 * S, IDENTIFIED, "NQ 1", 20 * S)])
    assert asked.mode_of(19 * S, 19 * S) == IDENTIFIED
    assert asked.mode_of(20 * S, 20 * S) == COUNTS
    assert asked.mode_of(19 * S, None) == COUNTS
    assert asked.basis_at(19 * S) == "NQ 1"
    assert asked.basis_at(20 * S) == ""


def test_an_instant_that_is_not_known_belongs_to_counts_only_if_that_ever_held():
    asked = purpose.Purpose([Period(10 * S, COUNTS), Period(20 * S, IDENTIFIED, "NQ 1")])
    assert asked.mode_of(None, None) == COUNTS
    assert asked.mode_of(None, 15 * S) == COUNTS
    assert asked.mode_of(15 * S, 25 * S) == asked.mode_of(25 * S, 15 * S) == COUNTS
    assert asked.mode_of(20 * S, None) == IDENTIFIED
    assert purpose.Purpose().mode_of(None, None) == IDENTIFIED


instants = st.none() | st.integers(0, 60).map(lambda at: at * 10 * S)
orders = st.lists(st.tuples(st.integers(0, 50), st.sampled_from([IDENTIFIED, COUNTS]), st.booleans()), max_size=6)


@given(orders, instants, instants)
def test_the_gateway_judges_by_its_wish_as_the_server_does_by_the_register(asked, earliest_ms, latest_ms):
    starts = sorted({at for at, _, _ in asked})
    modes = {at: (mode, ends) for at, mode, ends in asked}
    periods = []
    for at, after in zip(starts, [*starts[1:], None]):
        mode, ends = modes[at]
        until = at * 10 * S + 5 * S if ends and (after is None or after > at) else None
        periods.append(Period(at * 10 * S, mode, "NQ 1" if mode == IDENTIFIED else "", until))
    kept = register.periods(periods)
    wish = in_form(register.wish_of(Place("cho-1", "Chợ"), kept))
    gateway = AtGateway([Said(one) for one in wish["purpose"]])
    server = purpose.Purpose(kept)
    assert gateway.mode_of(earliest_ms, latest_ms) == server.mode_of(earliest_ms, latest_ms)
    again = purpose.Purpose(register.wished_periods(wish))
    assert again.mode_of(earliest_ms, latest_ms) == server.mode_of(earliest_ms, latest_ms)


def test_a_wish_keeps_what_the_register_does_not_know():
    before = in_form(
        {"name": "old", "quota_visits": 2, "revoked": ["0" * 64], "purpose": [{"since": "2026-01-01", "mode": COUNTS}]}
    )
    made = in_form(register.wish_of(Place("cho-1", "Chợ", capacity=9), (), before))
    assert (made["name"], made["capacity"], made["quota_visits"], made["revoked"]) == ("Chợ", 9, 2, ["0" * 64])
    assert made["purpose"][0]["mode"] == COUNTS


@pytest.mark.parametrize(
    "wish", [{"purpose": [{"since": "x", "mode": IDENTIFIED}]}, {"purpose": [{}]}, {"purpose": ["x"]}]
)
def test_a_wish_that_cannot_be_read_keeps_counts_only(wish):
    assert register.wished_periods(wish) == (Period(0, COUNTS),)


def test_only_the_past_that_becomes_counts_only_is_marked():
    now_ms = 100 * S
    marks = register.marks_of_purpose("cho-1", (), [Period(20 * S, COUNTS), Period(50 * S, IDENTIFIED, "NQ")], now_ms)
    assert [(one.from_ms, one.to_ms, one.reason) for one in marks] == [(20 * S, 50 * S, "purpose")]
    assert register.marks_of_purpose("cho-1", (), [Period(200 * S, COUNTS)], now_ms) == []
    assert register.marks_of_purpose("cho-1", [Period(0, COUNTS)], [Period(0, IDENTIFIED, "NQ")], now_ms) == []
