"""When what comes unasked is taken for codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.scanner.line import Code, Refused
from firmware.scanner.listen import LONG_MS, NEEDED, NEEDED_BARE, OVERHEARD_MS, QUIET_MS, Listener, is_clean
from scripts.sim.reader_line import resample

TICK_MS = 10
VISITORS = [
    b"084204000017||Nguy\xe1\xbb\x85n V\xc4\x83n Th\xe1\xbb\xad|29022004|Nam",
    b"visitor 2",
    b"HC1:6BF-1",
    b"four",
]


class Port:
    def __init__(self, baud: int) -> None:
        self.baud = baud

    def set_baud(self, baud: int) -> None:
        self.baud = baud


class Wall:
    """A listener, and what it is sent."""

    def __init__(self, baud: int = 9600) -> None:
        self.now_ms = 0
        self.port = Port(baud)
        self.listener = Listener(self.port, lambda: self.now_ms, lambda events: None)
        self.codes: list[bytes] = []
        self.refused = 0
        self.silence()

    def silence(self, for_ms: int = 300) -> None:
        for _ in range(for_ms // TICK_MS):
            self.now_ms += TICK_MS
            self._take(self.listener.tick(self.now_ms))

    def line(self, data: bytes) -> None:
        self._take(self.listener.feed(data, self.now_ms))
        self.silence()

    def _take(self, events: list[object]) -> None:
        self.codes += [event.data for event in events if isinstance(event, Code)]
        self.refused += sum(isinstance(event, Refused) for event in events)


@pytest.mark.parametrize("tail", [b"\r", b"\r\n", b"\n"])
def test_three_clean_lines_with_one_tail_prove_themselves_and_are_all_given_out(tail: bytes) -> None:
    wall = Wall()
    for number, code in enumerate(VISITORS, 1):
        wall.line(code + tail)
        assert wall.codes == (VISITORS[:number] if number >= NEEDED else [])
    assert wall.listener.good_baud == 9600


def test_lines_without_any_tail_need_to_be_more() -> None:
    wall = Wall()
    for number in range(NEEDED_BARE):
        assert not wall.codes
        wall.line(b"visitor %d" % number)
    assert len(wall.codes) == NEEDED_BARE


@pytest.mark.parametrize(
    "wrong",
    [
        b"\x00\xff\x80\x00\xe0\r",
        b"visi\x07tor\r",
        b"caf\xe9 au lait\r",
        b"another tail\n",
        b"no tail",
        b"\x1b[31m red\r",
        b"x" * 4000,
    ],
)
def test_something_unclean_between_them_begins_the_count_anew(wrong: bytes) -> None:
    wall = Wall()
    for code in VISITORS[: NEEDED - 1]:
        wall.line(code + b"\r")
    wall.line(wrong)
    wall.line(VISITORS[3] + b"\r")
    assert not wall.codes
    assert wall.refused


def test_a_short_burst_proves_nothing_and_harms_nothing() -> None:
    wall = Wall()
    for code in VISITORS:
        wall.line(code + b"\r")
        wall.line(b"\x15")
    assert wall.codes[:NEEDED] == VISITORS[:NEEDED]


def test_once_proven_one_unclean_line_is_refused_and_two_in_a_row_are_the_end() -> None:
    wall = Wall()
    for code in VISITORS:
        wall.line(code + b"\r")
    wall.line(b"cut sho")
    wall.line(b"whole\r")
    assert wall.codes[-1] == b"whole"
    wall.line(b"cut sho")
    wall.line(b"\xff\xfe\xfd\xfc\r")
    wall.line(b"who knows\r")
    assert wall.codes[-1] == b"whole"
    assert wall.listener.good_baud is None


@given(
    st.lists(st.text("0123456789|ABCDEFxyz ", min_size=8, max_size=60), min_size=6, max_size=12),
    st.sampled_from(
        [(9600, 115_200), (115_200, 9600), (19_200, 9600), (38_400, 9600), (19_200, 115_200), (9600, 57_600)]
    ),
)
def test_what_a_wrong_speed_makes_of_text_is_never_a_code(lines: list[str], speeds: tuple[int, int]) -> None:
    sent_at, heard_at = speeds
    wall = Wall(heard_at)
    for line in lines:
        if heard := resample(line.encode() + b"\r", sent_at, heard_at):
            wall.line(heard)
    assert not wall.codes


def test_lines_at_two_speeds_do_not_prove_each_other() -> None:
    wall = Wall()
    for number in range(2 * (NEEDED - 1)):
        wall.port.set_baud((9600, 115_200)[number % 2])
        wall.silence()
        wall.line(b"visitor %d\r" % number)
    assert not wall.codes


def test_it_remembers_what_it_overheard_for_the_reader_that_answers_at_that_speed() -> None:
    wall = Wall()
    wall.line(b"an early visitor\r")
    wall.line(b"without a tail")
    assert [event.data for event in wall.listener.overheard(9600, True)] == [b"an early visitor"]
    assert len(wall.listener.overheard(9600, False)) == 2
    assert wall.listener.overheard(115_200, False) == []
    wall.now_ms += OVERHEARD_MS + 1000
    assert wall.listener.overheard(9600, False) == []


async def test_after_a_minute_without_a_line_others_are_asked_for_and_after_ten_everywhere() -> None:
    wall = Wall()
    for code in VISITORS:
        wall.line(code + b"\r")
    assert await wall.listener.apply() == ["9600"]
    wall.now_ms += QUIET_MS + 1000
    assert await wall.listener.apply() is None
    assert wall.listener.where() == 9600
    assert await wall.listener.probe()
    assert await wall.listener.apply() == ["9600"]
    wall.now_ms += LONG_MS
    assert wall.listener.where() is None


@pytest.mark.parametrize("code", [b"", b"abc", b"a\x00bc", b"abc\x7f", b"\xff\xfe\xfd\xfc", b"a\tbcd", b"x" * 3073])
def test_clean_is_text_and_nothing_else(code: bytes) -> None:
    assert not is_clean(code)
    assert is_clean(VISITORS[0])
