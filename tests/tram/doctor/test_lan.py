"""`tram doctor --box`: a real gateway, and a box that answers through it, or does not."""

import json
import zipfile

import pytest

from scripts.tram import exits
from scripts.tram.doctor import lan
from scripts.tram.gateways import save
from tests.gateway.gateways import wait_for
from tests.gateway.tech.station import BOX, Obedient, Station
from tests.tram.box.calling import TramHere

TEST = {"reader": "ready", "wrong": ["clock"], "heap_free": 50_000, "flash": True, "clock_bound_ms": None}


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    made = Station(tmp_path_factory.mktemp("station")).start()
    yield made
    made.stop()


@pytest.fixture
def tram(station, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAM_HOME", str(tmp_path / "home"))
    save(station.card())
    return TramHere(tmp_path / "home", tmp_path)


@pytest.fixture
def box(station):
    def answer(name, argument):
        return ("done", b"9 1 newest\n8 1 older\n") if name == "fetch_log" else ("done", json.dumps(TEST).encode())

    made = Obedient(station.broker, answer)
    made.born(9, rssi=-61, reader="mute", firmware="7.0\x1b[2J", firmware_version=7, spool="ok")
    yield made
    made.leave()


def test_a_box_at_its_gateway_is_judged_by_what_both_say(tram, box, station):
    wait_for(lambda: [one for one in station.client().boxes() if one["box"] == BOX])
    said = tram("doctor", "--box", BOX, "--save", "x.zip", "--json")
    levels = {one["key"]: one["level"] for one in said.end["findings"]}
    assert (said.code, said.end["way"]) == (exits.FOUND, "gateway")
    assert (levels["reader_mute"], levels["clock_unknown"]) == ("bad", "warn")
    assert [key for key in levels if key.startswith("gateway.")]
    assert "\x1b" not in "".join(one["message"] for one in said.end["findings"])
    with zipfile.ZipFile(tram.folder / "x.zip") as pack:
        assert pack.read("log.txt").decode().splitlines() == ["9 1 newest", "8 1 older"]


def test_a_box_that_does_not_answer_is_told_from_one_that_nobody_knows(tram, station, monkeypatch):
    monkeypatch.setattr(lan, "ANSWER_S", 1)
    silent = Obedient(station.broker, lambda name, argument: None)
    silent.born(9, reader="ready")
    wait_for(lambda: [one for one in station.client().boxes() if one["box"] == BOX])
    silent.leave()
    said = tram("doctor", "--box", BOX, "--json")
    assert "lan_no_answer" in {one["key"] for one in said.end["findings"]}
    unknown = tram("doctor", "--box", "box-nobody", "--json")
    assert (unknown.end["error"]["code"], unknown.end["ok"]) == ("no_box", False)


def test_a_gateway_alone_is_examined_by_its_own_doctor(tram, station):
    said = tram("doctor", "--gateway", "gw-1", "--save", "x.zip", "--json")
    own = station.client().doctor()
    assert own
    assert said.end["way"] == "gateway"
    assert {one["key"] for one in said.end["findings"]} >= {
        f"gateway.{one['key']}" for one in own if one["key"] != "load"
    }
    assert (tram.folder / "x.zip").is_file()
    assert said.code in (exits.OK, exits.FOUND)


@pytest.mark.parametrize(
    "words, code",
    [
        (["--gateway", "gw-nowhere"], "gateway_unknown"),
        (["--gateway", "gw-1", "--port", "x"], "box_needs_one"),
        (["--box", BOX, "--port", "x"], "box_needs_one"),
        (["--box", BOX, "--gateway", "gw-1", "--port", "x"], "box_needs_one"),
    ],
)
def test_a_wish_that_cannot_be_met_is_told_in_one_sentence(tram, words, code):
    said = tram("doctor", *words, "--json")
    assert (said.end["ok"], said.end["error"]["code"]) == (False, code)
    assert said.end["error"]["next"]
