"""Rescued records in a file: it opens with its passphrase, whole, or not at all."""

import pytest

from scripts.tram.box import safe
from scripts.tram.box.safe import Held
from scripts.tram.trouble import Trouble

PASSPHRASE = "một câu rất dài để nhớ"
SECRET = b"084199012345||Nguyen Van A"
HELD = Held("box-a", "aabbccddeeff", 3, 9, "gw-1", [("aabbccddeeff", 3, SECRET), ("000000000000", 1, b"\xff\x00")])


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """The cost of scrypt is not what is tested."""
    monkeypatch.setattr(safe, "_COST", 2)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.tramsafe"
    safe.write(path, HELD, PASSPHRASE)
    return path


def trouble(act, *what) -> str:
    with pytest.raises(Trouble) as found:
        act(*what)
    assert PASSPHRASE not in str(found.value.facts) + found.value.sentence
    return found.value.code


def test_it_comes_back_as_it_was_and_says_whose_it_is_without_being_opened(file):
    assert safe.read(file, PASSPHRASE) == HELD
    assert safe.label(file)[:2] == ("box-a", 2)
    assert SECRET not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Nguyen" not in repr(HELD)


def test_the_passphrase_is_the_same_however_the_keyboard_composes_it(file):
    import unicodedata

    assert safe.read(file, unicodedata.normalize("NFD", PASSPHRASE)) == HELD


def test_two_files_of_the_same_have_nothing_in_common(file, tmp_path):
    safe.write(tmp_path / "b.tramsafe", HELD, PASSPHRASE)
    one, two = file.read_bytes(), (tmp_path / "b.tramsafe").read_bytes()
    at = one.index(b"\n") + 1
    assert one[:at] == two[:at]
    assert one[at : at + 28] != two[at : at + 28]


@pytest.mark.parametrize("wrong", ["", " ", PASSPHRASE + " ", PASSPHRASE[:-1], PASSPHRASE.upper()])
def test_another_passphrase_opens_nothing(file, wrong):
    assert trouble(safe.read, file, wrong) == "passphrase_wrong"


def test_a_bit_that_was_turned_anywhere_opens_nothing(file):
    whole = file.read_bytes()
    for at in range(0, len(whole), 7):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert trouble(safe.read, file, PASSPHRASE) in ("passphrase_wrong", "safe_wrong"), at


def test_the_line_that_anybody_may_read_cannot_be_changed_unseen(file):
    file.write_bytes(file.read_bytes().replace(b"box-a", b"box-b", 1))
    assert safe.label(file).box == "box-b"
    assert trouble(safe.read, file, PASSPHRASE) == "passphrase_wrong"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"TRAMSAFE",
        b"TRAMSAFE 1 box-a 2 2026-11-22",
        b"TRAMSAFE 2 box-a 2 2026-11-22\n" + b"x" * 99,
        b"TRAMSAFE 1 BOX 2 2026-11-22\n" + b"x" * 99,
        b"TRAMSAFE 1 box-a x 2026-11-22\n" + b"x" * 99,
        b"TRAMSAFE 1 box-a 2 2026-11-22\n" + b"x" * 43,
        b"PK\x03\x04" + b"x" * 99,
        b"\xff" * 500,
    ],
)
def test_what_is_no_such_file_is_named(tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    assert trouble(safe.read, path, PASSPHRASE) == "safe_wrong"


def test_it_is_never_written_over_another(file):
    before = file.read_bytes()
    assert trouble(safe.write, file, HELD, PASSPHRASE) == "safe_there"
    assert file.read_bytes() == before


def test_what_reads_back_differently_is_not_called_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(safe, "_held", lambda content: HELD._replace(last=8))
    with pytest.raises(OSError, match="differently"):
        safe.write(tmp_path / "x", HELD, PASSPHRASE)
    assert list(tmp_path.iterdir()) == []


def test_on_a_full_disk_nothing_is_left_behind(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safe.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        safe.write(tmp_path / "x", HELD, PASSPHRASE)
    assert list(tmp_path.iterdir()) == []
