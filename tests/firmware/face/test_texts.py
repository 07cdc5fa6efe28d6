"""The words, in Vietnamese and English."""

import unicodedata
from pathlib import Path

import pytest

from firmware.codes import KINDS
from firmware.face import texts
from firmware.face.font import COLUMNS, ROWS
from firmware.face.screen import wrap
from firmware.face.texts import words_of
from scripts.face.glyphs import FONT, alphabet
from scripts.firmware_build import run_micropython
from tests.firmware.face.test_table import NAMES

LINES = Path(texts.PATH).read_text(encoding="utf-8").splitlines()
ROWS_OF_TEXT = [line.split("|") for line in LINES]
REASONS = {
    "provision_refused": [
        "form", "signature", "expired", "replayed", "other_box", "other_gateway", "token_spent", "unknown_box",
        "password", "provisioned", "storage", "busy", "not_wanted",
    ],
    "direction": ["in", "out", "both"],
    "safe_mode": ["wipe"],
    "provisioning": ["wifi_wrong_password", "wifi_no_ap", "wifi_no_address", "no_wifi", "other_ca", "no_answer"],
    "wrong_kind": list(KINDS),
}  # fmt: skip


def test_every_outcome_has_words_and_there_are_no_others():
    names = [row[0] for row in ROWS_OF_TEXT]
    assert {name for name in names if "." not in name} == set(NAMES)
    assert {name for name in names if "." in name} == {
        f"{name}.{one}" for name, all_ in REASONS.items() for one in all_
    }
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("row", ROWS_OF_TEXT, ids=[row[0] for row in ROWS_OF_TEXT])
def test_a_line_is_in_its_form_and_each_language_fits_on_one_screen(row):
    name, vi, en = row
    assert vi != en
    assert en.isascii()
    for text in (vi, en):
        assert text == unicodedata.normalize("NFC", text).strip()
        assert "  " not in text
        assert text[0] == text[0].upper()
        assert not text.endswith(".")
        assert len(wrap(text, COLUMNS)) <= ROWS
        assert max(map(len, text.split())) <= COLUMNS
    assert set(vi + en) <= set(alphabet())
    assert not vi.isascii(), f"{name}: Vietnamese without a single mark"


def test_the_outcomes_that_people_see_daily_fit_with_both_languages_on_one_screen():
    for outcome in ("stored", "repeat", "ready"):
        assert sum(len(wrap(text, COLUMNS)) for text in words_of(outcome)) <= ROWS


def test_a_wrong_code_is_told_what_it_is():
    assert words_of("wrong_kind", "vietqr") == (
        "Đây là mã thanh toán, vui lòng đưa mã của bạn",
        "This is a payment code, please show your own",
    )
    assert words_of("wrong_kind", "place")[1] == "This is a place code, please show your own"


@pytest.mark.parametrize("detail", ["", "no-such", "vietq", "vietqr.", "|"])
def test_a_detail_without_words_of_its_own_has_those_of_the_outcome(detail):
    assert words_of("wrong_kind", detail) == words_of("wrong_kind")
    assert words_of("stored", detail) == words_of("stored")


def test_without_the_file_the_outcome_says_its_name(monkeypatch, tmp_path):
    monkeypatch.setattr(texts, "PATH", str(tmp_path / "texts.txt"))
    assert words_of("stored") == ("stored", "stored")


def test_the_box_reads_the_same_words(tmp_path):
    script = tmp_path / "words.py"
    script.write_text(
        "from firmware.face.texts import words_of\n"
        f"for name in {[row[0] for row in ROWS_OF_TEXT]!r}:\n"
        "    outcome, _, detail = name.partition('.')\n"
        "    print(name + '|' + '|'.join(words_of(outcome, detail)))\n"
    )
    done = run_micropython([script], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines() == LINES


def test_the_font_is_beside_the_words():
    assert FONT.parent == Path(texts.PATH).parent
