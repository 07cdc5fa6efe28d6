"""From what a code says to tokens."""

import hmac
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.codes.errors import CodeError
from server.codes.read import read
from server.codes.rules import NO_RULES
from server.codes.trust import NO_TRUST
from server.codes.types import CITIZEN, INSURANCE, OLD_CITIZEN, PERSON, PERSONAL_QR, PHONE, TICKET, Document, Parsed
from server.persons.naming import named, plain_name, token
from server.persons.types import PROBABLE
from server.store import person_links
from server.store.person_tables import tokens
from tests.server import people
from tests.server.persons.rig import shown, store
from tests.server.rig import NOW_MS


def mac(said):
    return hmac.digest(b"a key of a test", said, "sha256")[:16]


def says(*documents, name="TRẦN THỊ MẪU", born="1999", **more):
    return named(Parsed("personal_1405", PERSON, documents, name, born, **more), mac)


WHOLE, MASKED = Document(CITIZEN, "084199012345"), Document(CITIZEN, "******012345", masked=True)


@pytest.mark.parametrize("spelled", ["084199012345", " 0841 9901 2345 ", "084199012345\n"])
def test_one_number_has_one_token_however_it_is_spaced(spelled):
    assert token(Document(CITIZEN, spelled), mac) == token(WHOLE, mac)


def test_the_same_digits_of_another_type_are_another_token():
    assert token(Document(INSURANCE, "0123456789"), mac).mac != token(Document(PHONE, "0123456789"), mac).mac


def test_a_masked_number_and_the_whole_one_share_the_probable_token():
    [probable] = says(MASKED, name="TRAN THI MAU").tokens
    whole = says(WHOLE).tokens
    assert (probable.type, probable.masked) == (PROBABLE, True)
    assert [one.masked for one in whole] == [False, False]
    assert probable.mac == whole[1].mac


@pytest.mark.parametrize(
    "document, name, born",
    [
        (MASKED, None, "1999"),
        (MASKED, "TRAN THI MAU", None),
        (Document(CITIZEN, "************", masked=True), "TRAN THI MAU", "1999"),
        (Document(CITIZEN, "2345", masked=True), "TRAN THI MAU", "1999"),
        (Document(PHONE, "******5678", masked=True), "TRAN THI MAU", "1999"),
        (Document(TICKET, "VE-1"), "TRAN THI MAU", "1999"),
    ],
)
def test_what_is_too_little_or_nobodys_has_no_token(document, name, born):
    found = says(document, name=name, born=born)
    assert (found.tokens, found.naming) == ((), None)


@pytest.mark.parametrize("other", [{"name": "TRAN THI MAI"}, {"born": "1998"}])
def test_another_name_or_year_is_not_probable(other):
    assert says(MASKED).tokens[0].mac != says(MASKED, **other).tokens[0].mac


@pytest.mark.parametrize(
    "documents, type_",
    [
        ((Document(PHONE, "0900000001"), WHOLE), CITIZEN),
        ((Document(OLD_CITIZEN, "334012345"), Document(PERSONAL_QR, "1" * 18)), PERSONAL_QR),
        ((MASKED, Document(PERSONAL_QR, "1" * 18), Document(PHONE, "0900000001")), PERSONAL_QR),
        ((MASKED, Document(PHONE, "0900000001")), PROBABLE),
        ((Document(PHONE, "0900000001"),), PHONE),
    ],
)
def test_a_scan_goes_by_the_best_that_it_shows(documents, type_):
    assert says(*documents).naming.type == type_
    assert says(*reversed(documents)).naming == says(*documents).naming


def test_a_guardians_numbers_are_no_tokens_of_the_child_and_a_phone_is_a_way_to_reach_them():
    guardian = (Document(PERSONAL_QR, "2" * 18), Document(PHONE, "0900000001"))
    found = says(Document(PERSONAL_QR, "1" * 18), on_behalf=True, guardian=guardian)
    assert len(found.tokens) == 1
    assert len(found.guardian) == 2
    assert (found.on_behalf, found.has_phone) == (True, True)
    assert {one.mac for one in found.tokens}.isdisjoint(one.mac for one in found.guardian)


@given(st.text(max_size=40))
def test_a_plain_name_is_stable(name):
    once = plain_name(name)
    assert plain_name(once) == once


def test_in_the_simulated_town_nobody_is_taken_for_somebody_else():
    town, chance = people.people(seed=21, count=600), random.Random(2)
    scans = []
    for number, one in enumerate(town):
        for kind in one.shows:
            try:
                parsed = read(people.CODES[kind](one), NO_RULES, NO_TRUST, NOW_MS)
            except CodeError:
                continue
            scans.append((number, named(parsed, mac)))
    chance.shuffle(scans)
    engine = store()
    for start in range(0, len(scans), 97):
        with engine.begin() as connection:
            part = [shown(one, start + index) for index, (_, one) in enumerate(scans[start : start + 97])]
            person_links.link(connection, part)
    with engine.begin() as connection:
        person = {row.mac: row.person for row in connection.execute(tokens.select())}
    owners, found = {}, {}
    for number, one in scans:
        owners.setdefault(person[one.naming.mac], set()).add(number)
        found.setdefault(number, set()).add(person[one.naming.mac])
    assert None not in owners
    assert all(len(numbers) == 1 for numbers in owners.values())
    several = [number for number in found if len(town[number].shows) > 1]
    linked = sum(len(found[number]) == 1 for number in several)
    assert linked / len(several) > 0.7  # 0.83 of 10,313 people in a town of 20,000
