"""How a file is found at start: settings that the promise hangs on, schemas, and damage of every kind."""

import asyncio
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware.wire import record
from firmware.wire.spans import Spans
from gateway.buffer import Buffer, BufferFault, Settings
from gateway.buffer.schema import check_of, configure, migrate
from tests.gateway.buffer.conftest import Clock, Opener
from tests.gateway.buffer.wire import BOOT, arrival, arrivals, pack, scan

BOXES = ("box-1", "box-2", "box-3")


# --- settings and schemas


def test_a_connection_has_wal_and_full_and_one_owner(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "buffer.db", isolation_level=None)
    configure(db, 2048, 1 << 20, 0)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA locking_mode").fetchone() == ("exclusive",)
    db.close()


def test_a_file_that_cannot_have_a_log_is_refused(tmp_path: Path) -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(BufferFault) as refused:
        configure(db, 2048, 1 << 20, 0)
    assert refused.value.code == "not_durable"
    db.close()


def test_migrations_run_once_each_with_their_record(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "buffer.db", isolation_level=None)
    migrate(db)
    migrate(db)
    assert db.execute("SELECT number FROM migration").fetchall() == [(1,)]
    db.close()


async def test_a_newer_schema_is_refused_by_name_and_left_as_it_is(open_buffer: Opener, tmp_path: Path) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    await buffer.close()
    db = sqlite3.connect(tmp_path / "buffer.db", isolation_level=None)
    db.execute("INSERT INTO migration VALUES (99, ?)", (check_of(99),))
    db.close()
    before = (tmp_path / "buffer.db").read_bytes()
    with pytest.raises(BufferFault) as refused:
        await open_buffer()
    assert refused.value.code == "newer_schema"
    assert "99" in refused.value.detail
    assert (tmp_path / "buffer.db").read_bytes() == before


async def test_a_start_that_was_cut_while_the_file_was_made_goes_on(open_buffer: Opener, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "buffer.db").close()
    (tmp_path / "buffer.db").touch()
    assert (await (await open_buffer()).put(arrivals(1))).stored == 1


# --- damage


async def filled(folder: Path, clock: Clock, *, clean: bool) -> dict[tuple[str, int], bytes]:
    """A buffer with three boxes, some of it delivered, some pruned; copied as it lies after a crash or a clean stop."""
    made = folder / "made"
    made.mkdir()
    buffer = await Buffer.open(made / "buffer.db", boot=BOOT, mono_ms=clock, settings=Settings(keep_delivered_s=0))
    for start in range(1, 400, 20):
        for box_id in BOXES:
            seqs = range(start, start + 20)
            code = b"c" * (2500 if start == 201 else 40)
            records = [scan(seq, box_id, code=b"%d " % seq + code) for seq in seqs]
            await buffer.put([arrival(pack(records, 1, 400, box_id), box_id)])
        if start == 101:
            await buffer.settle(list(range(1, 101)), ["accepted"] * 100)
            clock.now_ms += 700_000
            await buffer.tend()
            await buffer.settle(list(range(101, 141)), ["accepted"] * 40)
    held = {(one.box_id, one.seq): one.record for one in await buffer.claim(10_000, 1 << 30)}
    if clean:
        await buffer.close()
    for file in made.iterdir():
        shutil.copy(file, folder / file.name)
    await buffer.close()
    return held


async def everything(buffer: Buffer) -> tuple[dict[tuple[str, int], bytes], dict[str, Spans]]:
    """What goes up from here -> (scans by identity, what is declared lost)."""
    scans: dict[tuple[str, int], bytes] = {}
    gone: dict[str, Spans] = {}
    await buffer.claim(100_000, 1 << 30)  # what has rotted is found here, and declared in the next
    for held in await buffer.claim(100_000, 1 << 30):
        if held.scan is not None:
            scans[(held.box_id, held.seq)] = held.record
        else:
            found = record.decode(held.record)
            assert isinstance(found, record.Lost)
            gone.setdefault(held.box_id, Spans()).add(found.seq, found.last_seq)
    return scans, gone


async def check(folder: Path, clock: Clock, before: dict[tuple[str, int], bytes]) -> str:
    """Use it as the gateway does: damage that is met only in use makes it open the file again -> what was found."""
    buffer = await Buffer.open(folder / "buffer.db", boot=BOOT, mono_ms=clock)
    try:
        return await use(buffer, before)
    except BufferFault as fault:
        if fault.code != "damaged":
            raise
    finally:
        await buffer.close()
    buffer = await Buffer.open(folder / "buffer.db", boot=BOOT, mono_ms=clock)
    assert buffer.opening.found == "salvaged"
    try:
        return await use(buffer, before)
    finally:
        await buffer.close()


async def use(buffer: Buffer, before: dict[tuple[str, int], bytes]) -> str:
    """Nothing that was held is silently gone, nothing is invented, and the buffer works."""
    scans, gone = await everything(buffer)
    damage = buffer.opening.damage
    for (box_id, seq), held in before.items():
        if (box_id, seq) in scans:
            assert scans[box_id, seq] == held
        elif damage is None or not damage.gone_unknown:
            assert seq in gone.get(box_id, Spans()), (box_id, seq, damage)
    for (box_id, seq), data in scans.items():
        found = record.decode(data)
        assert isinstance(found, record.Scan)
        assert (found.box_id, found.seq) == (box_id, seq)
        assert found.code.startswith((b"%d c" % seq, b"code 1000"))
    await buffer.put(arrivals(1000))
    assert scan(1000) in [held.record for held in await buffer.claim(100_000, 1 << 30)]
    return buffer.opening.found


def flip(path: Path, draw: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(draw.choice((1, 1, 3, 20))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def cut(path: Path, draw: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: draw.randrange(path.stat().st_size)])


def blank(path: Path, draw: random.Random) -> None:
    data = bytearray(path.read_bytes())
    at = draw.randrange(len(data))
    data[at : at + 4096] = bytes(len(data[at : at + 4096]))
    path.write_bytes(data)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[tuple[str, int], bytes]]]:
    made = {}
    for name, clean in (("clean", True), ("crashed", False)):
        folder = tmp_path_factory.mktemp(name)
        made[name] = (folder, asyncio.run(filled(folder, Clock(), clean=clean)))
    return made


@pytest.mark.parametrize("seed", range(34))
@pytest.mark.parametrize("damage", [flip, cut, blank])
@pytest.mark.parametrize(
    ("state", "file"), [("clean", "buffer.db"), ("crashed", "buffer.db"), ("crashed", "buffer.db-wal")]
)
async def test_after_damage_it_starts_and_every_scan_is_whole_or_named(
    originals: dict[str, tuple[Path, dict[tuple[str, int], bytes]]],
    tmp_path: Path,
    clock: Clock,
    seed: int,
    damage: Callable[[Path, random.Random], None],
    state: str,
    file: str,
) -> None:
    source, before = originals[state]
    for one in source.glob("buffer.db*"):
        shutil.copy(one, tmp_path / one.name)
    damage(tmp_path / file, random.Random(f"{seed} {damage.__name__} {state} {file}"))
    clock.now_ms = 10_000_000
    await check(tmp_path, clock, before)
    assert await check(tmp_path, clock, {}) == "clean"
