"""What is written down of each chip, and what is made of a file that is none."""

import json

import pytest

from scripts.tram.flash import journal
from scripts.tram.flash.journal import Entry

CHIP = "a0b765000001"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAM_HOME", str(tmp_path))
    return tmp_path


def test_what_is_noted_is_loaded_and_a_chip_that_nobody_has_seen_is_none():
    entry = journal.note(Entry(CHIP, "esp32c3", "ab", 3), "begun", 40)
    assert journal.load(CHIP) == entry
    assert (entry.state, entry.percent) == ("begun", 40)
    assert journal.load("a0b765000002") is None


def test_that_scans_are_to_be_erased_is_forgotten_as_soon_as_the_board_is_written():
    entry = journal.note(Entry(CHIP, "esp32c3", "ab", 3, erases_scans=True), "begun", 10)
    assert entry.erases_scans
    assert not journal.note(entry, "written", 100).erases_scans


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", "null", '{"chip_id": "a0b765000001"}', '{"chip": 1}', "x" * 100_000,
     json.dumps({"chip_id": CHIP, "board": "b", "release": "r", "version": 1, "state": "perhaps"}),
     json.dumps({"chip_id": "another", "board": "b", "release": "r", "version": 1})],
)  # fmt: skip
def test_a_file_that_is_no_journal_is_as_if_there_were_none(home, text):
    (home / "flash").mkdir()
    (home / "flash" / f"{CHIP}.json").write_text(text)
    assert journal.load(CHIP) is None


@pytest.mark.parametrize("chip_id", ["../../etc/passwd", "", "A0:B7:65:00:00:01", "a/b\\c", "\0"])
def test_whatever_a_chip_calls_itself_its_file_is_in_the_tools_own_folder(home, chip_id):
    journal.note(Entry(chip_id, "esp32c3", "ab", 3), "begun")
    assert [path.parent for path in home.rglob("*.json")] == [home / "flash"]
    assert journal.load(chip_id).chip_id == chip_id


@pytest.mark.parametrize(
    "state, age_s, board, is_underway",
    [
        ("begun", 10 * 365 * 86_400, "esp32c3", True),  # half written: it can only be gone on with
        ("begun", 5, "esp32", False),
        ("written", 5, "esp32c3", True),
        ("tested", 86_399, "esp32c3", True),
        ("written", 86_400, "esp32c3", False),  # it may have hung on a wall since
        ("tested", 100 * 86_400, "esp32c3", False),
        ("written", -5, "esp32c3", False),  # a clock that went back says nothing
        ("done", 5, "esp32c3", False),
    ],
)
def test_a_board_is_written_over_without_a_question_only_while_it_is_being_made(state, age_s, board, is_underway):
    entry = journal.note(Entry(CHIP, "esp32c3", "ab", 3), state)
    assert entry.is_underway(board, entry.changed_s + age_s) is is_underway
