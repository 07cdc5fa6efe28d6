"""MQTT by hand, 3.1.1 and 5, one call after the other: says exactly what it is told to say, allowed or not."""

import socket
import struct
from typing import NamedTuple

V311, V5 = 4, 5


class Heard(NamedTuple):
    topic: str
    payload: bytes
    retained: bool


class Refused(Exception):
    """The broker does not let us in."""


class Line:
    """A connection; the version is 4 or 5."""

    def __init__(self, port: int, version: int, user: str, password: str, will: tuple[str, bytes, bool] | None = None):
        self._version = version
        self._mid = 0
        self._came: list[Heard] = []
        self._sock = socket.create_connection(("127.0.0.1", port), 10)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._sock.makefile("rb")
        flags = 0xC2 | ((0x04 | 0x08 | (0x20 if will[2] else 0)) if will else 0)
        body = _text("MQTT") + bytes([version, flags]) + struct.pack(">H", 60) + self._properties() + _text(user)
        if will:
            body += self._properties() + _text(will[0]) + struct.pack(">H", len(will[1])) + will[1]
        self._send(0x10, body + _text(user) + _text(password))
        kind, answer = self._read()
        if kind >> 4 != 2 or answer[1] != 0:
            self.vanish()
            raise Refused(answer[1:2].hex())

    def publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 1) -> None:
        """With QoS 1 this returns when the broker has answered, whatever the answer is."""
        self._mid += 1
        head = _text(topic) + (struct.pack(">H", self._mid) if qos else b"") + self._properties()
        self._send(0x30 | qos << 1 | retain, head + payload)
        if qos:
            self._until(4)

    def subscribe(self, *filters: str) -> None:
        for one in filters:
            self._mid += 1
            self._send(0x82, struct.pack(">H", self._mid) + self._properties() + _text(one) + b"\x00")
            self._until(9)

    def until(self, topic: str, payload: bytes) -> list[Heard]:
        """All that came before this message, the one that was asked for left out."""
        while not self._came or self._came[-1][:2] != (topic, payload):
            self._take(*self._read())
        came, self._came = self._came[:-1], []
        return came

    def flush(self) -> list[Heard]:
        """All that came by the time that the broker answers a ping."""
        self._send(0xC0, b"")
        self._until(13)
        came, self._came = self._came, []
        return came

    def vanish(self) -> None:
        """Without a word, so that the broker publishes the will."""
        self._file.close()
        self._sock.close()

    def leave(self) -> None:
        self._send(0xE0, b"")
        self.vanish()

    def _until(self, kind: int) -> None:
        while True:
            first, body = self._read()
            if first >> 4 == kind:
                return
            self._take(first, body)

    def _take(self, first: int, body: bytes) -> None:
        assert first >> 4 == 3, f"the broker said {first:#x} {body.hex()}"
        end = 2 + int.from_bytes(body[:2])
        topic = body[2:end].decode()
        end += 2 if first & 6 else 0
        end += 1 + body[end] if self._version == V5 else 0
        self._came.append(Heard(topic, body[end:], bool(first & 1)))

    def _properties(self) -> bytes:
        return b"\x00" if self._version == V5 else b""

    def _send(self, first: int, body: bytes) -> None:
        length, size = len(body), b""
        while True:
            size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
            length >>= 7
            if not length:
                break
        self._sock.sendall(bytes([first]) + size + body)

    def _read(self) -> tuple[int, bytes]:
        first = self._file.read(1)
        if not first:
            raise ConnectionError("the broker closed the connection")
        length = shift = 0
        while True:
            byte = self._file.read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return first[0], self._file.read(length)


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text.encode())) + text.encode()
