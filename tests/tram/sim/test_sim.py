"""`tram sim`: what is pretended is found by the other commands, does as it is told, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.tram import exits
from scripts.tram.__main__ import load
from scripts.tram.sim.words import WORDS
from tests.tram.training import ROOT, Sim, Terminal


def ports(home):
    file = home / "stand-ins.json"
    return json.loads(file.read_text()) if file.exists() else []


def until_gone(link):
    """Until the pty that a link names has nobody at its other end: whoever offered it has ended."""
    while True:
        try:
            os.close(os.open(link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        except OSError:
            return
        time.sleep(0.01)


@pytest.mark.parametrize(("words", "model"), [([], "gm65"), (["--model", "gm861"], "gm861")])
def test_a_reader_is_found_and_answers_and_sends_what_is_typed(tmp_path, words, model):
    with Sim(tmp_path, "reader", *words) as sim:
        told = Terminal(tmp_path).tram("reader", "identify")
        assert told["model"] == model
        assert [one["kind"] for one in ports(tmp_path)] == ["bridge"]
        sim.type("/power off")
        sim.type("/power on")
        sim.type("hello")
        sim.until(lambda one: one.get("event") in ("shown", "not_read"))
        assert [one["device"] for one in ports(tmp_path)] == [sim.facts["device"]]
    assert ports(tmp_path) == ports(tmp_path / "practice") == []
    assert not Path(sim.facts["device"]).exists()


def test_a_board_is_announced_in_both_folders_under_its_present_name(tmp_path):
    with Sim(tmp_path, "board", "--board", "esp32c3") as sim:
        for home in (tmp_path, tmp_path / "practice"):
            assert [one["kind"] for one in ports(home)] == ["esp"]
        since = len(sim.events)
        sim.type("/unplug")
        sim.until(lambda one: one.get("mode") == "off", since=since)
        assert ports(tmp_path) == []
        since = len(sim.events)
        sim.type("/plug elsewhere")
        device = sim.until(lambda one: one.get("mode") == "blank", since=since)["device"]
        assert device != sim.facts["device"]
        assert [one["device"] for one in ports(tmp_path)] == [device]


def test_an_order_that_cannot_be_done_is_told_and_the_next_one_is_done(tmp_path):
    with Sim(tmp_path, "board", "--board", "esp32c3") as sim:
        for typed in ("/nonsense", "/fault nonsense", "/fault", "/fault cut", "/fault flip 1", "@nowhere", "code"):
            since = len(sim.events)
            sim.type(typed)
            sim.until(lambda one: one.get("event") in ("order_unknown", "order_failed", "reader_off"), since=since)
            sim.type("/help")
            sim.until(lambda one: one.get("event") == "help", since=since)


def test_a_box_runs_its_firmware_and_the_doctor_finds_that_it_has_no_place_yet(tmp_path):
    with Sim(tmp_path, "box", "--board", "esp32c3") as sim:
        sim.says(face="unprovisioned")
        told = Terminal(tmp_path).tram("doctor", code=exits.FOUND)
        assert "program_newcomer" in [one["key"] for one in told["findings"]]


def test_practising_uses_its_own_key_and_release_and_not_those_of_the_fleet(tmp_path):
    Terminal(tmp_path).tram("keys", "make", "--no-passphrase", "--yes")
    real = (tmp_path / "fleet.pem").read_bytes()
    with Sim(tmp_path, "board", "--board", "esp32c3") as sim:
        practice = Path(sim.facts["practice"])
        assert practice.parent == tmp_path
        assert (practice / "fleet.pem").read_bytes() != real
        assert (practice / "release" / "release.json").exists()
    assert (tmp_path / "fleet.pem").read_bytes() == real
    assert not (tmp_path / "release").exists()
    with Sim(practice, "board", "--board", "esp32c3") as again:  # who practises in there already stays in there
        assert Path(again.facts["practice"]) == practice


def test_two_at_once_are_both_there_and_each_takes_only_its_own_away(tmp_path):
    with Sim(tmp_path, "reader") as first:
        with Sim(tmp_path, "reader") as second:
            there = {one["device"] for one in ports(tmp_path)}
            assert there == {first.facts["device"], second.facts["device"]}
            failed = Terminal(tmp_path).tram("reader", "identify", code=exits.NO_DEVICE)
            assert failed["error"]["code"] == "two_ports"
        assert [one["device"] for one in ports(tmp_path)] == [first.facts["device"]]


def test_the_ports_of_one_that_was_killed_are_gone(tmp_path):
    with Sim(tmp_path, "reader") as sim:
        os.kill(sim.child.pid, signal.SIGKILL)
        sim.child.wait(30)
        assert len(ports(tmp_path)) == 1
        link = Path(sim.facts["device"])
        until_gone(link)
        failed = Terminal(tmp_path).tram("reader", "identify", code=exits.NO_DEVICE)
        assert failed["error"]["code"] == "no_port"


@pytest.mark.parametrize(
    ("words", "wrong"),
    [(("board", "--board", "esp8266"), "board_unknown"), (("reader", "--model", "gm1"), "model_unknown")],
)
def test_what_there_is_not_is_refused_with_what_there_is(tmp_path, words, wrong):
    error = Terminal(tmp_path).tram("sim", *words, code=exits.USAGE)["error"]
    assert error["code"] == wrong
    assert ("gm861" if words[0] == "reader" else "esp32c3") in error["next"]


def test_where_the_tree_is_missing_it_says_so_and_names_what_makes_it(tmp_path):
    (tmp_path / "zxingcpp.py").write_text("raise ModuleNotFoundError(name='zxingcpp')\n")
    terminal = Terminal(tmp_path)
    terminal.env["PYTHONPATH"] = str(tmp_path)
    error = terminal.tram("sim", "reader", code=exits.REFUSED)["error"]
    assert error["code"] == "no_tree"
    assert "zxingcpp" in error["message"]
    assert (ROOT / "scripts" / "install").is_file()
    assert "scripts/install" in error["next"]


def practised():
    """The command lines that the texts of practising tell a person to type, in both languages."""
    texts = [text for key, both in WORDS.words.items() if key.startswith("practise_") for text in both]
    return {line.strip() for text in texts for line in text.splitlines() if line.startswith("  tram ")}


@pytest.mark.parametrize("line", sorted(practised()))
def test_what_a_person_is_told_to_type_is_a_command_with_these_options(line):
    _, name, *words = line.partition("  (")[0].split()
    command = load(name)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    assert not getattr(command, "commands", {})
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize(("lang", "word"), [("vi", "Tập"), ("en", "Practise")])
def test_a_person_is_told_how_to_practise_and_ctrl_c_is_a_good_end(tmp_path, lang, word):
    child = subprocess.Popen(
        [sys.executable, "-m", "scripts.tram", "sim", "reader"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TRAM_HOME": str(tmp_path), "TRAM_LANG": lang},
    )  # fmt: skip
    told = ""
    while "/swap" not in told:
        line = child.stderr.readline()
        assert line, told
        told += line
    assert word in told
    assert "export TRAM_HOME=" in told
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == exits.OK
    child.communicate()
