"""How sure contacts are is told with every answer: by class, with what that means, in both languages."""

import csv
import gc
import io

import openpyxl
import pytest

from server.tracing import classes, told
from server.tracing.rules import RuleSet
from server.tracing.seldom import THRESHOLDS, seldom
from server.tracing.told import ToldContact
from server.tracing.types import CERTAINTIES
from tests.server.tracing.test_asking import EASY, ask, of_person, people
from tests.server.tracing.test_cases_web import CASES, WHO, answer_to
from tests.server.tracing.town import loose, stay

LOOSE = RuleSet(version=1, min_overlap_min=15, certainty="possible")


def mixed():
    """Seven who met the first: one surely, longer ones by the best guess, one possibly, one second-rate twice."""
    stays = [stay(1, 0, 100), stay(2, 0, 20), loose(3, 0, 90, 0, 80), loose(4, 0, 60, 0, 50)]
    stays += [loose(5, 95, 300, in_err_min=30), loose(6, 0, 90, 0, 80, number=61), stay(6, 200, 220, number=62)]
    return stays


async def test_the_surest_come_first_and_then_who_was_there_longest():
    answer = await ask(of_person(), mixed(), LOOSE)
    assert [(int.from_bytes(one.person, "big"), one.certainty) for one in answer.contacts] == [
        (2, "sure"),
        (3, "likely"),
        (6, "likely"),
        (4, "likely"),
        (5, "possible"),
    ]
    assert classes.numbers(answer.contacts) == {"sure": 1, "likely": 3, "possible": 1}


async def test_a_contact_is_of_the_class_of_its_surest_meeting():
    stays = [stay(1, 0, 100), loose(2, 0, 60, 0, 50, number=21), stay(1, 500, 600), stay(2, 500, 600)]
    (contact,) = (await ask(of_person(), stays, EASY)).contacts
    assert [one.certainty for one in contact.meetings] == ["sure", "sure"]
    (kept,) = told.contacts(await ask(of_person(), stays, LOOSE), lambda person: "7Q2M9-XDK4T")
    assert [one.certainty for one in kept.contact.meetings] == ["likely", "sure"]
    assert kept.contact.certainty == "sure"


async def test_the_order_is_only_an_order_and_the_same_persons_are_found():
    for certainty, wanted in (("sure", {2}), ("likely", {2, 3, 4, 6}), ("possible", {2, 3, 4, 5, 6})):
        assert people(await ask(of_person(), mixed(), LOOSE._replace(certainty=certainty))) == wanted


def test_every_class_has_a_name_and_a_meaning_in_both_languages():
    assert list(classes.MEANS) == list(CERTAINTIES)
    for means in classes.MEANS.values():
        assert all(means)
        assert means.vi_means != means.en_means
        assert not means.vi.isascii()
        assert means.en.isascii()


@pytest.mark.parametrize(
    ("certainty", "wanted"), [("sure", ["sure"]), ("likely", ["sure", "likely"]), ("possible", list(CERTAINTIES))]
)
def test_the_classes_that_the_rules_count_by_are_those_down_to_theirs(certainty, wanted):
    assert classes.counted([RuleSet(version=1, certainty=certainty)]) == wanted
    assert classes.counted([RuleSet(version=1, certainty="sure"), RuleSet(version=2, certainty=certainty)]) == wanted


def test_a_class_that_is_not_counted_says_so_and_how_many_were_come_across():
    summary = {"by_certainty": {"sure": 1, "likely": 4, "possible": 0}, "counted": ["sure", "likely"], "nearly": 7}
    sure, likely, possible = classes.told(summary)
    assert [one.is_counted for one in (sure, likely, possible)] == [True, True, False]
    assert [one.contacts for one in (sure, likely, possible)] == [1, 4, 0]
    assert "7" in possible.vi_means
    assert "7 persons" in possible.en_means
    assert likely.lines == (f"4 người; {likely.vi_means}", f"4 persons; {likely.en_means}")


def test_an_answer_of_before_has_classes_without_numbers_and_contacts_with_theirs():
    assert [one.contacts for one in classes.told({"nearly": 0})] == [None, None, None]
    assert classes.told(None) == classes.told({}) == []
    assert ToldContact("7Q2M9-XDK4T", 1, "none", False, 0, [], []).certainty == ""


async def test_the_api_tells_the_classes_with_their_numbers_and_meanings(ask, case, town):
    me, other, third = await town.person(1), await town.person(2), await town.person(3)
    await town.visit(me, 0, 60)
    await town.visit(other, 0, 60)
    await town.visit(third, 0, 60, out_low=town.base_ms, out_high=town.base_ms + 6 * 3_600_000, label="assumed")
    answer = await answer_to(ask, case, **WHO)
    assert [one["code"] for one in answer["classes"]] == ["sure", "likely", "possible"]
    numbers = {one["code"]: one["contacts"] for one in answer["classes"]}
    assert answer["question"]["by_certainty"] == numbers
    assert [line["contact"]["certainty"] for line in answer["contacts"]] == [
        code for code, number in numbers.items() for _ in range(number)
    ]
    assert answer["classes"][2]["is_counted"] is False
    assert all(one["vi_means"] and one["en_means"] for one in answer["classes"])


async def test_a_sheet_says_what_the_classes_mean_and_how_many_are_in_each(ask, case, town):
    for number in (1, 2):
        await town.visit(await town.person(number), 0, 60)
    found = await answer_to(ask, case, **WHO)
    path = f"{CASES}/{case}/questions/{found['question']['id']}"
    lines = list(csv.reader(io.StringIO((await ask("GET", f"{path}/export.csv")).content.decode("utf-8-sig"))))
    row = dict(zip(lines[0], lines[1], strict=True))
    assert row["Mức của người này / Certainty of this person"] == "chắc chắn / sure"
    book = openpyxl.load_workbook(io.BytesIO((await ask("GET", f"{path}/export.xlsx")).content))
    for facts in (dict(line[:2] for line in lines if len(line) == 2), dict(book["Câu hỏi"].values)):
        said = [facts[means.both] for means in classes.MEANS.values()]
        assert [text.split(" ", 1)[0] for text in said] == ["1", "0", "0"]
        for text, means in zip(said, classes.MEANS.values(), strict=True):
            assert means.vi_means in text
            assert means.en_means in text


def test_the_collector_is_as_before_after_the_last_question_whatever_came_of_it():
    before, found = gc.get_threshold(), []

    def fail():
        with seldom():
            with seldom():
                found.append(gc.get_threshold())
            found.append(gc.get_threshold())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert found == [THRESHOLDS, THRESHOLDS]
    assert gc.get_threshold() == before
