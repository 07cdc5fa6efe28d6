"""`measure`: codes a second, what was misread, how far apart; and the module is left as it was."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.tram.reader.measuring import tallied
from tests.tram.reader.modules import Module, at_home, people

pytestmark = pytest.mark.usefixtures("at_home")
__all__ = ["at_home"]
ROOT = Path(__file__).resolve().parents[3]


def reads(*times_ms: int, code: bytes = b"known") -> list[tuple[bytes, int]]:
    return [(code, at_ms) for at_ms in times_ms]


def test_the_rate_is_that_between_the_first_code_and_the_last() -> None:
    tally = tallied(reads(1000, 1300, 1600, 2000), b"known")
    assert (tally.codes, tally.seconds, tally.rate) == (4, 1.0, 3.0)
    assert (tally.gap(0), tally.gap(0.5), tally.gap(1)) == (300, 300, 400)


def test_one_code_alone_is_no_rate() -> None:
    tally = tallied(reads(5000), b"known")
    assert (tally.rate, tally.gap(0.5)) == (0.0, 0)


def test_what_differs_from_the_known_code_is_misread() -> None:
    seen = reads(0, 100, 200) + reads(300, code=b"knowm")
    assert tallied(seen, b"known").misread == 1
    assert tallied(seen, b"other").misread == 4


def test_without_a_known_code_the_one_that_came_most_often_is_it() -> None:
    assert tallied(reads(0, 100) + reads(200, code=b"x"), None).misread == 1


def test_so_many_codes_are_measured_as_were_asked_for(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=115200, hurry=4) as module:
        module.begin(module.reader.show_codes([b"CODE-1"], 20_000, once=False))
        said = module.tram("measure", "--count", 5, "--code", "CODE-1", "--baud", 115200)
        assert (said.code, said["codes"], said["misread"], said["refused"]) == (0, 5, 0, {})
        assert said["codes_per_s"] > 1
        assert said["gap_ms"]["least"] <= said["gap_ms"]["middle"] <= said["gap_ms"]["most"]


def test_a_code_that_is_damaged_on_the_line_is_counted_apart(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=115200, hurry=4) as module:
        module.now[0x60] = 0x80

        async def spoil() -> None:
            while module.reader.counts.get("sent", 0) < 3:
                await asyncio.sleep(0.01)
            module.reader.fault("lose_bytes", times=2)

        module.begin(spoil())
        module.begin(module.reader.show_codes([b"CODE-1"], 20_000, once=False))
        said = module.tram("measure", "--count", 5, "--for", 15, "--baud", 115200)
        assert (said.code, said["misread"]) == (1, 0)
        assert sum(said["refused"].values()) >= 1


def test_another_code_than_the_known_one_is_found_out(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=115200, hurry=4) as module:
        module.begin(module.reader.show_codes([b"CODE-2"], 20_000, once=False))
        said = module.tram("measure", "--count", 2, "--code", "CODE-1", "--baud", 115200)
        assert (said.code, said["misread"]) == (1, 2)


def test_a_free_measure_leaves_the_module_as_it_was(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=115200, hurry=4) as module:
        module.now[0x00], module.now[0x13], module.now[0x05] = 0xD5, 0xFF, 0x32
        before = bytes(module.now)
        module.begin(module.reader.show_codes([b"CODE-1"], 20_000, once=False))
        assert module.tram("measure", "--count", 3, "--free", "--baud", 115200)["codes"] == 3
        assert bytes(module.now) == before
        assert "command_09" not in module.reader.counts


def test_a_measure_that_is_broken_off_leaves_the_module_as_it_was(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=115200) as module:
        module.now[0x13] = 0xFF
        before = bytes(module.now)
        command = [sys.executable, "-m", "scripts.tram", "reader", "measure", "--free", "--json"]
        environment = {**os.environ, "TRAM_HOME": str(tmp_path / "home"), "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(
            [*command, "--baud", "115200", "--port", str(module.link)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            for line in process.stdout:
                if json.loads(line).get("event") == "hold":
                    assert bytes(module.now) != before
                    process.send_signal(signal.SIGINT)
        assert process.returncode == 6
        assert bytes(module.now) == before


def test_where_no_code_comes_it_says_what_to_try(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65") as module:
        said = module.tram("measure", "--wait", 0.2, "--baud", 9600)
        assert (said.code, said.error) == (7, "nothing_read")


def test_a_module_without_zones_cannot_be_freed(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "m5qr") as module:
        assert module.tram("measure", "--free", "--model", "m5qr").error == "not_with"


def test_people_read_what_bounds_it(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=115200, hurry=4) as module:
        module.now[0x13] = 0x85
        module.begin(module.reader.show_codes([b"CODE-1"], 20_000, once=False))
        code, text, errors = people("measure", "--count", 2, "--baud", 115200, "--port", module.link)
        assert code == 0
        assert "1000 ms between reads, the same code after 500 ms" in errors
        assert "None was misread" in text
