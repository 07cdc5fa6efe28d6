"""Rows that are whole, and to which the damaged file does not lead any more."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.buffer import Buffer, BufferFault, carve, row, segment
from tests.gateway.buffer.conftest import SMALL, Opener
from tests.gateway.buffer.wire import arrival, opened, scan

TINY = SMALL._replace(segment_bytes=1)
RECORDS = [scan(seq, code=b"%d" % seq * 9) for seq in range(1, 7)]


async def closed_segment(open_buffer: Opener, folder: Path) -> Path:
    """One that holds all of RECORDS, each in a chunk of its own."""
    buffer = await open_buffer()
    for record in RECORDS:
        await buffer.put([arrival(record)])
    await buffer.close()
    buffer = await open_buffer(TINY)
    await buffer.tend()
    await buffer.close()
    return segment.path_of(folder / "buffer", 1)


async def claimed(open_buffer: Opener) -> tuple[list[bytes], Buffer]:
    """What is there once the damage has been met and the folder opened anew."""
    buffer = await open_buffer()
    with pytest.raises(BufferFault) as met:
        await buffer.claim(100, 1 << 20)
    assert met.value.code == "damaged"
    await buffer.close()
    again = await open_buffer()
    return [opened(one) for one in await again.claim(100, 1 << 20)], again


@pytest.mark.parametrize("id_", range(1, 7))
async def test_a_row_whose_key_was_hit_is_found(open_buffer: Opener, tmp_path: Path, id_: int) -> None:
    path = await closed_segment(open_buffer, tmp_path)
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
        packed = db.execute("SELECT data FROM chunk WHERE id = ?", (id_,)).fetchone()[0]
    data = bytearray(path.read_bytes())
    key_at = data.index(packed) - 5  # before it: the length of the head, and the types of both columns
    assert data[key_at] == id_
    data[key_at] ^= 0x40
    path.write_bytes(data)
    there, buffer = await claimed(open_buffer)
    assert there == RECORDS
    assert buffer.opening.damage is not None
    assert (buffer.opening.damage.rows_saved, buffer.opening.damage.gone) == (6, {})


async def test_a_row_that_is_not_whole_anywhere_costs_no_other(open_buffer: Opener, tmp_path: Path) -> None:
    path = await closed_segment(open_buffer, tmp_path)
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
        packed = db.execute("SELECT data FROM chunk WHERE id = 4").fetchone()[0]
    data = bytearray(path.read_bytes())
    data[data.index(packed) + 40] ^= 1
    path.write_bytes(data)
    buffer = await open_buffer()
    with pytest.raises(BufferFault):
        await buffer.claim(100, 1 << 20)
    await buffer.close()
    again = await open_buffer()
    assert again.opening.damage is not None
    assert list(again.opening.damage.gone.values()) == ["4"]
    held = [one for one in await again.claim(100, 1 << 20) if one.scan is not None]
    assert [opened(one) for one in held] == [*RECORDS[:3], *RECORDS[4:]]


async def test_a_file_format_that_was_hit_is_damage(open_buffer: Opener, tmp_path: Path) -> None:
    path = await closed_segment(open_buffer, tmp_path)
    data = bytearray(path.read_bytes())
    data[47] ^= 0x10
    path.write_bytes(data)
    there, _ = await claimed(open_buffer)
    assert there == RECORDS


async def log_of(open_buffer: Opener, folder: Path) -> tuple[bytes, bytes]:
    """A file and its log, with rows that go on from page to page."""
    buffer = await open_buffer()
    for seq, size in enumerate((20, 600, 2_500, 20, 900), 1):
        await buffer.put([arrival(scan(seq, code=b"x" * size))])
    copy = folder / "copy"
    shutil.copytree(folder / "buffer", copy)
    path = segment.path_of(copy, 1)
    return path.read_bytes(), segment.beside(path, "-wal").read_bytes()


def ids_in(file: bytes, log: bytes) -> set[int]:
    found = map(row.unpack, carve.Pages(file, log, segment.PAGE_BYTES).rows())
    return {one.id for one in found if one is not None}


@pytest.mark.parametrize("byte", range(4))
async def test_a_page_in_the_log_is_found_when_its_number_was_hit(
    open_buffer: Opener, tmp_path: Path, byte: int
) -> None:
    file, log = await log_of(open_buffer, tmp_path)
    assert ids_in(file, log) == {1, 2, 3, 4, 5}
    for at in range(carve.LOG_HEAD_BYTES, len(log), segment.PAGE_BYTES + carve.FRAME_HEAD_BYTES):
        hit = bytearray(log)
        hit[at + byte] ^= 0x11
        assert ids_in(file, bytes(hit)) == {1, 2, 3, 4, 5}


async def test_a_log_that_ends_within_a_page_is_carved(open_buffer: Opener, tmp_path: Path) -> None:
    file, log = await log_of(open_buffer, tmp_path)
    for cut in range(1, 600, 7):
        assert ids_in(file, log[:-cut]) >= {1, 2, 3}
