"""A full disk stops puts by name, loses nothing, lets answers be put down, and is over when there is room again."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.buffer import Buffer, BufferFault, Settings
from tests.gateway.buffer.conftest import SMALL, Clock, Opener
from tests.gateway.buffer.wire import BOOT, arrival, pack, scan, sealer

MIB = 1024 * 1024
DAY_MS = 86_400_000


def batch(start: int) -> list[bytes]:
    return [pack([scan(seq, code=b"x" * 2000) for seq in range(n, n + 20)]) for n in range(start, start + 60, 20)]


async def fill(buffer: Buffer, done: int = 0) -> int:
    """Put until it is refused -> the last number that was answered for."""
    while True:
        try:
            result = await buffer.put([arrival(one) for one in batch(done + 1)])
        except BufferFault as fault:
            if fault.code != "disk_full":
                raise
            return done
        done += 60
        assert result.acks[0].complete_to == done
        await buffer.tend()


async def waiting(buffer: Buffer) -> list[int]:
    return [one.seq for one in await buffer.claim(100_000, 1 << 30)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_before_the_disk_is_full_puts_stop_and_nothing_acked_is_lost(small_disk: Path, clock: Clock) -> None:
    settings = Settings(min_free_bytes=8 * MIB, ballast_bytes=2 * MIB, segment_bytes=4 * MIB, keep_delivered_days=0)
    seals = sealer()
    buffer = await Buffer.open(small_disk / "buffer", boot=BOOT, mono_ms=clock, sealer=seals, settings=settings)
    done = await fill(buffer)
    assert done > 10_000
    stats = await buffer.stats()
    assert (stats.state, stats.ballast_bytes) == ("disk_full", 2 * MIB)
    assert await waiting(buffer) == list(range(1, done + 1))
    keys = [one.key for one in await buffer.claim(100_000, 1 << 30)]
    await buffer.settle(keys[: done // 2], ["accepted"] * (done // 2))
    for _ in range(30):
        clock.now_ms += DAY_MS
        await buffer.tend()
    assert (await buffer.stats()).state == "ok"
    more = await fill(buffer, done)
    assert more > done
    await buffer.close()
    again = await Buffer.open(small_disk / "buffer", boot=BOOT, mono_ms=clock, sealer=seals, settings=settings)
    assert await waiting(again) == list(range(done // 2 + 1, more + 1))
    await again.close()


async def test_a_disk_that_others_fill_to_the_brim_lets_answers_be_put_down(small_disk: Path, clock: Clock) -> None:
    settings = Settings(min_free_bytes=0, ballast_bytes=2 * MIB, segment_bytes=4 * MIB)
    seals = sealer()
    buffer = await Buffer.open(small_disk / "buffer", boot=BOOT, mono_ms=clock, sealer=seals, settings=settings)
    await buffer.put([arrival(one) for one in batch(1)])
    others = small_disk / "others"
    with others.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    done = await fill(buffer, 60)
    assert (await buffer.stats()).state == "disk_full"
    keys = [one.key for one in await buffer.claim(100_000, 1 << 30)]
    await buffer.settle(keys[:30], ["accepted"] * 30)
    clock.now_ms += 30_000
    await buffer.tend()
    stats = await buffer.stats()
    assert stats.waiting == done - 30
    others.unlink()
    await buffer.tend()
    result = await buffer.put([arrival(one) for one in batch(done + 1)])
    assert result.acks[0].complete_to == done + 60
    stats = await buffer.stats()
    assert (stats.state, stats.ballast_bytes) == ("ok", 2 * MIB)
    await buffer.close()
    again = await Buffer.open(small_disk / "buffer", boot=BOOT, mono_ms=clock, sealer=seals, settings=settings)
    assert await waiting(again) == list(range(31, done + 61))
    await again.close()


async def test_a_disk_that_became_read_only_refuses_by_name_and_goes_on_when_it_is_writable_again(
    small_disk: Path, clock: Clock
) -> None:
    seals = sealer()
    buffer = await Buffer.open(small_disk / "buffer", boot=BOOT, mono_ms=clock, sealer=seals, settings=SMALL)
    await buffer.put([arrival(one) for one in batch(1)])
    await buffer.close()
    os.sync()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(BufferFault) as refused:
        await Buffer.open(small_disk / "buffer", boot=BOOT, mono_ms=clock, sealer=seals, settings=SMALL)
    assert refused.value.code == "io"
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    again = await Buffer.open(small_disk / "buffer", boot=BOOT, mono_ms=clock, sealer=seals, settings=SMALL)
    assert await waiting(again) == list(range(1, 61))
    await again.close()


async def test_all_files_together_stay_within_their_limit(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer(SMALL._replace(max_bytes=MIB, segment_bytes=200_000, keep_delivered_days=0))
    done = await fill(buffer)
    stats = await buffer.stats()
    assert stats.file_bytes + stats.wal_bytes < 2 * MIB
    held = await buffer.claim(100_000, 1 << 30)
    await buffer.settle([one.key for one in held], ["accepted"] * len(held))
    for _ in range(20):
        clock.now_ms += DAY_MS
        await buffer.tend()
    assert await fill(buffer, done) > done


async def test_after_a_refused_put_memory_is_what_the_files_say(open_buffer: Opener) -> None:
    buffer = await open_buffer(SMALL._replace(max_bytes=MIB))
    done = await fill(buffer)
    with pytest.raises(BufferFault):
        await buffer.put([arrival(pack([], 1, done + 500))])
    assert [(one.first_held, one.last_seq) for one in await buffer.tips()] == [(1, 1000)]
