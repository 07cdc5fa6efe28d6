"""Faults are carried out as planned, one at a time on each part, and everything is up again when they are over."""

import asyncio
import json
import time

import pytest

from scripts.sim import injector as injecting
from scripts.sim.evidence import Evidence
from scripts.sim.faults import Fault
from scripts.sim.injector import Injector
from scripts.sim.town import POWER_CUT_EXIT
from scripts.sim.witness import Witness


class FakePart:
    def __init__(self):
        self.done = []
        self.is_up = True
        self.sent = []
        self.cut = asyncio.Event()

    async def kill(self):
        assert self.is_up, "killed while it was down"
        self.is_up = False
        self.done.append("kill")
        return -9

    async def start(self):
        assert not self.is_up, "started while it was up"
        self.is_up = True
        self.done.append("start")

    async def wait(self):
        await self.cut.wait()
        self.is_up = False
        return POWER_CUT_EXIT

    async def send(self, line):
        self.sent.append(json.loads(line))


class FakeLink:
    def __init__(self):
        self.modes = []

    def set_mode(self, mode):
        self.modes.append(mode)


class FakeBox:
    def __init__(self, folder):
        self.box_id = "box-1"
        self.folder = folder
        self.box, self.reader = FakePart(), FakePart()
        self.asked = []

    def cut_power_after(self, operations):
        self.asked.append(operations)


class FakeTown:
    def __init__(self, folder):
        self.evidence = Evidence()
        self.witness = Witness(self.evidence)
        self.gateway, self.broker, self.server = FakePart(), FakePart(), FakePart()
        self.box_link, self.server_link = FakeLink(), FakeLink()
        self.box_ids = ["box-1"]
        self.boxes = {"box-1": FakeBox(folder)}


@pytest.fixture
def town(tmp_path):
    return FakeTown(tmp_path)


async def carry_out(town, *faults):
    await Injector(town).run([Fault(0.0, kind, details) for kind, details in faults], time.monotonic())


async def test_a_part_is_killed_and_started_again(town):
    await carry_out(town, ("gateway", {"down_s": 0.01, "aim_ms": None}))
    assert town.gateway.done == ["kill", "start"]
    assert [fault.kind for fault in town.evidence.faults] == ["gateway"]


async def test_a_part_that_is_down_is_not_killed_again(town):
    await carry_out(town, *[("server", {"down_s": 0.05, "aim_ms": None})] * 3)
    assert town.server.done == ["kill", "start"] * 3


async def test_two_parts_may_be_down_at_once(town):
    begun = time.monotonic()
    await carry_out(town, *[(kind, {"down_s": 0.3, "aim_ms": None}) for kind in ("server", "broker", "gateway")])
    assert time.monotonic() - begun < 0.8


async def test_an_aimed_kill_waits_for_a_green_light(town):
    kill = asyncio.create_task(carry_out(town, ("gateway", {"down_s": 0.0, "aim_ms": 1})))
    await asyncio.sleep(0.05)
    assert town.gateway.done == []
    green = {"face": "stored", "epoch": "0" * 12, "seq": 1, "crc": "0", "length": 1, "at_ms": 1}
    town.witness.box_line("box-1", json.dumps(green).encode() + b"\n")
    await kill
    assert town.gateway.done == ["kill", "start"]


async def test_an_aimed_kill_comes_all_the_same_where_nobody_comes(town, monkeypatch):
    monkeypatch.setattr(injecting, "NOBODY_S", 0.05)
    await carry_out(town, ("gateway", {"down_s": 0.0, "aim_ms": 1}))
    assert town.gateway.done == ["kill", "start"]


async def test_links_fail_together_and_are_open_again(town):
    details = {"links": ["boxes", "server"], "mode": "half_open", "for_s": 0.01, "aim_ms": None}
    await carry_out(town, ("net", details))
    assert town.box_link.modes == town.server_link.modes == ["half_open", "open"]


async def test_a_box_loses_its_power_at_a_flash_operation_and_once_more_while_it_starts(town):
    pair = town.boxes["box-1"]
    pair.box.cut.set()
    await carry_out(town, ("box", {"box": 0, "operations": 7, "down_s": 0.0, "again_operations": 2}))
    assert pair.asked == [7, 2]
    assert [fault.details["torn"] for fault in town.evidence.faults] == [True, True]
    assert pair.box.is_up


async def test_a_box_that_touches_no_flash_loses_its_power_all_the_same(town, monkeypatch):
    monkeypatch.setattr(injecting, "NO_FLASH_OPERATION_S", 0.05)
    await carry_out(town, ("box", {"box": 0, "operations": 7, "down_s": 0.0, "again_operations": 0}))
    assert [fault.details["torn"] for fault in town.evidence.faults] == [False]
    assert town.boxes["box-1"].box.done == ["kill", "start"]


async def test_a_reader_is_told_to_misbehave(town):
    await carry_out(town, ("reader", {"box": 0, "what": "mute", "for_s": 0.5}))
    assert town.boxes["box-1"].reader.sent == [{"fault": "mute", "for_ms": 500}]


async def test_a_reader_that_went_dark_gets_its_power_back(town):
    await carry_out(town, ("reader", {"box": 0, "what": "dark", "for_s": 0.01}))
    assert town.boxes["box-1"].reader.sent == [{"power": "off"}, {"power": "on"}]
