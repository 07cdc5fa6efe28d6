"""Names that a reader took for another character set: right again, or not kept; never wrong."""

import random
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.codes.charset import CHARACTER_SETS, WAYS, misread, repair
from server.codes.names import _LETTERS, _TONES, DOUBTFUL, is_unspoilt
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
TWICE = ("latin-1+latin-1", "cp1252+cp1252", "latin-1+cp1252", "cp1252+latin-1")
OFTEN_TWICE = tuple("+".join(way) for way in WAYS if len(way) == 2)
NOT_PROVED = ("cp437+latin-1", "latin-1+cp437", "mac_roman+mac_roman", "cp850+cp1252", "cp932+latin-1")
ESCAPED = ("backslashreplace", "xmlcharrefreplace")
HOW = ("strict", "replace", "ignore", "question marks", *ESCAPED)
REPAIRED_AT_LEAST = {
    "latin-1": 250,
    "cp437": 250,
    "cp1252": 250,
    "cp850": 245,  # what Portuguese DOS would prove to be another letter stays unproved
    "mac_roman": 250,
    **dict.fromkeys(TWICE, 250),
    "cp932": 130,
    "gb18030": 110,
    "cp949": 110,
    "big5": 20,
}


def as_read(code: bytes, charset: str, how: str) -> str | None:
    first, _, then = charset.partition("+")
    text = as_read_once(code, first, how)
    return as_read_once(text.encode(), then, how) if then and text is not None else text


def as_read_once(code: bytes, charset: str, how: str) -> str | None:
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
@pytest.mark.parametrize("charset", [*TAKEN_FOR, *OFTEN_TWICE, *NOT_PROVED])
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
    how = "strict" if charset in ("latin-1", "cp437", "cp1252", "cp850", "mac_roman", *TWICE) else "replace"
    codes = [as_read(citizen_2021(one), charset, how) for one in TOWN]
    right = [read(code.encode(), NO_RULES, NO_TRUST, AT_MS).name == one.name for code, one in zip(codes, TOWN)]
    assert sum(right) >= REPAIRED_AT_LEAST[charset], sum(right)


@given(st.integers(0, 10_000), st.sampled_from([*TAKEN_FOR, "cp850", "mac_roman"]), st.integers(0, 200))
def test_a_card_that_is_spoilt_from_somewhere_on_keeps_no_wrong_name(seed, charset, at) -> None:
    one = person(random.Random(seed))
    code = citizen_2021(one)
    text = code[:at].decode("utf-8", "replace") + code[at:].decode(charset, "replace")
    found = read(text.encode(), NO_RULES, NO_TRUST, AT_MS)
    assert found.name in (one.name, None) or not text.startswith(one.number + "|")


@pytest.mark.parametrize("charset", ["cp1252", "iso8859-15"])
@pytest.mark.parametrize("name", ["Mè", "Mú", "Huỳnh Sĩ Mè"])
def test_a_letter_that_two_western_sets_have_in_different_places_proves_nothing(name, charset) -> None:
    found = repair(misread(name.encode(), charset), is_unspoilt)
    assert found is None or found[0] == name


@pytest.mark.parametrize("charset", ["cp852", "cp857", "cp858", "cp1250", "cp1254", "mac_latin2", *CHARACTER_SETS[9:]])
def test_no_single_letter_of_a_set_of_one_byte_is_proved_to_be_another(charset) -> None:
    for letter in sorted(one for one in _LETTERS if one > "\x7f"):
        text = as_read(letter.encode(), charset, "replace")
        found = repair(text, is_unspoilt)
        assert found is None or found[0] == letter or "\ufffd" in text
        assert not is_unspoilt(text)


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


ONE_BYTE = ("latin-1", "cp1252", "cp437", "cp850", "mac_roman")
LETTERS = sorted({*_LETTERS, *_TONES, *"đĐ\u0302\u0306\u031b"} - set(string.ascii_letters) - {""})


@pytest.mark.parametrize("charset", ONE_BYTE)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_no_vietnamese_letter_looks_like_a_name_in_a_set_of_one_byte(charset, form) -> None:
    letters = {mark for letter in LETTERS for mark in unicodedata.normalize(form, letter) if mark > "\x7f"}
    assert len(letters) > 5
    assert not [letter for letter in letters if is_unspoilt(misread(letter.encode(), charset))]


@pytest.mark.parametrize("charset", ONE_BYTE)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["Sơn", "SƠN", "Vũ", "Tú", "Hà", "Bảo", "Lê", "Lựu", "Nguyễn Văn Thử", "Lâm Sơn"])
def test_a_card_with_that_one_name_is_right_again_or_has_no_name(name, form, charset) -> None:
    card = f"084199012345||{unicodedata.normalize(form, name)}|05081999|Nam|Tra Vinh|20052021"
    found = read(misread(card.encode(), charset).encode(), NO_RULES, NO_TRUST, AT_MS)
    assert found.name in (name, None)
    assert found.name == name or DOUBTFUL in found.warnings


@pytest.mark.parametrize("charset", [*TWICE, "cp850", "mac_roman"])
def test_what_was_repaired_says_what_it_was_taken_for(charset) -> None:
    for one in TOWN[:20]:
        code = as_read(citizen_2021(one), charset, "strict")
        found = read(code.encode(), NO_RULES, NO_TRUST, AT_MS)
        assert (found.name, found.warnings) == (one.name, ())
        assert as_read(citizen_2021(one), found.repaired, "strict") == code, "a set that sees the same, it may be"
        assert ("+" in found.repaired) == ("+" in charset)


@pytest.mark.parametrize("name", ["Sãín", "SãáN", "VuÃÉ", "BaÃâo", "SOÃõN", "Trần", "Nguyễn Văn Thử"])
@pytest.mark.parametrize("harm", ["\x80", "Ã", "ƒ", "?", "\ufffd", "ầ", "€"])
def test_twice_misread_and_harmed_on_the_way_is_not_repaired(name, harm) -> None:
    text = misread(misread(name.encode(), "latin-1").encode(), "latin-1")
    for at in range(len(text)):
        found = repair(text[:at] + harm + text[at + 1 :], is_unspoilt)
        assert text[at] == harm or found is None or found[0] != name


@pytest.mark.parametrize("charset", TWICE)
@pytest.mark.parametrize("times", [3, 4])
def test_three_times_and_more_is_not_repaired_and_keeps_no_wrong_name(charset, times) -> None:
    for one in TOWN[:20]:
        code = citizen_2021(one)
        for _ in range(times - 1):
            code = misread(code, charset.partition("+")[0]).encode()
        code = misread(code, charset.partition("+")[2]).encode()
        if len(code) < 3000:
            found = read(code, NO_RULES, NO_TRUST, AT_MS)
            assert (found.name, found.documents[0].value) == (None, one.number)
            assert DOUBTFUL in found.warnings


@pytest.mark.parametrize(
    "name", ["Tr\\u1ea7n", "Tr&#7847;n", "Tr?n", "Tr\ufffdn", "Trầ\x80n", "王小明", "LÃŠ", "Ñ\u00ad", "Ｔrần"]
)
def test_a_name_that_shows_damage_is_spoilt(name) -> None:
    assert not is_unspoilt(name)


@pytest.mark.parametrize("name", ["", "Trần Thị Mẫu", "H'Hen Niê", "Y Bĭa Čư", "<b>An</b>", "A\u202eB", "Kpă"])
def test_a_name_in_the_letters_of_the_country_is_not(name) -> None:
    assert is_unspoilt(name)
