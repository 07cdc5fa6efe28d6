"""Names that a reader took for another character set: right again, or not kept; never wrong."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.codes.charset import CHARACTER_SETS, misread, repair
from server.codes.names import DOUBTFUL, is_unspoilt
from server.codes.read import read
from server.codes.rules import NO_RULES
from server.codes.trust import NO_TRUST
from tests.server.codes.outcomes import outcome
from tests.server.people import citizen_2021, citizen_2024, people, person

AT_MS = 1_767_225_600_000
TOWN = people(seed=11, count=250)
TAKEN_FOR = (
    *CHARACTER_SETS,
    "shift_jis_2004",
    "gb2312",
    "euc_kr",
    "iso8859-2",
    "cp1250",
    "cp1251",
    "koi8-r",
    "tis-620",
)
ESCAPED = ("backslashreplace", "xmlcharrefreplace")
HOW = ("strict", "replace", "ignore", "question marks", *ESCAPED)
REPAIRED_AT_LEAST = {
    "latin-1": 250,
    "cp437": 250,
    "cp1252": 250,
    "cp932": 130,
    "gb18030": 110,
    "cp949": 110,
    "big5": 20,
}


def as_read(code: bytes, charset: str, how: str) -> str | None:
    if how == "strict":
        try:
            return misread(code, charset)
        except UnicodeDecodeError:
            return None
    text = code.decode(charset, how if how in ("ignore", "backslashreplace") else "replace")
    if how == "xmlcharrefreplace":
        return code.decode().encode(charset, how).decode(charset)
    return text.replace("\ufffd", "?") if how == "question marks" else text


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("charset", TAKEN_FOR)
def test_a_name_is_right_or_not_kept_whatever_it_was_taken_for(charset, how) -> None:
    for one in TOWN[:80]:
        for code in (citizen_2021(one), citizen_2024(one)):
            text = as_read(code, charset, how)
            if text is None:
                continue
            found, refused = outcome(text.encode(), NO_RULES, NO_TRUST, AT_MS)
            if found is None:  # the letters of the sex, written out, are no sex
                assert (refused, how in ESCAPED) == ("card_fields", True)
                continue
            assert found.documents[0].value == one.number
            assert found.born == str(one.born.year)
            assert found.sex in (one.sex, None)
            assert found.name == one.name if found.name is not None else DOUBTFUL in found.warnings


@pytest.mark.parametrize("charset", REPAIRED_AT_LEAST)
def test_most_names_come_back_where_the_reader_marks_what_it_did_not_know(charset) -> None:
    how = "strict" if charset in ("latin-1", "cp437", "cp1252") else "replace"
    codes = [as_read(citizen_2021(one), charset, how) for one in TOWN]
    right = [read(code.encode(), NO_RULES, NO_TRUST, AT_MS).name == one.name for code, one in zip(codes, TOWN)]
    assert sum(right) >= REPAIRED_AT_LEAST[charset], sum(right)


@given(st.integers(0, 10_000), st.sampled_from(TAKEN_FOR), st.integers(0, 200))
def test_a_card_that_is_spoilt_from_somewhere_on_keeps_no_wrong_name(seed, charset, at) -> None:
    one = person(random.Random(seed))
    code = citizen_2021(one)
    text = code[:at].decode("utf-8", "replace") + code[at:].decode(charset, "replace")
    found = read(text.encode(), NO_RULES, NO_TRUST, AT_MS)
    assert found.name in (one.name, None) or not text.startswith(one.number + "|")


@pytest.mark.parametrize("was", ["á", "ӷ"])
def test_what_two_sets_prove_differently_is_not_put_right(was) -> None:
    assert repair("獺", lambda _: True) is None, "Big5 says á, Shift-JIS ӷ"
    found = repair("獺", lambda one: one == was)
    assert found is not None
    assert found[0] == was


def test_a_name_that_is_right_is_not_touched() -> None:
    for one in TOWN:
        found = read(citizen_2021(one), NO_RULES, NO_TRUST, AT_MS)
        assert (found.name, found.repaired, found.warnings) == (one.name, None, ())


@pytest.mark.parametrize("charset", ["latin-1", "cp1252", "cp437"])
def test_no_vietnamese_letter_looks_like_a_name_in_a_set_of_one_byte(charset) -> None:
    letters = {letter for one in TOWN for letter in one.name if letter > "\x7f"}
    assert not [letter for letter in letters if is_unspoilt(misread(letter.encode(), charset))]


@pytest.mark.parametrize(
    "name", ["Tr\\u1ea7n", "Tr&#7847;n", "Tr?n", "Tr\ufffdn", "Trầ\x80n", "王小明", "LÃŠ", "Ñ\u00ad", "Ｔrần"]
)
def test_a_name_that_shows_damage_is_spoilt(name) -> None:
    assert not is_unspoilt(name)


@pytest.mark.parametrize("name", ["", "Trần Thị Mẫu", "H'Hen Niê", "Y Bĭa Čư", "<b>An</b>", "A\u202eB", "Kpă"])
def test_a_name_in_the_letters_of_the_country_is_not(name) -> None:
    assert is_unspoilt(name)
