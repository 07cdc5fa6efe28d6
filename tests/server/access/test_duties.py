"""What two have to agree on, and what people may ask for: the rules without anything around them."""

from datetime import date

import pytest

from server.access import approvals, rights, working_days
from server.access.approvals import Approval, question_hash
from server.access.rights import Asked
from server.errors import Refused

DAY_MS = 86_400_000
NOW_MS = 1_790_000_000_000


def code(call, *arguments, **how):
    with pytest.raises(Refused) as err:
        call(*arguments, **how)
    return err.value.code


# --- two persons


def approval(**how):
    facts = {"id": "a", "action": "export", "question": "q", "about": "case:1", "people": 2000, "asked_by": "u-1"}
    facts |= {"asked_ms": NOW_MS, "ends_ms": NOW_MS + 1000, "state": "asked", "judged_by": "", "judged_ms": None}
    return Approval(**{"used_ms": None} | facts | how)


def test_nobody_approves_what_they_asked_for():
    assert code(approvals.judge, approval(), "u-1", True, NOW_MS) == "approval_own"


@pytest.mark.parametrize(
    ("how", "by", "action", "question", "now_ms", "expected"),
    [
        ({}, "u-1", "export", "q", NOW_MS, "approval_state"),
        ({"state": "refused"}, "u-1", "export", "q", NOW_MS, "approval_state"),
        ({"state": "used"}, "u-1", "export", "q", NOW_MS, "approval_state"),
        ({"state": "approved"}, "u-2", "export", "q", NOW_MS, "approval_other"),
        ({"state": "approved"}, "u-1", "export", "other", NOW_MS, "approval_other"),
        ({"state": "approved"}, "u-1", "purge", "q", NOW_MS, "approval_other"),
        ({"state": "approved"}, "u-1", "export", "q", NOW_MS + 1000, "approval_over"),
        ({"state": "approved"}, "u-1", "export", "q", NOW_MS - 2 * DAY_MS, "approval_over"),
    ],
)
def test_an_approval_is_good_for_one_question_of_one_person_for_a_while(how, by, action, question, now_ms, expected):
    assert code(approvals.use, approval(**how), by, action, question, now_ms) == expected


def test_an_approval_is_used_once():
    used = approvals.use(approval(state="approved"), "u-1", "export", "q", NOW_MS)
    assert code(approvals.use, used, "u-1", "export", "q", NOW_MS) == "approval_state"


@pytest.mark.parametrize("state", ["approved", "refused", "used"])
def test_what_was_judged_is_not_judged_again(state):
    assert code(approvals.judge, approval(state=state), "u-2", False, NOW_MS) == "approval_state"


def test_the_hash_of_a_question_is_of_all_of_it_and_of_nothing_else():
    asked = {"case": "c-1", "places": ["a", "b"]}
    same = {"places": ["a", "b"], "case": "c-1"}
    assert question_hash("export", asked) == question_hash("export", same)
    for other in ({**asked, "places": ["b", "a"]}, {**asked, "case": "c-2"}, {**asked, "more": None}):
        assert question_hash("export", other) != question_hash("export", asked)
    assert question_hash("exports", asked) != question_hash("export", asked)


# --- requests of people


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 11, 20), 2, date(2026, 11, 24)),  # a Friday: Monday, Tuesday
        (date(2026, 2, 13), 2, date(2026, 2, 24)),  # before Tet
        (date(2026, 4, 24), 1, date(2026, 4, 28)),  # the Hung Kings on a Sunday, off on Monday
        (date(2026, 4, 29), 2, date(2026, 5, 5)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
        (date(2031, 12, 31), 1, date(2032, 1, 2)),  # a year that is not in the data: the fixed days only
    ],
)
def test_working_days_leave_out_weekends_and_holidays(day, count, expected):
    assert working_days.after(day, count) == expected


def test_a_year_that_is_not_fully_announced_is_said_to_be_unsure():
    assert working_days.is_sure(date(2026, 1, 1), date(2026, 12, 31))
    assert not working_days.is_sure(date(2026, 12, 31), date(2027, 1, 4))
    assert not working_days.is_sure(date(2031, 1, 1), date(2031, 1, 2))


def test_every_holiday_in_the_data_is_a_weekday_of_its_year():
    for year, known in working_days.years().items():
        assert all(day.year == year and day.weekday() < 5 for day in known.days), year


def asked(kind="access", **how):
    came_ms = working_days.end_of_ms(date(2026, 11, 19)) + 9 * 3_600_000  # Friday 20 November, 9 in the morning
    facts = {"id": "r", "kind": kind, "subject": "", "reference": "", "with_processors": False, "received_ms": came_ms}
    facts |= {"state": "received", "taken_by": "u", "answered_ms": None, "ended_ms": None, "extended": 0, "ground": ""}
    return Asked(**{"version": 1} | facts | how)


@pytest.mark.parametrize(
    ("how", "done"),
    [
        ({"kind": "access"}, date(2026, 11, 30)),
        ({"kind": "deletion"}, date(2026, 12, 10)),
        ({"kind": "objection"}, date(2026, 12, 5)),
        ({"kind": "objection", "with_processors": True}, date(2026, 12, 10)),
        ({"kind": "objection", "extended": 1}, date(2026, 12, 20)),
    ],
)
def test_each_kind_has_its_days(how, done):
    assert rights.deadlines(asked(**how)) == (date(2026, 11, 24), done, True)


def test_a_request_is_late_from_the_end_of_its_last_day():
    one = asked()
    answer_ms, done_ms = (working_days.end_of_ms(day) for day in rights.deadlines(one)[:2])
    assert [rights.overdue(one, at) for at in (answer_ms - 1, answer_ms, done_ms)] == ["", "answer", "done"]
    answered = rights.step(one, "answer", "u", answer_ms - 1)
    assert [rights.overdue(answered, at) for at in (answer_ms, done_ms - 1, done_ms)] == ["", "", "done"]
    assert rights.overdue(rights.step(answered, "done", "u", done_ms), done_ms + DAY_MS) == ""


@pytest.mark.parametrize("state", ["received", "answered", "done", "refused"])
@pytest.mark.parametrize("name", ["answer", "done", "refuse", "extend", "undo", ""])
def test_only_the_steps_of_the_table_are_taken(state, name):
    one = asked(state=state)
    ground = "no_data" if name == "refuse" else ""
    if name in rights.STEPS and state in rights.STEPS[name][0]:
        assert rights.step(one, name, "u", one.received_ms, ground).version == 2
    else:
        assert code(rights.step, one, name, "u", one.received_ms, ground) == "request_step"


@pytest.mark.parametrize(("name", "ground"), [("refuse", ""), ("refuse", "because"), ("answer", "no_data")])
def test_a_refusal_names_its_ground_and_nothing_else_does(name, ground):
    assert code(rights.step, asked(), name, "u", asked().received_ms, ground) == "request_ground"


def test_it_is_extended_once_and_not_when_it_is_late():
    once = rights.step(asked(), "extend", "u", asked().received_ms)
    assert code(rights.step, once, "extend", "u", asked().received_ms) == "request_late"
    late_ms = working_days.end_of_ms(rights.deadlines(asked()).done)
    assert code(rights.step, asked(), "extend", "u", late_ms) == "request_late"
