"""The database dies in the middle of the work, as in a power cut: what was answered is there, nothing twice."""

import asyncio
import signal
import tempfile
from pathlib import Path

import pytest

from server.errors import Unavailable, Unusable
from server.ingest.receive import receive
from server.store.shelf import Shelf
from tests.server.postgres import PostgresCluster
from tests.server.rig import BOX, EPOCH, GATEWAY, NOW_MS, body, scan

SCANS, SENDERS, CUTS = 40, 4, 3


@pytest.fixture
def own_cluster():
    """On the disk, and only this test's; not in pytest's folder, which each session makes its user's alone again."""
    made = PostgresCluster(Path(tempfile.gettempdir()))
    made.start()
    yield made
    made.end()


async def test_what_was_answered_is_there_after_the_database_was_killed_again_and_again(own_cluster):
    place = own_cluster.at(own_cluster.create())
    shelf = Shelf(place, lambda: NOW_MS)
    shelf.start()
    answered, refused, cuts_done = set(), [], asyncio.Event()
    waiting = iter(range(10**6))

    async def sender():
        while not cuts_done.is_set():
            number = next(waiting)
            seqs = range(number * SCANS + 1, number * SCANS + SCANS + 1)
            intake = receive(body([scan(seq) for seq in seqs]), GATEWAY, {BOX}, NOW_MS)
            while True:
                try:
                    found = await shelf.keep(intake)
                except Unavailable as err:
                    refused.append(err.code)
                    await asyncio.sleep(0.01)
                    continue
                assert {one.verdict for one in found.verdicts} <= {"accepted", "duplicate"}
                answered.update(seqs)
                break

    async def cut():
        for _ in range(CUTS):
            before = len(answered)
            while len(answered) < before + 10 * SCANS:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(own_cluster.stop, signal.SIGQUIT)
            while not refused:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(own_cluster.start)
        cuts_done.set()

    await asyncio.gather(cut(), *(sender() for _ in range(SENDERS)))
    assert set(refused) <= {"store_failed", "store_busy"}
    with own_cluster.connect(place.url.split("/")[3].split("?")[0]) as line:
        asked = line.execute("SELECT seq FROM scans WHERE box_id = %s AND epoch = %s", (BOX, EPOCH))
        stored = [row[0] for row in asked]
    assert len(stored) == len(set(stored))
    assert set(stored) == answered
    (row,) = await shelf.ledgers(None, None, None, 10)
    assert row.account.stored == len(answered)
    shelf.close()


async def test_while_the_database_is_away_nothing_is_answered_and_afterwards_everything(own_cluster):
    place = own_cluster.at(own_cluster.create())
    shelf = Shelf(place, lambda: NOW_MS)
    shelf.start()
    await shelf.beat()
    own_cluster.stop()
    for asked in (shelf.beat, shelf.sums):
        with pytest.raises(Unavailable) as err:
            await asked()
        assert err.value.code == "store_failed"
    with pytest.raises(Unusable) as refused:
        Shelf(place, lambda: NOW_MS).start()
    assert refused.value.code == "store_failed"
    own_cluster.start()
    await shelf.beat()
    assert (await shelf.sums())[1] == {}
    shelf.close()
