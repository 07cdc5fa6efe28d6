"""20 boxes that have nothing to scan: over TLS, they answer every beacon and say how they are, as boxes do.

`python -m scripts.figures.gateway_boxes PORT CA_FILE` runs until it is ended.
"""

import selectors
import ssl
import struct
import sys
import time
from pathlib import Path
from typing import Any

from firmware.wire import beacon, status, topics
from firmware.wire.beacon import Heard
from scripts.figures.gateway_load import EPOCH, connect, packet_at, publish
from scripts.figures.gateway_site import PASSWORDS

STATUS_S = 60.0
"""So often a box says it again."""
COUNTERS = {f"counter_{number:02}": number for number in range(30)}
"""About as many as a box has."""


class IdleBox:
    def __init__(self, port: int, box_id: str, ca_der: bytes) -> None:
        self.box_id = box_id
        self.sock = connect(port, box_id, PASSWORDS[box_id], ca_der, (topics.BEACON, topics.of(box_id, "time")))
        self.heard = 0
        self.sock.setblocking(False)
        self._unread = b""
        self._began_s = time.monotonic()
        self._mid = 0

    def _uptime_ms(self) -> int:
        return int((time.monotonic() - self._began_s) * 1000) + 1

    def say(self) -> None:
        """How it is."""
        said: dict[str, Any] = {"box_id": self.box_id, "state": "online", "boot": 1, "session": 1, "epoch": EPOCH}
        said |= {"uptime_ms": self._uptime_ms(), "first_held": 1, "last_seq": 0, "counters": COUNTERS}
        said |= {"settings_version": 0, "firmware_version": 0, "oldest_unacked_s": 0}
        self._publish(topics.status(self.box_id), status.encode(said), retain=True)

    def read(self) -> None:
        try:
            while data := self.sock.recv(65_536):
                self._unread += data
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        at = 0
        while (packet := packet_at(self._unread, at)) is not None:
            kind, start, end = packet
            if kind == 3:
                self._take(self._unread[start:end])
            at = end
        self._unread = self._unread[at:]

    def _take(self, body: bytes) -> None:
        length = struct.unpack_from("!H", body)[0]
        if body[2 : 2 + length].decode() != topics.BEACON:
            return
        said = beacon.decode_beacon(body[2 + length :])
        now_ms = self._uptime_ms()
        answer = Heard(self.box_id, EPOCH, 1, said.gateway_boot, said.mono_ms, now_ms, now_ms)
        self._publish(topics.of(self.box_id, "heard"), beacon.encode_heard(answer))
        self.heard += 1

    def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._mid = self._mid % 65_535 + 1
        self.sock.send(publish(topic, self._mid, payload, retain=retain))


def main(port: int, ca_der: bytes) -> None:
    boxes = [IdleBox(port, box_id, ca_der) for box_id in PASSWORDS]
    watched = selectors.DefaultSelector()
    for box in boxes:
        watched.register(box.sock, selectors.EVENT_READ, box)
        box.say()
    print("all there", flush=True)
    turn, next_s = 0, time.monotonic() + STATUS_S / len(boxes)
    while True:
        for key, _ in watched.select(max(0.0, next_s - time.monotonic())):
            key.data.read()
        if time.monotonic() >= next_s:
            boxes[turn % len(boxes)].say()
            turn, next_s = turn + 1, next_s + STATUS_S / len(boxes)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).read_bytes())
