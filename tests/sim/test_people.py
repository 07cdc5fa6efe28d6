"""Synthetic people: the forms are right, and nobody is real."""

import random
import re
import unicodedata
from collections.abc import Callable

import pytest

from scripts.sim import people

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
DRAWS = 200


def drawn(make: Callable[[random.Random], bytes]) -> list[bytes]:
    return [make(random.Random(seed)) for seed in range(DRAWS)]


def test_names_carry_every_vowel_with_every_mark() -> None:
    letters = {unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES} | {"đ"}
    names = " ".join([*people.FAMILY, *people.MIDDLE_MEN, *people.MIDDLE_WOMEN, *people.GIVEN]).lower()
    assert letters <= set(names)


def test_a_citizen_card_has_seven_fields_and_the_old_number_may_be_empty() -> None:
    cards = [card.decode().split("|") for card in drawn(people.citizen_card)]
    assert {len(card) for card in cards} == {7}
    assert {bool(card[1]) for card in cards} == {True, False}
    for number, old, _, born, sex, _, issued in cards:
        assert re.fullmatch(r"\d{12}", number)
        assert re.fullmatch(r"(\d{9})?", old)
        assert re.fullmatch(r"\d{8}", born)
        assert re.fullmatch(r"\d{8}", issued)
        assert (int(number[3]) % 2 == 1) == (sex == "Nữ")
        assert number[4:6] == born[6:]


def test_a_card_of_2024_has_eleven_fields() -> None:
    assert {card.count(b"|") for card in drawn(people.citizen_card_2024)} == {10}


def test_a_number_cannot_be_mistaken_for_one_that_was_given_out() -> None:
    for card in drawn(people.citizen_card):
        assert card[6:8] == b"00"


def test_a_personal_code_has_the_six_fields_of_the_decision_and_no_marks() -> None:
    for make in (people.personal_code, people.personal_code_on_behalf):
        for code in drawn(make):
            fields = code.decode("ascii").split("|")
            assert len(fields) == 6
            assert re.fullmatch(r"[A-Z ]+", fields[1])
            assert fields[3] == ("0" if make is people.personal_code else "1")


@pytest.mark.parametrize("make, count, name", [(people.health_card, 17, 1), (people.health_card_old, 10, 1)])
def test_a_health_card_has_its_fields_and_its_name_in_hexadecimal(
    make: Callable[[random.Random], bytes], count: int, name: int
) -> None:
    for code in drawn(make):
        fields = code.decode("ascii").split("|")
        assert (len(fields), fields[-1]) == (count, "$")
        assert bytes.fromhex(fields[name]).decode()


def test_the_checksum_of_a_payment_is_that_of_the_specification() -> None:
    example = b"00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F"
    assert f"{people.payment_crc(example[:-4]):04X}".encode() == example[-4:]
    for code in drawn(people.payment_code):
        assert code.startswith(b"000201")
        assert f"{people.payment_crc(code[:-4]):04X}".encode() == code[-4:]


def test_every_kind_is_shown_and_fits_into_a_scan_but_the_one_that_is_too_long() -> None:
    draw = random.Random(1)
    kinds = {}
    for _ in range(1000):
        kind, code = people.any_code(draw)
        kinds[kind] = max(kinds.get(kind, 0), len(code))
    assert set(kinds) == set(people.CARDS)
    assert max(kinds.values()) <= 2900
    assert min(len(code) for code in drawn(people.too_long)) > 3072


def test_everything_comes_from_the_seed() -> None:
    for make in {**people.CARDS, **people.WRONG}.values():
        assert drawn(make) == drawn(make)
        assert len(set(drawn(make))) > DRAWS * 0.95
