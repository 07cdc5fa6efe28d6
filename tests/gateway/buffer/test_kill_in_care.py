"""SIGKILL while a damaged folder is salvaged, and while the old file is taken over: the next start finishes it."""

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.damages import lives, sample
from scripts.damages.old_file import old_file
from tests.gateway import sealing

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "scripts.damages.lives"]


def run(folder: Path, life: str, part: int) -> None:
    subprocess.run([*COMMAND, folder, life, str(part), sealing.PUBLIC.hex()], cwd=ROOT, check=True, timeout=60)


def killed_while_opened(folder: Path, after_changes: int) -> bool:
    """Killed once so many changes of the folder have been seen -> whether it was still busy."""
    child = subprocess.Popen([*COMMAND, folder, "open", "0", sealing.PUBLIC.hex()], cwd=ROOT)
    seen: set[tuple[str, int]] = set()
    until_s = time.monotonic() + 30
    while child.poll() is None and len(seen) < after_changes:
        assert time.monotonic() < until_s
        for path in [*folder.iterdir(), *(folder / "buffer").glob("*")]:
            try:
                seen.add((path.name, path.stat().st_size))
            except OSError:
                continue  # it went while we looked
    is_busy = child.poll() is None
    child.send_signal(signal.SIGKILL)
    child.wait()
    return is_busy


async def waiting(folder: Path) -> set[tuple[str, int]]:
    held = await lives.claimed(folder / "buffer", sample.sealer(), sample.Clock())
    names = [(one.box_id, one.seq) for one in held if one.scan is not None]
    assert len(names) == len(set(names))
    return set(names)


@pytest.fixture(scope="module")
def hit_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hit")
    run(folder, "salvage", 0)
    return folder


@pytest.mark.parametrize("more", [1, 2, 3, 4, 5])
def test_a_kill_in_a_salvage_costs_nothing_that_the_salvage_saves(tmp_path: Path, hit_folder: Path, more: int) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    shutil.copytree(hit_folder, whole)
    shutil.copytree(hit_folder, killed)
    before = len(list((killed / "buffer").iterdir())) + 1
    was_busy = [killed_while_opened(killed, before + more) for _ in range(2)]
    assert any(was_busy)
    assert asyncio.run(waiting(killed)) == asyncio.run(waiting(whole))


@pytest.mark.parametrize("changes", [4, 8, 12, 16, 20])
def test_a_kill_in_a_takeover_forgets_nothing_and_keeps_nothing_twice(tmp_path: Path, changes: int) -> None:
    old_file(tmp_path / "buffer.sqlite", 2_000)
    (tmp_path / "buffer").mkdir()
    was_busy = [killed_while_opened(tmp_path, changes) for _ in range(2)]
    assert any(was_busy)
    assert asyncio.run(waiting(tmp_path)) == {("box-1", seq) for seq in range(41, 2_001)}
    assert [one.name for one in tmp_path.iterdir()] == ["buffer"]
