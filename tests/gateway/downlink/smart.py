"""A box in Python that takes what is wished: over TLS, with a password of its own, and with every wire form."""

import json
import threading
from typing import Any

from firmware.wire import beacon, command, settings, status, topics, update
from firmware.wire.command import Command, Result
from firmware.wire.update import MANIFEST, Want
from tests.gateway.people import Person

EPOCH = "aabbccddeeff"


class SmartBox:
    """Says what it has, does what it is told, fetches what it is offered; `says` may be changed by a test."""

    def __init__(self, box_id: str, password: str, port: int, tls: Any = None, host: str = "127.0.0.1") -> None:
        self.box_id = box_id
        self.says: dict[str, Any] = {"settings_version": 0, "firmware_version": 0, "reader": "ready"}
        self.session = 1
        self.boots: set[str] = set()
        self.told: list[Command] = []
        self.wished: list[settings.Settings] = []
        self.offers: list[update.Offer] = []
        self.fetched: dict[str, bytes] = {}
        self.takes_settings = True
        self.fetches = True
        self.answers: dict[str, tuple[str, list[bytes]]] = {}
        """name -> (outcome, parts)"""
        self.complete = threading.Event()
        self._left: list[tuple[str, int]] = []
        will = topics.status(box_id), status.will(box_id, 1, self.session), True
        self.person = Person(port, box_id, password, will=will, tls=tls, host=host)
        self.person.client.on_message = self._on_message
        down = [topics.of(box_id, word) for word in topics.DOWN_WORDS]
        self.person.subscribe(topics.BEACON, *down)
        self.report()

    def report(self) -> None:
        born = {"box_id": self.box_id, "state": "online", "boot": 1, "session": self.session, "epoch": EPOCH}
        born |= {"uptime_ms": 5, "first_held": 1, "last_seq": 0, "counters": {}} | self.says
        self.publish("status", status.encode(born), retain=True)

    def publish(self, word: str, payload: bytes, retain: bool = False) -> None:
        self.person.client.publish(topics.of(self.box_id, word), payload, 1, retain)

    def leave(self) -> None:
        self.person.leave()

    # --- called on paho's thread

    def _on_message(self, _client: Any, _userdata: Any, one: Any) -> None:
        payload = bytes(one.payload)
        if one.topic == topics.BEACON:
            self.boots.add(beacon.decode_beacon(payload).gateway_boot)
        elif one.topic.endswith("/command"):
            self._do(command.decode(payload))
        elif one.topic.endswith("/settings"):
            self._settle(settings.decode(payload))
        elif one.topic.endswith("/update"):
            self._update(payload)

    def _do(self, order: Command) -> None:
        self.told.append(order)
        if order.gateway_boot not in self.boots:
            outcome, parts = "refused", [b'{"code":"no_beacon"}']
        else:
            outcome, parts = self.answers.get(order.name, ("done", [b"{}"]))
        for number, body in enumerate(parts, 1):
            made = Result(self.box_id, order.id, outcome, number, len(parts), body)
            self.publish("result", command.encode_result(made))

    def _settle(self, wished: settings.Settings) -> None:
        self.wished.append(wished)
        if self.takes_settings:
            self.says["settings_version"] = wished.version
        else:
            self.says["settings_refused"] = {"version": wished.version, "code": "config_value", "key": "marks"}
        self.report()

    def _update(self, payload: bytes) -> None:
        if update.is_piece(payload):
            self._take(update.decode_piece(payload))
            return
        offer = update.decode_offer(payload)
        self.offers.append(offer)
        if offer.version and self.fetches:
            self.fetched = {MANIFEST: b""}
            self._left = [(MANIFEST, offer.length)]
            self._ask(offer.version)

    def _ask(self, version: int) -> None:
        path, _ = self._left[0]
        self.publish("want", update.encode_want(Want(self.box_id, version, path, len(self.fetched[path]), 1024)))

    def _take(self, piece: update.Piece) -> None:
        if not self._left:
            return
        path, length = self._left[0]
        if piece.path != path or piece.offset != len(self.fetched[path]):
            return
        self.fetched[path] += piece.data
        if len(self.fetched[path]) == length:
            self._left.pop(0)
            if path == MANIFEST:
                lines = self.fetched[path].decode().splitlines()[1:-1]
                self._left = [(line.split()[0], int(line.split()[1])) for line in lines]
            if not self._left:
                self.says["firmware_version"] = piece.version
                self.report()
                self.complete.set()
                return
            self.fetched[self._left[0][0]] = b""
        self._ask(piece.version)


def body(**values: Any) -> bytes:
    return json.dumps(values).encode()
