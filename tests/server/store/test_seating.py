"""The register in memory: what is kept is kept by the register that holds, whoever changed it."""

import pytest
from sqlalchemy import select

from server.fleet import forms
from server.ingest.receive import RegisterChanged, receive
from server.places.types import GatewaySeat, Period, Place
from server.store import place_register, tables
from server.store.shelf import Shelf
from tests.server.rig import BOX, GATEWAY, NOW_MS, body, scan

HERE = Place("cho-a", "Chợ")


@pytest.fixture
def shelf(place):
    made = Shelf(place, lambda: NOW_MS)
    made.start()
    yield made
    made.close()


async def seated(shelf):
    """The place, with the gateway at it; returns the place's version."""
    await shelf.places.put_place(HERE, None)
    seat = GatewaySeat(GATEWAY, 0, HERE.place_id)
    await shelf.database.write(lambda connection: place_register.put_gateway_seats(connection, [seat], "duty", NOW_MS))
    return (await shelf.places.entry(HERE.place_id)).version


def judged(register, *seqs):
    return receive(body([scan(seq) for seq in seqs]), GATEWAY, {BOX}, NOW_MS)._replace(register=register)


async def rows(shelf):
    asked = select(tables.scans.c.seq).order_by(tables.scans.c.seq)
    return await shelf.database.read(lambda connection: list(connection.execute(asked).scalars()))


async def test_the_register_is_asked_for_once_and_then_remembered(shelf):
    first = await shelf.seating()
    assert (await shelf.seating()) is first
    assert (await shelf.keep(judged(first[0], 1))).verdicts[0].verdict == "accepted"
    assert (await shelf.seating()) is first


async def test_nothing_is_kept_that_was_judged_by_a_register_that_does_not_hold_any_more(shelf):
    before, _ = await shelf.seating()
    version = await seated(shelf)
    with pytest.raises(RegisterChanged):
        await shelf.keep(judged(before, 1, 2))
    assert await rows(shelf) == []
    assert await shelf.ledgers(None, None, None, 9) == []
    now, seats = await shelf.seating()
    assert now != before
    assert HERE.place_id in seats.places
    await shelf.keep(judged(now, 1, 2))
    await shelf.places.put_periods(HERE.place_id, (Period(1000, "counts_only"),), version)
    with pytest.raises(RegisterChanged):
        await shelf.keep(judged(now, 3))
    assert await rows(shelf) == [1, 2]
    _, seats = await shelf.seating()
    assert not seats.may_identify(GATEWAY, BOX, NOW_MS, NOW_MS)


async def test_a_wish_that_changes_the_purpose_counts_too(shelf):
    before, _ = await shelf.seating()
    await shelf.fleet.wish_place(GATEWAY, forms.write({"purpose": []}))
    with pytest.raises(RegisterChanged):
        await shelf.keep(judged(before, 1))
    assert await rows(shelf) == []


async def test_what_names_no_register_is_kept_as_it_is(shelf):
    await shelf.places.put_place(HERE, None)
    await shelf.keep(judged(None, 1))
    assert await rows(shelf) == [1]


async def test_a_change_at_one_node_holds_for_the_next_batch_at_another(postgres):
    here, there = (Shelf(postgres, lambda: NOW_MS) for _ in range(2))
    here.start()
    there.start()
    try:
        before, _ = await there.seating()
        version = await seated(here)
        await here.places.put_periods(HERE.place_id, (Period(1000, "counts_only"),), version)
        with pytest.raises(RegisterChanged):
            await there.keep(judged(before, 1))
        assert await rows(there) == []
        _, seats = await there.seating()
        assert not seats.may_identify(GATEWAY, BOX, NOW_MS, NOW_MS)
    finally:
        here.close()
        there.close()
