"""Who speaks for whom: the settings stand, one gateway at most has any other box, and nobody takes one away unseen."""

import pytest

from server.errors import Refused
from server.fleet.assignment import Assignments, Policy

A, B, CLOSED = "gw-a", "gw-b", "gw-closed"


@pytest.fixture
def assignments():
    made = Assignments(
        [
            Policy(A, frozenset({"fixed-a", "both"}), True),
            Policy(B, frozenset({"both"}), True),
            Policy(CLOSED, frozenset(), False),
        ]
    )
    made.load({"given-a": A, "given-gone": "gw-gone", "fixed-a": B})
    return made


def test_the_settings_stand_above_what_was_given(assignments):
    assert assignments.boxes_of(A) == {"fixed-a", "both", "given-a"}
    assert assignments.boxes_of(B) == {"both"}
    assert assignments.boxes_of("gw-gone") == frozenset()
    assert assignments.owners("both") == [A, B]
    assert assignments.owners("given-gone") == []


@pytest.mark.parametrize(
    ("box_id", "gateway_id", "expected"),
    [
        ("new-1", A, "assign"),
        ("given-gone", B, "assign"),
        ("given-a", A, None),
        ("fixed-a", A, None),
        ("both", B, None),
        ("given-a", B, "box_elsewhere"),
        ("fixed-a", B, "box_elsewhere"),
        ("both", CLOSED, "box_elsewhere"),
        ("new-1", CLOSED, "box_not_taken"),
    ],
)
def test_a_box_that_enrols_is_taken_only_where_it_is_nobodys(assignments, box_id, gateway_id, expected):
    assert assignments.on_enrolled(box_id, gateway_id) == expected


def test_a_box_moves_whole(assignments):
    assignments.give("given-a", B)
    assert (assignments.owners("given-a"), "given-a" in assignments.boxes_of(A)) == ([B], False)
    assignments.give("given-a", None)
    assert assignments.owners("given-a") == []


@pytest.mark.parametrize(
    ("box_id", "gateway_id", "code"),
    [
        ("fixed-a", B, "box_fixed"),
        ("fixed-a", None, "box_fixed"),
        ("both", CLOSED, "box_fixed"),
        ("new-1", "gw-none", "not_found"),
    ],
)
def test_what_stands_in_the_settings_is_taken_away_by_nobody(assignments, box_id, gateway_id, code):
    with pytest.raises(Refused) as err:
        assignments.may_give(box_id, gateway_id)
    assert err.value.code == code


def test_every_other_box_may_be_given_to_any_gateway(assignments):
    assignments.may_give("given-a", CLOSED)
    assignments.may_give("given-a", None)
    assignments.may_give("fixed-a", A)
