"""Modes, and the change from one to another."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.scanner.frames import Frames
from firmware.scanner.line import HOLD, PROTOCOL, ROOM, TAIL, Reply, Stray
from scripts.sim.reader_protocol import reply
from tests.firmware.scanner.streams import Wire, framed

CODES = st.binary(min_size=1, max_size=60)
CUTS = st.lists(st.integers(0, 1000), max_size=8)


def replies(one: Wire) -> list[bytes]:
    return [event.data for event in one.events if isinstance(event, Reply)]


@given(CODES, CODES, CUTS)
def test_codes_around_the_first_answer_are_read_once_it_has_told_the_mode(a: bytes, b: bytes, cuts: list[int]) -> None:
    one = Wire(Frames())
    one.expect(3)
    one.burst(framed(a) + reply(b"\x80\0\0") + framed(b), cuts)
    assert replies(one) == [b"\x80\0\0"]
    assert not one.codes
    one.events += one.frames.set_mode(PROTOCOL)
    one.silence()
    assert one.codes == [a, b]


@given(CODES, CUTS)
def test_the_same_in_tail_mode(code: bytes, cuts: list[int]) -> None:
    one = Wire(Frames())
    one.expect(3)
    one.burst(b"before\r\n" + reply(b"\x21\0\0"), cuts)
    one.events += one.frames.set_mode(TAIL, b"\r\n")
    one.silence()
    assert one.codes == [b"before"]
    one.burst(code + b"\r\n")
    one.silence()
    assert one.codes == [b"before", code]


def test_what_follows_the_answer_to_a_change_of_framing_is_held_until_the_framing_is_told() -> None:
    one = Wire(Frames(TAIL, b"\r"))
    one.frames.expect(1, one.now_ms, hold_after=True)
    one.burst(b"old\r" + reply(b"\0") + framed(b"new"))
    assert (one.codes, one.frames.mode) == ([b"old"], HOLD)
    one.events += one.frames.set_mode(PROTOCOL)
    one.silence()
    assert one.codes == [b"old", b"new"]


@given(st.binary(max_size=20_000))
def test_held_bytes_are_bounded_and_an_answer_is_still_found_behind_them(noise: bytes) -> None:
    one = Wire(Frames())
    one.expect(3)
    one.burst(noise.replace(b"\x02", b""))
    one.burst(reply(b"\x80\0\0"))
    assert replies(one) == [b"\x80\0\0"]
    assert len(one.frames._line.buf) == ROOM


def test_bytes_that_began_before_we_listened_are_not_held_for_a_code() -> None:
    frames = Frames()
    frames.expect(3, 0)
    events = frames.feed(b"the rest of a card\r" + reply(b"\x01\0\0"), 0)
    assert [type(event).__name__ for event in events] == ["Refused", "Reply"]
    assert frames.set_mode(TAIL, b"\r") == []


def test_an_answer_of_another_length_than_awaited_is_stray_in_every_mode() -> None:
    for mode in (PROTOCOL, TAIL):
        one = Wire(Frames(mode))
        one.expect(2)
        one.burst(reply(b"\0"))
        assert [type(event) for event in one.events] == [Stray]


@given(st.sampled_from([PROTOCOL, TAIL, HOLD]), st.lists(st.binary(max_size=100), max_size=5))
def test_dropping_leaves_nothing_behind(mode: int, bursts: list[bytes]) -> None:
    one = Wire(Frames(mode))
    for data in bursts:
        one.burst(data)
    one.frames.drop()
    assert not one.frames.pending()
