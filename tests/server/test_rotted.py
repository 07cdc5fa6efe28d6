"""Stored records that have rotted: passed over, told, and tried again; nobody else waits for them."""

import asyncio

import msgspec
import pytest
import structlog
from sqlalchemy import select

from firmware.wire.errors import WireError
from server.deriving import Deriver
from server.errors import Unavailable
from server.places.types import BoxSeat, Place
from server.store import tables
from tests.server import people
from tests.server.deriving_rig import DAY_MS, NOON_MS, TOWN, again, rows, sent, shown
from tests.server.rig import BOX, EPOCH, READS


@pytest.fixture
def more_settings():
    return {"more": "[deriving]\nenabled = false\nbatch = 3"}


async def test_a_row_that_cannot_be_read_is_told_and_tried_again_until_it_can(server, send, monkeypatch):
    monkeypatch.setattr("server.deriving.AGAIN_S", (0.01,))
    await sent(send, [shown(1, people.citizen_2021(TOWN[0]), NOON_MS)])
    page, failed = server.shelf.deriving.derive_page, []

    async def rotten(limit):
        if len(failed) < 3:
            failed.append(limit)
            raise WireError("header", "no header line")
        return await page(limit)

    monkeypatch.setattr(server.shelf.deriving, "derive_page", rotten)
    task = asyncio.create_task(server.deriver.run())
    async with asyncio.timeout(20):
        while server.deriver.done < 1:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert len(failed) == 3


async def rot(server, seq, raw=None):
    """What stands on the disk in this scan's record is another than was written; returns what it was."""
    here = tables.scans.c.seq == seq

    def job(connection):
        before = connection.execute(select(tables.scans.c.raw).where(here)).scalar_one()
        connection.execute(tables.scans.update().where(here).values(raw=raw or before[:-3] + b"zz\n"))
        return before

    return await server.shelf.database.write(job)


async def three(send):
    await sent(send, [shown(1 + at, people.citizen_2021(TOWN[at]), NOON_MS + at * 60_000) for at in range(3)])


async def test_a_record_that_has_rotted_is_passed_over_and_told_and_tried_again_when_all_is_made_anew(server, send):
    await three(send)
    whole = await rot(server, 2)
    with structlog.testing.capture_logs() as logs:
        assert await server.deriver.all() == 2
    told = [line for line in logs if line["event"] == "row_rotted"]
    assert [(line["box_id"], line["seq"], line["code"]) for line in told] == [(BOX, 2, "field")]
    assert server.deriver.rotted == {"field": 1}
    others = await rows(server)
    assert len(others["sightings"]) == 2
    assert await again(server) == others
    assert server.deriver.rotted == {"field": 1}
    await rot(server, 2, whole)
    assert len((await again(server))["sightings"]) == 3
    await server.deriver.same_keys()
    assert server.deriver.rotted == {}


async def test_a_page_of_nothing_but_rotted_records_holds_nobody_up(server, send, client):
    await three(send)
    for seq in (1, 2, 3):
        await rot(server, seq)
    await sent(send, [shown(4, people.citizen_2021(TOWN[0]), NOON_MS)], batch_no=2)
    assert await server.deriver.all() == 1
    assert len((await rows(server))["sightings"]) == 1
    answer = await client.get("/metrics", headers={"Authorization": "Bearer token-of-ops"})
    assert "\ntram_rows_rotted 3.0\n" in answer.text
    assert "\ntram_deriving_waits 0.0\n" in answer.text
    answer = await client.get("/api/v1/scans", params={"box": BOX}, headers=READS)
    assert (answer.status_code, [msgspec.json.decode(line)["seq"] for line in answer.text.splitlines()]) == (200, [4])
    assert await server.shelf.scans(BOX, EPOCH, 0, 1) != []


async def test_a_record_that_rots_later_keeps_its_visit_and_holds_no_correction_up(server, send):
    for name in ("market-a", "market-b"):
        await server.shelf.places.put_place(Place(name, "Chợ", "market"), None)
    seat = BoxSeat(BOX, NOON_MS - 10 * DAY_MS, "market-a")
    await server.shelf.places.put_box_seats(BOX, [seat], [], "ops")
    await three(send)
    await server.deriver.all()
    await rot(server, 2)
    await server.shelf.places.put_box_seats(BOX, [seat._replace(place_id="market-b")], [seat], "ops")
    await server.deriver.all()
    found = (await rows(server))["sightings"]
    assert [sum(name in row for row in found) for name in ("market-a", "market-b")] == [1, 2]
    assert server.deriver.rotted == {"field": 1}


async def test_who_starts_later_knows_what_was_passed_over_before(server, send):
    await three(send)
    await rot(server, 1)
    await server.deriver.all()
    later = Deriver(server.shelf.deriving, server.holder, 10, 1000)
    await later.same_keys()
    assert later.rotted == {"field": 1}


async def test_what_deriving_waits_for_is_said_until_it_is_over(server, monkeypatch):
    monkeypatch.setattr("server.deriving.AGAIN_S", (0.01,))
    look, said = server.shelf.deriving.derive_page, asyncio.Queue()
    faults = iter([Unavailable("store_busy"), RuntimeError("ours")])

    async def failing(limit):
        said.put_nowait(server.deriver.fault)
        for one in faults:
            raise one
        return await look(limit)

    async def nothing_new(wait_s):
        said.put_nowait(server.deriver.fault)
        await asyncio.sleep(0.01)

    monkeypatch.setattr(server.shelf.deriving, "derive_page", failing)
    monkeypatch.setattr(server.shelf.deriving, "until_scans", nothing_new)
    task = asyncio.create_task(server.deriver.run())
    async with asyncio.timeout(60):
        heard = [await said.get() for _ in range(5)]
    task.cancel()
    await asyncio.wait([task])
    assert heard == ["", "store_busy", "RuntimeError", "RuntimeError", ""]
