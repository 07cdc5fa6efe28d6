"""The latest look: asked for seldom, and a source that fails ends nothing."""

import asyncio

import pytest

from gateway.panel.glance import FRESH_MS, Glance, NoLook
from tests.gateway.panel.rig import Clock, Town


async def test_many_who_ask_at_once_are_one_question():
    town, clock = Town(), Clock()
    glance = Glance(town, clock)
    looks = await asyncio.gather(*(glance.look() for _ in range(50)))
    assert town.asked == 1
    assert all(look is town.now for look in looks)


async def test_a_look_that_is_no_longer_fresh_is_asked_for_again():
    town, clock = Town(), Clock()
    glance = Glance(town, clock)
    await glance.look()
    town.change(utc_ms=5)
    clock.ms += FRESH_MS - 1
    assert (await glance.look()).utc_ms != 5
    clock.ms += 1
    assert (await glance.look()).utc_ms == 5


@pytest.mark.parametrize("error", [ValueError("x"), OSError("disk"), RuntimeError(), KeyError("part")])
async def test_a_source_that_fails_is_no_look_and_the_next_may_be_one(error):
    town, clock = Town(), Clock()
    glance = Glance(town, clock)
    town.fails = error
    with pytest.raises(NoLook):
        await glance.look()
    town.fails = None
    assert await glance.look() is town.now
    assert glance.failed == 1


async def test_a_source_that_hangs_is_no_look(monkeypatch):
    monkeypatch.setattr("gateway.panel.glance.PATIENCE_S", 0.05)

    class Hanging(Town):
        async def look(self):
            await asyncio.Event().wait()

    with pytest.raises(NoLook):
        await Glance(Hanging(), Clock()).look()
