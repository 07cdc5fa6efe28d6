"""A piece for who asks for what is wanted of it; each box in its turn, and never more than it may have."""

import asyncio
import contextlib

import pytest

from firmware.wire.update import Want
from gateway.downlink.bundle import check
from gateway.downlink.pieces import MOST_WAITING, Pieces
from gateway.downlink.store import NO_WISHES
from tests.gateway.brokers import eventually
from tests.gateway.fleet import bundle, fleet_key


class World:
    def __init__(self, tmp_path, per_s: float = 1000.0) -> None:
        self.now_ms = 0
        self.sent: list = []
        self.goes = True
        bundles = {version: check(bundle(tmp_path / str(version), version), fleet_key().modulus) for version in (7, 8)}
        self.pieces = Pieces(self._send, lambda: self.now_ms, per_s)
        self.pieces.wishes = NO_WISHES._replace(wanted={"*": 7, "box-b": 8, "box-n": 0}, bundles=bundles)

    def _send(self, piece) -> bool:
        self.sent.append(piece)
        return self.goes

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.pieces.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def want(offset: int = 0, box_id: str = "box-a", version: int = 7, path: str = "a.mpy", length: int = 100) -> Want:
    return Want(box_id, version, path, offset, length)


async def test_a_piece_comes_with_its_place(tmp_path):
    async with World(tmp_path).running() as it:
        it.pieces.ask(want(5, length=10))
        await eventually(lambda: it.sent)
        (piece,) = it.sent
        assert piece[:4] == ("box-a", 7, "a.mpy", 5)
        assert piece.data == (b"version 7" * 3)[5:15]


@pytest.mark.parametrize(
    "wrong, reason",
    [
        ({"version": 8}, "not_wanted"),
        ({"version": 9}, "not_wanted"),
        ({"box_id": "box-b"}, "not_wanted"),
        ({"box_id": "box-n"}, "not_wanted"),
        ({"path": "nowhere"}, "missing"),
        ({"path": "firmware"}, "missing"),
        ({"offset": 900}, "missing"),
        ({"offset": 2**32 - 1}, "missing"),
    ],
)
async def test_what_nobody_wished_or_signed_is_not_sent_and_counted(tmp_path, wrong, reason):
    async with World(tmp_path).running() as it:
        it.pieces.ask(want(**wrong))
        it.pieces.ask(want())
        await eventually(lambda: it.sent)
        assert len(it.sent) == 1
        assert it.pieces.refused == {reason: 1}


async def test_who_floods_waits_and_nobody_else(tmp_path):
    it = World(tmp_path, per_s=10)
    for offset in range(900):
        it.pieces.ask(want(offset))
    assert it.pieces.refused == {"pace": 900 - MOST_WAITING}
    for offset in range(3):
        it.pieces.ask(want(offset, box_id="box-b", version=8))
    async with it.running():
        await eventually(lambda: len(it.sent) == 2)
        assert {piece.box_id for piece in it.sent} == {"box-a", "box-b"}
        for turn in range(1, 3):
            it.now_ms += 100
            await eventually(lambda turn=turn: len(it.sent) == 2 + 2 * turn)
        it.now_ms += 1000
        await eventually(lambda: len(it.sent) == 7)


async def test_who_asks_one_by_one_is_held_to_the_pace_too(tmp_path):
    async with World(tmp_path, per_s=10).running() as it:
        for offset in range(3):
            it.pieces.ask(want(offset))
            await asyncio.sleep(0.02)  # long enough for each of them, if nothing held it back
        assert len(it.sent) == 1
        it.now_ms += 100
        await eventually(lambda: len(it.sent) == 2)


async def test_what_waits_already_is_not_taken_twice(tmp_path):
    it = World(tmp_path)
    it.pieces.ask(want())
    it.pieces.ask(want())
    assert it.pieces.refused == {"waiting": 1}


async def test_what_was_taken_away_since_or_cannot_be_sent_stops_nothing(tmp_path):
    it = World(tmp_path)
    (tmp_path / "7" / "a.mpy").unlink()
    it.pieces.ask(want())
    it.pieces.ask(want(box_id="box-b", version=8))
    it.pieces.wishes = it.pieces.wishes._replace(bundles={7: it.pieces.wishes.bundles[7]})
    it.pieces.ask(want(box_id="box-c", path="firmware/b.mpy"))
    it.goes = False
    async with it.running():
        await eventually(lambda: it.sent)
        assert it.pieces.refused == {"missing": 2}
        assert it.pieces.sent == 0
