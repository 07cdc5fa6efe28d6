"""What is in flight, what is lost, what is still to be sent: rules, tried against a model."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from firmware.link.window import Window
from firmware.wire import ack
from firmware.wire.spans import Spans
from tests.firmware.link.rig import BOX, EPOCH


def acked(*ranges: tuple[int, int]) -> ack.Ack:
    spans = Spans()
    for first, last in ranges:
        spans.add(first, last)
    return ack.of(BOX, EPOCH, spans)


def test_what_is_in_flight_is_no_gap():
    window = Window(10_000, 10)
    window.add(1, 10, 100, 0)
    window.add(21, 30, 100, 0)
    assert window.gap(1, 40) == (11, 20)
    assert window.gap(15, 18) == (15, 18)
    assert window.gap(25, 40) == (31, 40)
    assert window.gap(21, 30) is None


def test_what_the_gateway_has_is_no_gap():
    window = Window(10_000, 10)
    window.learn(acked((1, 5), (8, 9)), 0)
    assert window.gap(1, 20) == (6, 7)
    window.add(6, 7, 10, 0)
    assert window.gap(1, 20) == (10, 20)


def test_a_message_that_a_later_one_has_overtaken_is_lost_at_once():
    window = Window(10_000, 10)
    window.add(1, 3, 10, 0)
    window.add(4, 6, 10, 1)
    window.add(7, 9, 10, 2)
    assert window.learn(acked((4, 6)), 3) == (True, 1)
    assert window.gap(1, 9) == (1, 3)
    assert len(window) == 1


def test_further_losses_are_believed_only_after_a_pause_that_doubles():
    window = Window(10_000, 10)
    lost_at_ms = []
    later = 100
    for now_ms in range(0, 8000, 50):
        if not window.holds(1):
            window.add(1, 1, 10, now_ms)
        window.add(later, later, 10, now_ms)
        if window.learn(acked((50, later)), now_ms)[1]:
            lost_at_ms.append(now_ms)
        later += 1
    pauses = [second - first for first, second in pairwise(lost_at_ms)]
    assert pauses == [500, 1000, 2000, 4000]


def test_an_ack_that_falls_back_is_believed():
    window = Window(10_000, 10)
    window.learn(acked((1, 50)), 0)
    window.learn(acked((1, 20)), 1)
    assert window.gap(1, 60) == (21, 60)


def test_above_the_last_hole_that_an_ack_can_name_nothing_is_known():
    window = Window(10_000, 10)
    window.learn(acked(*[(seq, seq) for seq in range(2, 202, 2)]), 0)
    assert window.gap(1, 1000) == (1, 1)
    assert window.gap(64, 1000) == (64, 1000)  # 63 is the 32nd hole: 64 … 200 may be there or not


def test_live_scans_have_room_of_their_own():
    window = Window(100, 2)
    window.add(1, 1, 60, 0)
    assert window.has_room()
    window.add(2, 2, 60, 0)
    assert not window.has_room()
    assert window.has_room(1)


class Exchange(RuleBasedStateMachine):
    """A box with 60 scans, a line that loses messages, a gateway that acks now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Window(1_000, 8)
        self.gateway = Spans()
        self.on_the_way: list[tuple[int, int]] = []
        self.now_ms = 0

    @rule(count=st.integers(1, 10), arrives=st.booleans())
    def send_backlog(self, count: int, arrives: bool) -> None:
        gap = self.window.gap(1, 60)
        if gap and self.window.has_room():
            first, last = gap[0], min(gap[1], gap[0] + count - 1)
            self._send(first, last, arrives)

    @rule(seq=st.integers(1, 60), arrives=st.booleans())
    def send_live(self, seq: int, arrives: bool) -> None:
        if not self.window.holds(seq) and self.window.has_room(8):
            self._send(seq, seq, arrives)

    def _send(self, first: int, last: int, arrives: bool) -> None:
        self.window.add(first, last, 10 * (last - first + 1), self.now_ms)
        if arrives:
            self.on_the_way.append((first, last))

    @rule()
    def arrive(self) -> None:
        if self.on_the_way:
            self.gateway.add(*self.on_the_way.pop(0))

    @rule(passed_ms=st.integers(0, 2000))
    def ack(self, passed_ms: int) -> None:
        self.now_ms += passed_ms
        self.window.learn(ack.of(BOX, EPOCH, self.gateway), self.now_ms)

    @rule()
    def lose_patience(self) -> None:
        self.window.forget_sent()

    @invariant()
    def what_is_sent_is_bounded(self) -> None:
        assert len(self.window) <= 16

    @invariant()
    def nothing_is_held_back_for_ever(self) -> None:
        # after a silence and one ack, exactly what the gateway lacks is to be sent
        twin = Window(1_000, 8)
        twin.learn(ack.of(BOX, EPOCH, self.gateway), self.now_ms)
        to_send = set()
        first = 1
        while gap := twin.gap(first, 60):
            to_send.update(range(gap[0], gap[1] + 1))
            first = gap[1] + 1
        lacking = {seq for seq in range(1, 61) if seq not in self.gateway}
        assert lacking <= to_send


TestExchange = Exchange.TestCase


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 20)), max_size=30), st.integers(1, 200))
def test_a_gap_is_unbroken_and_holds_nothing_that_is_taken(sent, last):
    window = Window(10**9, 10**9)
    taken = set()
    for first, more in sent:
        window.add(first, first + more, 1, 0)
        taken.update(range(first, first + more + 1))
    gap = window.gap(1, last)
    free = [seq for seq in range(1, last + 1) if seq not in taken]
    if gap is None:
        assert free == []
    else:
        assert gap[0] == free[0]
        assert not taken & set(range(gap[0], gap[1] + 1))
        assert gap[1] == last or gap[1] + 1 in taken
