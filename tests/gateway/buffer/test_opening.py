"""How a folder is found at start: settings that the promise hangs on, whose it is, what was left behind."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gateway.buffer import Buffer, BufferFault, carve, instance, row, segment, state
from gateway.buffer.segment import configure
from tests.gateway.buffer.conftest import SMALL, Clock, Opener
from tests.gateway.buffer.wire import BOOT, EPOCH, arrivals, opened, scan, sealer

TINY = SMALL._replace(segment_bytes=1)


async def records(buffer: Buffer) -> list[bytes]:
    return [opened(held) for held in await buffer.claim(10_000, 1 << 30)]


# --- settings and schemas


def test_a_connection_has_wal_and_full_and_one_owner(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "one.seg", isolation_level=None)
    configure(db)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA locking_mode").fetchone() == ("exclusive",)
    assert db.execute("PRAGMA secure_delete").fetchone() == (1,)
    db.close()


def test_a_file_that_cannot_have_a_log_is_refused() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(BufferFault) as refused:
        configure(db)
    assert refused.value.code == "not_durable"
    db.close()


async def test_a_newer_schema_is_refused_by_name_and_left_as_it_is(open_buffer: Opener, tmp_path: Path) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    await buffer.close()
    path = tmp_path / "buffer" / "00000001.seg"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        head = json.loads(state.read(db)["head"]) | {"schema": 99}
        state.write(db, {"head": json.dumps(head)})
    before = path.read_bytes()
    with pytest.raises(BufferFault) as refused:
        await open_buffer()
    assert refused.value.code == "newer_schema"
    assert "99" in refused.value.detail
    assert path.read_bytes() == before


# --- whose it is


async def test_a_second_process_on_the_same_folder_is_refused(open_buffer: Opener, tmp_path: Path) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    program = (
        "import asyncio, sys, pathlib\n"
        "from gateway.buffer import Buffer, BufferFault\n"
        "from tests.gateway.buffer.wire import BOOT, sealer\n"
        "try:\n"
        "    asyncio.run(Buffer.open(pathlib.Path(sys.argv[1]), boot=BOOT, mono_ms=lambda: 0, sealer=sealer()))\n"
        "except BufferFault as fault:\n"
        "    print(fault.code)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "buffer")], capture_output=True, text=True, timeout=60
    )
    assert said.stdout == "in_use\n"
    assert (await buffer.put(arrivals(2))).stored == 1


async def test_a_folder_of_another_machine_is_refused_until_it_is_adopted(
    open_buffer: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "there"):
        (tmp_path / name).write_text(f"{name}\n")
    monkeypatch.setattr(instance, "MACHINE_ID", tmp_path / "here")
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    await buffer.close()
    monkeypatch.setattr(instance, "MACHINE_ID", tmp_path / "there")
    with pytest.raises(BufferFault) as refused:
        await open_buffer()
    assert refused.value.code == "copied"
    Buffer.adopt(tmp_path / "buffer")
    assert await records(await open_buffer()) == [scan(1)]


async def test_a_note_of_the_machine_that_has_rotted_keeps_nobody_out(open_buffer: Opener, tmp_path: Path) -> None:
    await (await open_buffer()).close()
    (tmp_path / "buffer" / "instance").write_bytes(b"\xff\x00 0")
    await (await open_buffer()).put(arrivals(1))


# --- what was left behind


def stopped_here(folder: Path, to: Path) -> None:
    """As a program leaves it that ends at this very moment."""
    shutil.copytree(folder, to)


async def reopened(folder: Path, clock: Clock) -> tuple[str, list[bytes], int]:
    buffer = await Buffer.open(folder, boot=BOOT, mono_ms=clock, sealer=sealer(), settings=SMALL)
    found = buffer.opening.found, await records(buffer), (await buffer.put(arrivals(1000))).stored
    await buffer.close()
    return found


async def test_a_start_that_was_cut_while_a_segment_was_made_goes_on(
    open_buffer: Opener, tmp_path: Path, clock: Clock
) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    stopped_here(tmp_path / "buffer", tmp_path / "image")
    (tmp_path / "image" / "00000002.seg.making").write_bytes(b"SQLite format 3\0 and no more")
    assert await reopened(tmp_path / "image", clock) == ("unclean", [scan(1)], 1)
    assert not list((tmp_path / "image").glob("*.making"))


async def test_a_crash_between_a_new_segment_and_the_closing_of_the_old_one_costs_nothing(
    open_buffer: Opener, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = await open_buffer(TINY)
    await buffer.put(arrivals(1, 2))
    make = segment.make

    def make_and_look(*args: object) -> None:
        make(*args)
        stopped_here(tmp_path / "buffer", tmp_path / "image")

    monkeypatch.setattr(segment, "make", make_and_look)
    await buffer.tend()
    monkeypatch.undo()
    assert (tmp_path / "image" / "00000001.seg-wal").exists()
    found, there, stored = await reopened(tmp_path / "image", clock)
    assert (there, stored) == ([scan(1), scan(2)], 1)
    assert found == "clean"
    assert not (tmp_path / "image" / "00000001.seg-wal").exists()


async def test_what_was_answered_is_known_after_a_clean_stop_and_soon_after_a_kill(
    open_buffer: Opener, tmp_path: Path, clock: Clock
) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2, 3))
    await buffer.settle([1, 2], ["accepted"] * 2)
    stopped_here(tmp_path / "buffer", tmp_path / "at_once")
    clock.now_ms += 30_000
    await buffer.tend()
    stopped_here(tmp_path / "buffer", tmp_path / "later")
    await buffer.close()
    assert (await reopened(tmp_path / "at_once", clock))[1] == [scan(1), scan(2), scan(3)]
    assert (await reopened(tmp_path / "later", clock))[1] == [scan(3)]
    assert (await reopened(tmp_path / "buffer", clock))[1] == [scan(3)]


async def test_an_index_that_lags_or_is_gone_is_made_anew(open_buffer: Opener, tmp_path: Path, clock: Clock) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(*range(1, 50)))
    await buffer.close()
    path = tmp_path / "buffer" / "00000001.idx"
    whole = path.read_bytes()
    for data in (b"", whole[:100], whole[:-1], b"\xff" * 40 + whole[40:]):
        path.write_bytes(data)
        await (await open_buffer()).close()
        assert path.read_bytes() == whole


@pytest.mark.parametrize("is_row_hit", [False, True])
async def test_an_index_without_its_head_still_tells_of_a_last_commit_that_broke_in_the_log(
    open_buffer: Opener, tmp_path: Path, clock: Clock, is_row_hit: bool
) -> None:
    buffer = await open_buffer()
    for seq in (1, 2, 3):
        await buffer.put(arrivals(seq))
    image = tmp_path / "image"
    stopped_here(tmp_path / "buffer", image)
    log = (image / "00000001.seg-wal").read_bytes()
    (last,) = [one for one in carve.in_bytes(log) if (made := row.unpack(one)) is not None and made.id == 3]
    frame_at = len(log) - segment.PAGE_BYTES - carve.FRAME_HEAD_BYTES
    hit_at = log.index(last) + len(last) // 2 if is_row_hit else frame_at + 16
    for name, at in (("mark", 10), ("00000001.idx", 11), ("00000001.seg-wal", hit_at)):
        data = bytearray((image / name).read_bytes())
        data[at] ^= 2
        (image / name).write_bytes(data)
    again = await Buffer.open(image, boot=BOOT, mono_ms=clock, sealer=sealer(), settings=SMALL)
    assert again.opening.damage is not None
    assert again.opening.damage.gone == ({("box-1", EPOCH): "3"} if is_row_hit else {})
    there = [opened(one) for one in await again.claim(10, 1 << 20) if one.scan is not None]
    assert there == [scan(1), scan(2)] + [scan(3)] * (not is_row_hit)
    (ack,) = (await again.put(arrivals(4))).acks
    assert (ack.complete_to, ack.missing) == ((2, [(3, 3)]) if is_row_hit else (4, []))
    await again.close()


async def test_names_that_are_gone_are_written_anew(open_buffer: Opener, tmp_path: Path) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    await buffer.close()
    path = tmp_path / "buffer" / "names"
    whole = path.read_bytes()
    path.unlink()
    await (await open_buffer()).close()
    assert set(path.read_bytes().splitlines()) == set(whole.splitlines())


async def test_damages_that_several_starts_find_are_told_once_each(open_buffer: Opener, tmp_path: Path) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(*range(1, 100)))
    await buffer.close()
    path = tmp_path / "buffer" / "00000001.seg"
    data = bytearray(path.read_bytes())
    ends = {at: at + int.from_bytes(data[at + 1 : at + row.HEAD_BYTES], "big") for at in range(20 * 512, len(data) - 3)}
    # The first row, and not a byte of what is sealed, which is drawn anew each time.
    at = next(at for at, end in ends.items() if data[at] == row.SEALED and row.is_whole(data[at:end]))
    data[at : at + 200] = bytes(200)
    path.write_bytes(data)
    buffer = await open_buffer()
    assert buffer.opening.found == "salvaged"
    damage = buffer.opening.damage
    assert damage is not None
    assert damage.rows_saved + damage.rows_unreadable == 99
    assert damage.rows_unreadable in (1, 2, 3)
    assert not damage.gone_unknown
    assert Path(damage.moved_to).exists()
    await buffer.close()
    assert (await open_buffer()).opening == ("clean", None)
