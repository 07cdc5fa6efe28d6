"""Tail mode, as properties. Examples stand in tests/vectors/gm65/tail.json."""

from hypothesis import assume, given
from hypothesis import strategies as st

from firmware.scanner.frames import Frames
from firmware.scanner.gm65 import HEARTBEAT_REPLY
from firmware.scanner.line import ROOM, TAIL
from scripts.sim.reader_protocol import reply
from tests.firmware.scanner.streams import Wire

CODES = st.binary(min_size=1, max_size=60) | st.sampled_from([b"a\rb", b"\r", b"\r\n", reply(b"\0"), bytes(3072)])
TAILS = st.sampled_from([b"\r", b"\r\n", b"\t"])
CUTS = st.lists(st.integers(0, 10_000), max_size=12)


def wire(tail: bytes) -> Wire:
    return Wire(Frames(TAIL, tail))


@given(TAILS, st.lists(st.tuples(CODES, CUTS), max_size=6))
def test_codes_with_silence_between_arrive_bit_for_bit_tails_within_them_included(
    tail: bytes, codes: list[tuple[bytes, list[int]]]
) -> None:
    one = wire(tail)
    for code, cuts in codes:
        one.burst(code + tail, cuts)
        one.silence()
    assert one.codes == [code for code, _ in codes]
    assert not one.refusals


@given(TAILS, st.lists(st.tuples(st.binary(max_size=80), CUTS), max_size=6), st.booleans())
def test_how_a_stream_is_cut_into_pieces_changes_nothing(
    tail: bytes, bursts: list[tuple[bytes, list[int]]], asked: bool
) -> None:
    whole, cut, single = wire(tail), wire(tail), wire(tail)
    for one in (whole, cut, single):
        one.expect(1 if asked else None)
    for data, cuts in bursts:
        whole.burst(data)
        cut.burst(data, cuts)
        single.burst(data, range(len(data)))
        for one in (whole, cut, single):
            one.silence()
    assert whole.events == cut.events == single.events


@given(TAILS, CODES, st.booleans(), st.integers(1, 20))
def test_a_code_beside_an_awaited_answer_is_not_lost(tail: bytes, code: bytes, is_first: bool, count: int) -> None:
    assume(b"\x02\x00\x00" not in code)
    assume(HEARTBEAT_REPLY not in code)
    answer = reply(bytes(count))
    one = wire(tail)
    one.expect(count)
    one.burst(code + tail + answer if is_first else answer + code + tail)
    one.silence()
    assert one.codes == [code]


@given(TAILS, st.binary(min_size=1, max_size=80))
def test_bytes_without_a_tail_are_no_code(tail: bytes, data: bytes) -> None:
    assume(not data.endswith(tail))
    one = wire(tail)
    one.burst(data)
    one.silence()
    assert (one.codes, one.refusals) == ([], ["truncated"])


@given(st.integers(3073, 20_000), CUTS)
def test_a_code_beyond_the_limit_is_refused_without_being_kept(length: int, cuts: list[int]) -> None:
    one = wire(b"\r")
    one.burst(b"x" * length + b"\r", cuts)
    assert len(one.frames._line.buf) == ROOM
    one.silence()
    one.burst(b"next\r")
    one.silence()
    assert (one.codes, one.refusals) == ([b"next"], ["too_long"])


@given(TAILS, st.binary(min_size=1, max_size=80), CODES)
def test_the_end_of_a_code_that_began_before_we_listened_is_no_code(tail: bytes, rest: bytes, code: bytes) -> None:
    one = wire(tail)
    one.frames.drop()
    one.burst(rest + tail)
    one.silence()
    one.burst(code + tail)
    one.silence()
    assert one.codes == [code]


@given(st.binary(min_size=1, max_size=40), st.booleans())
def test_without_any_tail_nothing_is_taken_for_a_code_while_an_answer_may_lie_beside_it(code: bytes, ask: bool) -> None:
    assume(code[:1] not in (b"\x02", b"\x03"))
    one = wire(b"")
    if ask:
        one.expect(1)
    one.burst(code)
    one.silence()
    assert (one.codes, one.refusals) == (([], ["ambiguous"]) if ask else ([code], []))
