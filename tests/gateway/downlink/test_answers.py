"""Parts make one answer, in order; and nobody answers for another, or for nothing."""

import pytest

from firmware.wire.command import MAX_BODY_BYTES, MAX_PARTS, Result
from gateway.downlink import answers as answers_file
from gateway.downlink.answers import Answer, Answers
from gateway.downlink.store import Order

ONE = Order("0123456789ab", "box-a", "fetch_log", "", "aabbccddeeff", 99)
ORDERS = {ONE.id: ONE}


def part(number: int, parts: int = 3, body: bytes | None = None, outcome: str = "done", **changes) -> Result:
    made = Result("box-a", ONE.id, outcome, number, parts, b"part %d" % number if body is None else body)
    return made._replace(**changes)


def test_one_part_is_an_answer():
    assert Answers().take(part(1, 1), ORDERS) == Answer(ONE, "done", b"part 1")


def test_parts_in_order_are_one_answer():
    answers = Answers()
    assert [answers.take(part(number), ORDERS) for number in (1, 2)] == [None, None]
    assert answers.take(part(3), ORDERS) == Answer(ONE, "done", b"part 1part 2part 3")


def test_a_part_that_comes_twice_is_nothing_new():
    answers = Answers()
    found = [answers.take(part(number), ORDERS) for number in (1, 1, 2, 1, 2, 3)]
    assert found[:-1] == [None] * 5
    assert found[-1] == Answer(ONE, "done", b"part 1part 2part 3")
    assert answers.duplicates == 3


def test_an_answer_that_begins_anew_replaces_what_there_was():
    answers = Answers()
    for number in (1, 2):
        answers.take(part(number), ORDERS)
    for number in (1, 2):
        assert answers.take(part(number, 3, b"new"), ORDERS) is None
    assert answers.take(part(3, 3, b"new"), ORDERS) == Answer(ONE, "done", b"newnewnew")


@pytest.mark.parametrize(
    "wrong",
    [
        part(3),
        part(2, 2),
        part(2, 4),
        part(2, outcome="failed"),
        part(MAX_PARTS, MAX_PARTS),
    ],
)
def test_a_part_that_does_not_follow_is_refused_and_the_rest_still_fits(wrong):
    answers = Answers()
    answers.take(part(1), ORDERS)
    assert answers.take(wrong, ORDERS) == "order"
    answers.take(part(2), ORDERS)
    assert answers.take(part(3), ORDERS) == Answer(ONE, "done", b"part 1part 2part 3")


def test_a_second_part_without_a_first_is_refused():
    assert Answers().take(part(2), ORDERS) == "order"


@pytest.mark.parametrize("wrong", [{"id": "ffffffffffff"}, {"box_id": "box-b"}])
def test_an_answer_to_nothing_and_one_for_another_box_are_refused(wrong):
    answers = Answers()
    assert answers.take(part(1, 1, **wrong), ORDERS) == "unknown_command"
    assert answers.take(part(1, 1), {}) == "unknown_command"
    assert answers.take(part(1, 1), ORDERS) == Answer(ONE, "done", b"part 1")


def test_once_it_is_kept_the_same_answer_is_nothing_new_but_another_boxs_is_still_refused():
    answers = Answers()
    answers.take(part(1, 1), ORDERS)
    answers.finished(ONE)
    assert answers.take(part(1, 1), {}) is None
    assert answers.take(part(1, 1, box_id="box-b"), {}) == "unknown_command"
    assert answers.duplicates == 1


def test_what_is_in_pieces_is_bounded_and_the_oldest_goes(monkeypatch):
    monkeypatch.setattr(answers_file, "MOST_BYTES", 5 * MAX_BODY_BYTES)
    answers, full = Answers(), bytes(MAX_BODY_BYTES)
    orders = {f"{number:012x}": ONE._replace(id=f"{number:012x}") for number in range(10)}
    for order_id in orders:
        assert answers.take(part(1, 2, full, id=order_id), orders) is None
    assert answers._bytes <= 5 * MAX_BODY_BYTES
    assert answers.take(part(2, 2, b"", id=f"{9:012x}"), orders).body == full
    assert answers.take(part(2, 2, b"", id=f"{0:012x}"), orders) == "order"


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(answers_file, "MOST_KNOWN", 5)
    answers = Answers()
    for number in range(20):
        answers.finished(ONE._replace(id=f"{number:012x}"))
    assert len(answers._known) == 5
    assert answers.take(part(1, 1, id=f"{19:012x}"), {}) is None
