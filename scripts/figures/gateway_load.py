"""The load on a gateway, in a process of its own: boxes over raw sockets that keep what is not acknowledged.

A box sends its messages in order and has at most its share of `window` scans without an answer, as a real box does. The
answer is the gateway's own ack; for a subscriber that sends none (`acked_by` given) it is that subscriber's count.
"""

import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from firmware.wire import ack, message, record, topics
from firmware.wire.message import Pack
from firmware.wire.record import Scan

EPOCH = "00000000f16e"
CODE = b"001099012345|123456789|NGUYEN VAN AN|01011990|Nam|12 Hang Bai, Hoan Kiem, Ha Noi|01052021".ljust(110, b".")
FIRST_MS = 1_790_000_000_000
"""UTC, as a box knows it that has been told."""
WAIT_S = 600
STALLED_S = 60.0
_CONNACK = b"\x20\x02\x00\x00"


class Load(NamedTuple):
    """What to send: `scans` from each box, `pack` in a message, `rate` a second altogether (0: all that goes)."""

    port: int
    passwords: dict[str, str]
    scans: int
    window: int
    pack: int = 1
    rate: float = 0.0
    first_seq: int = 1
    ca_der: bytes = b""
    """Of the authority by which a box knows the broker; then it speaks TLS."""


class Result(NamedTuple):
    """From the first message sent to the last scan answered for, and how long single scans took."""

    scans: int
    seconds: float
    p50_ms: float
    p99_ms: float


class LoadBox:
    """One connection: a box without its spool."""

    def __init__(self, load: Load, box_id: str) -> None:
        self.box_id = box_id
        self._sock = connect(load.port, box_id, load.passwords[box_id], load.ca_der)
        self._sock.setblocking(False)
        self._messages = deque(_messages(load, box_id))
        self._rest = b""
        self._unread = b""
        self._sent_s: deque[tuple[int, float]] = deque()
        self.sent = load.first_seq - 1
        self.answered = self.sent
        self.took_s: list[float] = []

    def send(self, most: int, now_s: float) -> int:
        """Send some of what is left, `most` scans at most; returns how many."""
        before = self.sent
        chunks = [self._rest]
        while self._messages and self._messages[0][0] - before <= most:
            last_seq, packet = self._messages.popleft()
            chunks.append(packet)
            self._sent_s.append((last_seq, now_s))
            self.sent = last_seq
        data = b"".join(chunks)
        if data:
            with suppress(BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                data = data[self._sock.send(data) :]
        self._rest = data
        return self.sent - before

    @property
    def left(self) -> bool:
        return bool(self._messages or self._rest)

    def read(self) -> None:
        """Take in what came; what an ack covers is answered for."""
        try:
            data = self._unread + self._sock.recv(262_144)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        now_s, at = time.perf_counter(), 0
        while (packet := packet_at(data, at)) is not None:
            kind, start, end = packet
            if kind == 3:
                topic_bytes = struct.unpack_from("!H", data, start)[0]
                self._answer(ack.decode(data[start + 2 + topic_bytes : end]).complete_to, now_s)
            at = end
        self._unread = data[at:]

    def _answer(self, complete_to: int, now_s: float) -> None:
        while self._sent_s and self._sent_s[0][0] <= complete_to:
            last_seq, sent_s = self._sent_s.popleft()
            self.took_s.append(now_s - sent_s)
            self.answered = last_seq

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()


def send_all(load: Load, acked_by: Callable[[], int] | None = None, ready: Callable[[], None] = lambda: None) -> Result:
    """Send everything and wait for the last answer."""
    boxes = [LoadBox(load, box_id) for box_id in load.passwords]
    ready()
    total, share = load.scans * len(boxes), max(load.pack, load.window // len(boxes))
    began_s = time.perf_counter()
    sent = answered = 0
    moved_s = began_s
    while answered < total:
        now_s = time.perf_counter()
        if now_s - moved_s > STALLED_S:
            raise RuntimeError(f"{answered} of {total} scans were answered for, and then none for {STALLED_S:g} s")
        budget = int((now_s - began_s) * load.rate) - sent if load.rate else total
        for box in boxes:
            box.read()
            room = share - (box.sent - box.answered) if acked_by is None else load.window - (sent - answered)
            sent += box.send(max(0, min(room, max(50, load.pack), budget)), now_s)
            if load.rate:
                budget = int((now_s - began_s) * load.rate) - sent
        before = answered
        answered = (
            sum(box.answered for box in boxes) - (load.first_seq - 1) * len(boxes) if acked_by is None else acked_by()
        )
        if answered != before:
            moved_s = now_s
        else:
            time.sleep(0.0002)
    seconds = time.perf_counter() - began_s
    took_ms = sorted(1000 * one for box in boxes for one in box.took_s) or [0.0]
    for box in boxes:
        box.close()
    return Result(total, seconds, took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100])


def wait_and_send(load: Load, tell: Callable[[float], None]) -> None:
    """One box that waits for a beacon, as a real one does, and sends then. Tells time.monotonic() when it is connected,
    and again when its scans are answered for."""
    box_id = next(iter(load.passwords))
    sock = connect(load.port, box_id, load.passwords[box_id], load.ca_der, (topics.BEACON,))
    tell(time.monotonic())
    sock.settimeout(WAIT_S)
    data, is_sent = b"", False
    last_seq, packets = load.first_seq + load.scans - 1, _messages(load, box_id)
    while True:
        data += sock.recv(65_536)
        while (packet := packet_at(data, 0)) is not None:
            kind, start, end = packet
            length = struct.unpack_from("!H", data, start)[0] if kind == 3 else 0
            topic, payload = data[start + 2 : start + 2 + length].decode(), data[start + 2 + length : end]
            data = data[end:]
            if topic == topics.BEACON and not is_sent:
                sock.sendall(b"".join(packet for _, packet in packets))
                is_sent = True
            elif topic == topics.ack(box_id) and ack.decode(payload).highest >= last_seq:
                tell(time.monotonic())
                return


def _messages(load: Load, box_id: str) -> list[tuple[int, bytes]]:
    """(number of the last scan in it, packet)"""
    topic = topics.scan(box_id)
    made = []
    last_seq = load.first_seq + load.scans - 1
    for first in range(load.first_seq, last_seq + 1, load.pack):
        seqs = range(first, min(first + load.pack, last_seq + 1))
        records = [
            record.encode_scan(Scan(box_id, EPOCH, seq, 1, seq * 10, FIRST_MS + seq, 50, "", CODE)) for seq in seqs
        ]
        payload = records[0]
        if load.pack > 1:
            payload = message.encode_pack(Pack(box_id, EPOCH, load.first_seq, last_seq, records))
        made.append((seqs[-1], publish(topic, first % 65_535 + 1, payload)))
    return made


def connect(port: int, box_id: str, password: str, ca_der: bytes = b"", filters: tuple[str, ...] = ()) -> socket.socket:
    """A session of that box with the broker, subscribed to its acks and `filters`; over TLS where there is `ca_der`."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if ca_der:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.load_verify_locations(cadata=ca_der)
        sock = trust.wrap_socket(sock, server_hostname="127.0.0.1")
    body = _text("MQTT") + b"\x04\xc2\x00\x00" + _text(box_id) + _text(box_id) + _text(password)
    sock.sendall(b"\x10" + _length(len(body)) + body)
    if sock.recv(4) != _CONNACK:
        raise RuntimeError(f"the broker refused {box_id}")
    body = b"\x00\x01" + b"".join(_text(one) + b"\x00" for one in (topics.ack(box_id), *filters))
    sock.sendall(b"\x82" + _length(len(body)) + body)
    sock.recv(5 + len(filters))
    return sock


def publish(topic: str, mid: int, payload: bytes, *, retain: bool = False) -> bytes:
    """The packet, QoS 1."""
    body = _text(topic) + struct.pack("!H", mid) + payload
    return (b"\x33" if retain else b"\x32") + _length(len(body)) + body


def packet_at(data: bytes, at: int) -> tuple[int, int, int] | None:
    """(kind, start, end) of the MQTT packet there; None where it is not all there yet."""
    length, shift, start = 0, 0, at + 1
    while start < len(data):
        length |= (data[start] & 0x7F) << shift
        shift += 7
        start += 1
        if data[start - 1] < 0x80:
            return (data[at] >> 4, start, start + length) if start + length <= len(data) else None
    return None


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text)) + text.encode()


def _length(number: int) -> bytes:
    out = bytearray()
    while True:
        out.append(number % 128 | (0x80 if number >= 128 else 0))
        number //= 128
        if not number:
            return bytes(out)
