"""What lies under hardware/ is what its data makes of it, holds its rules, and can be made anew."""

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from scripts.drawing import __main__ as program
from scripts.drawing import rooms
from scripts.drawing.generator import write
from tests.hardware.tree import ROOMS, ROOT, change, copied

OURS = {one.name: one for one in rooms.generators() if one.name in (*ROOMS, "wiring-pictures")}
BUILDS = ("cheapest", "standard", "pico")


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(rooms, "ROOMS", ROOMS)
    return copied(tmp_path)


def test_nothing_is_stale_and_no_rule_is_broken():
    assert program.check(ROOT) == []


def test_the_check_needs_none_of_the_tools_that_draw():
    script = """
import sys
from pathlib import Path
from scripts.drawing.__main__ import check
check(Path.cwd())
print(sorted({"wireviz", "graphviz", "trimesh", "manifold3d", "numpy", "PIL"} & set(sys.modules)))
"""
    bare = {"PATH": "/nonexistent", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=bare, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_without_graphviz_the_pictures_are_refused_in_a_sentence_and_the_old_ones_stay(root, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SystemExit) as refused:
        program.main(["wiring-pictures"], root)
    assert str(refused.value).startswith("tool: Graphviz is not there: scripts/install")
    assert program.check(root) == []


def test_the_check_writes_nothing(root):
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    change(root, "hardware/boards.toml", "buzzer = 3", "buzzer = 0")
    before[root / "hardware" / "boards.toml"] = (root / "hardware" / "boards.toml").read_bytes()
    assert program.check(root)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_a_pin_changed_in_the_data_is_missed_everywhere(root):
    change(root, "hardware/boards.toml", "buzzer = 3", "buzzer = 0")
    lines = "\n".join(program.check(root))
    for name in ("pins_esp32c3.py", "hardware/wiring.md", "cheapest/wiring.yml", "cheapest/guide.vi.md"):
        assert name in lines
    assert "cheapest: the firmware has buzzer on 3, boards.toml on 0" in lines
    assert "cheapest: wiring.yml has buzzer on GPIO 3" in lines
    assert "cheapest: bom.csv hangs RES-1000R on buzzer = 3" in lines


@pytest.mark.parametrize(
    "name, old, new, sentence",
    [
        ("firmware/boards/pins_esp32c3.py", "BUZZER = 3", "BUZZER = 0", "the firmware has buzzer on 0"),
        ("firmware/boards/pins_esp32s3.py", "UART_TX = 17", "UART_TX = 18", "the firmware has uart.tx on 18"),
        ("firmware/boards/pins_pico2_w.py", "UART = 0", "UART = 1", "the firmware's UART is 1"),
        ("firmware/boards/pins_pico2_w.py", "LIGHT_RED = 18\n", "", "the firmware has light.red on None"),
        ("hardware/builds/pico/wiring.yml", "GP14 · button", "GP13 · button", "wiring.yml has button on GPIO 13"),
        ("hardware/builds/pico/wiring.yml", '["RX", "TX"]', '["TX", "RX"]', "uart.tx is to go to the reader's RX"),
        ("hardware/builds/pico/wiring.yml", "connections:", "nothing:", "pico: wiring.yml has no wire for uart.tx"),
        ("hardware/builds/cheapest/bom.csv", "uart.rx=6", "uart.rx=7", "bom.csv hangs GM65 on uart.rx = 7"),
        ("hardware/builds/cheapest/bom.csv", "uart.rx=6", "", "bom.csv has nothing on uart.rx"),
        ("hardware/builds/cheapest/bom.csv", "uart.rx=6", "uart.cts=6", "bom.csv hangs GM65 on uart.cts = 6"),
        ("hardware/builds/cheapest/bom.csv", "uart.rx=6", "uart.rx=six", "bom.csv, line"),
        ("hardware/builds/cheapest/bom.csv", "ref,part", "part,ref", "its columns are to be"),
    ],
)
def test_a_pin_that_one_of_them_has_elsewhere_is_named(root, name, old, new, sentence):
    change(root, name, old, new)
    lines = program.check(root)
    assert [line for line in lines if sentence in line], lines


@pytest.mark.parametrize(
    "old, new, code",
    [
        ("buzzer = 3", "buzzer = 2", "pin_barred"),  # strapping
        ("buzzer = 3", "buzzer = 20", "pin_barred"),  # the console
        ("uart = { id = 1, tx = 7, rx = 6 }", "uart = { id = 0, tx = 7, rx = 6 }", "controller"),
        ("buzzer = 15\nbutton = 14", "buzzer = 21\nbutton = 14", "pwm_slice"),
    ],
)
def test_a_pin_that_the_chip_wants_for_itself_stops_the_check_in_a_sentence(root, old, new, code):
    change(root, "hardware/boards.toml", old, new)
    with pytest.raises(SystemExit) as refused:
        program.main(["--check"], root)
    assert f"hardware: {code}" in str(refused.value)


def test_the_program_makes_what_is_stale_and_then_finds_nothing(root, capsys):
    change(root, "hardware/jig.toml", "Đồng hồ vạn năng", "Đồng hồ vạn năng có nắp")
    with pytest.raises(SystemExit) as refused:
        program.main(["--check"], root)
    assert "hardware/jig.vi.md" in str(refused.value)
    program.main([], root)
    assert capsys.readouterr().out == "jig …\n  hardware/jig.vi.md\n"
    program.main(["--check"], root)


@pytest.mark.parametrize("arguments", [["nothing"], ["--chekc"], ["wiring", "nothing"]])
def test_a_name_that_is_none_is_refused(root, arguments, capsys):
    with pytest.raises(SystemExit) as refused:
        program.main(arguments, root)
    assert refused.value.code == 2


@pytest.mark.parametrize("name", [name for name in OURS if name != "wiring-pictures"])
def test_what_is_text_comes_out_the_same_when_everything_is_made_anew(root, name):
    for path in OURS[name].made(root):
        (root / path).unlink()
    write(OURS[name], root)
    for path in OURS[name].made(root):
        assert (root / path).read_bytes() == (ROOT / path).read_bytes()


def words(svg: bytes) -> list[str]:
    return sorted("".join(text.itertext()) for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"))


@pytest.mark.slow
def test_the_pictures_show_the_same_when_they_are_drawn_anew(root):
    made = OURS["wiring-pictures"].made(root)
    assert len(made) == 6 * len(BUILDS)
    for name, data in made.items():
        kept = (ROOT / name).read_bytes()
        if name.endswith(".svg"):  # where a line runs is Graphviz's matter
            assert words(data) == words(kept)
        else:
            with Image.open(io.BytesIO(data)) as one, Image.open(io.BytesIO(kept)) as other:
                assert all(abs(a - b) < 0.1 * b for a, b in zip(one.size, other.size))


@pytest.mark.parametrize("build", BUILDS)
def test_a_picture_names_every_pin_that_is_wired(build):
    shown = " ".join(words((ROOT / "hardware" / "builds" / build / "wiring.svg").read_bytes()))
    wired = re.findall(r'"(\w+ · [\w.]+)"', (ROOT / "hardware" / "builds" / build / "wiring.yml").read_text())
    assert len(wired) >= 5
    assert [label for label in wired if label not in shown] == []
