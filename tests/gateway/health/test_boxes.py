"""Each box by what it does; and nothing of any while that cannot be told."""

import pytest

from firmware.wire.ack import Ack
from gateway.health import Boxes
from gateway.health.boxes import GRACE_S, HOLDING_S, RESTARTS_S, Limits

BOX, EPOCH = "box-a", "aabbccddeeff"
SILENT_S = 31


class World:
    """A clock, the births, and the tracker, past its first grace."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.boxes = Boxes(lambda: self.now_ms, Limits(beacon_s=5.0))
        self.births: dict[str, dict] = {}
        self.wait(GRACE_S)

    def wait(self, seconds: float) -> None:
        self.now_ms += int(1000 * seconds)

    def say(self, box_id: str = BOX, **said) -> None:
        full = {"state": "online", "epoch": EPOCH, "boot": 1, "first_held": 1, "last_seq": 0, "counters": {}} | said
        self.births[box_id] = full
        self.boxes.status(box_id, full)

    def ack(self, complete_to: int, highest: int | None = None) -> None:
        self.boxes.acked([Ack(BOX, EPOCH, complete_to, complete_to if highest is None else highest, [])])

    def answer(self, for_s: float = 0) -> None:
        """It answers beacons for so long."""
        for _ in range(int(for_s / 5)):
            self.wait(5)
            self.boxes.heard(BOX)
        self.boxes.heard(BOX)

    def judged(self, is_link_well: bool = True) -> dict[str, tuple[str, str]]:
        return {one.box_id: (one.state, one.reason) for one in self.boxes.judge(self.births, is_link_well)}

    def state(self) -> str:
        return self.judged()[BOX][0]


@pytest.fixture
def world():
    return World()


def test_a_box_that_answers_and_sends_what_it_has_is_well(world):
    world.say(last_seq=3)
    world.ack(3)
    world.answer(for_s=600)
    assert world.state() == "ok"


def test_a_box_that_is_gone_is_away(world):
    world.say()
    world.births[BOX] = {"state": "gone", "boot": 1, "session": 1}
    assert world.state() == "away"


def test_a_box_that_is_online_and_does_not_answer_is_silent(world):
    world.say()
    world.wait(SILENT_S)
    state, reason = world.judged()[BOX]
    assert state == "silent"
    assert reason == "box_silent 31"


def test_a_status_or_an_answer_breaks_the_silence(world):
    world.say()
    world.wait(SILENT_S)
    world.boxes.heard(BOX)
    assert world.state() == "ok"
    world.wait(SILENT_S)
    world.say()
    assert world.state() == "ok"


def test_a_box_that_holds_what_it_does_not_send_is_named_with_how_many(world):
    world.say(last_seq=12)
    world.ack(5, 5)
    world.answer(for_s=HOLDING_S + 5)
    state, reason = world.judged()[BOX]
    assert state == "holding"
    assert reason.startswith("box_holding 7 ")
    assert world.boxes.unacknowledged()[BOX] == (7, HOLDING_S + 5)


def test_the_age_of_the_oldest_is_what_the_box_says(world):
    world.say(last_seq=12, oldest_unacked_s=86_400)
    world.answer(for_s=5)
    assert world.state() == "ok"
    assert world.boxes.unacknowledged()[BOX] == (12, 86_405.0)
    world.answer(for_s=HOLDING_S + 5)
    assert world.judged()[BOX][1].split()[-1] == "86455"
    world.ack(12)
    assert world.boxes.unacknowledged()[BOX] == (0, 0.0)


@pytest.mark.parametrize("said", [True, "long", -5, 0, None, float("nan"), 1e18])
def test_an_age_that_makes_no_sense_is_not_believed(world, said):
    world.say(last_seq=12, oldest_unacked_s=said)
    world.answer(for_s=5)
    assert world.boxes.unacknowledged()[BOX] == (12, 5.0)


def test_a_hole_below_what_has_come_counts_as_held(world):
    world.say()
    world.ack(4, highest=9)
    world.answer(for_s=HOLDING_S + 5)
    assert world.state() == "holding"


def test_a_backlog_that_moves_is_not_held(world):
    world.say(last_seq=10_000)
    for complete_to in range(0, 600, 10):
        world.ack(complete_to)
        world.answer(for_s=10)
        assert world.state() == "ok"


def test_another_epoch_begins_anew(world):
    world.say(last_seq=500)
    world.answer(for_s=HOLDING_S + 5)
    assert world.state() == "holding"
    world.say(epoch="ffffffffffff", last_seq=0)
    assert world.state() == "ok"


def test_what_is_late_is_no_longer_held_once_it_has_come(world):
    world.say(last_seq=9)
    world.answer(for_s=HOLDING_S + 5)
    world.ack(9)
    assert world.state() == "ok"
    assert world.boxes.unacknowledged()[BOX] == (0, 0.0)


@pytest.mark.parametrize(
    "said, state",
    [
        ({"reader": "mute"}, "reader"),
        ({"reader": "dead"}, "reader"),
        ({"reader": "flooding"}, "reader"),
        ({"spool": "full"}, "full"),
        ({"spool": "fault"}, "spool"),
        ({"spool": "rescue"}, "spool"),
        ({"flash_years": 0.2}, "worn"),
        ({"reader": "mute", "spool": "full"}, "reader"),
        ({"reader": "ready", "spool": "ok", "flash_years": 12.5}, "ok"),
        ({"reader": "half_configured"}, "ok"),
        ({"reader": 7, "spool": ["full"], "flash_years": "soon"}, "ok"),
        ({"flash_years": True}, "ok"),
        ({"flash_years": None}, "ok"),
        ({"flash_years": -1}, "ok"),
    ],
)
def test_what_a_box_says_of_itself_counts_where_it_has_the_right_form(world, said, state):
    world.say(**said)
    assert world.state() == state


def test_a_box_that_begins_anew_again_and_again_is_named_for_an_hour(world):
    for boot in range(1, 5):
        world.say(boot=boot, reset_cause="watchdog")
        world.answer(for_s=60)
    state, reason = world.judged()[BOX]
    assert state == "restarting"
    assert reason == "box_restarts 3 watchdog"
    world.answer(for_s=RESTARTS_S)
    assert world.state() == "ok"


def test_three_restarts_a_day_are_nothing(world):
    for boot in range(1, 9):
        world.say(boot=boot)
        world.answer(for_s=RESTARTS_S / 2)
    assert world.state() == "ok"


def test_while_the_link_is_not_well_nothing_is_said_of_any_box_and_shortly_after_neither(world):
    world.say()
    world.births[BOX] = {"state": "gone", "boot": 1, "session": 1}
    assert world.judged(is_link_well=False) == {}
    world.wait(GRACE_S - 1)
    assert world.judged() == {}
    world.wait(1)
    assert world.state() == "away"


def test_what_boxes_say_takes_a_bounded_amount_of_memory(world):
    for number in range(6_000):
        world.boxes.heard(f"box-{number}")
        for boot in range(3):
            world.boxes.status(f"box-{number}", {"state": "online", "epoch": EPOCH, "boot": boot, "last_seq": 1})
    assert len(world.boxes.unacknowledged()) == 5_000
    for boot in range(100, 200):
        world.boxes.status("box-1", {"state": "online", "epoch": EPOCH, "boot": boot, "last_seq": 1})
    assert len(world.boxes._boxes["box-1"].boots) <= 4


def test_a_box_that_is_forgotten_is_forgotten(world):
    world.say()
    world.boxes.forget(BOX)
    assert world.boxes.unacknowledged() == {}
