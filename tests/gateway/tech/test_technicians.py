"""Who may come in: a file of digests, tokens that end, and nothing in it that opens a door."""

import os
from datetime import UTC, date, datetime

import pytest

from gateway.tech import technicians
from gateway.tech.technicians import Technicians, TechniciansError

TODAY = date(2026, 11, 22)


def ms(*day: int, hour: int = 12) -> int:
    return int(1000 * datetime(*day, hour, tzinfo=UTC).timestamp())


class Folder:
    def __init__(self, path):
        self.file = path / "technicians"
        self.now_ms = ms(2026, 11, 22)
        self.known = Technicians(self.file, lambda: self.now_ms)

    def write(self, text: str, mode: int = 0o600) -> None:
        self.file.write_text(text)
        self.file.chmod(mode)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_a_token_opens_until_the_end_of_its_last_day_and_stands_nowhere(folder):
    token, ends = technicians.add(folder.file, "hoa", 90, TODAY)
    assert ends == date(2027, 2, 20)
    assert folder.known.who(token).name == "hoa"
    assert token not in folder.file.read_text()
    assert folder.file.stat().st_mode & 0o777 == 0o600
    folder.now_ms = ms(2027, 2, 20, hour=23)
    assert folder.known.who(token) is not None
    folder.now_ms = ms(2027, 2, 21, hour=0)
    assert folder.known.who(token) is None


def test_who_is_removed_is_out_at_once_and_the_others_are_not(folder):
    hoa, _ = technicians.add(folder.file, "hoa", 90, TODAY)
    binh, _ = technicians.add(folder.file, "binh", 90, TODAY)
    assert (folder.known.who(hoa).name, folder.known.who(binh).name) == ("hoa", "binh")
    technicians.remove(folder.file, "hoa")
    assert (folder.known.who(hoa), folder.known.who(binh).name) == (None, "binh")
    again, _ = technicians.add(folder.file, "hoa", 90, TODAY)
    assert again != hoa
    assert folder.known.who(hoa) is None


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "ă", "\ud800", "hoa"])
def test_nobody_elses_token_opens(folder, wrong):
    token, _ = technicians.add(folder.file, "hoa", 90, TODAY)
    assert folder.known.who(wrong) is None
    assert folder.known.who(token[:-1]) is None
    assert folder.known.who(technicians.digest_of(token)) is None


def test_without_a_file_nobody_is_in(folder):
    assert folder.known.known() == []
    assert folder.known.who("x") is None


@pytest.mark.parametrize("name", ["", "Hoa", "hoa binh", "-hoa", "hoa\n", "h" * 33, "hòa", "../hoa", "hoa#"])
def test_a_name_that_cannot_be_is_refused(folder, name):
    with pytest.raises(TechniciansError) as found:
        technicians.add(folder.file, name, 90, TODAY)
    assert (found.value.code, folder.file.exists()) == ("name", False)


@pytest.mark.parametrize("days", [0, -1, 367, 100_000])
def test_no_token_is_for_ever(folder, days):
    with pytest.raises(TechniciansError) as found:
        technicians.add(folder.file, "hoa", days, TODAY)
    assert found.value.code == "days"


def test_the_same_name_twice_and_one_that_is_not_there_are_named(folder):
    technicians.add(folder.file, "hoa", 90, TODAY)
    for act in (lambda: technicians.add(folder.file, "hoa", 90, TODAY), lambda: technicians.remove(folder.file, "an")):
        with pytest.raises(TechniciansError) as found:
            act()
        assert found.value.code in ("known", "unknown")


DIGEST = "0" * 64
BAD_FILES = [
    ("hoa", "line"),
    (f"hoa {DIGEST}", "line"),
    (f"hoa {DIGEST} 2027-02-20 more", "line"),
    (f"hoa {DIGEST[1:]} 2027-02-20", "line"),
    (f"hoa {DIGEST.replace('0', 'G')} 2027-02-20", "line"),
    (f"hoa {DIGEST} 2027-02-30", "line"),
    (f"hoa {DIGEST} tomorrow", "line"),
    (f"Hoa {DIGEST} 2027-02-20", "line"),
    (f"hoa {DIGEST} 2027-02-20\nhoa {DIGEST} 2027-02-20", "twice"),
]


@pytest.mark.parametrize("text, code", BAD_FILES)
def test_half_a_file_lets_nobody_in(folder, text, code):
    folder.write(text)
    with pytest.raises(TechniciansError) as found:
        folder.known.who("x")
    assert found.value.code == code
    assert DIGEST not in str(found.value)


def test_a_file_that_others_may_read_lets_nobody_in(folder):
    folder.write("", mode=0o640)
    with pytest.raises(TechniciansError) as found:
        folder.known.known()
    assert found.value.code == "mode"


def test_a_file_that_is_no_text_lets_nobody_in(folder):
    folder.file.write_bytes(b"\xff\xfe")
    os.chmod(folder.file, 0o600)
    with pytest.raises(TechniciansError) as found:
        folder.known.known()
    assert found.value.code == "text"
