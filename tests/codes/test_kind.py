"""Which kind of code is this: the examples in tests/vectors/codes, and properties, on both runtimes."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.codes import KINDS, TAKEABLE, TAKEN, kind_of
from scripts.firmware_build import run_micropython
from scripts.sim import people
from tests.codes import vectors

ROOT = Path(__file__).resolve().parents[2]
RUNNER = Path(vectors.__file__)
COMPARE = RUNNER.with_name("compare.py")
FILES = sorted((ROOT / "tests" / "vectors" / "codes").glob("*.json"))
CHARACTER_SETS = ("cp932", "big5", "gb18030", "euc_kr", "latin1", "cp1252", "ascii")
WHITE = b" \t\r\n\0"
# what people.py calls a kind -> what it is
KIND_OF_PEOPLE = {
    "citizen_card": "citizen_card_2021",
    "citizen_card_2024": "citizen_card_2024",
    "personal_code": "personal_1405",
    "personal_code_on_behalf": "personal_1405",
    "health_card": "health_insurance_new",
    "health_card_old": "health_insurance_old",
    "foreign_text": "other",
    "token": "other",
    "long_token": "other",
    "too_long": "other",
    "payment": "vietqr",
    "place": "place",
}
PEOPLE = people.CARDS | people.WRONG


def examples() -> list[tuple[str, bytes]]:
    found = []
    for path in FILES:
        file = json.loads(path.read_text())
        found += [
            (entry.get("kind", file["kind"]), vectors.bytes_of(entry)) for entry in file["valid"] + file["invalid"]
        ]
    return found


EXAMPLES = examples()
# Codes that are nearly something: an example, cut or joined or with a byte changed.
NEARLY = st.tuples(
    st.sampled_from([code[:400] for _, code in EXAMPLES]),
    st.integers(0, 400),
    st.integers(0, 400),
    st.binary(max_size=3),
).map(lambda one: one[0][: one[1]] + one[3] + one[0][one[2] :])
FIELDS = st.sampled_from(
    [
        b"",
        b"0",
        b"1",
        b"$",
        b"N",
        b"Nam",
        b"084199012345",
        b"334012345",
        b"05081999",
        b"1999-**-**",
        b"\xc3",
        b"<",
        b"4e67",
    ]
)
BARRED = st.lists(FIELDS, max_size=26).map(b"|".join)
ANY = st.one_of(st.binary(max_size=300), NEARLY, BARRED)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_example_holds_on_cpython(path: Path) -> None:
    _, _, failures = vectors.run(str(path))
    assert not failures


def test_every_example_holds_on_micropython() -> None:
    result = run_micropython([RUNNER, *FILES])
    assert result.returncode == 0, result.stdout.decode() + result.stderr.decode()
    assert b" 0 failed" in result.stdout


def test_the_runner_fails_where_an_example_does_not_hold(tmp_path: Path) -> None:
    entry = {"name": "x", "text": "HC1:6BFOXN"}
    wrong = tmp_path / "shc.json"
    wrong.write_text(json.dumps({"kind": "shc", "valid": [entry], "invalid": [{**entry, "kind": "other"}]}))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, RUNNER, wrong], capture_output=True, env=env, timeout=60)
    assert done.returncode == 1
    assert b" 2 failed" in done.stdout


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_there_are_more_near_misses_than_right_examples(path: Path) -> None:
    file = json.loads(path.read_text())
    names = [entry["name"] for group in ("valid", "invalid") for entry in file[group]]
    assert len(file["invalid"]) > len(file["valid"]) > 0
    assert len(set(names)) == len(names)


def test_every_kind_has_its_file_and_is_in_one_group() -> None:
    assert {path.stem for path in FILES} == set(KINDS)
    assert len(set(KINDS)) == len(KINDS)
    assert set(TAKEN) < set(TAKEABLE) < set(KINDS)
    assert set(KINDS) - set(TAKEABLE) == {"vietqr", "control", "provision"}
    assert set(TAKEABLE) - set(TAKEN) == {"place"}


@given(ANY)
@example(b"|" * 3072)
@example(b"000201" + b"2600" * 700)
def test_any_bytes_have_a_kind_and_nothing_is_raised(code: bytes) -> None:
    assert kind_of(code) in KINDS


@given(ANY, st.binary(max_size=3).map(lambda data: bytes(WHITE[byte % 5] for byte in data)))
def test_white_space_around_a_code_changes_nothing(code: bytes, white: bytes) -> None:
    assert kind_of(white + code + white) == kind_of(code)


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_whoever_comes_is_named(name: str) -> None:
    draw = random.Random(name)
    assert {kind_of(PEOPLE[name](draw)) for _ in range(200)} == {KIND_OF_PEOPLE[name]}


@pytest.mark.parametrize("charset", CHARACTER_SETS)
@pytest.mark.parametrize("errors", ["replace", "ignore"])
def test_a_card_is_named_whatever_the_reader_took_its_letters_for(charset: str, errors: str) -> None:
    draw = random.Random(charset)
    for _ in range(300):
        for name in ("citizen_card", "citizen_card_2024"):
            code = PEOPLE[name](draw).decode(charset, errors).encode()
            assert kind_of(code) == KIND_OF_PEOPLE[name], code


@given(st.text("0123456789", max_size=80), st.text("0123456789", max_size=8))
def test_digits_alone_are_nobodys_card_and_no_payment_without_a_currency(front: str, back: str) -> None:
    code = ("000201" + front + back).encode()
    assert kind_of(code) in ("other", "vietqr")
    assert kind_of(code) == "other" or "5303" in front + back


@given(st.lists(st.text(max_size=12).filter(lambda text: "|" not in text), min_size=5, max_size=17).map("|".join))
def test_a_text_with_bars_is_no_card(text: str) -> None:
    # what hypothesis draws holds no twelve digits with a date where a card has it
    assert kind_of(text.encode()) == "other"


def test_both_runtimes_name_alike_what_is_nearly_something(tmp_path: Path) -> None:
    draw = random.Random(3)
    codes = [code[: draw.randrange(len(code) + 1)] for _, code in EXAMPLES for _ in range(6)]
    for _, code in EXAMPLES:
        for _ in range(6 if code else 0):
            changed = bytearray(code)
            changed[draw.randrange(len(code))] = draw.randrange(256)
            codes.append(bytes(changed))
    codes += [draw.randbytes(draw.randrange(200)) for _ in range(300)]
    given_file = tmp_path / "codes"
    given_file.write_text("".join(code.hex() + "\n" for code in codes))
    done = run_micropython([COMPARE, given_file], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().split() == [kind_of(code) for code in codes]


def test_the_largest_codes_fit_into_a_small_heap(tmp_path: Path) -> None:
    heavy = [b"|" * 3072, b"1|" * 1536, b"000201" + b"2600" * 766, b"0" * 3072, b"HC1:" + b"A" * 3068, b"\xff" * 3072]
    given_file = tmp_path / "codes"
    given_file.write_text("".join(code.hex() + "\n" for code in heavy))
    done = run_micropython([COMPARE, given_file], heap="64K", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().split() == ["other", "other", "other", "other", "hc1", "other"]
