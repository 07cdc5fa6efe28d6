"""On a board whose flash writes mask interrupts no code is torn unseen: it is whole, or it is refused."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware.scanner import de2120, m5qr
from firmware.scanner.frames import Frames
from firmware.scanner.line import PROTOCOL, TAIL
from firmware.scanner.masked import UART_BYTES, may_be_torn
from firmware.scanner.text import Text
from tests.firmware.scanner.rp2 import BREATH_US, ERASE_US, FIFO_BYTES, Box, Shown, Uart
from tests.firmware.scanner.streams import framed

Framing = tuple[Callable[[], object], Callable[[bytes], bytes]]
FRAMINGS: dict[str, Framing] = {
    "protocol": (lambda: Frames(PROTOCOL), framed),
    "tail": (lambda: Frames(TAIL, b"\r\n"), lambda code: code + b"\r\n"),
    "bare": (lambda: Frames(TAIL, b""), lambda code: code),
    "de2120": (lambda: Text(de2120.split, True), lambda code: code + b"\r"),
    "m5qr": (lambda: Text(m5qr.split, False), lambda code: code),
}
BEGIN_US = 990_000
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODES = st.tuples(st.integers(0, 25), st.integers(1, 1500)).map(lambda one: LETTERS[one[0] : one[0] + 1] * one[1])
GAPS_US = st.integers(0, 700_000)
SHOWN = st.lists(st.tuples(GAPS_US, CODES), min_size=1, max_size=5)
ERASES = st.lists(st.integers(0, 6), min_size=1, max_size=12)
WRITES_US = st.lists(st.integers(0, 3_000_000), max_size=6)
BAUDS = st.sampled_from([9600, 57600, 115200])


def cycling(counts: list[int]) -> Callable[[], int]:
    left = list(counts)

    def one() -> int:
        left.append(left.pop(0))
        return left[-1]

    return one


def box_of(name: str, shown: list[tuple[int, bytes]], erases: list[int], baud: int, is_gated: bool = True) -> Box:
    frames, frame = FRAMINGS[name][0](), FRAMINGS[name][1]
    frames.set_quick(baud >= 57600)  # type: ignore[attr-defined]
    at_us = 300_000
    on_line = []
    for gap_us, code in shown:
        at_us += gap_us + 260_000  # the reader's own pause, in the least favourable case shorter than what is set
        on_line.append(Shown(at_us, code, frame(code)))
        at_us += len(frame(code)) * 10_000_000 // baud
    return Box(frames, Uart(on_line, baud), cycling(erases), is_gated)


@pytest.mark.parametrize("name", sorted(FRAMINGS))
@settings(max_examples=60)
@given(shown=SHOWN, erases=ERASES, writes_us=WRITES_US, baud=BAUDS)
def test_a_code_is_whole_or_refused_whatever_is_written_when(
    name: str, shown: list[tuple[int, bytes]], erases: list[int], writes_us: list[int], baud: int
) -> None:
    box = box_of(name, shown, erases, baud)
    box.run(writes_us)
    sent = [code for _, code in shown]
    left = list(sent)
    for code in box.codes:
        assert code in left
        left.remove(code)
    assert not left or box.refusals


@settings(max_examples=60)
@given(shown=SHOWN, erases=ERASES, baud=BAUDS)
@example(shown=[(0, b"A" * 1500), (0, b"B" * 1500)], erases=[6], baud=115200)
def test_each_code_that_is_missing_was_refused_while_it_was_there_or_soon_after(
    shown: list[tuple[int, bytes]], erases: list[int], baud: int
) -> None:
    shown = [(gap_us, LETTERS[at : at + 1] * len(code)) for at, (gap_us, code) in enumerate(shown)]
    box = box_of("protocol", shown, erases, baud)
    at_us = 300_000
    spans = []
    for gap_us, code in shown:
        at_us += gap_us + 260_000
        end_us = at_us + len(framed(code)) * 10_000_000 // baud
        spans.append((at_us, end_us, code))
        at_us = end_us
    box.run()
    for begin_us, end_us, code in spans:
        if code not in box.codes:
            assert any(begin_us <= one.at_us <= end_us + 2_000_000 for one in box.refusals)


@pytest.mark.parametrize("name", sorted(FRAMINGS))
def test_without_the_gate_the_model_does_tear_a_code_unseen(name: str) -> None:
    frame = FRAMINGS[name][1]
    first, second = b"A" * 600, b"B" * 600
    torn = []
    for erases in (1, 6):
        for shift in range(-40, 41):
            for is_gated in (False, True):
                uart = Uart(_spliced(frame(first), frame(second), shift, erases), 115_200)
                box = Box(_quick(name), uart, cycling([erases]), is_gated)
                box.run([BEGIN_US])
                wrong = [code for code in box.codes if code not in (first, second)]
                if is_gated:
                    assert not wrong
                    assert box.refusals
                else:
                    torn += wrong
    assert torn


def _spliced(first: bytes, second: bytes, shift: int, erases: int) -> list[Shown]:
    # The write begins when 100 bytes of the first are read, and ends where the second has about as many left as the
    # first then lacks: what the UART kept of either stands between.
    byte_us = 10_000_000 / 115_200
    end_us = BEGIN_US + erases * (ERASE_US + BREATH_US)
    left = len(first) - 100 - 2 * FIFO_BYTES + shift
    return [
        Shown(round(BEGIN_US - 100 * byte_us), first, first),
        Shown(round(end_us - (len(second) - left) * byte_us), second, second),
    ]


def _quick(name: str):  # type: ignore[no-untyped-def]
    frames = FRAMINGS[name][0]()
    frames.set_quick(True)  # type: ignore[attr-defined]
    return frames


@pytest.mark.parametrize("name", sorted(FRAMINGS))
def test_two_visitors_a_second_are_all_read_when_each_write_is_done_before_the_next_comes(name: str) -> None:
    shown = [(500_000 - 260_000 - 12_000, b"%03d " % number + b"x" * 120) for number in range(20)]
    box = box_of(name, shown, [1], 115_200)
    box.run()
    assert box.codes == [code for _, code in shown]
    assert not box.refusals


def test_nothing_is_refused_for_a_write_during_which_nothing_came() -> None:
    box = box_of("protocol", [(400_000, b"hello")], [6], 115_200)
    box.run([100_000, 2_000_000])
    assert (box.codes, box.refusals) == ([b"hello"], [])


class Port:
    baud = 115_200

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting

    def waiting(self) -> int:
        return self._waiting


class BlindPort:
    baud = 115_200


@pytest.mark.parametrize(
    "port, held_ms, is_under_way, is_torn",
    [
        (Port(0), 45, False, False),
        (Port(0), 45, True, True),
        (Port(1), 45, False, True),
        (Port(1), 1, True, False),  # 32 bytes take longer
        (Port(1), 2, False, True),  # 3 ms, perhaps
        (BlindPort(), 45, False, True),  # what waits is not known
        (BlindPort(), 0, True, False),
    ],
)
def test_bytes_may_be_missing_only_if_enough_could_come_and_something_did(
    port: object, held_ms: int, is_under_way: bool, is_torn: bool
) -> None:
    assert UART_BYTES == FIFO_BYTES
    assert may_be_torn(port, held_ms, is_under_way) is is_torn
