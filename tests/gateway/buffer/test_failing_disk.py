"""A disk that fails: that file is finished, nothing of the failed commit counts, the next segment goes on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.buffer import Buffer
from tests.gateway.buffer.conftest import SMALL, Clock
from tests.gateway.buffer.wire import BOOT, sealer

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "scripts" / "damages" / "failing_disk.c"


class Writer:
    def __init__(self, folder: Path, library: Path) -> None:
        self.control = folder / "control"
        self.path = folder / "data" / "buffer"
        self.path.parent.mkdir(exist_ok=True)
        self._child = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("failing_writer.py")), str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "LD_PRELOAD": str(library),
                "FAILING_DISK": str(self.control),
                "FAILING_FOLDER": str(folder / "data"),
            },
        )

    def __call__(self, line: str) -> str:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()
        return self._child.stdout.readline().strip()

    def stop(self, *, kill: bool = False) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        if kill:
            self._child.kill()
        self._child.stdin.close()
        self._child.wait(timeout=30)
        self._child.stdout.close()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shim") / "failing_disk.so"
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler is not None
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", made, SOURCE, "-ldl"], check=True)
    return made


@pytest.fixture
def writer(tmp_path: Path, library: Path) -> Iterator[Writer]:
    made = Writer(tmp_path, library)
    yield made
    made.stop()


async def waiting(path: Path, clock: Clock) -> list[int]:
    buffer = await Buffer.open(path, boot=BOOT, mono_ms=clock, sealer=sealer(), settings=SMALL)
    held = await buffer.claim(100_000, 1 << 30)
    await buffer.close()
    return sorted(one.seq for one in held)


@pytest.mark.parametrize("order", ["sync EIO", "write EIO", "all EIO", "readonly EROFS"])
async def test_what_a_failing_disk_refused_counts_for_nothing_and_the_next_segment_goes_on(
    writer: Writer, clock: Clock, order: str
) -> None:
    assert writer("put 1 50") == "acked 50 50"
    writer.control.write_text(order)
    assert writer("put 51 60") == "fault io"
    assert writer("put 51 60") == "fault io"
    assert writer("stats").startswith("stats io 1 ")
    assert writer("settle 1") == "settled"
    assert writer("waiting") == "waiting " + " ".join(map(str, range(2, 51)))
    writer.control.unlink()
    assert writer("put 61 70") == "acked 50 70"
    assert writer("stats") == "stats ok 1 2"
    assert writer("put 51 60") == "acked 70 70"
    assert writer("waiting") == "waiting " + " ".join(map(str, [*range(2, 51), *range(61, 71), *range(51, 61)]))
    writer.stop()
    assert await waiting(writer.path, clock) == list(range(2, 71))


async def test_a_kill_after_a_failed_commit_keeps_what_was_acked(writer: Writer, clock: Clock) -> None:
    assert writer("put 1 50") == "acked 50 50"
    writer.control.write_text("sync EIO")
    assert writer("put 51 60") == "fault io"
    writer.control.unlink()
    assert writer("put 61 70") == "acked 50 70"
    writer.stop(kill=True)
    assert await waiting(writer.path, clock) == [*range(1, 51), *range(61, 71)]


@pytest.mark.parametrize("order", ["write ENOSPC", "all ENOSPC"])
async def test_no_room_refuses_puts_by_name_and_is_over_when_there_is_room(
    writer: Writer, clock: Clock, order: str
) -> None:
    assert writer("put 1 50") == "acked 50 50"
    writer.control.write_text(order)
    assert writer("put 51 60") == "fault disk_full"
    assert writer("settle 1") == "settled"
    assert writer("waiting").split()[1:3] == ["2", "3"]
    writer.control.unlink()
    assert writer("put 51 60") == "acked 60 60"
    assert writer("stats").startswith("stats ok 0 ")
    writer.stop()
    assert await waiting(writer.path, clock) == list(range(2, 61))
