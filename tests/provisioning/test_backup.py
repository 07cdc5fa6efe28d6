"""The backup of the key: enough sheets give it back, fewer give nothing, and a mistyped word is found at once."""

import itertools

import pytest
from shamir_mnemonic import combine_mnemonics

from scripts.provisioning import backup as backups
from scripts.provisioning.backup import Bad, Shares
from scripts.provisioning.key import FleetKey

KEY = FleetKey.make()
BACKUP, SHEETS = backups.make(KEY, 3, 5, "2026-11-22")
OTHER_BACKUP, OTHER_SHEETS = backups.make(KEY, 3, 5, "2026-11-22")


def refused(code, text, shares=None):
    with pytest.raises(Bad) as caught:
        (shares or Shares(BACKUP)).add(text)
    assert caught.value.code == code
    return caught.value


def test_any_three_of_five_sheets_give_the_key_back_in_any_order():
    for chosen in [*itertools.combinations(range(5), 3), (4, 2, 0)]:
        shares = Shares(backups.read(BACKUP.text()))
        assert [shares.add(SHEETS[at]) for at in chosen] == [at + 1 for at in chosen]
        assert shares.missing == 0
        assert shares.open().modulus == KEY.modulus


def test_two_sheets_give_nothing():
    for pair in itertools.combinations(SHEETS, 2):
        with pytest.raises(Bad) as caught:
            backups.opened(BACKUP, pair)
        assert caught.value.code == "few"


def test_every_sheet_has_twenty_words_and_none_is_the_secret():
    assert {len(sheet.split()) for sheet in SHEETS} == {20}
    assert len(combine_mnemonics(SHEETS[:3])) == backups.SECRET_BYTES
    assert combine_mnemonics(SHEETS[:3]).hex() not in BACKUP.text()


def test_the_first_four_letters_of_each_word_will_do_with_numbers_and_capitals():
    short = " ".join(f"{number}. {word[:4].upper()}" for number, word in enumerate(SHEETS[0].split(), 1))
    assert Shares(BACKUP).add(short) == 1


def test_a_word_that_is_none_is_named_with_its_like():
    words = SHEETS[0].split()
    bad = refused("word", " ".join([*words[:6], "acadmic", *words[7:]]))
    assert (bad.at, bad.text) == (7, "acadmic")
    assert "academic" in bad.near


@pytest.mark.parametrize("first, second", [(2, 3), (8, 17), (0, 19)])
def test_two_words_in_each_others_place_are_found(first, second):
    words = SHEETS[0].split()
    if words[first] == words[second]:
        words[first] = "academic" if words[first] != "academic" else "zero"
    words[first], words[second] = words[second], words[first]
    refused("checksum", " ".join(words))


def test_a_word_taken_for_another_one_is_found():
    words = SHEETS[0].split()
    words[9] = "zero" if words[9] != "zero" else "academic"
    refused("checksum", " ".join(words))


@pytest.mark.parametrize("count", [0, 1, 19, 21, 40])
def test_too_few_or_too_many_words_are_no_sheet(count):
    assert refused("length", " ".join((SHEETS[0].split() * 2)[:count])).at == count


def test_a_sheet_of_another_backup_is_told_from_this_ones():
    refused("other_set", OTHER_SHEETS[0])


def test_the_same_sheet_twice_counts_once():
    shares = Shares(BACKUP)
    shares.add(SHEETS[1])
    assert refused("twice", SHEETS[1], shares).at == 2
    assert shares.missing == 2


def test_the_sheets_of_one_backup_do_not_open_another():
    mixed = OTHER_BACKUP._replace(set_number=BACKUP.set_number)
    with pytest.raises(Bad) as caught:
        backups.opened(mixed, SHEETS[:3])
    assert caught.value.code == "damaged"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("made 2026", "made 2025"),
        lambda text: text.replace("need 3 of 5", "need 3 of 6"),
        lambda text: text[:-20] + ("A" if text[-20] != "A" else "B") + text[-19:],
        lambda text: text.replace(f"fleet {KEY.fingerprint}", f"fleet {'0' * 64}"),
        lambda text: text[:200] + "\n",
    ],
    ids=["the date", "the numbers", "a letter of the data", "the fingerprint", "half of it"],
)
def test_a_changed_text_does_not_open(change):
    with pytest.raises(Bad) as caught:
        backups.opened(backups.read(change(BACKUP.text())), SHEETS[:3])
    assert caught.value.code in ("damaged", "form")


@pytest.mark.parametrize(
    "text",
    ["", "tram-key-backup 2\n", BACKUP.text() + BACKUP.text(), BACKUP.text().replace("data ", "data *"), SHEETS[0]],
)
def test_what_is_no_backup_is_refused(text):
    with pytest.raises(Bad) as caught:
        backups.read(text)
    assert caught.value.code == "form"


def test_a_backup_survives_a_computer_that_ends_lines_differently():
    assert backups.read(BACKUP.text().replace("\n", "\r\n")) == BACKUP


@pytest.mark.parametrize("need, of", [(1, 1), (1, 5), (4, 3), (2, 17), (0, 0)])
def test_numbers_that_make_no_sense_split_nothing(need, of):
    with pytest.raises(ValueError):
        backups.make(KEY, need, of, "2026-11-22")
