"""Protocol mode, as properties. Examples stand in tests/vectors/gm65/protocol.json."""

from hypothesis import assume, example, given
from hypothesis import strategies as st

from firmware.scanner.frames import Frames
from firmware.scanner.gm65 import HEARTBEAT_REPLY
from firmware.scanner.line import PROTOCOL, ROOM
from scripts.sim.reader_protocol import reply
from tests.firmware.scanner.streams import Wire, framed

CODES = st.binary(min_size=1, max_size=40) | st.sampled_from(
    [
        HEARTBEAT_REPLY,
        reply(b"\0"),
        framed(b"hello"),
        b"\r",
        b"\r\n",
        bytes(256),
        b"\x03" * 3072,
        bytes(range(256)) * 12,
    ]
)
TAILS = st.sampled_from([b"", b"\r", b"\r\n", b"\t"])
FRAMES = st.one_of(
    st.tuples(CODES, TAILS).map(lambda one: framed(one[0]) + one[1]),
    st.just(HEARTBEAT_REPLY),
    st.binary(min_size=1, max_size=8).map(reply),
)
BURSTS = st.lists(st.one_of(FRAMES, st.binary(max_size=60)), max_size=4).map(b"".join)
CUTS = st.lists(st.integers(0, 10_000), max_size=12)


def wire() -> Wire:
    return Wire(Frames(PROTOCOL))


@given(st.lists(st.tuples(BURSTS, CUTS), max_size=5), st.booleans())
def test_how_a_stream_is_cut_into_pieces_changes_nothing(bursts: list[tuple[bytes, list[int]]], asked: bool) -> None:
    whole, cut, single = wire(), wire(), wire()
    for one in (whole, cut, single):
        one.expect(1 if asked else None)
    for data, cuts in bursts:
        whole.burst(data)
        cut.burst(data, cuts)
        single.burst(data, range(len(data)))
        for one in (whole, cut, single):
            one.silence()
    assert whole.events == cut.events == single.events


@given(st.lists(st.tuples(CODES, TAILS, st.booleans()), max_size=8), st.booleans())
def test_whole_frames_give_all_their_codes_whatever_lies_between_them(
    codes: list[tuple[bytes, bytes, bool]], asked: bool
) -> None:
    one = wire()
    one.expect(1 if asked else None)
    for code, tail, is_heartbeat in codes:
        one.burst(framed(code) + tail + (HEARTBEAT_REPLY if is_heartbeat else reply(b"\0")))
    one.silence()
    assert one.codes == [code for code, _, _ in codes]
    assert not one.refusals


@given(st.lists(st.tuples(st.binary(max_size=200), CODES), max_size=6))
def test_noise_between_silences_that_does_not_begin_like_a_frame_harms_and_invents_nothing(
    pairs: list[tuple[bytes, bytes]],
) -> None:
    one = wire()
    for noise, code in pairs:
        assume(noise[:1] not in (b"\x02", b"\x03"))
        one.burst(noise)
        one.silence()
        one.burst(framed(code))
        one.silence()
    assert one.codes == [code for _, code in pairs]


@given(st.binary(min_size=1, max_size=200), CODES)
def test_noise_directly_before_a_code_costs_that_code_and_never_changes_it(noise: bytes, code: bytes) -> None:
    assume(noise[0] not in b"\x02\x03")
    one = wire()
    one.burst(noise + framed(code))
    one.silence()
    assert not one.codes
    assert one.refusals == ["noise"]


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_any_bytes_at_all_give_no_code_that_is_not_on_the_line_behind_its_own_length(bursts: list[bytes]) -> None:
    one = wire()
    for data in bursts:
        before = len(one.codes)
        one.burst(data)
        one.silence()
        assert all(framed(code) in data for code in one.codes[before:])
        assert not one.frames.pending()


@given(CODES, st.integers(0, 5000))
def test_a_frame_cut_short_gives_no_code_and_harms_no_other(code: bytes, keep: int) -> None:
    frame = framed(code)
    one = wire()
    one.burst(frame[: keep % len(frame)])
    one.silence()
    one.burst(framed(b"next"))
    one.silence()
    assert one.codes == [b"next"]


@given(st.binary(min_size=1, max_size=900), st.integers(0, 5000), st.booleans())
@example(b"0" + b"x" * 48, 2, False)
@example(b"\0", 2, False)
def test_a_lost_byte_never_gives_another_code_but_where_the_code_says_the_length_of_its_own_rest(
    code: bytes, at: int, is_answer_behind: bool
) -> None:
    frame = framed(code)
    at %= len(frame)
    short = frame[:at] + frame[at + 1 :]
    rest = short[3:]
    says_its_rest = at < 3 and short[0] == 3 and int.from_bytes(short[1:3], "big") == len(rest) > 0
    one = wire()
    one.expect(1 if is_answer_behind else None)
    one.burst(short + (reply(b"\0") if is_answer_behind else b""))
    one.silence()
    assert one.codes == ([rest] if says_its_rest else [])


@given(st.binary(min_size=1, max_size=100), st.integers(1, 100))
def test_bytes_lost_at_the_end_are_not_made_up_for_by_the_answer_behind(code: bytes, lost: int) -> None:
    answer = reply(b"\0")
    assume(lost <= len(code) and code[-lost:] != answer[:lost])
    one = wire()
    one.expect(1)
    one.burst(framed(code)[:-lost] + answer)
    one.silence()
    assert not one.codes


@given(st.integers(3073, 65_535), CUTS)
def test_a_code_beyond_the_limit_is_refused_without_being_kept(length: int, cuts: list[int]) -> None:
    one = wire()
    one.burst(b"\x03" + length.to_bytes(2, "big") + b"\x03\x00\x01x" * (length // 4) + b"x" * (length % 4), cuts)
    assert len(one.frames._line.buf) == ROOM
    one.burst(framed(b"next"))
    one.silence()
    assert one.codes == [b"next"]
    assert one.refusals == ["too_long"]


def test_a_code_is_told_with_the_instant_of_its_last_byte() -> None:
    one = wire()
    one.burst(framed(b"hello"))
    read_ms = one.now_ms
    one.silence()
    assert [event.done_ms for event in one.events] == [read_ms]
