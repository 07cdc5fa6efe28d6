"""After a recount nothing of what was sealed is on the disk: in no file, no log, no free block."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.wire import envelope, record
from gateway.buffer import Buffer, Kept, reads
from tests.gateway.buffer.conftest import SMALL, Clock, Opener
from tests.gateway.buffer.wire import BOOT, arrival, arrivals, pack, scan, sealer

TINY = SMALL._replace(segment_bytes=1)


def always(_: Kept) -> bool:
    return True


async def sealed_of(buffer: Buffer) -> list[bytes]:
    held = await buffer.claim(10_000, 1 << 30)
    return [one.scan.sealed for one in held if isinstance(one.scan, envelope.Sealed)]


def lying_in(paths: list[Path], sealed: list[bytes]) -> list[str]:
    """The files in which a piece of something sealed lies."""
    pieces = [one[at : at + 24] for one in sealed[:: max(1, len(sealed) // 50)] for at in (0, len(one) // 2)]
    found = []
    for path in paths:
        data = path.read_bytes()
        found += [path.name] if any(piece in data for piece in pieces) else []
    return found


async def test_sealed_scans_become_counted_ones_under_their_numbers(open_buffer: Opener) -> None:
    buffer = await open_buffer(TINY)
    await buffer.put([arrival(pack([scan(seq) for seq in range(1, 30)]))])
    await buffer.tend()
    await buffer.put(arrivals(30, 31))
    before = await buffer.kept()
    assert await buffer.recount(lambda one: one.seq != 5) == 30
    held = await buffer.claim(100, 1 << 20)
    assert [one.seq for one in held] == list(range(1, 32))
    assert [one.seq for one in held if isinstance(one.scan, envelope.Sealed)] == [5]
    assert await buffer.kept() == before
    await buffer.close()
    again = await open_buffer()
    assert again.opening.found == "clean"
    assert [one.record for one in await again.claim(100, 1 << 20)] == [one.record for one in held]
    assert await again.recount(lambda one: one.seq != 5) == 0
    assert (await again.put(arrivals(32))).stored == 1


async def test_nothing_of_them_is_in_any_file(open_buffer: Opener, tmp_path: Path) -> None:
    buffer = await open_buffer(TINY)
    for first in range(1, 200, 50):
        await buffer.put([arrival(pack([scan(seq) for seq in range(first, first + 50)]))])
        await buffer.tend()
    await buffer.put(arrivals(500))
    sealed = await sealed_of(buffer)
    files = sorted((tmp_path / "buffer").iterdir())
    assert lying_in(files, sealed)
    assert await buffer.recount(always) == 201
    assert lying_in(list((tmp_path / "buffer").iterdir()), sealed) == []


async def test_what_cannot_be_read_goes_too(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    broken = scan(2)[:-2] + b"!\n"
    await buffer.put([*arrivals(1), arrival(broken), arrival(b"somebody's name")])
    assert await buffer.recount(always) == 3
    lost = record.decode((await buffer.claim(10, 1 << 20))[1].record)
    assert isinstance(lost, record.Lost)
    assert (lost.seq, lost.last_seq, lost.reason) == (2, 2, "counts_only")
    assert [one.length for one in await buffer.quarantined(10)] == [15]


@pytest.fixture
def loop_disk(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """An ext4 of 24 MB in a file -> (the file, where it is mounted)"""
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(24 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=True)
    yield image, folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_nothing_of_them_is_in_any_block_of_the_disk(loop_disk: tuple[Path, Path], clock: Clock) -> None:
    image, folder = loop_disk
    seals = sealer()
    small = SMALL._replace(segment_bytes=40_000)
    sealed: list[bytes] = []
    for _ in range(2):
        buffer = await Buffer.open(folder / "buffer", boot=BOOT, mono_ms=clock, sealer=seals, settings=small)
        done = len(sealed)
        for first in range(done + 1, done + 600, 20):
            await buffer.put([arrival(pack([scan(seq) for seq in range(first, first + 20)], last_seq=5_000))])
            await buffer.tend()
        sealed = await sealed_of(buffer)
        await buffer.close()
    os.sync()
    assert lying_in([image], sealed)
    buffer = await Buffer.open(folder / "buffer", boot=BOOT, mono_ms=clock, sealer=seals, settings=small)
    assert await buffer.recount(always) == len(sealed)
    os.sync()
    assert lying_in([image], sealed) == []
    await buffer.close()


async def test_puts_come_between_its_steps_and_nothing_of_them_is_lost(open_buffer: Opener, tmp_path: Path) -> None:
    buffer = await open_buffer()
    for first in range(1, 2_000, 100):
        await buffer.put([arrival(pack([scan(seq) for seq in range(first, first + 100)], last_seq=5_000))])
    counting = asyncio.create_task(buffer.recount(lambda one: one.seq <= 2_000))
    seq = 2_001
    while not counting.done():
        await buffer.put(arrivals(seq))
        await buffer.tend()
        seq += 1
    assert seq > 2_010
    assert await counting == 2_000
    held = await buffer.claim(10_000, 1 << 30)
    assert [one.seq for one in held] == list(range(1, seq))
    assert all(isinstance(one.scan, envelope.Counted) == (one.seq <= 2_000) for one in held)


async def test_a_log_that_a_failing_disk_left_behind_brings_nothing_back(open_buffer: Opener, tmp_path: Path) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(*range(1, 60)))
    folder = tmp_path / "buffer"
    log = (folder / "00000001.seg-wal").read_bytes()
    file = (folder / "00000001.seg").read_bytes()
    buffer._store.files.finish()
    (folder / "00000001.seg").write_bytes(file)  # as if closing it could not carry the log over
    (folder / "00000001.seg-wal").write_bytes(log)
    await buffer.put(arrivals(60))
    sealed = await sealed_of(buffer)
    assert len(sealed) == 60
    assert await buffer.recount(always) == 60
    assert lying_in(sorted(folder.iterdir()), sealed) == []
    assert [one.seq for one in await buffer.claim(100, 1 << 20)] == list(range(1, 61))


async def test_a_number_of_an_old_segment_is_known_again_after_some_steps(
    open_buffer: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = await open_buffer(TINY)
    for first in range(1, 60, 10):
        await buffer.put(arrivals(*range(first, first + 10)))
        await buffer.tend()
    await buffer.close()
    monkeypatch.setattr(reads, "SUMMED_ROWS", 0)
    again = await open_buffer()
    first = await again.put(arrivals(1, 55))
    assert (first.stored, first.duplicates, first.scans) == (1, 1, [])  # the server decides; the place counts nothing
    monkeypatch.setattr(reads, "SUMMED_ROWS", 1)
    for _ in range(8):
        await again.tend()
    assert (await again.put(arrivals(2))).duplicates == 1
