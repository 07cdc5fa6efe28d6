"""What is particular to SQLite: settings asserted, damage named, nobody else let in."""

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from server.errors import Unusable
from server.store import migrations, tables
from server.store.shelf import Shelf
from tests.server.rig import NOW_MS


def opened(path):
    shelf = Shelf(path, lambda: NOW_MS)
    shelf.start()
    return shelf


def refused(path):
    with pytest.raises(Unusable) as err:
        opened(path)
    return err.value.code


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "server.db"


async def test_wal_and_full_hold_on_the_connection_that_writes(path):
    shelf = opened(path)
    pragma = "PRAGMA {}".format
    read = shelf.database.alone
    assert await read(lambda connection: connection.exec_driver_sql(pragma("journal_mode")).scalar()) == "wal"
    assert await read(lambda connection: connection.exec_driver_sql(pragma("synchronous")).scalar()) == 2
    shelf.close()


def test_a_second_one_is_kept_out_and_let_in_afterwards(path):
    shelf = opened(path)
    assert refused(path) == "store_in_use"
    shelf.close()
    opened(path).close()


@pytest.mark.parametrize("content", [b"", b"hello, I am no database\n" * 100, b"SQLite format 3\x00", bytes(8192)])
def test_a_file_that_is_no_database_is_named_and_left_as_it_is(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    assert refused(path) == "store_damaged"
    assert path.read_bytes() == content


def test_a_database_that_is_gone_while_its_wal_is_there_is_not_made_anew(path):
    path.parent.mkdir()
    path.with_name("server.db-wal").write_bytes(b"something")
    assert refused(path) == "store_damaged"
    assert not path.exists()


@pytest.mark.parametrize("page", [1, 2, 5, 9])
def test_damage_inside_the_file_is_found_at_start(path, page):
    opened(path).close()
    raw = sqlite3.connect(path)
    rows = [("box-0001", "0123456789ab", seq, os.urandom(900), "gw-1", 1, 1) for seq in range(1, 200)]
    columns = "box_id, epoch, seq, raw, gateway_id, batch_no, received_ms"
    raw.executemany(f"INSERT INTO scans ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    raw.commit()
    raw.close()
    with path.open("r+b") as handle:
        handle.seek(page * 4096)
        handle.write(b"\xff" * 4096)
    assert refused(path) == "store_damaged"
    assert path.stat().st_size > 100_000


def test_a_start_that_was_cut_off_leaves_nothing_in_the_way(path):
    path.parent.mkdir()
    path.with_name("server.db.new").write_bytes(b"half a database")
    opened(path).close()
    assert path.exists()
    assert not path.with_name("server.db.new").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file" / "server.db") == "store_failed"


async def test_the_migrated_database_has_the_tables_that_the_code_uses(path):
    shelf = opened(path)

    def compare(connection):
        found = inspect(connection)
        for table in tables.metadata.sorted_tables:
            kept = {one["name"]: (str(one["type"]), one["nullable"]) for one in found.get_columns(table.name)}
            dialect = connection.dialect
            wanted = {one.name: (one.type.compile(dialect), bool(one.nullable)) for one in table.columns}
            assert kept == wanted, table.name
            keys = {one["name"] for one in found.get_unique_constraints(table.name)}
            assert keys == {one.name for one in table.constraints if type(one).__name__ == "UniqueConstraint"}
            assert found.get_pk_constraint(table.name)["constrained_columns"] == list(table.primary_key.columns.keys())
        assert set(found.get_table_names()) == {table.name for table in tables.metadata.sorted_tables}

    await shelf.database.read(compare)
    shelf.close()


KNOWN = [
    (1, "first"),
    (2, "fleet"),
    (3, "meaning"),
    (4, "persons"),
    (5, "visits"),
    (6, "places"),
    (7, "tracing"),
    (8, "access"),
    (9, "deriving"),
    (10, "parts"),
]


def test_migrations_run_once_and_are_recorded(path):
    shelf = Shelf(path, lambda: NOW_MS)
    assert shelf.start() == [f"{number} {name}" for number, name in KNOWN]
    shelf.close()
    again = Shelf(path, lambda: NOW_MS)
    assert again.start() == []
    again.close()
    raw = sqlite3.connect(path)
    found = raw.execute("SELECT number, name, applied_ms FROM migrations").fetchall()
    assert found == [(number, name, NOW_MS) for number, name in KNOWN]
    raw.close()


def test_a_database_of_a_newer_server_is_refused(path):
    opened(path).close()
    raw = sqlite3.connect(path)
    raw.execute("INSERT INTO migrations VALUES (?, 'later', 0)", (migrations.newest() + 1,))
    raw.commit()
    raw.close()
    assert refused(path) == "store_newer"


def test_a_database_that_lacks_a_column_is_refused_at_start_and_named(path):
    opened(path).close()
    raw = sqlite3.connect(path)
    raw.execute("ALTER TABLE ledgers DROP COLUMN since_ms")
    raw.commit()
    raw.close()
    with pytest.raises(Unusable) as err:
        opened(path)
    assert (err.value.code, err.value.detail) == ("store_schema", "table ledgers lacks since_ms")


def test_a_migration_is_never_edited():
    """A database that has had it would not get the change: write the next one instead."""
    kept = {
        "m0001_first.py": "331970800fd4b275",
        "m0002_fleet.py": "aefeb222da444176",
        "m0003_meaning.py": "f76f350a531b2ae5",
        "m0004_persons.py": "3081d4bef0e71c60",
        "m0005_visits.py": "65f7783d90e3524e",
        "m0006_places.py": "e93efd6205ddf9d9",
        "m0007_tracing.py": "9affa761c756a3fd",
        "m0008_access.py": "1175162a9e52abd1",
        "m0009_deriving.py": "7a6bd366179aba00",
        "m0010_parts.py": "59049552d0ffeea5",
    }
    folder = Path(migrations.__file__).parent
    found = {one.name: hashlib.sha256(one.read_bytes()).hexdigest()[:16] for one in folder.glob("m[0-9]*.py")}
    assert found == kept


async def test_an_error_of_the_database_does_not_tell_what_was_to_be_written(path):
    shelf = opened(path)
    with pytest.raises(SQLAlchemyError) as err:
        await shelf.database.write(lambda one: one.execute(tables.scans.insert(), [{"box_id": "079199001234"}]))
    assert "079199001234" not in str(err.value)
    shelf.close()


def test_a_migration_that_fails_leaves_no_trace(path, monkeypatch):
    opened(path).close()

    def fails(connection):
        connection.exec_driver_sql("CREATE TABLE half (x)")
        raise RuntimeError("half way")

    newest, _ = KNOWN[-1]
    monkeypatch.setattr(migrations, "STEPS", [*migrations.STEPS, (newest + 1, "fails", fails)])
    with pytest.raises(RuntimeError):
        opened(path)
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT name FROM sqlite_master WHERE name = 'half'").fetchall() == []
    assert raw.execute("SELECT max(number) FROM migrations").fetchone() == (newest,)
    raw.close()
