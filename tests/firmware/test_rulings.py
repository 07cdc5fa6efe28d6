"""What the place says of the scan that was taken last: who waits for it, for how long, and what is shown."""

import asyncio

import pytest

from firmware.rulings import Rulings
from firmware.wire.errors import WireError
from firmware.wire.ruling import Ruling, encode_ruling
from tests.firmware.link.rig import BOX, EPOCH, Gateway
from tests.firmware.rig import Box, gate

CODE = {"crc": "00000001", "length": 5}
OTHER = {"crc": "00000002", "length": 5}
REFUSALS = ("place_full", "quota", "revoked", "stop")


def ruling(seq: int = 1, outcome: str = "place_full", epoch: str = EPOCH, box_id: str = BOX) -> bytes:
    return encode_ruling(Ruling(box_id, epoch, seq, outcome))


class Desk:
    """Rulings whose face and counters are lists; the gateway is there unless it is said not to be."""

    def __init__(self, wait_ms: int) -> None:
        self.shown: list[str] = []
        self.facts: list[dict] = []
        self.counted: list[str] = []
        self.is_there = True
        self.now_ms = 1000
        self.rulings = Rulings(BOX, wait_ms, self, lambda: self.is_there, lambda: self.now_ms, self.counted.append)

    def show(self, outcome: str, **facts: object) -> None:
        self.shown.append(outcome)
        self.facts.append(facts)

    def take(self, seq: int = 1, seen: dict | None = None) -> None:
        self.rulings.taken(EPOCH, seq, 900, seen or CODE)


@pytest.fixture
def waiting(monkeypatch):
    """A gate that waits for a tenth of a second, on a runtime that has the box's way to sleep."""
    monkeypatch.setattr(asyncio, "sleep_ms", lambda ms: asyncio.sleep(ms / 1000), raising=False)
    return Desk(100)


def test_a_gate_that_does_not_wait_is_green_at_once():
    desk = Desk(0)
    desk.take()
    assert desk.shown == ["stored"]
    assert desk.facts == [{"epoch": EPOCH, "seq": 1, "took_ms": 100, **CODE}]


def test_where_the_gateway_is_away_nobody_waits(waiting):
    waiting.is_there = False
    waiting.take()
    assert waiting.shown == ["stored"]


async def test_a_gate_that_waits_is_white_until_the_time_is_over_and_then_green(waiting):
    waiting.take()
    assert waiting.shown == ["asked"]
    await asyncio.sleep(0.2)
    assert (waiting.shown, waiting.counted) == (["asked", "stored"], ["ruling_late"])


async def test_welcome_ends_the_wait_and_nothing_comes_after_it(waiting):
    waiting.take()
    waiting.rulings.on_ruling(ruling(outcome="welcome"))
    await asyncio.sleep(0.2)
    assert (waiting.shown, waiting.counted) == (["asked", "stored"], ["ruling_welcome"])


@pytest.mark.parametrize("outcome", REFUSALS)
async def test_a_refusal_takes_the_place_of_green(waiting, outcome):
    waiting.take()
    waiting.rulings.on_ruling(ruling(outcome=outcome))
    await asyncio.sleep(0.2)
    assert (waiting.shown, waiting.counted) == (["asked", outcome], ["ruling_" + outcome])
    assert waiting.facts[-1]["seq"] == 1


@pytest.mark.parametrize("outcome", ["no_such_outcome", "welcome_", "full", "stored", "ready"])
def test_what_is_not_known_is_stop(outcome):
    desk = Desk(0)
    desk.take()
    desk.rulings.on_ruling(ruling(outcome=outcome))
    assert (desk.shown, desk.counted) == (["stored", "stop"], ["ruling_stop"])


@pytest.mark.parametrize("outcome, shown", [("welcome", ["stored"]), ("quota", ["stored", "quota"])])
def test_one_that_comes_late_is_shown_all_the_same_unless_green_says_it_already(outcome, shown):
    desk = Desk(0)
    desk.take()
    desk.rulings.on_ruling(ruling(outcome=outcome))
    assert desk.shown == shown


@pytest.mark.parametrize(
    "late, reason",
    [
        (ruling(seq=1), "ruling_old"),
        (ruling(seq=3), "ruling_old"),
        (ruling(seq=2, epoch="ffffffffffff"), "ruling_old"),
        (ruling(seq=2, box_id="box-2"), "ruling_other_box"),
    ],
)
async def test_what_is_not_of_the_latest_scan_is_counted_and_shows_nothing(waiting, late, reason):
    waiting.take(1)
    waiting.take(2, OTHER)
    shown = list(waiting.shown)
    waiting.rulings.on_ruling(late)
    assert (waiting.shown, waiting.counted[-1]) == (shown, reason)
    await asyncio.sleep(0.2)
    assert waiting.shown == [*shown, "stored"]


def test_a_box_that_has_taken_nothing_yet_shows_nothing():
    desk = Desk(0)
    desk.rulings.on_ruling(ruling())
    assert (desk.shown, desk.counted) == ([], ["ruling_old"])


def test_the_first_ruling_of_a_scan_counts():
    desk = Desk(0)
    desk.take()
    for outcome in ("revoked", "welcome", "quota", "revoked"):
        desk.rulings.on_ruling(ruling(outcome=outcome))
    assert desk.shown == ["stored", "revoked"]
    assert desk.counted == ["ruling_revoked"] + 3 * ["ruling_again"]


@pytest.mark.parametrize(
    "data", [b"", b"1 ruling\n", ruling()[:-1], ruling() + b"\n", ruling(outcome="x")[:-2] + b"X\n"]
)
def test_one_that_is_not_in_its_form_changes_nothing(data):
    desk = Desk(0)
    desk.take()
    with pytest.raises(WireError):
        desk.rulings.on_ruling(data)
    assert (desk.shown, desk.counted) == (["stored"], [])


async def test_the_next_person_ends_the_wait_of_the_one_before_with_green(waiting):
    waiting.take(1)
    assert not waiting.rulings.begins(OTHER)
    assert (waiting.shown, waiting.counted) == (["asked", "stored"], ["ruling_overtaken"])
    waiting.take(2, OTHER)
    waiting.rulings.on_ruling(ruling(seq=2, outcome="quota"))
    await asyncio.sleep(0.2)
    assert waiting.shown == ["asked", "stored", "asked", "quota"]
    assert [facts["seq"] for facts in waiting.facts] == [1, 1, 2, 2]


async def test_a_scan_of_the_same_code_ends_the_wait_of_the_one_before_too(waiting):
    waiting.take(1)
    waiting.take(2)
    assert waiting.shown == ["asked", "stored", "asked"]


async def test_the_same_code_again_changes_nothing_while_its_ruling_is_awaited(waiting):
    waiting.take()
    assert waiting.rulings.begins(CODE)
    assert waiting.rulings.again(CODE)
    assert waiting.shown == ["asked"]


@pytest.mark.parametrize("outcome", REFUSALS)
def test_who_was_refused_and_shows_it_again_is_refused_again(outcome):
    desk = Desk(0)
    desk.take()
    desk.rulings.on_ruling(ruling(outcome=outcome))
    assert not desk.rulings.begins(CODE)
    assert desk.rulings.again(CODE)
    assert desk.shown == ["stored", outcome, outcome]


def test_a_repeat_of_anything_else_is_a_repeat():
    desk = Desk(0)
    assert not desk.rulings.again(CODE)
    desk.take()
    assert not desk.rulings.again(CODE)
    desk.rulings.on_ruling(ruling(outcome="welcome"))
    assert not desk.rulings.again(CODE)
    assert not desk.rulings.again(OTHER)
    assert desk.shown == ["stored"]


async def test_a_gateway_that_says_nothing_is_waited_for_three_times_and_again_once_it_speaks(waiting):
    for seq in range(1, 6):
        waiting.take(seq)
        await asyncio.sleep(0.15)
    assert waiting.shown == 3 * ["asked", "stored"] + 2 * ["stored"]
    waiting.rulings.on_ruling(ruling(seq=4, outcome="welcome"))  # late, and not even of the latest
    waiting.take(6)
    assert waiting.shown[-1] == "asked"
    waiting.rulings.on_ruling(ruling(seq=6, outcome="welcome"))
    waiting.take(7)
    assert waiting.shown[-1] == "asked"


# The whole box


async def show(reader, box: Box, code: bytes, **facts: object) -> dict:
    await reader.show_codes([code])
    return await box.face("asked", **facts)


async def judge(gateway: Gateway, epoch: str, seq: int, outcome: str) -> None:
    await gateway.until(lambda: seq in gateway.scans)
    gateway.publish("ruling", ruling(seq, outcome, epoch))


async def test_a_ruling_within_the_wait_is_what_the_box_shows(tmp_path):
    async with gate(tmp_path, gate={"ruling_ms": 2000}) as (_, gateway, reader, box):
        gateway.beacon()
        await box.event("link", state="up")
        epoch = (await box.event("boot"))["epoch"]
        for seq, outcome in enumerate(("welcome", "place_full", "quota", "revoked", "something_new"), 1):
            asked = await show(reader, box, b"visitor %d" % seq, seq=seq)
            await judge(gateway, epoch, seq, outcome)
            word = {"welcome": "stored", "something_new": "stop"}.get(outcome, outcome)
            said = await box.face(word, seq=seq)
            assert 0 <= said["at_ms"] - asked["at_ms"] < 1000
        assert [line["seq"] for line in box.faces("stored")] == [1]
        assert len(gateway.scans) == 5  # refused or not, each is kept and delivered


async def test_the_wait_ends_in_green_and_a_late_refusal_is_shown_after_it(tmp_path):
    async with gate(tmp_path, gate={"ruling_ms": 300}) as (_, gateway, reader, box):
        gateway.beacon()
        await box.event("link", state="up")
        asked = await show(reader, box, b"visitor")
        stored = await box.face("stored", seq=1)
        assert 250 <= stored["at_ms"] - asked["at_ms"] <= 800
        await judge(gateway, asked["epoch"], 1, "revoked")
        await box.face("revoked", seq=1)
        await reader.show_codes([b"visitor"])
        await box.face("revoked", seq=1, times=2)
        assert box.faces("repeat") == []


async def test_without_a_gateway_a_gate_that_waits_is_green_at_once(tmp_path):
    async with gate(tmp_path, broker_runs=False, gate={"ruling_ms": 2000}) as (_, _gateway, reader, box):
        await reader.show_codes([b"visitor"])
        stored = await box.face("stored", seq=1)
        assert stored["took_ms"] < 1000
        assert box.faces("asked") == []


async def test_at_rush_nobody_waits_for_the_one_before(tmp_path):
    people = [b"person %d" % number for number in range(12)]
    async with gate(tmp_path, gate={"ruling_ms": 2000}) as (_, gateway, reader, box):
        gateway.beacon()
        await box.event("link", state="up")
        began = asyncio.get_running_loop().time()
        for seq, code in enumerate(people, 1):  # nobody rules: each is overtaken by the next
            await reader.show_codes([code])
            await box.face("asked", seq=seq)
        assert asyncio.get_running_loop().time() - began < 12
        await box.face("stored", seq=len(people))
        assert [line["seq"] for line in box.faces("stored")] == list(range(1, len(people) + 1))
        await gateway.until(lambda: len(gateway.scans) == len(people))
