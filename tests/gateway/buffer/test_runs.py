"""Many rows in one statement are the rows that they would be one by one. On a real file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.buffer import Arrival
from gateway.buffer.rot import is_whole
from tests.gateway.buffer.conftest import Opener
from tests.gateway.buffer.wire import arrival, lost, pack, scan

U32_MAX = 4_294_967_295


def a_pack(first: int, count: int, box_id: str = "box-1", mono_ms: int = 5) -> Arrival:
    records = [scan(seq, box_id) for seq in range(first, first + count)]
    return arrival(pack(records, first, first + count - 1, box_id), box_id, mono_ms)


def rows_of(folder: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "buffer.db")) as db:
        return db.execute('SELECT id, stream, seq, boot, mono_ms, note, "check", record FROM record').fetchall()


async def kept(open_buffer: Opener, folder: Path, put: list[Arrival]) -> list[tuple[object, ...]]:
    """The rows after one put, each of them whole and in its place."""
    buffer = await open_buffer()
    await buffer.put(put)
    await buffer.close()
    rows = rows_of(folder)
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert all(is_whole(row) for row in rows)
    return rows


@pytest.mark.parametrize("count", [1, 7, 8, 9, 31, 32, 47, 100, 127, 128])
async def test_runs_of_any_length_become_rows_in_the_order_of_arrival(
    open_buffer: Opener, tmp_path: Path, count: int
) -> None:
    put = [a_pack(1, 128, "box-a"), a_pack(1, count, "box-b", 6), arrival(scan(1, "box-c"), "box-c", 7)]
    put += [a_pack(129, count, "box-a", 8), a_pack(count + 1, 8, "box-b", 9)]
    rows = await kept(open_buffer, tmp_path, put)
    named = [("box-a", 5, range(1, 129)), ("box-b", 6, range(1, count + 1)), ("box-c", 7, [1])]
    named += [("box-a", 8, range(129, 129 + count)), ("box-b", 9, range(count + 1, count + 9))]
    expected = [(seq, mono_ms, None, scan(seq, box_id)) for box_id, mono_ms, seqs in named for seq in seqs]
    assert [(row[2], row[4], row[5], row[7]) for row in rows] == expected


async def test_what_is_not_new_or_not_a_scan_breaks_a_run_and_nothing_else(open_buffer: Opener, tmp_path: Path) -> None:
    odd = pack([*map(scan, range(70, 90)), lost(90, 95), *map(scan, range(96, 140))], 1, 140)
    rows = await kept(open_buffer, tmp_path, [a_pack(1, 80), arrival(odd, mono_ms=6)])
    assert [row[2] for row in rows] == [*range(1, 91), *range(96, 140)]
    assert [row[2] for row in rows if row[5] is not None] == [90]
    assert [row[7] for row in rows] == [*map(scan, range(1, 90)), lost(90, 95), *map(scan, range(96, 140))]


async def test_the_highest_numbers_there_are_make_rows_as_any_others(open_buffer: Opener, tmp_path: Path) -> None:
    rows = await kept(open_buffer, tmp_path, [a_pack(U32_MAX - 127, 128)])
    assert [row[2] for row in rows] == list(range(U32_MAX - 127, U32_MAX + 1))


async def test_a_pack_that_comes_twice_in_one_put_is_kept_once(open_buffer: Opener, tmp_path: Path) -> None:
    rows = await kept(open_buffer, tmp_path, [a_pack(1, 128), a_pack(1, 128), a_pack(129, 20)])
    assert [row[2] for row in rows] == list(range(1, 149))
