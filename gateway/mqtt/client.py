"""paho's client with less work for each message: the one place that reaches into it.

1. paho reads a packet with four recv() and writes each acknowledgement with a send() of its own. Each of them gives up
   the interpreter's lock, and the thread that has it then may keep it for milliseconds. Here a recv() of the socket
   takes what there is, and later ones are served from that.
2. A message that is whole in what was read ahead is taken from there. Everything else, the pieces of a message
   included, is paho's to read, and so is whatever is not as it should be: what a fault is, paho says.
3. Acknowledgements that are due together are one packet of paho's queue: a half-written one goes on where it stopped.
4. What was read ahead does not make the socket readable: whoever watches it has to ask `unread` as well.
"""

import socket
import time
from collections.abc import Iterable
from typing import NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import MessageType

READ_AHEAD_BYTES = 131_072
_PUBLISH_QOS = {0x30: 0, 0x31: 0, 0x32: 1, 0x33: 1, 0x3A: 1, 0x3B: 1}
"""First byte of a message -> its QoS: as it comes, retained, sent again."""


NO_TOPIC = "?"
"""For a topic that is not UTF-8."""


class Message(NamedTuple):
    topic: str
    qos: int
    mid: int
    payload: bytes


class Line(socket.socket):
    """A connected TCP socket that is read in large pieces."""

    def __init__(self, connected: socket.socket) -> None:
        timeout_s = connected.gettimeout()
        super().__init__(fileno=connected.detach())
        self.settimeout(timeout_s)
        self._ahead = b""
        self._at = 0

    @property
    def unread(self) -> bool:
        """Whether there is something that was read ahead."""
        return self._at < len(self._ahead)

    def recv(self, most: int, flags: int = 0, /) -> bytes:
        start = self._at
        if start == len(self._ahead):
            self._ahead, self._at, start = b"", 0, 0
            self._ahead = super().recv(max(most, READ_AHEAD_BYTES), flags)
        self._at = min(start + most, len(self._ahead))
        return self._ahead[start : self._at]

    def take(self) -> Message | None:
        """The message that begins here, taken out, if it is whole; to be called between two packets only."""
        ahead, at = self._ahead, self._at
        qos = _PUBLISH_QOS.get(ahead[at]) if at < len(ahead) else None
        if qos is None:
            return None
        length, shift, at = 0, 0, at + 1
        for byte in ahead[at : at + 4]:
            length |= (byte & 0x7F) << shift
            shift += 7
            at += 1
            if byte < 0x80:
                break
        else:
            return None
        end = at + length
        topic_end = at + 2 + int.from_bytes(ahead[at : at + 2])
        start = topic_end + 2 * qos
        if end > len(ahead) or start > end or topic_end == at + 2:
            return None
        self._at = end
        try:
            topic = ahead[at + 2 : topic_end].decode()
        except UnicodeDecodeError:
            topic = NO_TOPIC
        return Message(topic, qos, int.from_bytes(ahead[topic_end:start]), ahead[start:end])


class PahoClient(Client):
    """A client on a Line; MQTT 3.1.1 only."""

    def _create_socket(self) -> Line:
        made = super()._create_socket()
        if type(made) is not socket.socket:
            raise OSError("no plain socket")
        return Line(made)

    @property
    def unread(self) -> bool:
        return isinstance(self._sock, Line) and self._sock.unread

    def take(self) -> Message | None:
        """The next message if it was read ahead; None: it is for loop_read() to see what comes."""
        line = self._sock
        if not isinstance(line, Line) or self._in_packet["command"]:
            return None
        taken = line.take()
        if taken is not None:
            self._last_bytes_received = time.monotonic()
        return taken

    def ack_all(self, mids: Iterable[int]) -> None:
        """Acknowledge messages of QoS 1, in this order."""
        packets = b"".join([b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids])
        if packets:
            self._packet_queue(MessageType.PUBACK, packets, 0, 1)
