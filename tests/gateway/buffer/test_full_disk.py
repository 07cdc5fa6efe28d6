"""A full disk stops acceptance by name, loses nothing, and is over when there is room again."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.buffer import Buffer, BufferFault, Settings
from tests.gateway.buffer.conftest import Clock, Opener
from tests.gateway.buffer.wire import BOOT, arrival, pack, scan


def batch(start: int) -> list[bytes]:
    return [pack([scan(seq, code=b"x" * 200) for seq in range(n, n + 50)]) for n in range(start, start + 200, 50)]


async def fill(buffer: Buffer) -> int:
    """Put until it is refused -> the last number that was answered for."""
    done = 0
    while True:
        try:
            result = await buffer.put([arrival(one) for one in batch(done + 1)])
        except BufferFault as fault:
            if fault.code != "disk_full":
                raise
            return done
        done += 200
        assert result.acks[0].complete_to == done


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True
        ).returncode
    ):
        # without the right to mount: a file system of this size cannot be had, the file's own limit stands in for it
        yield folder
        return
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_is_named_nothing_acked_is_lost_and_it_recovers(small_disk: Path, clock: Clock) -> None:
    is_mounted = os.path.ismount(small_disk)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_500_000 if is_mounted else 1))
    settings = Settings(wal_bytes=400_000, max_bytes=0 if is_mounted else 1_000_000)
    buffer = await Buffer.open(small_disk / "buffer.db", boot=BOOT, mono_ms=clock, settings=settings)
    done = await fill(buffer)
    assert done >= 1000
    assert (await buffer.stats()).state == "disk_full"
    held = await buffer.claim(100_000, 1 << 30)
    assert [one.seq for one in held] == list(range(1, done + 1))
    if is_mounted:
        ballast.unlink()
        result = await buffer.put([arrival(one) for one in batch(done + 1)])
        assert result.acks[0].complete_to == done + 200
        assert (await buffer.stats()).state == "ok"
        done += 200
    await buffer.close()
    again = await Buffer.open(small_disk / "buffer.db", boot=BOOT, mono_ms=clock, settings=settings)
    assert [one.seq for one in await again.claim(100_000, 1 << 30)] == list(range(1, done + 1))
    await again.close()


async def test_delivering_and_pruning_makes_room_in_a_file_that_is_full(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer(Settings(max_bytes=1_000_000, wal_bytes=100_000, keep_delivered_s=0))
    done = await fill(buffer)
    held = await buffer.claim(100_000, 1 << 30)
    await buffer.settle([one.key for one in held], ["accepted"] * len(held))
    clock.now_ms += 700_000
    for _ in range(done // 1000 + 1):
        await buffer.tend()
    result = await buffer.put([arrival(one) for one in batch(done + 1)])
    assert result.acks[0].complete_to == done + 200


async def test_after_a_refused_put_memory_is_what_the_file_says(open_buffer: Opener) -> None:
    buffer = await open_buffer(Settings(max_bytes=400_000, wal_bytes=100_000))
    done = await fill(buffer)
    result = await buffer.put([arrival(pack([], 1, done + 500))])
    assert result.acks[0].complete_to == done
    assert result.acks[0].highest == done
