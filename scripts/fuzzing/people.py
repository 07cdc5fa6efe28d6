"""Who is at the broker during a fuzz: somebody who throws, in a process of its own, and a box that scans as ever."""

import multiprocessing
import queue
import threading
import time
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from firmware.wire import ack, record, topics
from firmware.wire.record import Scan
from scripts.fuzzing.account import Sent
from scripts.fuzzing.payloads import Payloads

AT_ONCE = 50
"""So many are thrown before the next ack is waited for: the broker drops what is too much, and then nobody knows."""
WAIT_S = 60.0
MARK_EPOCH = "0f0f0f0f0f0f"


class Login(NamedTuple):
    port: int
    box_id: str
    password: str


class Line:
    """A connection of a box that sees its acks: (complete_to, when it came)."""

    def __init__(self, login: Login, epoch: str) -> None:
        self.login, self._epoch, self._seq = login, epoch, 0
        self._acks: queue.Queue[tuple[int, float]] = queue.Queue()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=login.box_id)
        self.client.max_queued_messages_set(0)
        self.client.username_pw_set(login.box_id, login.password)
        self.client.on_message = self._on_message
        there = threading.Event()
        self.client.on_subscribe = lambda *_: there.set()
        self.client.on_connect = lambda client, *_: client.subscribe(topics.ack(login.box_id))
        self.client.connect("127.0.0.1", login.port)
        self.client.loop_start()
        if not there.wait(WAIT_S):
            raise TimeoutError(f"{login.box_id} could not subscribe")

    def _on_message(self, _client: Any, _userdata: Any, one: Any) -> None:
        said = ack.decode(bytes(one.payload))
        if said.epoch == self._epoch:
            self._acks.put((said.complete_to, time.monotonic()))

    def scan(self, code: bytes) -> tuple[bytes, float]:
        """Show a code and wait until it is acknowledged. -> the record, seconds"""
        self._seq += 1
        made = record.encode_scan(Scan(self.login.box_id, self._epoch, self._seq, 1, self._seq, None, None, "", code))
        began_s = time.monotonic()
        self.client.publish(topics.scan(self.login.box_id), made, 1)
        while True:
            complete_to, at_s = self._acks.get(timeout=WAIT_S)
            if complete_to >= self._seq:
                return made, at_s - began_s

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def throw(login: Login, other_id: str, seed: int, count: int, told: Connection) -> None:
    """Draw and publish `count` payloads; tells how far it is, and at the end what was sent."""
    line, payloads, sent = Line(login, MARK_EPOCH), Payloads(seed, login.box_id, other_id), Sent()
    for number in range(count):
        word, payload = payloads.draw()
        sent.add(login.box_id, word, payload)
        line.client.publish(topics.of(login.box_id, word), payload, 1, retain=word == "status")
        if number % AT_ONCE == AT_ONCE - 1 or number == count - 1:
            mark, _ = line.scan(b"mark %d" % number)
            sent.add(login.box_id, "scan", mark)
            told.send(number + 1)
    line.leave()
    told.send(sent.dump())


class Thrower:
    """throw() in a process of its own, so that it takes nothing from who measures."""

    def __init__(self, login: Login, other_id: str, seed: int, count: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._hears, told = spawn.Pipe(duplex=False)
        self._process = spawn.Process(target=throw, args=(login, other_id, seed, count, told), daemon=True)
        self._process.start()
        told.close()
        self.done = 0

    def look(self, sent: Sent) -> bool:
        """Whether it has ended; then `sent` knows of it. Raises EOFError where it failed."""
        while self._hears.poll(0):
            said = self._hears.recv()
            if isinstance(said, str):
                sent.take(said)
                self._process.join()
                return True
            self.done = said
        return False

    def end(self) -> None:
        self._process.kill()
        self._process.join()
