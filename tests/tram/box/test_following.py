"""`tram box follow-key`: boxes are brought to the fleet's new key, and who has not moved is seen."""

import asyncio
import json

import pytest

from firmware.files import Files
from firmware.provision import succession
from scripts.provisioning.key import FleetKey
from scripts.provisioning.succession import make_succession
from scripts.tram import exits
from scripts.tram.gateways import save
from tests.firmware.provision.folder import Folder
from tests.gateway.gateways import wait_for
from tests.gateway.tech.station import BOX, Obedient, Station
from tests.tram.box.calling import Tram, TramHere

OLD, NEW, OTHER = FleetKey.make(), FleetKey.make(), FleetKey.make()
UNTIL_MS = 4_000_000_000_000


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    made = Station(tmp_path_factory.mktemp("station")).start()
    yield made
    made.stop()


@pytest.fixture
def box(station, tmp_path):
    """One that answers as a box does: by what lies on its flash."""
    (tmp_path / "box").mkdir()
    files = Files(Folder(tmp_path / "box"))
    files.write_plain("/fleet.key", OLD.modulus.hex().encode())

    def answer(name, argument):
        assert name == "succession"
        code = asyncio.run(succession.take(files, argument["text"].encode(), None))
        made.born(0, fleet_key=succession.mark(files))
        return ("refused", json.dumps({"code": code}).encode()) if code else ("done", b"{}")

    made = Obedient(station.broker, answer)
    made.files = files
    made.born(0, fleet_key=OLD.fingerprint[:16])
    wait_for(lambda: _said(station) == OLD.fingerprint[:16])
    yield made
    made.leave()


def _said(station):
    return station.client().box(BOX).get("said", {}).get("fleet_key")


@pytest.fixture
def tram(station, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAM_HOME", str(tmp_path / "home"))
    save(station.card())
    return TramHere(tmp_path / "home", tmp_path)


def document(folder, old=OLD, new=NEW, serial=7):
    file = folder / "fleet-2.succession"
    file.write_bytes(make_succession(old, new, serial, 1, UNTIL_MS))
    return file


def test_every_box_is_brought_over_and_it_is_seen_who_has_moved(tram, box, station, tmp_path):
    file = document(tmp_path)
    before = tram("box", "follow-key", file, "--json")
    assert (before.code, before.end["ends"]) == (exits.FOUND, {BOX: "before"})
    assert succession.mark(box.files) == OLD.fingerprint[:16]
    said = tram("box", "follow-key", file, "--all", "--yes", "--json")
    assert (said.code, said.end["ends"]) == (0, {BOX: "moved"})
    assert said.end["new_fleet"] == succession.mark(box.files) == NEW.fingerprint[:16]
    wait_for(lambda: _said(station) == NEW.fingerprint[:16])
    after = tram("box", "follow-key", file, "--all", "--json")  # nobody is left, so nobody has to be asked
    assert (after.code, after.end["ends"]) == (0, {BOX: "moved"})
    for lang, words in (("vi", "tin khóa mới"), ("en", "trusts the new key")):
        assert words in Tram(tram.home, tram.folder)("box", "follow-key", file, lang=lang).out


def test_what_the_box_refuses_is_told_by_name(tram, box, tmp_path):
    said = tram("box", "follow-key", document(tmp_path, old=OTHER), "--box", BOX, "--json")
    assert (said.code, said.end["ends"]) == (exits.FOUND, {BOX: "refused key_other"})
    assert succession.mark(box.files) == OLD.fingerprint[:16]


def test_nobody_is_told_without_a_yes(tram, box, tmp_path):
    said = tram("box", "follow-key", document(tmp_path), "--all", "--json")
    assert said.end["error"]["code"] == "needs_yes"
    assert succession.mark(box.files) == OLD.fingerprint[:16]


@pytest.mark.parametrize("content", [b"", b"\xff" * 3000, b"1 succession 1 1 2 x y z w\n", NEW.modulus.hex().encode()])
def test_what_is_no_such_document_goes_nowhere(tram, box, tmp_path, content):
    file = tmp_path / "wrong"
    file.write_bytes(content)
    said = tram("box", "follow-key", file, "--all", "--yes", "--json")
    assert said.end["error"]["code"] == "succession_wrong"
