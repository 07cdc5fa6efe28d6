"""What boxes have in the end is compared with what was wished last; what must never be in use is named."""

import pytest

from scripts.sim import report_care
from scripts.sim.evidence import Evidence, Outcome, Wish


def settings(version, nature="good"):
    return Wish("box-1", "settings", version, nature)


def said(version, outcome, what="settings"):
    return Outcome("box-1", what, version, outcome, "")


def broken(wishes, outcomes, **row):
    return report_care.broken(Evidence(wishes=wishes, outcomes=outcomes, fleet={"box-1": row}))


def test_nothing_is_broken_where_nothing_was_wished():
    assert report_care.broken(Evidence()) == []


@pytest.mark.parametrize(
    ("wishes", "outcomes", "row"),
    [
        ([settings(1)], [said(1, "trying"), said(1, "good")], {"settings_version": 1}),
        ([settings(1), settings(2, "invalid")], [said(1, "good"), said(2, "refused")], {"settings_version": 1}),
        ([settings(1), settings(2, "cutting")], [said(1, "good"), said(2, "given_up")], {"settings_version": 1}),
        ([settings(1)], [said(1, "given_up")], {"settings_version": 0, "settings_refused": {"version": 1}}),
        ([Wish("box-1", "firmware", 3, "good")], [said(3, "confirmed", "firmware")], {"firmware_version": 3}),
    ],
)
def test_what_was_validly_wished_last_is_in_use_or_reported(wishes, outcomes, row):
    assert broken(wishes, outcomes, **row) == []


@pytest.mark.parametrize(
    ("wishes", "outcomes", "row", "named"),
    [
        ([settings(1), settings(2)], [said(1, "good")], {"settings_version": 1}, "wished is 2"),
        ([settings(1)], [said(1, "trying")], {"settings_version": 1}, "wished is 1"),
        ([settings(1)], [], {}, "has settings None"),
        ([settings(2)], [], {"settings_refused": {"version": 1}}, "wished is 2"),
        ([settings(1, "invalid")], [said(1, "good")], {}, "uses settings 1, which are invalid"),
        ([settings(1, "invalid")], [said(1, "trying")], {}, "tried settings 1"),
        ([settings(1, "cutting")], [said(1, "good")], {}, "uses settings 1, which are cutting"),
        (
            [Wish("box-1", "firmware", 3, "good")],
            [said(3, "trial", "firmware")],
            {"firmware_version": 3},
            "wished is 3",
        ),
        (
            [Wish("box-1", "firmware", 3, "good")],
            [said(2, "confirmed", "firmware")],
            {"firmware_version": 2},
            "has firmware 2",
        ),
    ],
)
def test_what_is_not_as_wished_is_named(wishes, outcomes, row, named):
    assert named in " ".join(broken(wishes, outcomes, **row))


def test_each_step_of_a_wish_counts_once_however_often_it_was_told():
    outcomes = [said(1, "trying"), said(1, "good"), said(1, "trying"), said(9, "good")]
    built = report_care.build(
        Evidence(wishes=[settings(1)], outcomes=outcomes, fleet={"box-1": {"settings_version": 1, "state": "online"}})
    )
    assert built["became"] == {"settings good": {"good": 1, "trying": 1}}
    assert built["boxes"] == {"box-1": {"settings_version": 1}}
