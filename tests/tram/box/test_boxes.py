"""Boxes at the place through `tram box`: a real gateway, a box that answers, a laptop that calls the tool."""

import json
import os
import signal
import subprocess
import sys
import tarfile
import threading

import pytest

from firmware.wire import topics
from scripts.tram.gateways import save
from tests.gateway.fleet import bundle, stranger_key
from tests.gateway.gateways import wait_for
from tests.gateway.tech.station import BOX, EPOCH, Obedient, Station, scan
from tests.tram.box.calling import ROOT, Tram, TramHere

SECRET = "mat-khau-wifi-bi-mat"


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    made = Station(tmp_path_factory.mktemp("station")).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def box(station):
    lines = [b"7 newest", b"6 older \x1b[2J"]

    def answer(name, argument):
        if name == "fetch_log":
            return "done", b"\n".join(lines) + b"\n"
        if name == "reboot":
            return "refused", b'{"code": "busy\\u001b[31m"}'
        return "done", json.dumps(argument).encode()

    made = Obedient(station.broker, answer)
    made.log = lines
    made.born(9, rssi=-61, reader="ready", firmware="7.0\x1b[2J", firmware_version=7, settings_version=0)
    yield made
    made.leave()


@pytest.fixture
def tram(station, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAM_HOME", str(tmp_path / "home"))
    save(station.card())
    return TramHere(tmp_path / "home", tmp_path)


def error(said) -> tuple[int, str]:
    return said.code, said.end["error"]["code"]


def test_all_boxes_are_listed_in_words_and_for_programs(tram, box, station):
    wait_for(lambda: [one for one in station.client().boxes() if one["state"] == "ok"])
    said = tram("box", "list", "--json")
    (one,) = said.end["boxes"]
    assert (said.code, one["box"], one["gateway"], one["state"], one["waiting"]) == (0, BOX, "gw-1", "ok", 9)
    for lang, words in (("vi", ("tốt", "CHƯA GỬI", "-61 dBm")), ("en", ("well", "UNSENT", "-61 dBm"))):
        shown = Tram(tram.home, tram.folder)("box", "list", lang=lang)
        assert all(word in shown.out for word in words), shown.out
        assert "\x1b" not in shown.out  # a box may say anything


def test_a_gateway_that_is_away_is_left_out_and_said_so(tram, box, station):
    save(station.card(gateway="gw-2", url="https://127.0.0.1:1"))
    said = tram("box", "list", "--no-usb", "--json")
    assert said.code == 1
    assert [one["box"] for one in said.end["boxes"]] == [BOX]
    assert [(one["gateway"], one["code"]) for one in said.end["left_out"]] == [("gw-2", "gateway_silent")]
    assert tram("box", "identify", BOX, "--seconds", 1, "--json").code == 0  # the one that knows it is found


def test_a_box_is_told_to_blink(tram, box):
    said = tram("box", "identify", BOX, "--seconds", "2", "--json")
    assert (said.code, said.end["seconds"], "identify" in box.done) == (0, 2, True)


@pytest.mark.parametrize(
    "words, code, name",
    [
        (("identify", "box-b"), 5, "no_box"),
        (("identify", "BOX"), 5, "no_box"),
        (("identify", BOX, "--gateway", "gw-9"), 5, "gateway_unknown"),
        (("identify", BOX, "--seconds", "0"), 2, "usage"),
        (("identify",), 3, "no_port"),
        (("logs",), 3, "no_port"),
        (("identify", "--port", "/dev/nothing"), 3, "port_unknown"),
        (("reset",), 3, "no_port"),
        (("settings", "get", "box-b"), 5, "no_box"),
        (("settings", "set", BOX, "wifi=[]"), 2, "secret_in_line"),
        (("settings", "set", BOX, "nothing.json"), 5, "not_there"),
        (("settings", "set", BOX, "a", "b"), 2, "settings_wrong"),
        (("update", "nothing.tar"), 5, "not_there"),
        (("deliver", "nothing.tramsafe"), 5, "not_there"),
        (("gateways", "remove", "gw-9"), 5, "gateway_unknown"),
        (("gateways", "add", "http://192.168.1.1"), 5, "not_secure"),
        (("nothing",), 2, "usage"),
    ],
)
def test_what_cannot_be_done_is_named_with_an_exit_code(tram, box, words, code, name):
    assert error(tram("box", *words, "--json")) == (code, name)


def test_a_log_is_shown_the_oldest_line_first_and_moves_no_cursor(tram, box):
    said = tram("box", "logs", BOX)
    assert said.out.splitlines() == ["6 older \N{REPLACEMENT CHARACTER}[2J", "7 newest"]
    assert tram("box", "logs", BOX, "--json").end["log"][-1] == "7 newest"


def test_a_log_is_followed_until_somebody_ends_it(tram, box):
    around = {**os.environ, "TRAM_HOME": str(tram.home), "TRAM_LANG": "en", "TRAM_PORTS": str(tram.home / "ports.json")}
    command = [sys.executable, "-m", "scripts.tram", "box", "logs", BOX, "--follow", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=around, cwd=ROOT) as running:
        found = []
        got = threading.Event()

        def read():
            for line in running.stdout:
                found.append(json.loads(line))
                if "kept" in line:
                    got.set()

        threading.Thread(target=read, daemon=True).start()
        wait_for(lambda: any(one.get("said", {}).get("event") == "listening" for one in found))
        box.person.publish(topics.scan(BOX), scan(3))
        assert got.wait(20)
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 6
    assert [one["text"] for one in found if one.get("event") == "log"][:2] == ["6 older \x1b[2J", "7 newest"]
    assert found[-1]["error"]["code"] == "stopped"
    assert "code 3" not in str(found)


def test_settings_are_changed_piece_by_piece_and_secrets_stay(tram, box, station, tmp_path):
    (tmp_path / "box.json").write_text(json.dumps({"wifi": [["Chợ", SECRET]], "face": {"sound": True}}))
    first = tram("box", "settings", "set", BOX, tmp_path / "box.json", "--json")
    assert first.code == 0, first
    second = tram("box", "settings", "set", BOX, "face.sound=false", "gate.name=Cổng Bắc", "--json")
    assert second.end["version"] == first.end["version"] + 1
    shown = tram("box", "settings", "get", BOX, "--json")
    assert shown.end["wished"]["settings"] == {
        "wifi": [["Chợ", "***"]], "face": {"sound": False}, "gate": {"name": "Cổng Bắc"},
    }  # fmt: skip
    kept = json.loads((station.folder / f"data/downlink/settings/{BOX}.json").read_text())
    assert kept["settings"]["wifi"] == [["Chợ", SECRET]]
    text = '{"wifi": [["Chợ", "***"]]}'
    assert tram("box", "settings", "set", BOX, "-", given=text).code == 0
    refused = {"version": shown.end["wished"]["version"] + 1, "code": "range", "key": "face.x"}
    box.born(9, settings_refused=refused)
    wait_for(lambda: tram("box", "settings", "get", BOX).code == 1)
    assert "face.x" in tram("box", "settings", "get", BOX).out
    for said in (first, second, shown):
        assert SECRET not in said.out + said.err


@pytest.mark.parametrize("given", ["", "[]", "{", "null", '{"a": ' * 5000, "x" * 70_000])
def test_what_is_no_settings_never_leaves_the_laptop(tram, box, given):
    assert error(tram("box", "settings", "set", BOX, "-", "--json", given=given)) == (5, "settings_wrong")


def test_firmware_is_brought_wanted_and_watched_until_the_box_runs_it(tram, box, station, tmp_path):
    folder = bundle(tmp_path / "7", 7)
    alone = tram("box", "update", folder, "--json")
    assert (alone.code, alone.end.get("wanted"), alone.end.get("version")) == (0, [], 7), alone
    with tarfile.open(tmp_path / "7.tar", "w") as packed:
        packed.add(folder, ".")
    box.born(9, firmware_version=7, firmware="7.0")
    said = tram("box", "update", tmp_path / "7.tar", "--box", BOX, "--watch", 20, "--json")
    assert (said.code, said.end["ends"], said.event("taken_in")["version"]) == (0, {BOX: "done"}, 7), said
    folder = bundle(tmp_path / "8", 8)
    box.born(9, firmware_version=7, firmware_refused={"version": 8, "code": "signature"})
    said = tram("box", "update", folder, "--box", BOX, "--watch", 20, "--json")
    assert (said.code, said.end["ends"]) == (1, {BOX: "refused"})
    assert tram("box", "update", folder, "--all").code == 2  # every box, and nobody there to say yes
    assert station.client().firmware()["wanted"] == {BOX: 8}
    assert tram("box", "update", folder, "--all", "--yes").code == 0
    assert station.client().firmware()["wanted"]["*"] == 8


def test_what_is_no_bundle_is_told_before_it_is_sent_and_what_is_not_ours_after(tram, box, station, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.tar").write_text("hello")
    with tarfile.open(tmp_path / "other.tar", "w") as packed:
        packed.add(tmp_path / "text.tar", "text")
    for name in ("empty", "text.tar", "other.tar"):
        assert error(tram("box", "update", tmp_path / name, "--json")) == (5, "bundle_wrong")
    strange = bundle(tmp_path / "9", 9, key=stranger_key())
    said = tram("box", "update", strange, "--all", "--yes", "--json")
    assert (error(said), said.end["error"]["what"]) == ((5, "no_bundle"), "signature")
    assert 9 not in [one["version"] for one in station.client().firmware()["bundles"]]


def test_no_token_and_no_code_of_anybody_is_in_what_the_gateway_or_the_tool_wrote(station, box):
    box.person.publish(topics.scan(BOX), scan(5, b"084199012345||Nguyen Van A"))
    log = station.gateway.log()
    assert station.access.token not in log
    assert "Nguyen" not in log
    assert EPOCH
