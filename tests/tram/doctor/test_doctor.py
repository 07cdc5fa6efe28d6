"""`tram doctor` at boards that run, that do not, and that are empty: the real interpreter, mpremote and esptool."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import serial

from scripts.firmware_build import ROOT
from scripts.provisioning.key import FleetKey
from scripts.sim.bare_board import BareBoard
from scripts.sim.bare_board_ports import write_ports
from scripts.tram import exits
from tests.sim.flashing import whole, write
from tests.tram.console.line import PtyLine


@pytest.fixture(scope="module")
def key():
    return FleetKey.make()


def doctor(folder: Path, *arguments: str, ports: list[dict] | None = None, lang: str = "en") -> tuple[dict, int, str]:
    """-> what it says as JSON (its last line), its exit code, standard error"""
    write_ports(folder / "ports.json", ports or [])
    env = {**os.environ, "TRAM_HOME": str(folder / "home"), "TRAM_LANG": lang, "TRAM_PORTS": str(folder / "ports.json")}
    command = [sys.executable, "-m", "scripts.tram", "doctor", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[-1], done.returncode, done.stderr


def keys(said: dict) -> set[str]:
    return {finding["key"] for finding in said["findings"]}


def test_an_empty_chip_is_told_from_a_dead_port_and_sent_to_be_flashed(tmp_path):
    with BareBoard(tmp_path / "board", "esp32c3") as board:
        said, code, _ = doctor(tmp_path, "--wait", "2", ports=[board.entry()])
    assert (said["way"], keys(said), code) == ("loader", {"rom_empty"}, exits.FOUND)
    assert said["findings"][0]["facts"]["chip"] == "esp32c3"
    assert "tram flash" in said["findings"][0]["next"]


def test_a_pico_in_its_loader_is_a_drive_and_nothing_is_opened(tmp_path):
    with BareBoard(tmp_path / "board", "pico2_w") as board:
        said, code, _ = doctor(tmp_path, ports=[board.entry()])
    assert (said["way"], keys(said), code) == ("drive", {"loader_drive"}, exits.FOUND)


def test_a_board_that_was_flashed_is_asked_over_its_console_and_stopped_over_the_prompt(tmp_path, key):
    with BareBoard(tmp_path / "board", "esp32s3") as board:
        write(board.device, whole(board.board, key))
        board.until(event="reader", state="ready")
        said, code, _ = doctor(tmp_path, "--wait", "5", "--save", str(tmp_path / "x.zip"), ports=[board.entry()])
        assert (said["way"], code, board.mode) == ("console", exits.FOUND, "app")
        assert {"program_newcomer", "reader_ready", "memory_ok"} <= keys(said)
        assert "not_asked" not in keys(said)
        assert (tmp_path / "x.zip").is_file()
        with serial.Serial(board.device, 115200, timeout=10) as port:
            port.write(b"\x03")
            port.read_until(b">>> ")
        said, code, _ = doctor(tmp_path, "--wait", "2", ports=[board.entry()], lang="vi")
        assert (said["way"], code) == ("repl", exits.FOUND)
        assert {"repl_stopped", "repl_slots", "repl_no_identity"} <= keys(said)
        assert said["findings"][0]["message"].startswith("Phần mềm của hộp box-")
        board.wait_for("app")  # it was started again


def test_a_port_that_opens_and_says_nothing_is_told_and_no_board_of_ours_is_made_up(tmp_path):
    line = PtyLine()
    try:
        entry = {"device": line.path, "vid": 0x2E8A, "pid": 5, "serial": "", "title": "", "kind": "pico"}
        said, code, _ = doctor(tmp_path, "--wait", "1", ports=[entry])
    finally:
        line.close()
    assert (said["way"], keys(said), code) == ("none", {"nobody"}, exits.FOUND)


@pytest.mark.parametrize(
    "arguments, code, exit_code",
    [
        (["--port", "/dev/does-not-exist"], "port_unknown", exits.NO_DEVICE),
        (["--port", "x", "--box", "box-1"], "box_needs_one", exits.USAGE),
        (["--box", "box-1"], "no_gateway", None),
        (["--wait", "0"], "usage", exits.USAGE),
        (["--wait", "soon"], "usage", exits.USAGE),
        (["box-1"], "usage", exits.USAGE),
    ],
)
def test_what_cannot_be_looked_at_is_told_with_a_next_step(tmp_path, arguments, code, exit_code):
    said, ended, _ = doctor(tmp_path, *arguments)
    assert (said["ok"], said["error"]["code"]) == (False, code)
    assert said["error"]["next"]
    assert ended == exit_code or exit_code is None


def test_two_boards_are_not_guessed_between(tmp_path):
    lines = [PtyLine(), PtyLine()]
    try:
        entries = [{"device": line.path, "vid": 0x303A, "pid": 0x1001, "kind": "esp"} for line in lines]
        said, ended, _ = doctor(tmp_path, ports=entries)
    finally:
        for line in lines:
            line.close()
    assert (said["error"]["code"], ended) == ("two_ports", exits.NO_DEVICE)
    assert all(not line.heard for line in lines)
