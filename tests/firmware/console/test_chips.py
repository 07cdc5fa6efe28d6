"""The console on the boards' own modules, with stand-ins for what only a chip has."""

import json
import os

import pytest

from scripts.firmware_build import run_micropython
from tests.firmware.boards.chips import BOARDS, FAKES, HEAD, MADE

PROGRAM = """
async def seen():
    while board.console().is_used is False or not SEEN[0]:
        await asyncio.sleep_ms(20)
SEEN = [False]
from firmware import start
from firmware.boards.console import Console
write = Console.write
def told(self, data):
    write(self, data)
    if b"tram z end" in (data if isinstance(data, bytes) else data.encode()):
        SEEN[0] = True
Console.write = told
board.stopped = seen
board.config_path = "config.json"
start.main(board)
"""
WITH_FAKES = "512K"  # the stand-ins take their part of it


def asked(folder, name: str, settings: dict, *questions: bytes) -> dict[str, dict]:
    """What the board answers: name of the question -> its facts and its end."""
    (folder / "config.json").write_text(json.dumps(settings))
    script = folder / "script.py"
    script.write_text(MADE + PROGRAM)
    env = {**os.environ, "FAKE_CHIP": BOARDS[name].chip, "FAKE_VOLUME_BYTES": str(BOARDS[name].parts["system"].bytes)}
    typed = b"\r".join([*questions, b"tram z hello", b""])
    done = run_micropython([script, str(FAKES)], WITH_FAKES, cwd=folder, env=env, input=typed)
    answers: dict[str, dict] = {}
    for line in done.stdout.split(b"\n"):
        words = line.strip().split(b" ", 3)
        if words[0] == b"tram":
            answer = answers.setdefault(words[1].decode(), {})
            is_end = words[2] == b"end"
            answer.update(json.loads(words[3] if is_end else line.split(b" ", 2)[2]))
    assert "z" in answers, done.stdout.decode()[-2000:] + done.stderr.decode()[-2000:]
    return answers


@pytest.mark.parametrize("name", ["esp32s3", "pico_w"])
def test_a_chip_answers_at_its_usb_console(tmp_path, name):
    settings = {"box_id": "gate-1", "password": "never-told", "wifi": [["Cho Ben Thanh", "secret-key"]]}
    said = asked(
        tmp_path, name, settings, b"tram a hello\r\n", b"tram b wifi", b"tram c settings", b"tram d nothing", b"tram e"
    )
    assert (said["a"]["board"], said["a"]["program"], said["a"]["ok"]) == (name, "box", True)
    assert said["b"]["networks"][0]["ssid"] == "Cho Ben Thanh"
    assert said["c"]["password"] == "***"
    assert said["d"]["code"] == "unknown_word"
    assert said["-"]["code"] == "form"
    assert "secret-key" not in json.dumps(said)
    assert "never-told" not in json.dumps(said)


def test_a_blank_chip_answers_as_a_newcomer(tmp_path):
    said = asked(tmp_path, "esp32s3", {}, b"tram a status", b"tram b self_test")
    assert said["a"]["mode"] == "newcomer"
    assert said["b"]["flash"] is True
    assert said["b"]["wrong"] == ["reader"]  # none is attached
    assert said["z"]["program"] == "newcomer"
    assert HEAD
