"""What is particular to PostgreSQL: settings asserted, errors in our words, transactions as if alone, one order."""

import asyncio
import itertools

import psycopg
import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from server.errors import Unavailable, Unusable
from server.ingest.receive import receive
from server.store import dialect, migrations, partitions, scans, survey, tables, wishes
from server.store import postgres as postgres_room
from server.store.database import Database
from server.store.postgres import Cluster
from server.store.shelf import Shelf
from tests.server.rig import BOX, EPOCH, GATEWAY, NOW_MS, OTHER_BOX, body, scan

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'for the test' USING ERRCODE = '{}'; END $$"
ROW = {"box_id": BOX, "epoch": EPOCH, "raw": b"raw", "gateway_id": GATEWAY, "batch_no": 1, "received_ms": NOW_MS}


def intake(records, now_ms=NOW_MS, boxes=(BOX, OTHER_BOX)):
    return receive(body(records), GATEWAY, set(boxes), now_ms)


PATIENCE_MS = 60_000


@pytest.fixture
def patient(postgres):
    """A shelf that waits for its turn as long as a busy machine may take."""
    made = Shelf(postgres, lambda: NOW_MS, busy_timeout_ms=PATIENCE_MS)
    made.start()
    yield made
    made.close()


@pytest.fixture
def shelf(postgres):
    made = Shelf(postgres, lambda: NOW_MS, busy_timeout_ms=200)
    made.start()
    yield made
    made.close()


@pytest.fixture
def other(postgres):
    """Another node."""
    made = Shelf(postgres, lambda: NOW_MS, busy_timeout_ms=PATIENCE_MS)
    made.start()
    yield made
    made.close()


@pytest.fixture
def line(cluster, postgres):
    """Somebody else's connection."""
    with psycopg.connect(postgres.url) as made:
        yield made


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53100", "store_full"),
        ("53200", "store_busy"),
        ("53300", "store_busy"),
        ("55P03", "store_busy"),
        ("57014", "store_busy"),
        ("40001", "store_busy"),
        ("40P01", "store_busy"),
        ("25006", "store_failed"),
        ("57P01", "store_failed"),
        ("58030", "store_failed"),
        ("08006", "store_failed"),
        ("XX000", "store_failed"),
        ("58P01", "store_damaged"),
        ("XX001", "store_damaged"),
        ("XX002", "store_damaged"),
    ],
)
async def test_an_error_of_the_database_is_said_in_our_words(shelf, state, code):
    with pytest.raises(Unavailable) as err:
        await shelf.database.write(lambda one: one.exec_driver_sql(RAISE.format(state)))
    assert err.value.code == code
    await shelf.beat()


@pytest.mark.parametrize("statement", ["SELECT no_such_column", "SELECT 1/0", "INSERT INTO health VALUES (NULL, 1)"])
async def test_a_mistake_of_our_own_stays_one(shelf, statement):
    with pytest.raises(SQLAlchemyError):
        await shelf.database.write(lambda one: one.execute(text(statement)))
    await shelf.beat()


@pytest.mark.parametrize(
    "values",
    [
        {"box_id": "079199001234"},
        {**ROW, "seq": 1, "box_id": "079199001234" * 9},
        {**ROW, "seq": 1, "received_ms": "079199001234x"},
    ],
)
async def test_an_error_does_not_tell_what_was_to_be_written(shelf, values):
    with pytest.raises(SQLAlchemyError) as err:
        await shelf.database.write(lambda one: one.execute(tables.scans.insert(), [values]))
    assert "079199001234" not in str(err.value)


async def test_a_row_that_is_there_twice_is_not_told_either(shelf):
    rows = [(BOX, EPOCH, 79199001234, b"", GATEWAY, 1, NOW_MS)] * 2
    columns = ("box_id", "epoch", "seq", "raw", "gateway_id", "batch_no", "received_ms")
    with pytest.raises(SQLAlchemyError) as err:
        await shelf.database.write(lambda one: dialect.insert_many(one, tables.scans, columns, rows))
    assert "79199001234" not in str(err.value)


@pytest.mark.parametrize(
    ("setting", "value"), [("synchronous_commit", "off"), ("synchronous_commit", "local"), ("fsync", "off")]
)
def test_a_database_that_answers_before_it_has_synced_is_refused(setting, value):
    class Asked:
        def exec_driver_sql(self, statement):
            known = {"SHOW server_version_num": "150000", "SHOW fsync": "on", "SHOW full_page_writes": "on"}
            known |= {"SHOW synchronous_commit": "on", f"SHOW {setting}": value}
            return type("One", (), {"scalar": lambda self: known[statement]})()

    with pytest.raises(Unusable) as err:
        postgres_room.check(Asked())
    assert err.value.code == "store_unsafe"


async def test_every_connection_that_writes_waits_for_the_sync_whatever_the_database_says(cluster, postgres):
    name = postgres.url.split("/")[3].split("?")[0]
    with cluster.connect("postgres") as one:
        one.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    shelf = Shelf(postgres, lambda: NOW_MS)
    shelf.start()
    found = await shelf.database.write(lambda one: one.exec_driver_sql("SHOW synchronous_commit").scalar())
    assert found == "on"
    shelf.close()


def test_a_database_in_another_order_of_letters_is_refused(cluster):
    with cluster.connect("postgres") as one:
        one.execute("CREATE DATABASE sql_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    with pytest.raises(Unusable) as err:
        Shelf(cluster.at("sql_ascii"), lambda: NOW_MS).start()
    assert err.value.code == "store_unsafe"
    cluster.drop("sql_ascii")


@pytest.mark.parametrize("url", ["postgresql://tram:hunter2@/x", "postgresql://tram@/x?password=hunter2"])
def test_a_password_in_the_address_is_refused_and_not_repeated(url):
    with pytest.raises(Unusable) as err:
        Shelf(Cluster(url), lambda: NOW_MS).start()
    assert err.value.code == "settings"
    assert "hunter2" not in str(err.value)


@pytest.mark.parametrize(("mode", "code"), [(0o644, "settings"), (0o640, "settings"), (None, "settings")])
def test_a_password_that_others_may_read_is_not_used(postgres, tmp_path, mode, code):
    path = tmp_path / "password"
    if mode is not None:
        path.write_text("hunter2\n")
        path.chmod(mode)
    with pytest.raises(Unusable) as err:
        Shelf(Cluster(postgres.url, str(path)), lambda: NOW_MS).start()
    assert err.value.code == code
    assert "hunter2" not in str(err.value)


def test_a_password_of_ones_own_is_used_and_told_to_nobody(postgres, tmp_path):
    path = tmp_path / "password"
    path.write_text("hunter2\n")
    path.chmod(0o600)
    place = Cluster(postgres.url, str(path))
    engine = postgres_room.engine(place, 100)
    with engine.connect() as one:
        assert one.connection.driver_connection.pgconn.password == b"hunter2"
        assert "hunter2" not in f"{engine!r} {engine.url!r} {one!r} {place!r} {one.connection.driver_connection!r}"


async def test_jobs_that_come_in_each_others_way_are_each_done_once(patient, other):
    before = (await patient.fleet.versions())[0]

    def touch(connection):
        return wishes.touch(connection, GATEWAY)

    versions = await asyncio.gather(*(one.database.write(touch) for one in (patient, other) * 20))
    assert sorted(versions) == list(range(before + 1, before + 41))


async def test_a_lock_that_somebody_holds_makes_it_busy_and_not_wait_for_ever(shelf, line):
    line.execute(f"SELECT pg_advisory_lock({dialect.ALL_OF}, 0)")
    with pytest.raises(Unavailable) as err:
        await shelf.keep(intake([scan(1)]))
    assert err.value.code == "store_busy"
    line.execute(f"SELECT pg_advisory_unlock({dialect.ALL_OF}, 0)")
    assert (await shelf.keep(intake([scan(1)]))).verdicts[0].verdict == "accepted"


async def test_a_job_that_reads_cannot_write(shelf):
    with pytest.raises(Unavailable) as err:
        await shelf.database.read(lambda one: one.execute(tables.scans.delete()) and None)
    assert err.value.code == "store_failed"


async def test_a_line_that_was_cut_is_made_anew_for_the_next_job(shelf, line):
    await asyncio.gather(*(shelf.beat() for _ in range(6)))
    line.execute("SELECT pg_terminate_backend(pid, 9000) FROM pg_stat_activity WHERE application_name LIKE 'tram%'")
    await asyncio.gather(*(shelf.beat() for _ in range(6)))
    assert (await shelf.sums())[1] == {}


async def test_the_same_scan_in_another_month_is_a_duplicate_even_where_the_ledger_is_gone(shelf):
    months = [NOW_MS + number * partitions.PERIOD_MS for number in range(3)]
    assert (await shelf.keep(intake([scan(1), scan(2)]))).verdicts[0].verdict == "accepted"
    for now_ms in months[1:]:
        await shelf.database.write(lambda one: one.execute(tables.ledgers.delete()) and None)
        found = await shelf.keep(intake([scan(1), scan(2, code=b"other"), scan(int(now_ms % 1000) + 3)], now_ms))
        assert [one.verdict for one in found.verdicts][:2] == ["duplicate", "conflict"]
    assert shelf.disagreed == 2
    assert (await shelf.database.read(survey.survey))["identities_twice"] == 0


async def test_a_scan_that_is_committed_late_is_not_passed_over(shelf, line):
    columns = ", ".join(ROW)
    values = [*ROW.values()]
    line.execute(f"INSERT INTO scans ({columns}, seq) VALUES ({', '.join(['%s'] * 6)}, 1)", values)
    await shelf.keep(intake([scan(2, box_id=OTHER_BOX)]))
    page, cursor = await shelf.database.read(lambda one: scans.next_scans(one, (0, 0), 10))
    assert (page, cursor) == ([], (0, 0))
    line.commit()
    page, cursor = await shelf.database.read(lambda one: scans.next_scans(one, cursor, 10))
    assert [one.seq for one in page] == [1, 2]
    assert await shelf.database.read(lambda one: scans.next_scans(one, cursor, 10)) == ([], cursor)


async def test_pages_of_scans_join_without_gap_or_double(patient, other):
    batches = [intake([scan(seq) for seq in range(first, first + 7)]) for first in range(1, 200, 7)]
    await asyncio.gather(*(one.keep(batch) for batch, one in zip(batches, itertools.cycle([patient, other]))))
    seen, cursor = [], (0, 0)
    while True:
        page, cursor = await patient.database.read(lambda one, at=cursor: scans.next_scans(one, at, 10))
        if not page:
            break
        seen += [one.seq for one in page]
    assert sorted(seen) == list(range(1, 204))


async def test_on_another_cluster_the_order_and_every_cursor_stay_what_they_were(shelf):
    for first in (1, 11, 21):
        await shelf.keep(intake([scan(seq) for seq in range(first, first + 10)]))
    order, _ = await shelf.database.read(lambda one: scans.next_scans(one, (0, 0), 100))
    _, cursor = await shelf.database.read(lambda one: scans.next_scans(one, (0, 0), 13))

    def as_if_restored(connection):
        row = {"name": "of-the-test", "tx": cursor[0] + 10**9, "id": cursor[1], "count": 13, "at_ms": 0}
        connection.execute(text("UPDATE scans SET tx = tx + 1000000000"))
        dialect.upsert(connection, tables.metadata.tables["derivings"], row)
        assert partitions.mend_order(connection)
        assert not partitions.mend_order(connection)

    await shelf.database.write(as_if_restored)
    await shelf.keep(intake([scan(99)]))
    asked = text("SELECT tx, id FROM derivings WHERE name = 'of-the-test'")
    (at,) = await shelf.database.read(lambda one: one.execute(asked).all())
    rest, _ = await shelf.database.read(lambda one: scans.next_scans(one, tuple(at), 100))
    assert [one.seq for one in rest] == [one.seq for one in order[13:]] + [99]


async def test_what_came_without_a_partition_is_moved_when_there_is_one(shelf):
    far_ms = NOW_MS + 50 * partitions.PERIOD_MS
    await shelf.keep(intake([scan(1), scan(2)], far_ms))
    assert (await shelf.database.read(survey.survey))["without_partition"] == 2
    before = await shelf.scans(BOX, EPOCH, 0, 10)
    made = await shelf.database.write(lambda one: partitions.cover(one, far_ms, far_ms))
    assert len(made) == partitions.AHEAD + 1
    assert (await shelf.database.read(survey.survey))["without_partition"] == 0
    assert await shelf.scans(BOX, EPOCH, 0, 10) == before
    assert await shelf.database.write(lambda one: partitions.cover(one, far_ms, far_ms)) == []


async def test_partitions_made_by_several_nodes_at_once_are_made_once(patient, other):
    far_ms = NOW_MS + 90 * partitions.PERIOD_MS
    jobs = [one.database.write(lambda line: partitions.cover(line, far_ms, far_ms)) for one in (patient, other) * 3]
    made = await asyncio.gather(*jobs)
    assert len([name for names in made for name in names]) == partitions.AHEAD + 1


async def test_the_migrated_database_has_the_tables_that_the_code_uses(shelf):
    def compare(connection):
        found = inspect(connection)
        for table in tables.metadata.sorted_tables:
            kept = {one["name"]: (str(one["type"]), one["nullable"]) for one in found.get_columns(table.name)}
            compiled = {one.name: one.type.compile(connection.dialect) for one in table.columns}
            assert kept == {one.name: (compiled[one.name], bool(one.nullable)) for one in table.columns}, table.name
            if table is tables.scans:
                continue
            keys = {one["name"] for one in found.get_unique_constraints(table.name)}
            assert keys == {one.name for one in table.constraints if type(one).__name__ == "UniqueConstraint"}
            assert found.get_pk_constraint(table.name)["constrained_columns"] == list(table.primary_key.columns.keys())
        for name in partitions.names(connection):
            (unique,) = [one for one in found.get_indexes(name) if one["unique"]]
            assert unique["column_names"] == ["box_id", "epoch", "seq"]
        left = set(found.get_table_names()) - set(partitions.names(connection))
        assert left == {table.name for table in tables.metadata.sorted_tables}

    await shelf.database.read(compare)


def test_a_migration_that_fails_leaves_no_trace(postgres, monkeypatch):
    def fails(connection):
        connection.exec_driver_sql("CREATE TABLE half (x int)")
        raise RuntimeError("half way")

    number = migrations.newest() + 1
    monkeypatch.setattr(migrations, "STEPS", [*migrations.STEPS, (number, "fails", fails)])
    with pytest.raises(RuntimeError):
        Shelf(postgres, lambda: NOW_MS).start()
    with psycopg.connect(postgres.url) as raw:
        assert raw.execute("SELECT to_regclass('half'), max(number) FROM migrations").fetchone() == (None, number - 1)


async def test_a_notice_is_heard_on_every_node_after_the_commit_and_never_without(shelf, other):
    def tells(connection, payload="x", fails=False):
        dialect.notify(connection, "room", payload)
        if fails:
            raise ValueError("mine")

    with shelf.database.listen("room") as here, other.database.listen("room") as there:
        with pytest.raises(ValueError, match="mine"):
            await shelf.database.write(lambda one: tells(one, "never", fails=True))
        await shelf.database.write(tells)
        assert await here.wait(20) == [("room", "x")]
        assert await there.wait(20) == [("room", "x")]
    with other.database.listen("another room") as deaf:
        await shelf.database.write(tells)
        assert await deaf.wait(0.2) == []


async def test_after_a_cut_a_listener_hears_that_it_may_have_missed_something(shelf, line):
    with shelf.database.listen("room") as heard:
        await shelf.database.write(lambda one: dialect.notify(one, "room", "before"))
        assert await heard.wait(20) == [("room", "before")]
        while not line.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'tram-bell' AND datname = current_database()"
        ).fetchone()[0]:
            await asyncio.sleep(0.01)
        assert await heard.wait(20) == [("", "")]


@pytest.fixture
def database(place):
    made = Database(place, lambda: NOW_MS, 2000, 64)
    made.start(True)
    yield made
    made.close()


async def test_on_either_database_notices_are_heard_after_the_commit(database):
    with database.listen("a", "b") as heard:
        await database.write(lambda one: [dialect.notify(one, name, "1") for name in ("a", "a", "c", "b")])
        assert await heard.wait(20) == [("a", "1"), ("b", "1")]
        assert await heard.wait(0.05) == []


async def test_on_either_database_next_scans_goes_through_all_once(place):
    shelf = Shelf(place, lambda: NOW_MS)
    shelf.start()
    for first in (1, 6):
        await shelf.keep(intake([scan(seq) for seq in range(first, first + 5)]))
    seen, cursor = [], (0, 0)
    for _ in range(4):
        page, cursor = await shelf.database.read(lambda one, at=cursor: scans.next_scans(one, at, 4))
        seen.append([one.seq for one in page])
    assert seen == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10], []]
    assert survey.is_well(await shelf.database.read(survey.survey))
    await shelf.database.write(lambda one: one.execute(tables.ledgers.delete()) and None)
    assert not survey.is_well(await shelf.database.read(survey.survey))
    assert len(await shelf.database.read(lambda one: one.execute(select(tables.scans.c.id)).all())) == 10
    shelf.close()
