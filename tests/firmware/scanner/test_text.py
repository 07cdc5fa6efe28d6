"""Plain text, as properties. Examples stand in tests/vectors/de2120 and m5qr."""

from collections.abc import Iterable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firmware.scanner import de2120, m5qr
from firmware.scanner.line import HOLD, ROOM, TAIL, Code, Refused, Reply, Stray
from firmware.scanner.text import Text
from tests.firmware.scanner.streams import Wire

FAMILIES = {"de2120": (de2120, True, b"\r"), "m5qr": (m5qr, False, b"")}
NAMES = st.sampled_from(sorted(FAMILIES))
CODES = st.binary(min_size=1, max_size=60)
CUTS = st.lists(st.integers(0, 10_000), max_size=12)


def wire(name: str) -> Wire:
    module, has_tail, _ = FAMILIES[name]
    return Wire(Text(module.split, has_tail))  # type: ignore[arg-type]


def is_plain(code: bytes) -> bool:
    # Without what either family may take for an answer or a tail.
    return not set(code) & {6, 0x15, 13, 10, 0x22, 0x24, 0x33}


@given(NAMES, st.lists(st.tuples(CODES, CUTS), max_size=6))
def test_codes_with_silence_between_arrive_bit_for_bit(name: str, codes: list[tuple[bytes, list[int]]]) -> None:
    one = wire(name)
    tail = FAMILIES[name][2]
    for code, cuts in codes:
        assume(is_plain(code))
        one.burst(code + tail, cuts)
        one.silence()
    assert one.codes == [code for code, _ in codes]
    assert not one.refusals


@given(NAMES, st.lists(st.tuples(st.binary(max_size=80), CUTS), max_size=6), st.sampled_from([None, 1, 2]))
def test_how_a_stream_is_cut_into_pieces_changes_nothing(
    name: str, bursts: list[tuple[bytes, list[int]]], awaited: int | None
) -> None:
    def run(cuts_of: Iterable[Iterable[int]]) -> list[object]:
        one = wire(name)
        one.expect(awaited)
        for (data, _), cuts in zip(bursts, cuts_of, strict=True):
            one.burst(data, cuts)
            one.silence()
        return list(one.events)

    assert run([[] for _ in bursts]) == run([cuts for _, cuts in bursts]) == run([range(len(d)) for d, _ in bursts])


@given(NAMES, st.lists(st.binary(max_size=300), max_size=6), st.sampled_from([None, 1, 2]))
def test_no_code_is_given_that_was_not_on_the_line_and_nothing_is_left_behind(
    name: str, bursts: list[bytes], awaited: int | None
) -> None:
    one = wire(name)
    one.expect(awaited)
    for data in bursts:
        before = len(one.codes)
        one.burst(data)
        one.silence()
        assert all(code in data for code in one.codes[before:])
        assert not one.frames.pending()


@given(NAMES, CODES, st.integers(0, 100))
def test_bytes_that_are_known_to_be_missing_cost_the_whole_burst(name: str, code: bytes, at: int) -> None:
    assume(is_plain(code))
    one = wire(name)
    at %= len(code)
    one.burst(code[:at])
    one.events += one.frames.tear()
    one.burst(code[at:] + FAMILIES[name][2])
    one.silence()
    assert (one.codes, one.refusals) == ([], ["truncated"])


@given(NAMES, st.integers(3073, 20_000), CUTS)
def test_a_code_beyond_the_limit_is_refused_without_being_kept(name: str, length: int, cuts: list[int]) -> None:
    one = wire(name)
    one.burst(b"x" * length + b"\r", cuts)
    one.silence()
    assert len(one.frames._line.buf) == ROOM
    one.burst(b"next\r")
    one.silence()
    assert (one.codes, one.refusals) == ([b"next"], ["too_long"])


def test_until_it_is_proven_who_sends_nothing_is_a_code() -> None:
    one = wire("de2120")
    one.frames.is_open = False  # type: ignore[attr-defined]
    assert one.frames.mode == HOLD
    one.burst(b"hello\r")
    one.silence()
    one.frames.is_open = True  # type: ignore[attr-defined]
    assert one.frames.mode == TAIL
    one.burst(b"hello\r")
    one.silence()
    assert (one.refusals, one.codes) == (["noise"], [b"hello"])


@pytest.mark.parametrize(
    "name, answer", [("de2120", b"\x06"), ("de2120", b"\x15"), ("m5qr", bytes.fromhex("24614105"))]
)
def test_an_answer_is_one_only_where_it_is_awaited(name: str, answer: bytes) -> None:
    one = wire(name)
    one.burst(answer)
    one.silence()
    one.expect(1)
    one.burst(answer)
    one.silence()
    assert [type(event) for event in one.events] == [Stray, Reply]


def test_a_code_that_was_kept_is_refused_when_listening_begins_anew() -> None:
    one = wire("de2120")
    one.expect(de2120.SETTING)
    one.burst(b"\x06hello\r")
    one.silence(70)
    one.events += one.frames.drop()
    one.silence()
    assert [type(event) for event in one.events] == [Reply, Refused]
    assert not [event for event in one.events if isinstance(event, Code)]


@pytest.mark.parametrize(
    "answer, is_ack", [(b"\x06", True), (b"\x15", False), (b"V1\x06", True), (b"V1", False), (b"", False)]
)
def test_an_acknowledgement_is_found_within_an_answer(answer: bytes, is_ack: bool) -> None:
    assert de2120.is_ack(answer) is is_ack
