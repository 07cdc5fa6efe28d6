"""scripts/simbox: what it does before it becomes the box."""

import subprocess

import pytest

from scripts.firmware_build import ROOT
from scripts.sim.box import make_blank

SIMBOX = ROOT / "scripts" / "simbox"


def test_a_blank_flash_has_every_bit_set(tmp_path):
    image = tmp_path / "flash.img"
    make_blank(image, 65536)
    assert image.read_bytes() == b"\xff" * 65536
    assert list(tmp_path.iterdir()) == [image]


def test_a_flash_that_is_there_is_not_touched(tmp_path):
    image = tmp_path / "flash.img"
    image.write_bytes(b"scans")
    make_blank(image, 65536)
    assert image.read_bytes() == b"scans"


def test_help_says_what_is_wanted():
    done = subprocess.run([SIMBOX, "--help"], capture_output=True, text=True, check=True)
    for option in ("--uart TTY", "--flash IMAGE", "--broker HOST:PORT", "--config FILE"):
        assert option in done.stdout


@pytest.mark.parametrize("missing", ["--uart", "--flash", "--broker", "--config"])
def test_every_option_is_needed(missing):
    given = [part for name in ("--uart", "--flash", "--broker", "--config") if name != missing for part in (name, "x")]
    done = subprocess.run([SIMBOX, *given], capture_output=True, text=True)
    assert done.returncode == 2
    assert missing in done.stderr


@pytest.mark.parametrize("broker", ["localhost", ":1883", "localhost:0", "localhost:65536", "localhost:x"])
def test_a_broker_without_host_or_port_is_refused(tmp_path, broker):
    config = tmp_path / "box.json"
    config.write_text('{"box_id": "box-1", "password": "secret"}')
    given = ["--uart", tmp_path / "tty", "--flash", tmp_path / "flash.img", "--broker", broker, "--config", config]
    done = subprocess.run([SIMBOX, *given], capture_output=True, text=True)
    assert done.returncode == 78
    assert "board_broker" in done.stdout
