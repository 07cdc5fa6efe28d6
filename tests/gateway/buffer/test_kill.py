"""SIGKILL at random moments: what was returned as committed is there afterwards, and the acks agree with the rows."""

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.buffer import Buffer
from tests.gateway.buffer.conftest import SMALL
from tests.gateway.buffer.wire import BOOT, sealer

WRITER = Path(__file__).with_name("kill_writer.py")
ROOT = Path(__file__).parents[3]


async def look(path: Path) -> tuple[set[tuple[str, int]], dict[str, int]]:
    """A fresh look at the folder -> (scans that wait, complete_to by box)."""
    buffer = await Buffer.open(path, boot=BOOT, mono_ms=lambda: 10**9, sealer=sealer(), settings=SMALL)
    assert buffer.opening.found in ("unclean", "clean", "new")
    there = {(one.box_id, one.seq) for one in await buffer.claim(1_000_000, 1 << 30)}
    acks = {stream.box_id: stream.ack().complete_to for stream in buffer._store.memory.streams}
    await buffer.close()
    return there, acks


@pytest.mark.parametrize("seed", range(12))
def test_what_was_returned_as_committed_is_there_after_a_kill(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    path = tmp_path / "buffer"
    promised: set[tuple[str, int]] = set()
    freed: set[tuple[str, int]] = set()
    for life in range(4):
        child = subprocess.Popen(
            [sys.executable, str(WRITER), str(path), str(draw.randrange(10**6)), str(life)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            text=True,
        )
        assert child.stdout is not None
        lines = []
        for _ in range(draw.randrange(1, 60)):
            lines.append(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
        child.wait()
        child.stdout.close()
        for line in lines:
            if line.endswith("\n"):
                word, *values = line.split()
                if word == "acked":
                    promised |= {(values[0], seq) for seq in range(int(values[1]), int(values[2]) + 1)}
                elif word == "settled":
                    freed |= {(box_id, int(seq)) for box_id, _, seq in (value.partition(":") for value in values)}
        there, acks = asyncio.run(look(path))
        assert promised - freed <= there
        for box_id, complete_to in acks.items():
            assert {(box_id, seq) for seq in range(1, complete_to + 1)} <= there | freed
