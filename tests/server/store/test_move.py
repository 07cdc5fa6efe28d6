"""From SQLite to PostgreSQL: every row of every table, however often it was cut off; and never half a database."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import Boolean, Float, Integer, LargeBinary, Numeric, select

from server.errors import Unusable
from server.ingest.receive import receive
from server.store import move, scans, tables
from server.store.shelf import Shelf
from tests.server.rig import BOX, GATEWAY, NOW_MS, ROOT, body, lost, scan, tip

ROWS = 45


def value(column, number, draw):
    """Something that fits the column; odd where it may be odd."""
    if column.nullable and draw.random() < 0.3:
        return None
    kind = column.type
    if isinstance(kind, Boolean):
        return draw.random() < 0.5
    if isinstance(kind, Integer):
        return number if column.primary_key else draw.choice([0, number, 2_000_000_000, -number])
    if isinstance(kind, Numeric | Float):
        return number / 7
    if isinstance(kind, LargeBinary):
        return number.to_bytes(4, "big") + draw.randbytes((kind.length or 40) - 4)
    return (f"{number:05}" + draw.choice(["ễ'\"\\\t\n%", "", "Đ"]))[: getattr(kind, "length", None) or 40]


def filled(path):
    """A database with some rows in every table, and real scans."""
    shelf = Shelf(path, lambda: NOW_MS)
    shelf.start()
    draw = random.Random(5)

    def fill(connection):
        for table in tables.metadata.sorted_tables:
            if table in (tables.migrations, tables.scans, tables.ledgers):
                continue
            connection.execute(table.delete())
            rows = [{c.name: value(c, n, draw) for c in table.columns} for n in range(1, ROWS + 1)]
            connection.execute(table.insert(), rows)

    async def work():
        await shelf.database.write(fill)
        records = [scan(seq) for seq in range(1, 200)] + [lost(300, 310), b"garbage"]
        await shelf.keep(receive(body(records, tips=[tip(1, 400)]), GATEWAY, {BOX}, NOW_MS))
        old = [scan(seq, epoch="ffffffffffff") for seq in range(1, 50)]
        await shelf.keep(receive(body(old), GATEWAY, {BOX}, NOW_MS - 400 * 86_400_000))

    asyncio.run(work())
    shelf.close()
    return path


def everything(connection):
    return {
        table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
        for table in tables.metadata.sorted_tables
        if table is not tables.migrations
    }


def told(*what):
    pass


def test_every_row_of_every_table_is_there_and_new_ones_are_numbered_on(tmp_path, postgres, monkeypatch):
    monkeypatch.setattr(move, "PAGE_ROWS", 20)
    source = filled(tmp_path / "server.db")
    moved = move.move(source, postgres, lambda: NOW_MS, told)
    assert {one.name for one in moved} == set(tables.metadata.tables) - {"migrations"}
    assert sum(one.rows for one in moved) > ROWS * 20

    async def work():
        old, new = Shelf(source, lambda: NOW_MS), Shelf(postgres, lambda: NOW_MS)
        old.start()
        new.start()
        assert await new.database.read(everything) == await old.database.read(everything)
        before, cursor = await new.database.read(lambda one: scans.next_scans(one, (0, 0), 1000))
        assert [one.id for one in before] == list(range(1, 249))
        found = await new.keep(receive(body([scan(1), scan(200)]), GATEWAY, {BOX}, NOW_MS))
        assert [one.verdict for one in found.verdicts] == ["duplicate", "accepted"]
        (after,), _ = await new.database.read(lambda one: scans.next_scans(one, cursor, 10))
        assert (after.id, after.seq) == (249, 200)
        await new.keep(receive(body([b"other garbage"]), GATEWAY, {BOX}, NOW_MS))
        old.close()
        new.close()

    asyncio.run(work())


@pytest.mark.parametrize("seed", range(4))
def test_killed_again_and_again_it_ends_as_if_it_had_run_through(tmp_path, postgres, seed):
    source = filled(tmp_path / "server.db")
    draw = random.Random(seed)
    script = (
        "import sys; from pathlib import Path;"
        "from server.store import move; from server.store.postgres import Cluster;"
        "move.PAGE_ROWS = 10;"
        f"move.move(Path(sys.argv[1]), Cluster(sys.argv[2]), lambda: {NOW_MS}, lambda *what: print(*what, flush=True))"
    )
    command = [sys.executable, "-c", script, str(source), postgres.url]
    for _ in range(4):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(draw.randint(1, 40)):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        with pytest.raises(Unusable) as err:
            Shelf(postgres, lambda: NOW_MS).start()
        assert err.value.code == "store_moving"
    moved = move.move(source, postgres, lambda: NOW_MS, told)
    assert {one.name: one.rows for one in moved}["scans"] == 248
    Shelf(postgres, lambda: NOW_MS).start()


def test_a_target_with_something_in_it_is_left_alone(tmp_path, postgres):
    source = filled(tmp_path / "server.db")
    shelf = Shelf(postgres, lambda: NOW_MS)
    shelf.start()
    asyncio.run(shelf.keep(receive(body([scan(1)]), GATEWAY, {BOX}, NOW_MS)))
    shelf.close()
    with pytest.raises(Unusable) as err:
        move.move(source, postgres, lambda: NOW_MS, told)
    assert err.value.code == "store_not_empty"


def test_while_a_server_works_on_the_source_nothing_is_moved(tmp_path, postgres):
    shelf = Shelf(filled(tmp_path / "server.db"), lambda: NOW_MS)
    shelf.start()
    with pytest.raises(Unusable) as err:
        move.move(tmp_path / "server.db", postgres, lambda: NOW_MS, told)
    assert err.value.code == "store_in_use"
    shelf.close()


def test_a_source_that_changed_between_two_runs_is_found_out(tmp_path, postgres, monkeypatch):
    source = filled(tmp_path / "server.db")
    monkeypatch.setattr(move, "_compare", lambda *what: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        move.move(source, postgres, lambda: NOW_MS, told)
    monkeypatch.undo()
    with sqlite3.connect(source) as raw:
        raw.execute("UPDATE scans SET kind = 'other' WHERE id = 3")
    raw.close()
    with pytest.raises(Unusable) as err:
        move.move(source, postgres, lambda: NOW_MS, told)
    assert err.value.code == "store_differs"
