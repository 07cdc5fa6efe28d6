"""A change of purpose is in force for the next batch after it was answered, and for those that are under way."""

import pytest
from sqlalchemy import select

from server.app import utc_ms
from server.ingest.receive import RegisterChanged
from server.places.seats import Seats
from server.places.types import GatewaySeat, Period, Place
from server.store import place_register
from server.store.tables import scans
from tests.server import rig
from tests.server.people import citizen_2021, people

CARDS = [citizen_2021(one) for one in people(seed=3, count=9)]
HERE = "cho-a"
COUNTS_ONLY = (Period(1000, "counts_only"),)


def batch(*seqs):
    records = [rig.scan(seq, CARDS[seq % len(CARDS)]) for seq in seqs]
    at_ms = utc_ms() - 60_000
    return rig.body(records, batch_no=seqs[0], earliest_ms=at_ms, latest_ms=at_ms + 500)


@pytest.fixture
async def version(server, client):
    """The gateway's place, registered; what its version is."""
    await server.shelf.places.put_place(Place(HERE, "Chợ"), None)
    seat = GatewaySeat(rig.GATEWAY, 0, HERE)
    await server.shelf.database.write(lambda one: place_register.put_gateway_seats(one, [seat], "duty", rig.NOW_MS))
    return (await server.shelf.places.entry(HERE)).version


@pytest.fixture
def more_settings():
    """What was kept before the change is blanked by deriving: here only what ingest does is looked at."""
    return {"more": "[deriving]\nenabled = false"}


async def whole(server):
    """{seq: whether more than the count is kept}"""
    asked = select(scans.c.seq, scans.c.sealed, scans.c.digest, scans.c.kind)
    found = await server.shelf.database.read(lambda connection: connection.execute(asked).fetchall())
    for one in found:
        assert len({value is None for value in one[1:]}) == 1
    return {one.seq: one.sealed is not None for one in found}


async def test_the_next_batch_after_the_answer_is_kept_as_counts_only(server, send, version):
    assert rig.verdicts(await send(batch(1))) == [(1, "accepted", None)]
    version = await server.shelf.places.put_periods(HERE, COUNTS_ONLY, version)
    assert rig.verdicts(await send(batch(2, 3))) == [(2, "accepted", None), (3, "accepted", None)]
    basis = (Period(1000, "identified", "QD 1"),)
    await server.shelf.places.put_periods(HERE, basis, version)
    assert rig.verdicts(await send(batch(4))) == [(4, "accepted", None)]
    assert await whole(server) == {1: True, 2: False, 3: False, 4: True}


async def test_a_batch_that_is_under_way_while_the_purpose_changes_is_judged_anew(server, send, version, monkeypatch):
    kept, asked = server.holder.keep, []

    async def keep(asks):
        found = await kept(asks)
        asked.append([one.is_identified for one in asks])
        if len(asked) == 1:
            await server.shelf.places.put_periods(HERE, COUNTS_ONLY, version)
        return found

    monkeypatch.setattr(server.holder, "keep", keep)
    assert rig.verdicts(await send(batch(1, 2))) == [(1, "accepted", None), (2, "accepted", None)]
    assert asked == [[True, True], [False, False]]
    assert await whole(server) == {1: False, 2: False}


async def test_a_register_that_never_stands_still_is_answered_with_come_again_and_nothing_is_kept(
    server, send, version, monkeypatch
):
    async def keep(found):
        raise RegisterChanged("register_changed", "")

    monkeypatch.setattr(server.shelf, "keep", keep)
    answer = await send(batch(1))
    assert (answer.status_code, answer.json()["code"]) == (503, "store_busy")
    assert "retry-after" in answer.headers
    assert await whole(server) == {}


async def test_batches_ask_the_register_once_while_it_stands(server, send, version, monkeypatch):
    made = []
    monkeypatch.setattr(
        Seats, "__init__", lambda self, *how, init=Seats.__init__: (made.append(1), init(self, *how))[1]
    )
    for seq in range(1, 9):
        assert rig.verdicts(await send(batch(seq))) == [(seq, "accepted", None)]
    assert len(made) == 1
