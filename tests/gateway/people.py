"""Those who talk to the broker in tests: a plain client, and a box in Python that keeps what is not acknowledged."""

import queue
import ssl
import threading
import time
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from firmware.wire import ack, beacon, message, record, status, topics
from firmware.wire.beacon import Heard
from firmware.wire.message import Pack
from firmware.wire.record import Scan

WAIT_S = 10.0


class Person:
    """A client with its own thread; what it receives is in `inbox` as (topic, payload, retained)."""

    def __init__(
        self,
        port: int,
        user: str | None,
        password: str | None = None,
        client_id: str = "",
        will: tuple[str, bytes, bool] | None = None,
        keepalive_s: int = 30,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.inbox: queue.Queue[tuple[str, bytes, bool]] = queue.Queue()
        self.up = threading.Event()
        self.answered = threading.Event()
        self.gone = threading.Event()
        self.refused = False
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=client_id or user or "", reconnect_on_failure=False)
        if user is not None:
            self.client.username_pw_set(user, password)
        if will is not None:
            self.client.will_set(will[0], will[1], qos=1, retain=will[2])
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: self.gone.set()
        self.client.on_message = lambda _c, _u, m: self.inbox.put((m.topic, bytes(m.payload), bool(m.retain)))
        if tls is not None:
            self.client.tls_set_context(tls)
        self.client.connect(host, port, keepalive_s)
        self.client.loop_start()
        assert self.answered.wait(WAIT_S)

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.refused = bool(code.is_failure)
        if not self.refused:
            self.up.set()
        self.answered.set()

    def subscribe(self, *names: str) -> None:
        done = threading.Event()
        self.client.on_subscribe = lambda *_: done.set()
        self.client.subscribe([(name, 1) for name in names])
        assert done.wait(WAIT_S)

    def publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 1) -> None:
        self.client.publish(topic, payload, qos, retain).wait_for_publish(WAIT_S)

    def next(self, timeout_s: float = WAIT_S) -> tuple[str, bytes, bool]:
        return self.inbox.get(timeout=timeout_s)

    def until(self, topic: str, payload: bytes) -> list[tuple[str, bytes, bool]]:
        """Everything that came before this message."""
        before = []
        while True:
            one = self.next()
            if one[:2] == (topic, payload):
                return before
            before.append(one)

    def vanish(self) -> None:
        """Cut the line, so that the broker publishes the will."""
        sock = self.client.socket()
        if sock is not None:
            sock.close()
        self.client.loop_stop()

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Box:
    """A box: numbers its scans, keeps them until the gateway's ack covers them, and never believes anything else."""

    def __init__(self, box_id: str, password: str, port: int, epoch: str = "aabbccddeeff") -> None:
        self.box_id, self.epoch, self._password, self._port = box_id, epoch, password, port
        self.last_seq = 0
        self.kept: dict[int, bytes] = {}
        self.acked_to = 0
        self.boot, self.session = 1, 0
        self.wrong: list[str] = []
        self.times: list[Any] = []
        self.answers_beacons = True
        self._began = time.monotonic()
        self._lock = threading.RLock()
        self._client: Client | None = None

    def uptime_ms(self) -> int:
        return int((time.monotonic() - self._began) * 1000)

    def connect(self) -> None:
        """Connect with a will and say that we are there; True as soon as the broker has it."""
        self.disconnect()
        self.session += 1
        client = Client(CallbackAPIVersion.VERSION2, client_id=self.box_id, reconnect_on_failure=False)
        client.username_pw_set(self.box_id, self._password)
        will = status.will(self.box_id, self.boot, self.session)
        client.will_set(topics.status(self.box_id), will, qos=1, retain=True)
        client.on_message = self._on_message
        client.on_connect = self._on_connect
        client.connect("127.0.0.1", self._port, 10)
        self._client = client
        client.loop_start()

    def disconnect(self) -> None:
        if self._client is not None:
            self._client.loop_stop()
            sock = self._client.socket()
            if sock is not None:
                sock.close()
            self._client = None

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected()

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.subscribe([(topics.ack(self.box_id), 0), (topics.time(self.box_id), 0), (topics.BEACON, 0)])
        self.say_hello()

    def say_hello(self) -> None:
        with self._lock:
            first_held = min(self.kept, default=self.last_seq + 1)
            born = {
                "box_id": self.box_id,
                "state": "online",
                "boot": self.boot,
                "session": self.session,
                "epoch": self.epoch,
                "uptime_ms": self.uptime_ms(),
                "first_held": first_held,
                "last_seq": self.last_seq,
                "counters": {},
            }
        self._publish(topics.status(self.box_id), status.encode(born), retain=True)

    def _publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 1) -> None:
        if self._client is not None:
            self._client.publish(topic, payload, qos, retain)

    def _on_message(self, _client: Any, _userdata: Any, one: Any) -> None:
        with self._lock:
            if one.topic == topics.ack(self.box_id):
                self._on_ack(ack.decode(bytes(one.payload)))
            elif one.topic == topics.time(self.box_id):
                self.times.append(beacon.decode_time(bytes(one.payload)))
            elif self.answers_beacons:
                heard = beacon.decode_beacon(bytes(one.payload))
                now_ms = self.uptime_ms()
                answer = Heard(self.box_id, self.epoch, self.boot, heard.gateway_boot, heard.mono_ms, now_ms, now_ms)
                self._publish(topics.heard(self.box_id), beacon.encode_heard(answer), qos=0)

    def _on_ack(self, one: ack.Ack) -> None:
        if one.epoch != self.epoch:
            return
        if one.highest > self.last_seq:
            self.wrong.append(f"an ack from the future: {one}")
        if one.complete_to < self.acked_to:
            self.wrong.append(f"an ack that takes back: {one} after {self.acked_to}")
        for seq in [seq for seq in self.kept if seq <= one.complete_to]:
            del self.kept[seq]
        self.acked_to = max(self.acked_to, one.complete_to)
        for first, last in one.missing:
            for seq in range(first, last + 1):
                if seq in self.kept:
                    self._publish(topics.scan(self.box_id), self.kept[seq])

    def scan(self, code: bytes) -> int:
        """Accept a code, and send it if there is a line."""
        with self._lock:
            self.last_seq += 1
            seq = self.last_seq
            made = Scan(self.box_id, self.epoch, seq, self.boot, self.uptime_ms(), None, None, "", code)
            self.kept[seq] = record.encode_scan(made)
            self._publish(topics.scan(self.box_id), self.kept[seq])
            return seq

    def resend(self, most: int = 64) -> None:
        """All that is kept, in packs."""
        with self._lock:
            seqs = sorted(self.kept)
            for at in range(0, len(seqs), most):
                records = [self.kept[seq] for seq in seqs[at : at + most]]
                pack = Pack(self.box_id, self.epoch, seqs[0], self.last_seq, records)
                self._publish(topics.scan(self.box_id), message.encode_pack(pack))
