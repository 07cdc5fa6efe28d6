"""SQLite's second connection: it reads beside the one that writes, sees what was committed, and can do nothing else."""

import asyncio
import hashlib
import threading

import pytest
from sqlalchemy import insert, select, text, update

from server.errors import Unavailable, Unusable
from server.store import sqlite, tidy
from server.store.database import Database
from server.store.tables import health
from tests.server.rig import NOW_MS

PATIENCE_S = 20


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "server.db"


@pytest.fixture
def database(path):
    made = Database(path, lambda: NOW_MS, 2000, 64)
    made.start(True)
    yield made
    made.close()


def put(number):
    """A job that writes one number."""

    def job(connection):
        connection.execute(update(health).values(written_ms=number))

    return job


def number(connection):
    return connection.execute(select(health.c.written_ms)).scalar()


@pytest.fixture
async def one_row(database):
    await database.write(lambda connection: connection.execute(insert(health).values(id=1, written_ms=0)))


async def test_whoever_was_answered_for_a_write_reads_it(database, one_row):
    for at in range(1, 200):
        await database.write(put(at))
        assert await database.read(number) == at


async def test_who_reads_waits_for_no_writer_and_sees_what_was_there_before(database, one_row):
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection):
        put(1)(connection)
        begun.set()
        assert go_on.wait(PATIENCE_S)

    writing = asyncio.create_task(database.write(slow))
    assert await asyncio.to_thread(begun.wait, PATIENCE_S)
    assert await asyncio.wait_for(database.read(number), PATIENCE_S) == 0
    assert not writing.done()
    go_on.set()
    await writing
    assert await database.read(number) == 1


async def test_one_state_is_read_throughout_whatever_is_committed_meanwhile(database, one_row):
    begun, go_on = threading.Event(), threading.Event()

    def twice(connection):
        before = number(connection)
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return before, number(connection)

    reading = asyncio.create_task(database.read(twice))
    assert await asyncio.to_thread(begun.wait, PATIENCE_S)
    await asyncio.wait_for(database.write(put(1)), PATIENCE_S)
    go_on.set()
    assert await reading == (0, 0)
    assert await database.read(number) == 1


@pytest.mark.parametrize(
    "words",
    [
        "INSERT INTO health VALUES (2, 0)",
        "DELETE FROM health",
        "CREATE TABLE more (x)",
        "PRAGMA user_version = 7",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "VACUUM",
    ],
)
async def test_who_reads_can_neither_write_nor_bring_the_log_into_the_file(database, one_row, path, words):
    def files():
        return [hashlib.sha256(one.read_bytes()).hexdigest() for one in (path, path.with_name("server.db-wal"))]

    before = files()

    def job(connection):
        if words == "VACUUM":
            connection.exec_driver_sql("COMMIT")
        return connection.exec_driver_sql(words).fetchall()

    try:
        found = await database.read(job)
    except Exception as err:
        found = type(err).__name__
    assert files() == before, found
    assert await database.read(lambda connection: connection.execute(text("PRAGMA journal_mode")).scalar()) == "wal"
    assert await database.read(number) == 0


async def test_a_mistake_in_a_read_is_its_callers_and_the_next_one_goes_well(database, one_row):
    with pytest.raises(ZeroDivisionError):
        await database.read(lambda connection: 1 // 0)
    with pytest.raises(Unavailable) as err:
        await database.read(put(9))
    assert err.value.code == "store_failed"
    assert await database.read(number) == 0


async def test_what_is_done_alone_is_done_while_nobody_reads(database, one_row, path):
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection):
        before = number(connection)
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return before

    reading = asyncio.create_task(database.read(slow))
    assert await asyncio.to_thread(begun.wait, PATIENCE_S)
    tidying = asyncio.create_task(tidy.tidy(database, (), compact=True))
    done, _ = await asyncio.wait([tidying], timeout=0.2)
    assert not done
    go_on.set()
    assert await asyncio.wait_for(reading, PATIENCE_S) == 0
    await asyncio.wait_for(tidying, PATIENCE_S)
    assert path.with_name("server.db-wal").stat().st_size == 0
    assert await database.read(number) == 0


async def test_the_log_is_cut_where_readers_were_in_its_way(database, one_row, path, monkeypatch):
    monkeypatch.setattr(sqlite, "WAL_KEPT_BYTES", 50_000)
    for at in range(60):
        await database.write(put(at))
        await database.read(number)
    assert path.with_name("server.db-wal").stat().st_size <= 50_000 + 5 * 4096
    assert await database.read(number) == 59


async def test_reads_that_wait_are_answered_before_it_closes_and_the_log_is_gone(path):
    database = Database(path, lambda: NOW_MS, 2000, 64)
    database.start(True)
    await database.write(lambda connection: connection.execute(insert(health).values(id=1, written_ms=5)))
    waiting = [asyncio.create_task(database.read(number)) for _ in range(20)]
    await asyncio.sleep(0)
    database.close()
    assert await asyncio.gather(*waiting) == [5] * 20
    assert sorted(one.name for one in path.parent.iterdir()) == ["server.db", "server.lock"]
    with pytest.raises(Unavailable):
        await database.read(number)


def test_where_the_reader_does_not_open_nothing_stays_open(path, monkeypatch):
    def fails(*how):
        raise OSError("no more files")

    monkeypatch.setattr(sqlite, "reader", fails)
    database = Database(path, lambda: NOW_MS, 2000, 64)
    with pytest.raises(OSError, match="no more files"):
        database.start(True)
    monkeypatch.undo()
    database.start(True)
    database.close()


async def test_a_file_that_is_taken_away_is_missed_at_the_next_start(database, one_row, path):
    path.rename(path.with_name("elsewhere.db"))
    assert await database.read(number) == 0
    await database.write(put(1))
    assert await database.read(number) == 1
    database.close()
    path.with_name("server.db-wal").write_bytes(b"left behind")
    with pytest.raises(Unusable) as err:
        Database(path, lambda: NOW_MS, 2000, 64).start(True)
    assert err.value.code == "store_damaged"


async def test_damage_that_is_met_while_reading_is_named(path):
    database = Database(path, lambda: NOW_MS, 2000, 64)
    database.start(True)
    rows = [{"id": at, "written_ms": at} for at in range(1, 5000)]
    await database.write(lambda connection: connection.execute(insert(health), rows))
    database.close()
    database.start(True)
    with path.open("r+b") as handle:
        handle.seek(4096)
        handle.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(Unavailable) as err:
        await database.read(lambda connection: connection.execute(select(health)).fetchall())
    assert err.value.code == "store_damaged"
    database.close()
