"""Initials and year, where they can be had of what is whole; and nothing else of anybody."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.codes.kind import kind_of
from gateway.place.masked import person_of, sums_of, who
from scripts.sim import people

CARD = "084199012345|334012345|TRẦN THỊ MẪU|05081999|Nữ|Ấp Chợ, Xã Mẫu|20052021".encode()
CARD_2024 = "084204000017||Nguyễn Văn Thử|29022004|Nam|Số 1, Đường Mẫu|01082024||||".encode()
PERSONAL = b"******012345|TRAN THI MAU|1999-**-**|0|100000000000000001|<2<<0900000000"


@pytest.mark.parametrize(
    "code, shown",
    [
        (CARD, "T.T.M. 1999"),
        (b"\r\n" + CARD + b" \0", "T.T.M. 1999"),
        (CARD_2024, "N.V.T. 2004"),
        (PERSONAL, "T.T.M. 1999"),
        (b"|BE MAU|2020-01-02|1|100000000000000002|100000000000000001<1<<", "B.M. 2020"),
        ("084199012345||Đặng Ơn|00001999|Nữ|x|20052021".encode(), "Đ.Ơ. 1999"),
        ("084199012345||H' Bia Êban|05081999|Nữ|x|20052021".encode(), "H.B.Ê. 1999"),
    ],
)
def test_a_card_or_a_personal_code_shows_initials_and_year(code, shown):
    assert who(code) == shown


@pytest.mark.parametrize(
    "code, shown",
    [
        (CARD.replace("TRẦN".encode(), b"TR?N"), "1999"),
        (CARD.replace("TRẦN".encode(), "TRẦN".encode()[:-2]), "1999"),
        (CARD.replace("THỊ".encode(), "THﾃｪ".encode()), "1999"),
        (CARD.replace("TRẦN THỊ MẪU".encode(), b"*** *** ***"), "1999"),
        (CARD.replace("TRẦN THỊ MẪU".encode(), b""), "1999"),
        (PERSONAL.replace(b"TRAN THI MAU", b"12345 678"), "1999"),
        ("084199012345|334012345|TRẦN THỊ M藺05081999|Nữ|Ấp Chợ|20052021".encode(), "1999"),
    ],
)
def test_of_a_spoilt_or_masked_name_only_the_year_is_shown(code, shown):
    assert kind_of(code) != "other"
    assert who(code) == shown


@pytest.mark.parametrize("make", [people.health_card, people.health_card_old, people.payment_code, people.place_code])
def test_of_anything_else_nothing_is_shown(make):
    for seed in range(20):
        assert who(make(random.Random(seed))) == ""


@given(st.binary(max_size=300))
def test_any_bytes_give_a_short_text_and_somebody(code):
    assert len(who(code)) <= 17
    assert b"\0" in person_of(code)


@given(st.integers())
def test_nothing_but_capitals_and_a_year_is_shown_of_whoever_it_is(seed):
    draw = random.Random(seed)
    for make in (people.citizen_card, people.citizen_card_2024, people.personal_code, people.personal_code_on_behalf):
        code = make(draw)
        initials, year = who(code).split(" ")
        assert all(part == "" or (len(part) == 1 and part.isupper()) for part in initials.split("."))
        assert len(year) == 4
        assert year.encode() in code


def test_a_card_is_known_by_its_number_however_its_name_was_spoilt():
    spoilt = CARD.replace("TRẦN".encode(), b"TR?N")
    assert person_of(CARD) == person_of(spoilt) == person_of(CARD + b"||||") == person_of(b" " + CARD + b"\r\n")
    assert person_of(CARD) != person_of(CARD.replace(b"084199012345", b"084199012346"))


def test_a_personal_code_is_known_by_the_number_of_the_platform():
    assert person_of(PERSONAL) == person_of(PERSONAL.replace(b"******012345", b"084199012345"))
    assert person_of(PERSONAL) != person_of(PERSONAL.replace(b"0000001|", b"0000002|"))


def test_an_insurance_card_is_known_by_its_number_and_not_as_a_citizen():
    card = people.health_card(random.Random(3))
    assert person_of(card).split(b"\0")[1] == card.split(b"|")[0]
    assert person_of(b"other\0x") != person_of(b"x")


@given(st.binary(min_size=1, max_size=100), st.binary(min_size=1, max_size=100))
def test_other_codes_are_different_people(one, other):
    assert (person_of(one) == person_of(other)) == (one.strip(b" \t\r\n\0") == other.strip(b" \t\r\n\0"))


def test_a_printed_card_is_known_with_and_without_white_space():
    assert sums_of(b"CARD-1\r\n") & sums_of(b"CARD-1")
    assert not sums_of(b"CARD-1") & sums_of(b"CARD-2")
