"""Any bytes at all: read, or refused by a name that has words; and quickly."""

import json
import random
import time
import timeit
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware.codes import KINDS, kind_of
from server.codes.errors import NEVER_KEPT, CodeError
from server.codes.names import MOST_CHARACTERS, cleaned
from server.codes.payment import is_whole
from server.codes.read import MOST_BYTES, read
from server.codes.rules import NO_RULES
from server.codes.trust import NO_TRUST
from server.codes.types import CLASSES, DOCUMENT_TYPES
from server.web.said.codes import SAID, WARNINGS
from tests.codes.vectors import bytes_of
from tests.server.codes.outcomes import outcome
from tests.server.people import citizen_2021, payment, people, place

AT_MS = 1_767_225_600_000
VECTORS = sorted((Path(__file__).resolve().parents[2] / "vectors").glob("codes*/*.json"))
EXAMPLES = [
    bytes_of(entry)
    for path in VECTORS
    for group in ("valid", "invalid")
    for entry in json.loads(path.read_text(encoding="utf-8"))[group]
]
NOBODYS = ("vietqr", "place", "control", "provision")
NEARLY = st.tuples(
    st.sampled_from([code[:600] for code in EXAMPLES]), st.integers(0, 600), st.integers(0, 600), st.binary(max_size=4)
).map(lambda one: one[0][: one[1]] + one[3] + one[0][one[2] :])
TWO = st.tuples(st.sampled_from(EXAMPLES), st.sampled_from(EXAMPLES)).map(lambda two: two[0] + b"|" + two[1])
FIELDS = st.lists(st.sampled_from([b"", b"084199012345", b"05081999", b"Nam", b"$", b"1", b"4e", b"<", b"\xc3"]))
ANY = st.one_of(st.binary(max_size=400), NEARLY, TWO, FIELDS.map(b"|".join), st.text().map(str.encode))


@settings(max_examples=500)
@given(ANY, st.sampled_from([0, AT_MS, -1, 2**62]))
@example(b"HC1:" + b"0" * 3000, AT_MS)
@example(b"shc:/" + b"0" * 3000, AT_MS)
@example(b"|" * MOST_BYTES, AT_MS)
@example(b"000201" + b"2600" * 700, AT_MS)
def test_any_bytes_are_read_or_refused_by_a_name_that_has_words(code, at_ms) -> None:
    found, error = outcome(code, NO_RULES, NO_TRUST, at_ms)
    if found is None:
        assert error in SAID
        return
    assert found.kind == kind_of(code)
    assert found.kind in KINDS
    assert found.class_ in CLASSES
    assert set(found.warnings) <= set(WARNINGS)
    assert {one.type for one in found.documents + found.guardian} <= set(DOCUMENT_TYPES)
    assert found.documents or found.class_ == "code" or found.health.verdict == "wrong_signature"
    assert found.name is None or (found.name.isprintable() and len(found.name) <= MOST_CHARACTERS)


@given(ANY, st.sampled_from([b" ", b"\r\n", b"\0", b"\t \n"]))
def test_white_space_around_a_code_changes_nothing(code, white) -> None:
    if len(code) + 2 * len(white) <= MOST_BYTES:
        assert outcome(white + code + white, NO_RULES, NO_TRUST, AT_MS) == outcome(code, NO_RULES, NO_TRUST, AT_MS)


@given(st.text(max_size=150))
def test_a_cleaned_name_is_clean_and_cleaning_it_again_changes_nothing(text) -> None:
    name = cleaned(text, [])
    again = []
    assert name is None or (cleaned(name, again), again) == (name, [])


def test_nothing_that_is_read_shows_itself_in_a_log_line() -> None:
    for one in people(seed=2, count=50):
        found, _ = outcome(citizen_2021(one), NO_RULES, NO_TRUST, AT_MS)
        for text in (repr(found), str(found), repr(found.documents)):
            assert one.number not in text
            assert one.name not in text


@pytest.mark.parametrize("code", [code for code in EXAMPLES if kind_of(code) in NOBODYS])
def test_what_is_nobodys_identity_is_never_kept(code) -> None:
    found, error = outcome(code, NO_RULES, NO_TRUST, AT_MS)
    if len(code) > MOST_BYTES:
        return
    assert found is None
    assert error in NEVER_KEPT
    assert not CodeError(error).may_be_kept


def test_the_payments_and_places_of_the_simulation_are_whole() -> None:
    draw = random.Random(1)
    for _ in range(200):
        assert is_whole(payment(draw))
        assert kind_of(place(draw)) == "place"


def test_a_change_anywhere_in_a_payment_code_is_seen() -> None:
    draw = random.Random(2)
    code = payment(draw)
    for at in range(len(code)):
        changed = code[:at] + bytes([code[at] ^ 1]) + code[at + 1 :]
        assert not is_whole(changed)


def test_every_sentence_is_there_in_both_languages() -> None:
    for said in (*((one[1], one[2]) for one in SAID.values()), *WARNINGS.values()):
        assert all(one.endswith(".") and one[0].isupper() for one in said)
        assert not said[1].isascii(), "Vietnamese has its marks"


def test_a_citizen_card_is_read_well_below_50_microseconds(record_property) -> None:
    codes = [citizen_2021(one) for one in people(seed=1, count=100)]

    def all_of_them() -> None:
        for code in codes:
            read(code, NO_RULES, NO_TRUST, AT_MS)

    took_s = min(timeit.repeat(all_of_them, timer=time.process_time, number=5, repeat=9))
    took_us = took_s / 5 / len(codes) * 1e6
    record_property("microseconds", round(took_us, 1))
    print(f"a citizen card is read in {took_us:.1f} µs")
    assert took_us < 50
