"""scripts/simbox: what it does before it becomes the box."""

import signal
import subprocess

import pytest

from scripts.bundle import image
from scripts.bundle.bundle import pack_of
from scripts.firmware_build import FIRMWARE, ROOT
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


# With a system image


def machine(tmp_path, act):
    """A system image whose program says what it was given, and then does something."""
    program = f"""
import os, sys
def main(board):
    print(os.getenv("TRAM_RESET_CAUSE"), sys.argv[1:].count("--system"))
    {act}
"""
    files = {name: (FIRMWARE / name).read_bytes() for name in ("boot.py", "main.py")}
    files["a/boards.pack"] = pack_of({"firmware/boards/__init__.py": b"def here():\n    pass\n"})
    files["a/firmware.pack"] = pack_of({"firmware/__init__.py": b"", "firmware/start.py": program.encode()})
    files["a/manifest"] = b"1 manifest 4 0 test linux 2\n"
    files["slot"] = image.sealed(b'{"active": "a", "good": "a"}')
    system, config = tmp_path / "system.img", tmp_path / "box.json"
    system.write_bytes(image.make(files, 64 * 4096, 32))
    config.write_text('{"box_id": "box-1", "password": "secret"}')
    given = ["--uart", tmp_path / "tty", "--flash", tmp_path / "flash.img", "--broker", "127.0.0.1:1"]
    return [SIMBOX, *given, "--config", config, "--system", system]


def once(tmp_path, act):
    """Does it the first time only."""
    flag = tmp_path / "been-here"
    return f"""
    import ffi
    exists = os.system("test -e {flag}") == 0
    open("{flag}", "w").close()
    if not exists:
        {act}
"""


@pytest.mark.parametrize(
    ("act", "cause"),
    [
        ("ffi.open('libc.so.6').func('v', '_exit', 'i')(75)", "soft"),
        ("ffi.open('libc.so.6').func('i', 'raise', 'i')(14)", "watchdog"),
    ],
)
def test_a_box_that_resets_is_started_again_and_told_why(tmp_path, act, cause):
    done = subprocess.run(machine(tmp_path, once(tmp_path, act)), capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["power 1", f"{cause} 1"]
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("code", "told"), [(0, 0), (87, 87), (78, 78), (1, 1)])
def test_any_other_end_is_the_end_and_its_code_is_passed_on(tmp_path, code, told):
    act = f"import ffi; ffi.open('libc.so.6').func('v', '_exit', 'i')({code})"
    done = subprocess.run(machine(tmp_path, act), capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["power 1"]
    assert done.returncode == told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_box_and_it_is_not_started_again(tmp_path, number):
    act = "import time; print('ready'); time.sleep(60)"
    with subprocess.Popen(machine(tmp_path, act), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as box:
        assert [box.stdout.readline(), box.stdout.readline()] == ["power 1\n", "ready\n"]
        box.send_signal(number)
        assert box.wait(30) != 0
        assert box.stdout.read() == ""


def test_killing_the_launcher_is_a_power_cut(tmp_path):
    act = "import time; print('ready'); time.sleep(60)"
    with subprocess.Popen(machine(tmp_path, act), stdout=subprocess.PIPE, text=True) as box:
        box.stdout.readline()
        box.stdout.readline()
        box.kill()
        assert box.stdout.read() == ""  # until the last one who could write to it is gone


def test_a_system_image_that_is_not_there_is_refused_with_how_to_make_one(tmp_path):
    given = machine(tmp_path, "pass")
    (tmp_path / "system.img").unlink()
    done = subprocess.run(given, capture_output=True, text=True)
    assert done.returncode == 2
    assert "scripts/build-firmware" in done.stderr
