"""The end of a run: it waits as long as something moves, and says what has not arrived when nothing does."""

import asyncio

import httpx
import pytest

from scripts.sim import run
from scripts.sim.evidence import Account, Boot, Evidence, Green, Outcome, Wish
from scripts.sim.run import Order, receive, settle, town_of
from scripts.sim.stock import Held
from scripts.sim.town import Ways
from scripts.sim.visitors import Visit
from scripts.sim.witness import Witness

EPOCH = "0123456789ab"


class FakeCentral:
    def __init__(self):
        self.stored = 0
        self.is_away = False

    async def accounts(self):
        if self.is_away:
            raise httpx.ConnectError("nobody there")
        return [Account("box-1", EPOCH, self.stored, self.stored, 0, self.stored)]


class FakeBox:
    class box:
        starts = 1


class FakeTown:
    def __init__(self):
        self.evidence = Evidence()
        self.witness = Witness(self.evidence)
        self.witness.spools["box-1"] = EPOCH
        self.central = FakeCentral()
        self.boxes = {"box-1": FakeBox}
        self.box_ids = ["box-1", "box-2"]
        self.seen = []
        self.fleet = None

    async def show(self, box_id, code, command):
        self.seen.append((box_id, code))
        await asyncio.sleep(0.01)
        return True


@pytest.fixture
def town(monkeypatch):
    monkeypatch.setattr(run, "QUIET_S", 0.05)
    monkeypatch.setattr(run, "LOOK_S", 0.01)
    town = FakeTown()
    town.evidence.boots.append(Boot("box-1", EPOCH, 1, 0))
    town.evidence.greens += [Green("box-1", EPOCH, seq, "0", 1, seq) for seq in (1, 2, 3)]
    return town


def arrive(town, number):
    town.central.stored = number
    town.evidence.delivered["box-1", EPOCH] = number


async def test_it_is_over_when_the_server_has_all_and_the_box_knows(town):
    arrive(town, 3)
    assert await settle(town, 1.0) == ""


async def test_it_waits_as_long_as_something_moves(town):
    async def slowly():
        for number in (1, 2, 3):
            await asyncio.sleep(0.2)
            arrive(town, number)

    moving = asyncio.create_task(slowly())
    assert await settle(town, 0.4) == ""
    await moving


async def test_it_gives_up_with_a_sentence_that_says_what_has_not_arrived(town):
    arrive(town, 2)
    assert await settle(town, 0.1) == (
        "Gave up: nothing has moved for 0 s; of 3 scans of box-1 the server is complete to 2."
    )


async def test_a_box_that_was_not_told_is_named(town):
    arrive(town, 3)
    town.evidence.delivered.clear()
    assert "box-1 was told that 0 of its 3 scans are kept" in await settle(town, 0.1)


async def test_a_box_that_did_not_come_back_is_named(town):
    arrive(town, 3)
    town.evidence.boots.clear()
    assert "box-1 has not opened its spool" in await settle(town, 0.1)


async def test_a_server_that_does_not_answer_is_named(town):
    town.central.is_away = True
    assert "the server does not answer (ConnectError)" in await settle(town, 0.1)


async def test_at_each_gate_people_queue_and_nobody_is_left_out(town):
    class FakeStock:
        async def of(self, visit):
            return Held(b"%d" % visit.person, {})

    people = [Visit(0.001 * number, number % 2, number, "card", False) for number in range(20)]
    await receive(town, FakeStock(), people, 0.0)
    for box in (0, 1):
        assert [int(code) for box_id, code in town.seen if box_id == f"box-{box + 1}"] == list(range(box, 20, 2))


class FakeFleet:
    def __init__(self, row):
        self.row = row

    async def rows(self):
        return {"box-1": self.row}


WISH = Wish("box-1", "settings", 4, "good")


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        ({"settings_version": 4}, Outcome("box-1", "settings", 4, "good", "")),
        ({"settings_version": 3, "settings_refused": {"version": 4, "code": "cut_off"}}, WISH),
    ],
)
async def test_it_is_over_when_a_box_has_what_was_wished_or_says_why_not(row, outcome, town):
    arrive(town, 3)
    town.fleet = FakeFleet(row)
    town.evidence.wishes = [WISH]
    town.evidence.outcomes = [outcome] if isinstance(outcome, Outcome) else []
    assert await settle(town, 1.0) == ""


@pytest.mark.parametrize("row", [{}, {"settings_version": 3}, {"settings_version": 4}])
async def test_a_box_that_has_not_got_what_was_wished_for_good_is_named(row, town):
    arrive(town, 3)
    town.fleet = FakeFleet(row)
    town.evidence.wishes = [WISH]
    assert "wished is 4" in await settle(town, 0.1)


async def test_a_box_that_starts_again_is_waited_for(town):
    arrive(town, 3)
    town.witness.restarting.add("box-1")
    assert "box-1 is starting again" in await settle(town, 0.1)


@pytest.mark.parametrize(
    ("faults", "ways"),
    [
        ((), Ways(enrolled=True)),
        (("box", "net"), Ways(enrolled=True)),
        (("address",), Ways(enrolled=True, by_name=True)),
        (("disk",), Ways(enrolled=True, troubled=True)),
        (("clock", "box"), Ways(enrolled=True, troubled=True)),
        (("timeless", "slow"), Ways(enrolled=True, troubled=True, knows_utc=False)),
    ],
)
def test_a_town_is_as_plain_as_its_faults_allow(faults, ways, tmp_path):
    town = town_of(Order(faults=faults), tmp_path)
    assert town.ways == ways
    assert town.fleet is not None
