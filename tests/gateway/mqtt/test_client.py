"""What is taken from the read-ahead is what paho would have read, however the bytes come; the rest stays paho's."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from gateway.mqtt.client import NO_TOPIC, Line, Message, PahoClient

PING_ANSWER = b"\xd0\x00"


def publish(topic: bytes, payload: bytes, first: int = 0x32, mid: int = 7) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + (mid.to_bytes(2, "big") if first & 0x06 else b"") + payload
    return bytes([first]) + length_of(body) + body


def length_of(body: bytes) -> bytes:
    left, out = len(body), bytearray()
    while True:
        left, low = divmod(left, 128)
        out.append(low | (0x80 if left else 0))
        if not left:
            return bytes(out)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    line = Line(ours)
    line.setblocking(False)
    yield line, theirs
    line.close()
    theirs.close()


def read_ahead(line: Line, theirs: socket.socket, data: bytes) -> None:
    theirs.sendall(b"x" + data)
    assert line.recv(1) == b"x"


MESSAGES = st.lists(
    st.tuples(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20),
        st.sampled_from([0x30, 0x31, 0x32, 0x33, 0x3A, 0x3B]),
        st.integers(1, 65_535),
        st.binary(max_size=300),
    ),
    max_size=8,
)


@given(MESSAGES, st.lists(st.integers(1, 400), max_size=6))
def test_the_same_messages_come_out_however_they_come_in(messages, sizes):
    ours, theirs = socket.socketpair()
    client = PahoClient(CallbackAPIVersion.VERSION2, manual_ack=True)
    got = []
    client.on_message = lambda _c, _u, one: got.append((one.topic, one.qos, one.mid if one.qos else 0, one.payload))
    with Line(ours) as line, theirs:
        line.setblocking(False)
        client._sock = line
        data = b"".join(publish(topic.encode(), payload, first, mid) for topic, first, mid, payload in messages)
        for size in [*sizes, len(data) + 1]:
            theirs.sendall(data[:size])
            data = data[size:]
            quiet = False
            while not quiet:
                taken = client.take()
                if taken is not None:
                    got.append(tuple(taken))
                    continue
                before = len(got)
                assert client.loop_read() == 0
                quiet = not client.unread and len(got) == before
        client._sock = None
    assert got == [
        (topic, int(first > 0x31), mid if first > 0x31 else 0, payload) for topic, first, mid, payload in messages
    ]


def test_whole_messages_are_taken_and_half_a_one_is_not(ends):
    line, theirs = ends
    made = publish(b"a/b", b"hello")
    read_ahead(line, theirs, made + made[:-1])
    assert line.take() == Message("a/b", 1, 7, b"hello")
    assert line.take() is None
    assert line.unread
    assert line.recv(100) == made[:-1]
    assert not line.unread


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        PING_ANSWER,
        b"\x32",
        b"\x32\x80",
        b"\x32\xff\xff\xff\xff\x01",
        b"\x32\x00",
        b"\x32\x01\x00",
        b"\x32\x03\x00\x01a",
        b"\x32\x05\x00\x09abc",
        b"\x30\x04\x00\x00ab",
        publish(b"a", b"b", 0x34),
        publish(b"a", b"b", 0x36),
        publish(b"a", b"b", 0x38),
    ],
)
def test_whatever_is_not_a_whole_good_message_is_left_as_it_is(ends, packet):
    line, theirs = ends
    read_ahead(line, theirs, packet)
    assert line.take() is None
    if packet:
        assert line.recv(100) == packet


def test_a_topic_that_is_not_text_is_told_as_such(ends):
    line, theirs = ends
    read_ahead(line, theirs, publish(b"tram/\xff", b"b"))
    assert line.take() == Message(NO_TOPIC, 1, 7, b"b")


def test_the_end_of_the_line_is_told_only_after_all_that_came_before(ends):
    line, theirs = ends
    theirs.sendall(b"abc")
    theirs.close()
    assert [line.recv(2), line.recv(2), line.recv(2)] == [b"ab", b"c", b""]


def test_a_line_with_nothing_to_read_says_so(ends):
    line, _theirs = ends
    with pytest.raises(BlockingIOError):
        line.recv(1)
