"""The shim that makes a fast disk as slow as a card."""

import subprocess
import sys
from pathlib import Path

from scripts.figures.fsync_shim import SOURCE, environment
from scripts.sim.compiled import shared

SYNC = """
import os, sys, tempfile, time
with tempfile.TemporaryFile() as file:
    file.write(b"x"); file.flush()
    began = time.monotonic()
    for _ in range(5):
        getattr(os, sys.argv[1])(file.fileno())
    print(time.monotonic() - began)
"""


def took_s(folder: Path, call: str, delay_ms: float) -> float:
    done = subprocess.run(
        [sys.executable, "-c", SYNC, call],
        env=environment(folder, delay_ms),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return float(done.stdout)


def test_fsync_and_fdatasync_take_as_much_longer_as_they_are_told(tmp_path: Path) -> None:
    assert took_s(tmp_path, "fsync", 20) >= 0.1
    assert took_s(tmp_path, "fdatasync", 20) >= 0.1


def test_the_library_is_built_once(tmp_path: Path) -> None:
    first = shared(SOURCE, tmp_path).stat().st_mtime_ns
    assert shared(SOURCE, tmp_path).stat().st_mtime_ns == first
