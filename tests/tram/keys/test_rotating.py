"""`tram keys rotate`: another key, and the document by which boxes follow it."""

import asyncio
from pathlib import Path

import pytest

from firmware.files import Files
from firmware.provision import succession as box_succession
from firmware.wire import succession
from scripts.provisioning.key import FleetKey, fingerprint_of
from scripts.provisioning.succession import make_succession
from scripts.tram import exits
from tests.firmware.provision.folder import Folder
from tests.tram.desk import Desk

KEY = FleetKey.make()
PASSPHRASE = "mật khẩu của trạm"
FIXED = KEY.content(PASSPHRASE.encode())


@pytest.fixture
def tram(tmp_path, monkeypatch):
    return Desk(tmp_path / "home", monkeypatch)


@pytest.fixture
def key(tmp_path):
    """A key that is there already, with its public half beside it."""
    file = tmp_path / "fleet.pem"
    file.write_bytes(FIXED)
    file.chmod(0o600)
    file.with_suffix(".key").write_text(KEY.modulus.hex() + "\n")
    return file


@pytest.fixture
def words(tmp_path):
    """The passphrase in a file."""
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n", encoding="utf-8")
    return file


def test_rotating_makes_another_key_and_keeps_the_old_one(tram, key, words):
    said = tram("keys", "rotate", key, "--passphrase-file", words, "--new-passphrase-file", words)
    new = Path(said.end["new"])
    assert said.code == exits.OK
    assert (said.end["old_fleet"], new.name) == (KEY.fingerprint, "fleet-2.pem")
    assert FleetKey.load(new, PASSPHRASE.encode()).fingerprint == said.end["new_fleet"] != KEY.fingerprint
    assert key.read_bytes() == FIXED


def test_the_plan_of_a_change_says_what_boxes_in_the_field_do(tram, key, words):
    said = tram("keys", "rotate", key, "--passphrase-file", words, "--new-passphrase-file", words, as_person=True)
    assert "no box has to be visited" in said.out
    assert "tram box follow-key" in said.out
    assert "enrol.fleet_key_file" in said.out


def rotated(tram, key, words, *more):
    return tram("keys", "rotate", key, "--passphrase-file", words, "--new-passphrase-file", words, *more)


def test_rotating_writes_the_document_by_which_boxes_follow(tram, key, words, tmp_path):
    end = rotated(tram, key, words, "--days", "30").end
    data = Path(end["succession"]).read_bytes()
    said, _ = succession.decode(data)
    assert (said.old.hex(), fingerprint_of(said.new)) == (KEY.fingerprint, end["new_fleet"])
    assert said.until_ms - said.from_ms == 31 * 86_400_000
    files = Files(Folder(tmp_path))
    files.write_plain("/fleet.key", KEY.modulus.hex().encode())
    now_ms = said.from_ms + 86_400_000
    assert asyncio.run(box_succession.take(files, data, (now_ms, now_ms))) is None
    assert box_succession.mark(files) == end["new_fleet"][:16]


def test_numbers_rise_even_where_the_clock_does_not(tram, key, words):
    first = rotated(tram, key, words).end
    document = Path(first["succession"])
    said, _ = succession.decode(document.read_bytes())
    ahead = said.serial + 1_000_000
    document.write_bytes(make_succession(KEY, FleetKey.load(Path(first["new"]), PASSPHRASE.encode()), ahead, 1, 2))
    assert rotated(tram, Path(first["new"]), words).end["serial"] == ahead + 1


def test_without_its_document_there_is_no_new_key(tram, key, words, monkeypatch):
    key.with_name("fleet-2.succession").write_text("another one")
    assert rotated(tram, key, words).trouble == "key_exists"
    assert not key.with_name("fleet-2.pem").exists()
    key.with_name("fleet-2.succession").unlink()

    def full(*_):
        raise OSError(28, "No space left on device", "fleet-2.succession")

    monkeypatch.setattr("scripts.tram.keys.rotating.write_whole", full)
    assert rotated(tram, key, words).code != exits.OK
    assert sorted(path.name for path in key.parent.glob("fleet-2*")) == []


def test_nothing_is_made_where_the_old_key_does_not_open(tram, key, words):
    said = tram(
        "keys", "rotate", key, "--passphrase-file", "-", "--new-passphrase-file", words, given="wrong wrong wrong\n"
    )
    assert said.trouble == "passphrase_wrong"
    assert not key.with_name("fleet-2.pem").exists()
    assert tram("keys", "rotate", key, "--new", key).trouble == "rotate_same"
