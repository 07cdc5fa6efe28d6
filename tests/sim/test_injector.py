"""Faults are carried out as planned, one at a time on each part, and everything is up again when they are over."""

import asyncio
import json
import time

import pytest

from scripts.sim import caring
from scripts.sim import injector as injecting
from scripts.sim.caring import last_word
from scripts.sim.evidence import Evidence
from scripts.sim.faults import Fault
from scripts.sim.fleet import FINAL_VERSION, OrderRefused
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
        self.worlds = []
        self.frozen_s = []

    def cut_power_after(self, operations, of=""):
        self.asked.append((of, operations) if of else operations)

    def set_world(self, world):
        self.worlds.append(world)

    async def freeze(self, for_s):
        assert self.box.is_up, "frozen while it was down"
        self.frozen_s.append(for_s)


class FakeFleet:
    def __init__(self):
        self.wanted = []
        self.wishes = []
        self.has_earlier = True

    def world(self, state="up"):
        return state

    def last_good(self, box_id, what):
        return self.wanted[-1] if self.wanted else None

    async def want(self, box_id, version):
        if version is None and not self.has_earlier:
            raise OrderRefused("there is none before")
        self.wanted.append(version or 1)
        return self.wanted[-1]

    async def set(self, box_id, wish, nature):
        self.wishes.append((wish, nature))
        return len(self.wishes)


class FakeTown:
    def __init__(self, folder):
        self.evidence = Evidence()
        self.witness = Witness(self.evidence)
        self.gateway, self.broker, self.server = FakePart(), FakePart(), FakePart()
        self.box_link, self.server_link = FakeLink(), FakeLink()
        self.box_ids = ["box-1"]
        self.boxes = {"box-1": FakeBox(folder)}
        self.boxes["box-1"].link = self.box_link
        self.fleet = FakeFleet()
        self.addresses = []

    def links(self, name):
        return [self.box_link if name == "boxes" else self.server_link]

    async def move(self, address, late_s):
        self.addresses.append((address, late_s))

    def says(self, **said):
        self.witness.box_line("box-1", json.dumps(said).encode() + b"\n")


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


WIFI = {"state": "no_dhcp", "mode": "cut", "for_s": 0.05}
UPDATE = {"box": 0, "is_back": False, "cut": 0}


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(caring, "PATIENCE_S", 0.1)
    monkeypatch.setattr(caring, "WRITING_S", 0.1)
    monkeypatch.setattr(caring, "LOST_S", 0.01)


@pytest.mark.parametrize("which", [0, None])
async def test_a_network_is_lost_then_wrong_then_back_and_the_link_fails_with_it(which, town, quick):
    await carry_out(town, ("wifi", {**WIFI, "which": which}))
    assert town.boxes["box-1"].worlds == ["away", "no_dhcp", "up"]
    assert town.box_link.modes == ["cut", "open"]


async def test_a_link_that_fails_twice_at_once_is_open_when_both_are_over(town, quick):
    net = {"links": ["boxes"], "mode": "half_open", "for_s": 0.2, "aim_ms": None}
    await carry_out(town, ("net", net), ("wifi", {**WIFI, "which": 0}))
    assert town.box_link.modes == ["half_open", "cut", "half_open", "open"]


@pytest.mark.parametrize("shut", ["cut", "half_open"])
async def test_a_link_that_is_shut_is_not_opened_one_way_by_another_fault(shut, town):
    injector = Injector(town)
    ways = ((shut, 0.2), ("no_answers", 0.4))
    await asyncio.gather(*(injector.fail_links([town.box_link], mode, for_s) for mode, for_s in ways))
    assert town.box_link.modes == [shut, shut, "no_answers", "open"]


async def test_the_broker_moves(town):
    await carry_out(town, ("address", {"address": "127.0.0.2", "down_s": 0.5}))
    assert town.addresses == [("127.0.0.2", 0.5)]


async def test_a_box_hangs_for_longer_than_its_watchdog_waits_and_not_while_it_has_no_power(town):
    pair = town.boxes["box-1"]
    pair.box.cut.set()
    box = {"box": 0, "operations": 7, "down_s": 0.05, "again_operations": 0}
    await carry_out(town, ("box", box), ("hang", {"box": 0, "over_s": 0.5}))
    assert pair.frozen_s == [4.5]


async def test_a_wish_is_followed_until_the_box_says_what_became_of_it(town):
    wish = {"box": 0, "nature": "invalid", "wish": {"gate": {"direction": "up"}}}
    following = asyncio.create_task(carry_out(town, ("settings", wish)))
    await asyncio.sleep(0.05)
    town.says(event="settings", outcome="refused", version=2, code="config_choice")
    await asyncio.sleep(0.05)
    assert not following.done()
    town.says(event="settings", outcome="refused", version=1, code="config_choice")
    await following
    assert town.fleet.wishes == [({"gate": {"direction": "up"}}, "invalid")]


async def test_a_wish_that_nobody_answers_holds_nothing_up(town, quick):
    await carry_out(town, ("settings", {"box": 0, "nature": "good", "wish": {}}))
    assert [fault.details["version"] for fault in town.evidence.faults] == [1]


async def test_updates_go_from_one_version_to_the_next_and_sometimes_back(town, quick):
    await carry_out(town, *[("update", UPDATE)] * 4, ("update", {**UPDATE, "is_back": True}))
    assert town.fleet.wanted == [2, 3, 4, 2, 1]


async def test_where_there_is_nothing_to_go_back_to_the_update_goes_forth(town, quick):
    town.fleet.has_earlier = False
    await carry_out(town, ("update", {**UPDATE, "is_back": True}))
    assert town.fleet.wanted == [2]


async def test_the_power_goes_while_an_update_is_written_and_not_before(town):
    pair = town.boxes["box-1"]
    pair.box.cut.set()
    details = {**UPDATE, "cut": 9, "of": "system", "down_s": 0.0}
    following = asyncio.create_task(carry_out(town, ("update", details)))
    await asyncio.sleep(0.05)
    assert pair.asked == []
    town.says(event="update", state="files", version=2, done=0, total=9)
    await asyncio.sleep(0.05)
    assert pair.asked == [("system", 9)]
    town.says(event="update", state="confirmed", version=2)
    await following
    assert [fault.details.get("torn") for fault in town.evidence.faults] == [None, True]


@pytest.mark.parametrize(
    ("kinds", "wanted", "wishes"),
    [(("update",), [FINAL_VERSION], 0), (("settings", "wifi"), [], 1), (("wifi",), [], 0)],
)
async def test_in_the_end_every_box_is_wished_what_nobody_has_wished_before(kinds, wanted, wishes, town):
    await last_word(town, kinds)
    assert (town.fleet.wanted, len(town.fleet.wishes)) == (wanted, wishes)


async def test_in_a_plain_town_there_is_nobody_to_wish_anything(town):
    town.fleet = None
    await last_word(town, ())
    assert town.evidence.wishes == []
