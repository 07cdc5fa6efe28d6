"""What a person is asked for at a terminal, and what is never on the screen."""

import re

import pytest

from scripts.provisioning import backup as backups
from scripts.provisioning.key import FleetKey
from tests.tram.terminal import Terminal

KEY = FleetKey.make()


def test_a_key_with_a_passphrase_of_its_own_is_opened_again_after_a_slip(tmp_path):
    with Terminal(tmp_path, "keys", "make") as person:
        person.sees("A new passphrase")
        person.types("một câu thật dài")
        person.sees("Once more")
        person.types("một câu thật dài")
        assert person.ends() == 0
    assert "thật dài" not in person.screen
    with Terminal(tmp_path, "keys", "show") as person:
        person.sees("Passphrase of")
        person.types("một câu thật dai")
        person.sees("That is not the passphrase")
        person.sees("Passphrase of")
        person.types("một câu thật dài")
        person.sees("Fingerprint:")
        assert person.ends() == 0


def test_who_has_no_passphrase_gets_seven_words_to_write_down(tmp_path):
    with Terminal(tmp_path, "keys", "make") as person:
        person.sees("Enter: tram draws one")
        person.types("")
        person.sees("Write this passphrase down on paper, then type it:")
        words = re.sub(r"\s+", " ", person.sees("Once more")).strip()
        assert len(words.split()) == 7
        person.types(words)
        assert person.ends() == 0
    assert FleetKey.load(tmp_path / "fleet.pem", words.encode()).fingerprint in person.screen


def test_a_passphrase_that_is_typed_differently_makes_no_key(tmp_path):
    with Terminal(tmp_path, "keys", "make") as person:
        person.sees("A new passphrase")
        person.types("một câu thật dài")
        person.sees("Once more")
        person.types("một câu thật dai")
        person.sees("not the same")
        assert person.ends() != 0
    assert not (tmp_path / "fleet.pem").exists()


def test_sheets_are_typed_in_with_help_for_mistyped_words(tmp_path):
    saved, shares = backups.make(KEY, 2, 3, "2026-11-22")
    (tmp_path / "b.txt").write_text(saved.text())
    with Terminal(tmp_path, "keys", "restore", tmp_path / "b.txt", "--rehearse", columns=200) as person:
        person.sees("2 more sheets")
        person.types(shares[0].replace(shares[0].split()[4], "acadmic", 1))
        person.sees("'acadmic', is not in the list (like it: academic")
        person.types(shares[2])
        person.sees("Sheet 3: right")
        person.types(" ".join(word[:4] for word in shares[0].split()))
        person.sees("Sheet 1: right")
        person.sees("These sheets open the backup")
        assert person.ends() == 0


@pytest.mark.parametrize("answer, is_made", [("", False), ("k", False), ("y", True)])
def test_a_key_without_a_passphrase_takes_a_yes_and_enter_is_no(tmp_path, answer, is_made):
    with Terminal(tmp_path, "keys", "make", "--no-passphrase") as person:
        person.sees("[y/N]")
        person.types(answer)
        assert (person.ends() == 0) == is_made
    assert (tmp_path / "fleet.pem").exists() == is_made
