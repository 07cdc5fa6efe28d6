"""Stands in for a box that was without a gateway for weeks: many records, and the wire's rules for getting rid of them.

It shares `firmware.wire` with the real box and nothing else. What it holds when it is made counts as green: it is
kept here until an ack of the gateway covers it, through any number of connections.

1. A statement after each connect, then packs, oldest first, at most WINDOW records ahead of what was acknowledged.
2. An ack frees what it covers; what it names as missing is sent again. One from the future, or for another epoch,
   counts as refused and changes nothing.
3. No progress for PATIENCE_S: everything that is not acknowledged is sent again.
"""

import random
import threading
import time
from zlib import crc32

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from firmware.wire import ack, message, record, topics
from firmware.wire.errors import WireError
from scripts.sim.evidence import Evidence, Green, Shown

WINDOW = 2_000
PACK_RECORDS = 100
PATIENCE_S = 1.5


class FastBox:
    """`start()`, then `wait_until_free()`; `stop()`."""

    def __init__(self, box_id: str, password: str, port: int, scans: int, seed: int) -> None:
        draw = random.Random(f"{box_id} {seed}")
        self.box_id = box_id
        self.epoch = f"{draw.getrandbits(48):012x}"
        self.codes = [_code(draw, number) for number in range(scans)]
        self.last_seq = scans
        self.complete_to = 0
        self.refused_acks = 0
        self.connections = 0
        self._records = [self._record(number, code) for number, code in enumerate(self.codes, 1)]
        self._sent_to = 0
        self._progress_s = time.monotonic()
        self._change = threading.Condition()
        self._is_over = False
        self._sender = threading.Thread(target=self._send, name=f"fast box {box_id}", daemon=True)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=box_id)
        self._client.username_pw_set(box_id, password)
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._port = port

    def witness(self, evidence: Evidence) -> None:
        """Put what it holds into the evidence of a run: each of its codes shown once, and green."""
        for number, code in enumerate(self.codes, 1):
            evidence.shown.append(Shown(self.box_id, code, 0))
            evidence.greens.append(Green(self.box_id, self.epoch, number, f"{crc32(code):08x}", len(code), 0))

    def start(self) -> None:
        self._client.connect_async("127.0.0.1", self._port, keepalive=5)
        self._client.loop_start()
        self._sender.start()

    def stop(self) -> None:
        with self._change:
            self._is_over = True
            self._change.notify_all()
        self._sender.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _record(self, seq: int, code: bytes) -> bytes:
        return record.encode_scan(record.Scan(self.box_id, self.epoch, seq, 1, seq, None, None, "", code))

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(topics.ack(self.box_id))
        with self._change:
            self.connections += 1
            self._sent_to = self.complete_to
            self._progress_s = time.monotonic()
            self._publish(range(0))
            self._change.notify_all()

    def _on_message(self, client: mqtt.Client, userdata: object, arrived: mqtt.MQTTMessage) -> None:
        try:
            said = ack.decode(bytes(arrived.payload))
        except WireError:
            self.refused_acks += 1
            return
        if (said.box_id, said.epoch) != (self.box_id, self.epoch) or said.highest > self.last_seq:
            self.refused_acks += 1
            return
        with self._change:
            if said.complete_to > self.complete_to:
                self.complete_to = said.complete_to
                self._progress_s = time.monotonic()
            for first, last in said.missing:
                self._publish(range(max(first, self.complete_to + 1), min(last, first + PACK_RECORDS - 1) + 1))
            self._change.notify_all()

    def _send(self) -> None:
        with self._change:
            while not self._is_over and self.complete_to < self.last_seq:
                if time.monotonic() - self._progress_s > PATIENCE_S:
                    self._sent_to = self.complete_to
                    self._progress_s = time.monotonic()
                self._sent_to = max(self._sent_to, self.complete_to)
                room = min(self.complete_to + WINDOW, self.last_seq)
                if self._client.is_connected() and self._sent_to < room:
                    numbers = range(self._sent_to + 1, min(self._sent_to + PACK_RECORDS, room) + 1)
                    self._publish(numbers)
                    self._sent_to = numbers[-1]
                else:
                    self._change.wait(0.1)

    def _publish(self, numbers: range) -> None:
        records = [self._records[number - 1] for number in numbers]
        first_held = min(self.complete_to, self.last_seq) + 1
        pack = message.Pack(self.box_id, self.epoch, first_held, self.last_seq, records)
        self._client.publish(topics.scan(self.box_id), message.encode_pack(pack), qos=0)


def _code(draw: random.Random, number: int) -> bytes:
    return f"084{draw.randrange(10**9):09}||NGƯỜI THỨ {number}|05081999|Nữ|Xã Mẫu, Trà Vinh|20052021".encode()
