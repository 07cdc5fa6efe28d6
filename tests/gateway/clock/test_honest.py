"""Whatever the clocks of a place do in their lives, a scan was made within the bounds that are told for it."""

import random
import threading
from typing import NamedTuple

import pytest

from firmware.wire.beacon import Heard
from firmware.wire.record import Scan
from gateway.clock import Timekeeper
from gateway.clock.machine import NOT_BEFORE_MS
from tests.gateway.clock.worlds import Drifting, FakeMachine, KernelMachine

BEGAN_MS = NOT_BEFORE_MS + 6 * 10**10
EPOCH = "aabbccddeeff"
SERVER_BOUND_MS = 250
DAY_MS = 86_400_000


class Made(NamedTuple):
    """A scan, and the truth about it."""

    scan: Scan
    received_boot: str
    received_mono_ms: int
    true_ms: float


class Box:
    """A box whose clock strays and whose power goes."""

    def __init__(self, name: str, place: "Town") -> None:
        self.name = name
        self.place = place
        self.boot = 0
        self.start()

    def start(self) -> None:
        self.boot += 1
        self.clock = Drifting(self.place.machine.true_ms, 0, self.place.rng.uniform(-60, 60))

    def uptime_ms(self) -> int:
        return max(0, self.clock.at(self.place.machine.true_ms))

    def answer(self) -> None:
        """A beacon leaves, is heard, waits, and its answer comes."""
        machine, rng = self.place.machine, self.place.rng
        mono_ms = machine.mono_ms()
        machine.wait(rng.choice([1, 5, 40, 900]))
        heard_ms = self.uptime_ms()
        machine.wait(rng.uniform(0, 300))
        sent_ms = self.uptime_ms()
        machine.wait(rng.choice([1, 5, 40, 900]))
        heard = Heard(self.name, EPOCH, self.boot, machine.boot, mono_ms, heard_ms, sent_ms)
        self.place.keeper.heard(heard, machine.mono_ms())

    def scan(self) -> tuple[Scan, float]:
        made = Scan(self.name, EPOCH, 1, self.boot, self.uptime_ms(), None, None, "", b"x")
        return made, self.place.machine.true_ms


class Town:
    """A gateway, three boxes, and everything that happens to them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.machine = KernelMachine(self.rng, BEGAN_MS)
        self.saved: tuple[list, list] = ([], [])
        self.keeper = self.new_keeper()
        self.boxes = [Box(f"box-{number}", self) for number in range(3)]
        self.under_way: list[tuple[Scan, float]] = []
        self.made: list[Made] = []
        self.is_lied_to = False

    def new_keeper(self) -> Timekeeper:
        keeper = Timekeeper("gw-1", self.machine, SERVER_BOUND_MS)
        keeper.load(*self.saved)
        return keeper

    def save(self) -> None:
        samples, anchors = self.keeper.unsaved()
        self.saved = self.saved[0] + samples, self.saved[1] + anchors

    def restart(self) -> None:
        """The program: what was saved is there again."""
        self.save()
        self.keeper = self.new_keeper()

    def power_cut(self) -> None:
        """Whatever is in the wall clock then: 1970, the last shutdown, some nonsense."""
        self.save()
        self.machine.true_ms += self.rng.choice([10_000, 3_600_000, 3 * DAY_MS])
        shutdown_ms = self.machine.true_ms - self.rng.choice([20_000, 3_600_000, 200 * DAY_MS])
        self.machine.start(self.rng.choice([0, 60_000, shutdown_ms, BEGAN_MS - 10**9, BEGAN_MS + 10**12]))
        self.keeper = self.new_keeper()

    def suspend(self) -> None:
        """A laptop: the program begins anew, on another axis, as it does when has_slept() says so."""
        self.save()
        self.machine.sleep(self.rng.choice([5_000, 600_000, 2 * DAY_MS]))
        self.keeper = self.new_keeper()

    def ask_server(self) -> None:
        machine = self.machine
        sent_ms = machine.mono_ms()
        machine.wait(self.rng.choice([20, 300, 5_000]))
        said_ms = int(machine.true_ms + self.rng.uniform(-SERVER_BOUND_MS, SERVER_BOUND_MS))
        machine.wait(self.rng.choice([20, 300, 5_000]))
        self.keeper.server_said(said_ms, sent_ms, machine.mono_ms())

    def tick(self) -> None:
        self.keeper.tick()

    def set_by_hand(self) -> None:
        years_ms = self.rng.choice([-20, -1, 1, 30]) * 365 * DAY_MS
        self.machine.set_by_hand(self.machine.true_ms + years_ms + self.rng.uniform(-1e6, 1e6))

    def scan(self) -> None:
        self.under_way.append(self.rng.choice(self.boxes).scan())

    def deliver(self) -> None:
        """What is under way comes in, now or later."""
        while self.under_way and self.rng.random() < 0.8:
            scan, true_ms = self.under_way.pop(0)
            self.made.append(Made(scan, self.machine.boot, self.machine.mono_ms(), true_ms))

    def check(self) -> int:
        """-> how many have both bounds"""
        both = 0
        for one in self.made:
            earliest_ms, latest_ms = self.keeper.instant(one.scan, one.received_boot, one.received_mono_ms)
            assert earliest_ms is None or earliest_ms <= one.true_ms + 1, (one, earliest_ms, latest_ms)
            assert latest_ms is None or one.true_ms - 1 <= latest_ms, (one, earliest_ms, latest_ms)
            both += earliest_ms is not None and latest_ms is not None
        return both

    def live(self, steps: int, *more: str) -> int:
        usual = ["scan"] * 6 + ["deliver"] * 4 + ["answer"] * 4 + ["tick"] * 4 + ["synchronise", "wait", "box power"]
        for _ in range(steps):
            what = self.rng.choice([*usual, *more])
            if what == "answer":
                self.rng.choice(self.boxes).answer()
            elif what == "wait":
                self.machine.wait(self.rng.choice([100, 5_000, 60_000, 3_600_000]))
            elif what == "box power":
                self.machine.wait(self.rng.uniform(0, 60_000))
                self.rng.choice(self.boxes).start()
            elif what == "synchronise":
                self.machine.synchronise()
            else:
                getattr(self, what)()
            self.machine.wait(self.rng.uniform(0, 2_000))
        return self.check()


TROUBLES = {
    "1970 and the last shutdown": ["power_cut"],
    "steps by years": ["set_by_hand", "set_by_hand"],
    "slews": ["synchronise"] * 6,
    "restarts": ["restart", "restart"],
    "suspends": ["suspend"],
    "a server": ["ask_server"] * 3,
    "everything": ["power_cut", "set_by_hand", "restart", "suspend", "ask_server", "ask_server"],
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("seed", range(6))
def test_the_truth_lies_within_the_bounds_through_all_of_it(trouble, seed):
    town = Town(seed)
    both = sum(town.live(60, *TROUBLES[trouble]) for _ in range(4))
    assert both > 10, "bounds are told, too"


@pytest.mark.parametrize("start_ms", [0, 60_000, BEGAN_MS - 200 * DAY_MS, BEGAN_MS - 10_000])
def test_before_anybody_knows_the_time_none_is_told_and_afterwards_it_reaches_back(start_ms):
    town = Town(1)
    town.machine.start(start_ms)
    town.keeper = town.new_keeper()
    box = town.boxes[0]
    box.start()
    for _ in range(20):
        town.tick()
        box.answer()
        town.scan()
        town.deliver()
        town.machine.wait(5_000)
    assert town.check() == 0
    assert town.keeper.beacon().utc_ms is None
    town.machine.synchronise()
    town.machine.wait(1_000)
    town.tick()
    for other in town.boxes:
        other.answer()
    assert town.check() == len(town.made) > 0


@pytest.mark.parametrize("error_ms", [-600_000, -60_000, 45_000, 300_000, 86_400_000])
def test_a_kernel_that_claims_to_be_right_by_mistake_is_named_and_the_truth_stays_within(error_ms):
    town = Town(2)
    town.live(30, "ask_server")
    town.machine.lie(error_ms)
    town.tick()
    town.ask_server()
    assert abs(town.keeper.contradiction_ms - error_ms) < 12_000
    town.live(30, "ask_server")
    town.machine.synchronise()
    town.machine.wait(60_000)
    town.ask_server()
    assert town.keeper.contradiction_ms == 0


def test_a_kernel_that_agrees_with_the_server_is_not_accused():
    town = Town(3)
    for _ in range(200):
        town.machine.synchronise()
        town.tick()
        town.ask_server()
        town.machine.wait(60_000)
        assert town.keeper.contradiction_ms == 0


def test_through_a_leap_second_the_truth_stays_within():
    """The kernel repeats a second: its wall clock is a whole second off what it says, on one side or the other."""
    town = Town(4)
    town.machine.synchronise()
    town.machine.wait(600_000)
    town.tick()
    for minute in range(120):
        town.machine.is_leap = 10 <= minute < 110
        town.machine.error_ms = 1_000 if 60 <= minute < 61 else 0
        town.machine.max_error_ms = 20
        town.machine.pending_ms = 0
        town.boxes[0].answer()
        town.tick()
        town.scan()
        town.deliver()
        town.machine.wait(60_000)
    assert town.check() > 0


def test_any_thread_may_ask_while_another_one_tells():
    machine = FakeMachine(mono=Drifting(BEGAN_MS, 0, 0))
    machine.true_ms = BEGAN_MS
    keeper = Timekeeper("gw-1", machine, 0)
    machine.know_utc(5)
    keeper.tick()
    wrong: list[object] = []
    over = threading.Event()

    def ask() -> None:
        scan = Scan("box-1", EPOCH, 1, 1, 5, None, None, "", b"x")
        while not over.is_set():
            try:
                found = keeper.instant(scan, machine.boot, machine.mono_ms())
                if found[1] is None:
                    wrong.append(found)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(200):
        machine.true_ms += 500
        box = f"box-{number % 3}"
        keeper.heard(
            Heard(box, EPOCH, number // 20 + 1, machine.boot, machine.mono_ms(), number, number), machine.mono_ms()
        )
        machine.know_utc(5, error_ms=3_000 if number % 70 == 69 else 0)
        keeper.tick()
        keeper.server_said(int(machine.true_ms), machine.mono_ms() - 5, machine.mono_ms())
        keeper.samples()
        keeper.unsaved()
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == []
