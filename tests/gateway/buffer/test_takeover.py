"""The single file of earlier gateways: every row of it goes on, sealed, and nothing of it is left in the clear."""

import sqlite3
from binascii import crc32
from pathlib import Path

import pytest

from gateway.buffer import Buffer, Sample, Tip
from gateway.buffer.types import Anchor
from tests.gateway.buffer.conftest import SMALL, Clock
from tests.gateway.buffer.wire import BOOT, EPOCH, arrivals, lost, opened, scan, sealer

SCHEMA = """
    CREATE TABLE record (id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, seq INTEGER NOT NULL, boot INTEGER NOT NULL,
        mono_ms INTEGER NOT NULL, note TEXT, "check" INTEGER NOT NULL, record BLOB NOT NULL);
    CREATE TABLE stream (no INTEGER PRIMARY KEY, box_id TEXT NOT NULL, epoch TEXT NOT NULL, received TEXT NOT NULL,
        freed TEXT NOT NULL, first_held INTEGER NOT NULL, last_seq INTEGER NOT NULL, "check" INTEGER NOT NULL);
    CREATE TABLE answered (first_id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL, since_ms INTEGER,
        "check" INTEGER NOT NULL);
    CREATE TABLE parked (id INTEGER PRIMARY KEY, reason TEXT NOT NULL);
    CREATE TABLE boot (no INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE, age_zero_ms INTEGER);
    CREATE TABLE quarantine (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, reason TEXT NOT NULL, boot INTEGER NOT NULL,
        mono_ms INTEGER NOT NULL, length INTEGER NOT NULL, sha256 BLOB NOT NULL, payload BLOB NOT NULL);
    CREATE TABLE sample (id INTEGER PRIMARY KEY, box_id TEXT NOT NULL, epoch TEXT NOT NULL, boot INTEGER NOT NULL,
        uptime_ms INTEGER NOT NULL, gateway_boot TEXT NOT NULL, earliest_mono_ms INTEGER NOT NULL,
        latest_mono_ms INTEGER NOT NULL);
    CREATE TABLE anchor (id INTEGER PRIMARY KEY, gateway_boot TEXT NOT NULL, mono_ms INTEGER NOT NULL,
        earliest_ms INTEGER NOT NULL, latest_ms INTEGER NOT NULL);
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


def old_file(path: Path, rows: int = 1200) -> None:
    """As an earlier gateway left it: 40 rows delivered and gone, 60 delivered, one parked, one declared lost."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(SCHEMA)
    db.execute("BEGIN")
    db.execute("INSERT INTO boot VALUES (1, ?, 0)", (BOOT,))
    last = rows + 2
    db.execute("INSERT INTO stream VALUES (1, 'box-1', ?, ?, '1-40', 3, 5000, 0)", (EPOCH, f"1-{last}"))
    for seq in range(41, rows + 1):
        db.execute("INSERT INTO record VALUES (?, 1, ?, 1, ?, NULL, ?, ?)", (seq, seq, 7, crc32(b""), scan(seq)))
    db.execute("INSERT INTO record VALUES (?, 1, ?, 1, 7, 'lost', 0, ?)", (rows + 1, rows + 1, lost(rows + 1, last)))
    db.execute("INSERT INTO answered VALUES (1, 40, NULL, 0), (41, 100, 5, 0)")
    db.execute("INSERT INTO parked VALUES (200, 'upload_poison')")
    db.execute("INSERT INTO counter VALUES ('batch_no', 77)")
    db.execute("INSERT INTO sample VALUES (1, 'box-1', ?, 3, 500, ?, 1000, 1010)", (EPOCH, BOOT))
    db.execute("INSERT INTO anchor VALUES (1, ?, 2000, 1700000000000, 1700000000100)", (BOOT,))
    db.execute("INSERT INTO quarantine VALUES (1, 'a/topic', 'header', 1, 9, 4, x'', x'6a756e6b')")
    db.execute("COMMIT")
    db.close()


async def opened_at(folder: Path, clock: Clock) -> Buffer:
    return await Buffer.open(folder / "buffer", boot=BOOT, mono_ms=clock, sealer=sealer(), settings=SMALL)


async def test_everything_that_counts_goes_on_and_the_old_file_is_gone(tmp_path: Path, clock: Clock) -> None:
    old_file(tmp_path / "buffer.sqlite")
    buffer = await opened_at(tmp_path, clock)
    assert buffer.opening.damage is None
    held = await buffer.claim(5000, 1 << 30)
    assert [one.seq for one in held] == [*range(101, 200), *range(201, 1202)]
    assert [opened(one) for one in held[:3]] == [scan(101), scan(102), scan(103)]
    assert {(one.received_boot, one.received_mono_ms) for one in held} == {(BOOT, 7)}
    assert [one.seq for one in await buffer.claim_parked(10)] == [200]
    assert await buffer.tips() == [Tip("box-1", EPOCH, 3, 5000)]
    assert await buffer.samples() == [Sample("box-1", EPOCH, 3, 500, BOOT, 1000, 1010)]
    assert await buffer.anchors() == [Anchor(BOOT, 2000, 1_700_000_000_000, 1_700_000_000_100)]
    assert [(one.topic, one.length) for one in await buffer.quarantined(9)] == [("a/topic", 4)]
    assert await buffer.take_batch_nos(1) > 77
    assert (await buffer.put(arrivals(1203))).acks[0].complete_to == 1203
    assert (await buffer.put(arrivals(101))).duplicates == 1
    await buffer.close()
    assert [one.name for one in tmp_path.iterdir()] == ["buffer"]
    again = await opened_at(tmp_path, clock)
    assert (again.opening.found, len(await again.claim(5000, 1 << 30))) == ("clean", 1101)
    await again.close()


async def test_nothing_of_it_lies_in_the_clear(tmp_path: Path, clock: Clock) -> None:
    old_file(tmp_path / "buffer.sqlite", 300)
    buffer = await opened_at(tmp_path, clock)
    for path in (tmp_path / "buffer").iterdir():
        assert b"code 2" not in path.read_bytes()
    await buffer.close()


async def test_a_start_that_was_cut_off_begins_anew_and_forgets_nothing(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_file(tmp_path / "buffer.sqlite")
    with monkeypatch.context() as patch:
        patch.setattr("gateway.buffer.takeover._Takeover._take_rest", lambda _self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await opened_at(tmp_path, clock)
    assert (tmp_path / "buffer.sqlite").exists()
    buffer = await opened_at(tmp_path, clock)
    assert {one.seq for one in await buffer.claim(5000, 1 << 30)} >= {*range(101, 200), *range(201, 1202)}
    await buffer.close()
    assert not (tmp_path / "buffer.sqlite").exists()


async def test_what_cannot_be_read_in_it_is_named_and_asked_for_again(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "buffer.sqlite"
    old_file(path)
    data = bytearray(path.read_bytes())
    at = data.index(b" 150 1 1150 ")
    data[at + 30] ^= 1
    path.write_bytes(data)
    buffer = await opened_at(tmp_path, clock)
    assert buffer.opening.found == "salvaged"
    assert buffer.opening.damage is not None
    assert buffer.opening.damage.gone == {("box-1", EPOCH): "150"}
    result = await buffer.put(arrivals(1203))
    assert result.acks[0].missing == [(150, 150)]
    await buffer.close()
