"""Scripts of stories that run on MicroPython: one process for all of a script, one test for each story."""

import re
from functools import cache
from pathlib import Path

from scripts.firmware_build import ROOT, build, run_micropython

HERE = Path(__file__).parent


def names(script: Path) -> list[str]:
    return re.findall(r"^async def ((?:it|a|an|what|the|damaged)_\w+)\(", script.read_text(), re.MULTILINE)


@cache
def _told(script: Path, heap: str) -> str:
    path = f"{build()}:{ROOT / 'scripts' / 'spool'}:{HERE}"
    done = run_micropython([script, *names(script)], heap=heap, path=path, cwd=script.parent, timeout_s=100)
    return done.stdout.decode() + done.stderr.decode()


def check(script: Path, name: str, heap: str = "2M") -> None:
    told = _told(script, heap)
    assert f"ok {name}\n" in told, told[told.find(f"failed {name}") :]
