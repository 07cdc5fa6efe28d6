"""People who are not there go through the whole server. Then every byte is looked at."""

import random
import shutil
import subprocess
from datetime import date

import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select, text

from scripts.figures.own_cluster import binary
from server import logs
from server.app import Server
from server.persons.retention import Retention
from server.purging import Purge
from server.store import person_tables, tables, visit_tables
from tests.server import people, rig, sealing
from tests.server.holder.rig import Clock
from tests.server.persons.canary import dump, files_under, seen
from tests.server.rig import BOX, NOW_MS, OTHER_BOX

TOWN = [people.person(random.Random(seed), born=date(1990, 1, seed), phone=f"09{seed:08d}") for seed in range(11, 15)]
OTHER, TORN = "MỘT MÃ CỦA XE KHÁCH 7715309", "084199077531|không đủ|TRẦN THỊ CHIM"
BOUND_MS = 500


def canaries():
    """Every text that must not be found: names as written and without marks, numbers, phones, codes."""
    found = {OTHER, TORN, "084199077531", "TRẦN THỊ CHIM"}
    for one in TOWN:
        told = [
            one.name,
            people.plain(one.name),
            one.number,
            one.old_number,
            one.phone,
            one.insurance,
            one.qid,
            one.residence,
        ]
        found |= {value for value in told if value and len(value) >= 7}
    return found


def codes():
    """What they show."""
    first, second, child, last = TOWN
    return [
        people.citizen_2021(first), people.citizen_2024(second), people.personal(first), people.personal(second, True),
        people.on_behalf(child, first), people.insurance_new(last), people.insurance_old(last), OTHER.encode(),
        TORN.encode(), people.payment(random.Random(1)), people.citizen_2021(last),
    ]  # fmt: skip


def records(box_id, at_ms, first_seq=1):
    return [
        rig.scan(seq, code, box_id, utc_ms=at_ms + seq * 1000, bound_ms=BOUND_MS, marks="dir=in")
        for seq, code in enumerate(codes(), first_seq)
    ]


def bad_ones(at_ms):
    """What ends in quarantine: of nobody's box, spoilt, contradicting, and sealed to a key that is not here."""
    code = people.citizen_2021(TOWN[0])
    spoilt = rig.scan(90, code)[:-3] + b"??\n"
    conflict = rig.scan(1, people.citizen_2021(TOWN[1]), utc_ms=at_ms, bound_ms=BOUND_MS)
    closed = sealing.sealed(rig.scan(91, code, utc_ms=at_ms, bound_ms=BOUND_MS), sealing.OTHER_PRIVATE)
    strange = sealing.opaque(code, 92, private=sealing.OTHER_PRIVATE)
    return [rig.scan(1, code, rig.FOREIGN_BOX), spoilt, conflict, closed, strange, code]


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("server.app.utc_ms", made)
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def at(request, tmp_path):
    """Settings of a server on either database, and what gives all its bytes."""
    key = tmp_path / "sealing.key"
    key.write_text(sealing.PRIVATE.hex())
    key.chmod(0o600)
    how = {"before": 'sealing_key_files = ["sealing.key"]\n'}
    if request.param == "postgres":
        cluster = request.getfixturevalue("cluster")
        name = cluster.create()
        how["before"] += f'database_url = "{cluster.url(name)}"\n'
        return rig.config(tmp_path, **how), lambda: postgres_bytes(cluster, name, tmp_path)
    return rig.config(tmp_path, **how), lambda: sqlite_bytes(tmp_path)


def sqlite_bytes(folder):
    dump(folder / "data" / "server.db", folder / "dump.sql")
    return files_under(folder, without=("keys", "sealing.key"))


def postgres_bytes(cluster, name, folder):
    with cluster.connect(name) as line:
        line.execute("CHECKPOINT")
    asked = [binary("pg_dump"), "--no-owner", cluster.url(name)]
    (folder / "dump.sql").write_bytes(subprocess.run(asked, check=True, capture_output=True).stdout)
    base = cluster.folder / "data" / "base"
    with cluster.connect(name) as line:
        number = line.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()[0]
    return files_under(base / str(number), cluster.folder / "data" / "pg_wal", folder, without=("keys", "sealing.key"))


async def go_through(client, server, clock):
    """Sealed scans of one box, plain ones of another, bad ones of both; then everything is derived."""
    made = [sealing.sealed(raw) for raw in records(BOX, NOW_MS - 3_600_000)]
    made += records(OTHER_BOX, NOW_MS - 1_800_000)
    for number, batch in enumerate((made, made[:3] + bad_ones(NOW_MS - 3_600_000)), 1):
        content = rig.packed(rig.body(batch, batch_no=number))
        answer = await client.post("/api/v1/batches", content=content, headers=rig.headers())
        assert answer.status_code == 200, answer.text
    assert {verdict for _, verdict, _ in rig.verdicts(answer)} >= {"duplicate", "quarantined", "conflict"}
    await server.deriver.all()


def counts(connection):
    wanted = {
        "sealed": select(func.count()).where(tables.scans.c.sealed.is_not(None)),
        "digests": select(func.count()).where(tables.scans.c.digest.is_not(None)),
        "quarantined": select(func.count()).where(tables.quarantine.c.sealed.is_not(None)),
        "sightings": select(func.count()).select_from(visit_tables.sightings),
        "visits": select(func.count()).select_from(visit_tables.visits),
        "tokens": select(func.count()).select_from(person_tables.tokens),
        "edges": select(func.count()).select_from(person_tables.edges),
        "probables": select(func.count()).select_from(person_tables.probables),
    }
    return {name: connection.execute(asked).scalar() for name, asked in wanted.items()}


async def purge(server, clock, compact=False):
    done = await Purge(server.shelf.persons, server.holder, Retention(), clock, page_rows=7, compact=compact).run()
    assert {one.class_ for one in done.certificates} == {"person", "code"}
    return done


async def test_nobody_is_found_in_any_byte_before_or_after_the_days_are_over(at, clock, capsys, tmp_path):
    config, every_byte = at
    logs.set_up("debug", "json")
    server = Server(config)
    server.open()
    wanted = canaries()
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:
        await go_through(client, server, clock)
        before = await server.shelf.database.read(counts)
        assert min(before.values()) > 0, before
        assert seen(wanted, every_byte()) == []
        backup = tmp_path / "keys-of-then"
        shutil.copytree(config.holder_folder() / "days", backup)
        clock.days_on(30)
        await purge(server, clock)
        after = await server.shelf.database.read(counts)
        assert set(after.values()) == {0}, after
        await server.shelf.database.write(
            lambda connection: connection.execute(tables.health.insert().values(id=77, written_ms=0))
        )
    server.close()
    (tmp_path / "log").write_bytes(capsys.readouterr().out.encode())
    shutil.rmtree(backup)
    left = {**every_byte(), **files_under(config.holder_folder())}
    assert any(name.endswith("log") for name in left)
    assert seen(wanted, left) == []
    assert sum(map(len, left.values())) > 50_000


@pytest.mark.parametrize("which", range(3))
async def test_the_search_finds_one_that_was_planted(at, clock, which):
    config, every_byte = at
    planted = sorted(canaries())[which * 5]
    server = Server(config)
    server.open()

    def plant(connection):
        connection.execute(text("CREATE TABLE planted (said VARCHAR(200))"))
        connection.execute(text("INSERT INTO planted VALUES (:said)"), {"said": planted})

    await server.shelf.database.write(plant)
    found = seen(canaries(), every_byte())
    server.close()
    assert {one for _, one in found} >= {planted}
    assert any(name.endswith("dump.sql") for name, _ in found)


async def test_after_the_days_are_over_not_even_every_key_that_is_left_opens_what_a_backup_holds(tmp_path, clock):
    key = tmp_path / "sealing.key"
    key.write_text(sealing.PRIVATE.hex())
    key.chmod(0o600)
    config = rig.config(tmp_path, before='sealing_key_files = ["sealing.key"]\n')
    server = Server(config)
    server.open()
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:
        await go_through(client, server, clock)
        page = await server.shelf.deriving.derive_page(1)
        assert page.readings == []
        rows = await server.shelf.database.read(_sealed_rows)
        assert None not in await server.holder.read(rows)
        clock.days_on(30)
        await purge(server, clock)
        assert set(await server.holder.read(rows)) == {None}
        assert set(await server.holder.tokens(rows)) == {None}
    server.close()


def _sealed_rows(connection):
    from server.ingest.meaning import SealedRow

    columns = [tables.scans.c[name] for name in ("box_id", "epoch", "seq", "day", "class", "sealed")]
    asked = select(*columns).where(tables.scans.c.sealed.is_not(None))
    return [SealedRow(*row) for row in connection.execute(asked)]


async def test_what_was_sealed_and_who_was_who_is_not_left_in_any_byte_of_the_database(at, clock):
    config, every_byte = at
    server = Server(config)
    server.open()
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:
        await go_through(client, server, clock)
        traces = await server.shelf.database.read(_traces)
        assert all(found_in(traces, every_byte()).values())
        clock.days_on(30)
        await purge(server, clock, compact=server.config.database_url != "")
        left = {name: data for name, data in every_byte().items() if "pg_wal" not in name}
        assert not any(found_in(traces, left).values())
    server.close()


def _traces(connection):
    """Bytes that were there: of what was sealed, digests, tokens, persons."""
    columns = {
        "sealed": tables.scans.c.sealed,
        "digest": tables.scans.c.digest,
        "quarantined": tables.quarantine.c.sealed,
        "token": person_tables.tokens.c.mac,
        "person": visit_tables.sightings.c.person,
        "visit": visit_tables.visits.c.id,
    }
    return {
        name: [
            value[-16:] for value in connection.execute(select(column).where(column.is_not(None))).scalars() if value
        ]
        for name, column in columns.items()
    }


def found_in(traces, contents):
    whole = b"\n".join(contents.values())
    return {name: sum(value in whole for value in values) for name, values in traces.items()}
