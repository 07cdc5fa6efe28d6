"""The synthetic people: nobody twice, by the rules of real numbers, the same for the same seed."""

import random
from collections import Counter

import pytest

from firmware.codes import kind_of
from server.codes.numbers import PROVINCES, compared
from server.codes.read import read
from server.codes.rules import NO_RULES
from server.codes.trust import NO_TRUST
from server.codes.types import CITIZEN, INSURANCE, OLD_CITIZEN, PERSONAL_QR, PHONE
from tests.server.people import CODES, household, on_behalf, people, person, personal

AT_MS = 1_767_225_600_000
TOWN = people(seed=7, count=3000)


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    assert people(seed=7, count=300) == TOWN[:300]
    assert not {one.number for one in people(seed=8, count=50)} & {one.number for one in TOWN[:50]}


@pytest.mark.parametrize("name", ["number", "old_number", "insurance", "qid", "passport"])
def test_no_two_have_a_number_in_common(name) -> None:
    found = Counter(value for one in TOWN if (value := getattr(one, name)))
    assert found.most_common(1)[0][1] == 1


def test_only_a_household_shares_a_telephone() -> None:
    homes = {}
    for one in TOWN:
        if one.phone:
            homes.setdefault(one.phone, []).append(one)
    shared = [home for home in homes.values() if len(home) > 1]
    assert shared
    assert all(len(home) <= 3 and home[0].born.year < 1995 for home in shared)
    assert all(child.born.year >= 2012 for home in shared for child in home[1:])


def test_numbers_follow_the_rules_and_are_nobodys() -> None:
    for one in TOWN:
        assert compared(one.number, one.sex, str(one.born.year)) == []
        assert (one.number[:3] in PROVINCES, one.number[6:8]) == (True, "00")
        assert one.phone is None or (len(one.phone) == 10 and one.phone[2:4] == "00")


@pytest.mark.parametrize("kind", CODES)
def test_every_code_of_a_person_reads_back_as_that_person(kind) -> None:
    for one in TOWN[:500]:
        code = CODES[kind](one)
        assert kind_of(code) == kind
        found = read(code, NO_RULES, NO_TRUST, AT_MS)
        has = {CITIZEN: one.number, OLD_CITIZEN: one.old_number, INSURANCE: one.insurance}
        has |= {PERSONAL_QR: one.qid, PHONE: one.phone}
        assert all(has[document.type] == document.value for document in found.documents)
        assert (found.born, found.sex, found.warnings) == (str(one.born.year), one.sex, ())


def test_everybody_shows_one_to_four_kinds_of_code() -> None:
    assert Counter(len(one.shows) for one in TOWN).keys() == {1, 2, 3, 4}
    assert all(set(one.shows) <= set(CODES) for one in TOWN)


def test_a_child_is_declared_by_its_guardian() -> None:
    guardian, child = household(random.Random(1))
    found = read(on_behalf(child, guardian), NO_RULES, NO_TRUST, AT_MS)
    assert found.on_behalf
    assert {one.value for one in found.documents} == {child.qid, child.insurance}
    assert {one.value for one in found.guardian} == {guardian.qid, guardian.phone}


def test_a_masked_code_shows_the_last_six_digits_alone() -> None:
    one = person(random.Random(2))
    found = read(personal(one, is_masked=True), NO_RULES, NO_TRUST, AT_MS)
    assert found.documents[0] == (CITIZEN, "******" + one.number[6:], True)
