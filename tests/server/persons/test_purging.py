"""A purge of a real store: what is due goes, whatever cuts it off, and nothing else does."""

import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select

from server.app import Server
from server.codes.types import CODE, PERSON
from server.errors import Unavailable
from server.persons.retention import DAY_MS, Retention, day_of
from server.purging import Purge
from server.store import person_tables, tables, visit_tables
from tests.server import people, rig
from tests.server.holder.rig import Clock
from tests.server.rig import BOX, NOW_MS

DAY = day_of(NOW_MS)
TOWN = people.people(seed=5, count=4)
DERIVED = (
    visit_tables.sightings,
    visit_tables.visits,
    person_tables.tokens,
    person_tables.edges,
    person_tables.probables,
)


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("server.app.utc_ms", made)
    return made


@pytest.fixture
async def at(tmp_path, clock):
    """A server, and its client; `deriving` by hand."""
    server = Server(rig.config(tmp_path, more="[deriving]\nenabled = false"))
    server.open()
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:
        yield server, client
    server.close()


def shown(seq, code, day, marks="dir=in"):
    return rig.scan(seq, code, utc_ms=NOW_MS + day * DAY_MS, bound_ms=500, marks=marks)


async def send(at, records, batch_no=1):
    server, client = at
    answer = await client.post(
        "/api/v1/batches", content=rig.packed(rig.body(records, batch_no=batch_no)), headers=rig.headers()
    )
    assert answer.status_code == 200, answer.text
    await server.deriver.all()
    return rig.verdicts(answer)


async def days_of_a_town(at, clock, days):
    """Somebody shows a card, and a personal code, on each of these days, as the clock goes on."""
    seq = 0
    for day in days:
        clock.now_ms = NOW_MS + day * DAY_MS + 3_600_000
        made = []
        for one in TOWN:
            for code in (people.citizen_2021(one), people.personal(one), b"something else %d" % seq):
                seq += 1
                made.append(shown(seq, code, day))
        await send(at, made, batch_no=day + 1)
    return seq


async def rows(server):
    def job(connection):
        found = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in DERIVED}
        found["hours"] = sorted(map(repr, connection.execute(select(visit_tables.hours))))
        return found

    return await server.shelf.database.read(job)


async def held(server):
    return {(one.day - DAY, one.class_): one.rows for one in await server.shelf.persons.held()}


def purge_of(server, clock, **how):
    return Purge(server.shelf.persons, server.holder, Retention(), clock, **how)


async def test_what_is_due_goes_and_what_is_not_stays(at, clock):
    server, _ = at
    await days_of_a_town(at, clock, range(3))
    hours = (await rows(server))["hours"]
    clock.now_ms = NOW_MS + 23 * DAY_MS
    said = []

    async def record(one):
        said.append(one)

    done = await purge_of(server, clock, record=record, page_rows=5).run()
    assert [(one.day - DAY, one.class_) for one in done.certificates] == [
        (0, CODE), (0, PERSON), (1, CODE), (1, PERSON), (2, CODE),
    ]  # fmt: skip
    assert said == done.certificates
    assert await held(server) == {(2, PERSON): 8}
    assert [(key.day - DAY, key.class_) for key in await server.holder.days()] == [(2, PERSON)]
    after = await rows(server)
    assert after["hours"] == hours
    assert len(after["sightings"]) == len(TOWN) * 3
    person = done.certificates[1]
    assert (person.rows["scans"], person.rows["sightings"]) == (8, 12)
    assert len(person.fingerprint) == 16


async def test_after_a_purge_deriving_all_anew_gives_the_same(at, clock):
    server, _ = at
    await days_of_a_town(at, clock, range(4))
    clock.now_ms = NOW_MS + 23 * DAY_MS
    await purge_of(server, clock).run()
    before = await rows(server)
    assert before["sightings"]
    await server.shelf.deriving.clear()
    await server.deriver.all()
    assert await rows(server) == before


async def test_a_purge_that_leaves_some_days_and_a_gap_gives_what_deriving_all_anew_gives(at, clock):
    server, _ = at
    await days_of_a_town(at, clock, (0, 1, 2, 7, 9))
    clock.now_ms = NOW_MS + 25 * DAY_MS
    await purge_of(server, clock, page_rows=3).run()
    left = await rows(server)
    assert all(left[table.name] for table in DERIVED)
    await server.shelf.deriving.clear()
    await server.deriver.all()
    anew = await rows(server)
    assert {name: some for name, some in anew.items() if name != "hours"} == {
        name: some for name, some in left.items() if name != "hours"
    }


async def test_a_purge_again_does_nothing(at, clock):
    server, _ = at
    await days_of_a_town(at, clock, range(2))
    clock.now_ms = NOW_MS + 30 * DAY_MS
    first = await purge_of(server, clock).run()
    before = await rows(server)
    assert first.certificates
    assert await purge_of(server, clock).run() == ([], {})
    assert await rows(server) == before
    assert await server.shelf.persons.certificates(0, 100) == first.certificates


async def test_looking_what_is_due_changes_nothing(at, clock):
    server, _ = at
    await days_of_a_town(at, clock, range(1))
    assert await purge_of(server, clock).due() == []
    clock.now_ms = NOW_MS + 8 * DAY_MS
    assert await purge_of(server, clock).due() == [(DAY, CODE, 4)]
    assert await held(server) == {(0, PERSON): 8, (0, CODE): 4}


TWICE = ("begin_day", "blank_day", "expire", "finish")
CUTS = [(verb, time) for verb in TWICE for time in (0, 1, 3)]
CUTS += [(verb, 0) for verb in ("set_horizons", "blank_digests", "blank_envelopes", "tidy")]


@pytest.mark.parametrize("verb, time", CUTS)
async def test_cut_off_anywhere_the_next_run_goes_on_and_ends_alike(at, clock, monkeypatch, verb, time):
    server, _ = at
    await days_of_a_town(at, clock, range(2))
    clock.now_ms = NOW_MS + 30 * DAY_MS
    real, calls = getattr(server.shelf.persons, verb), []

    async def cut(*what):
        calls.append(what)
        if len(calls) == time + 1:
            raise Unavailable("store_busy")
        return await real(*what)

    monkeypatch.setattr(server.shelf.persons, verb, cut)
    with pytest.raises(Unavailable):
        await purge_of(server, clock, page_rows=3).run()
    monkeypatch.undo()
    monkeypatch.setattr("server.app.utc_ms", clock)
    await purge_of(server, clock, page_rows=3).run()
    assert await held(server) == {}
    assert await server.holder.days() == []
    after = await rows(server)
    assert all(after[table.name] == [] for table in DERIVED)
    certified = [(one.day - DAY, one.class_) for one in await server.shelf.persons.certificates(0, 100)]
    assert certified == [(0, CODE), (0, PERSON), (1, CODE), (1, PERSON)]


async def test_a_late_scan_of_a_day_that_is_gone_is_counted_and_nothing_else(at, clock):
    server, _ = at
    last = await days_of_a_town(at, clock, range(1))
    clock.now_ms = NOW_MS + 30 * DAY_MS
    await purge_of(server, clock).run()
    late = shown(last + 1, people.citizen_2021(TOWN[0]), 0)
    assert await send(at, [late], batch_no=50) == [(last + 1, "accepted", None)]
    assert await held(server) == {}
    assert await server.holder.days() == []
    after = await rows(server)
    assert all(after[table.name] == [] for table in DERIVED)


async def test_the_same_scan_again_after_its_day_is_gone_is_a_duplicate(at, clock):
    server, _ = at
    await days_of_a_town(at, clock, range(1))
    clock.now_ms = NOW_MS + 30 * DAY_MS
    await purge_of(server, clock).run()
    assert await send(at, [shown(1, people.citizen_2021(TOWN[0]), 0)], batch_no=50) == [(1, "duplicate", None)]


async def test_the_ledger_stands_after_a_purge(at, clock):
    server, _ = at
    last = await days_of_a_town(at, clock, range(1))
    clock.now_ms = NOW_MS + 30 * DAY_MS
    await purge_of(server, clock).run()
    before = await server.shelf.ledgers(BOX, None, None, 10)
    assert before[0].account.stored == last
    await server.shelf.rebuild()
    after = await server.shelf.ledgers(BOX, None, None, 10)
    assert [one.account for one in after] == [one.account for one in before]


async def test_what_is_quarantined_can_be_judged_anew_until_its_time_is_over_and_stays_counted(at, clock):
    server, client = at
    torn = shown(1, b"somebody's code", 0)[:-3] + b"!!\n"
    assert (await send(at, [torn]))[0][1] == "quarantined"
    before = (await server.shelf.ledgers(BOX, None, None, 10))[0].account
    clock.now_ms = NOW_MS + 30 * DAY_MS
    await purge_of(server, clock).run()

    def job(connection):
        return connection.execute(select(tables.quarantine.c.raw, tables.quarantine.c.sealed)).all()

    assert [tuple(row) for row in await server.shelf.database.read(job)] == [(b"", None)]
    answer = await client.post("/api/v1/quarantine/replay", json={}, headers=rig.WISHES)
    assert answer.status_code in (200, 201), answer.text
    assert (await server.shelf.ledgers(BOX, None, None, 10))[0].account == before


async def test_somebody_who_asks_is_forgotten_and_the_others_are_not(at, clock):
    server, _ = at
    await days_of_a_town(at, clock, range(2))

    def whose(connection):
        asked = select(visit_tables.sightings.c.person, func.count()).group_by(visit_tables.sightings.c.person)
        return {row[0]: row[1] for row in connection.execute(asked) if row[0] is not None}

    before = await server.shelf.database.read(whose)
    person = min(before)
    certificate = await purge_of(server, clock, page_rows=2).forget(person, "request-7")
    after = await server.shelf.database.read(whose)
    assert after == {one: count for one, count in before.items() if one != person}
    assert (certificate.what, certificate.subject, certificate.fingerprint) == ("person", "request-7", None)
    assert certificate.rows["scans"] == certificate.rows["sightings"] == before[person]
    assert certificate.rows["tokens"] > 0
    assert person.hex() not in repr(certificate)
    assert sum((await held(server)).values()) == 24 - before[person]
    left = await rows(server)
    await server.shelf.deriving.clear()
    await server.deriver.all()
    again = await rows(server)
    assert {name: again[name] for name in ("tokens", "edges", "visits")} == {
        name: left[name] for name in ("tokens", "edges", "visits")
    }


async def test_forgetting_twice_is_one_certificate(at, clock):
    server, _ = at
    await days_of_a_town(at, clock, range(1))
    first = await purge_of(server, clock).forget(b"n" * 16, "request-8")
    assert await purge_of(server, clock).forget(b"n" * 16, "request-8") == first
    assert first.rows["scans"] == 0


async def test_counts_alone_have_nothing_to_purge(tmp_path, clock):
    server = Server(rig.config(tmp_path, more="[deriving]\nenabled = false"))
    server.open()
    try:
        clock.now_ms = NOW_MS + 400 * DAY_MS
        assert await purge_of(server, clock).run() == ([], {})
    finally:
        server.close()
