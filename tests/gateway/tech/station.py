"""A place for the tests of the technician's API: a real broker, the real gateway with its page over TLS, a box that
answers commands, and a technician with an access code."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware.wire import command, record, status, topics
from firmware.wire.command import Result
from firmware.wire.record import Scan
from scripts.tram.gateways.access import Access, read
from scripts.tram.gateways.cards import Card
from scripts.tram.gateways.client import Client
from tests.gateway.brokers import RealBroker, free_port, password_of
from tests.gateway.fleet import write_fleet_key
from tests.gateway.gateways import DEFAULT_TIME, RealGateway, wait_for
from tests.gateway.panel.rig import password_file
from tests.gateway.people import Person

BOX, EPOCH = "box-a", "aabbccddeeff"


class Station:
    """Started and stopped; `client()` is the technician's."""

    def __init__(self, folder: Path, boxes: tuple[str, ...] = (BOX,)) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.broker = RealBroker(folder / "broker", list(boxes)).start()
        more = (
            f'[enrol]\nfleet_key_file = "fleet.key"\nlisten = ["127.0.0.1"]\nport = {free_port()}\n'
            '[panel]\npassword_file = "people"\nlisten = ["0.0.0.0"]\nport = 0\n[buffer]\nmin_free_bytes = 0\n'
        )
        listed = f'folder = "{folder / "broker"}"\nboxes_file = "boxes.secret"\n'
        self.gateway = RealGateway(folder / "gateway", self.broker, more=DEFAULT_TIME + more, broker_more=listed)
        secret = self.gateway.folder / "boxes.secret"
        secret.write_text("".join(f"{box} {password_of(box)}\n" for box in boxes))
        secret.chmod(0o600)
        write_fleet_key(self.gateway.folder / "fleet.key")
        password_file(self.gateway.folder)
        self.folder = self.gateway.folder
        self.access: Access | None = None

    def start(self) -> "Station":
        self.gateway.start_and_wait()
        wait_for(lambda: "the panel is open" in self.gateway.log())
        self.port = int(re.findall(r"the panel is open.*?ports=\"?\[?(\d+)", self.gateway.log())[-1])
        return self

    def stop(self) -> None:
        self.gateway.kill()
        self.broker.kill()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def admit(self, name: str = "hoa", *more: object) -> Access:
        """Another technician, whose access code this is."""
        done = self.gateway.call("technician", "add", name, *more)
        assert done.returncode == 0, done.stderr
        found = read(done.stdout)
        assert found is not None
        return found

    def card(self, **changes: Any) -> Card:
        if self.access is None:
            self.access = self.admit()
        facts: dict[str, Any] = {"gateway": "gw-1", "ca": self.access.ca, "url": self.url, "token": self.access.token}
        return Card(**{**facts, **changes})

    def client(self, **changes: Any) -> Client:
        return Client(self.card(**changes))


class Obedient:
    """A box at the broker: says that it is there, and answers each command as it is told to."""

    def __init__(self, broker: RealBroker, answer: Callable[[str, dict[str, Any]], tuple[str, bytes]] | None = None):
        self.done: list[str] = []
        self._answer = answer or (lambda name, _argument: ("done", json.dumps({"did": name}).encode()))
        self._ended = threading.Event()
        self.person = Person(
            broker.port, BOX, password_of(BOX), will=(topics.status(BOX), status.will(BOX, 1, 1), True)
        )
        self.person.subscribe(topics.of(BOX, "command"), topics.ack(BOX))
        self.acks: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def born(self, last_seq: int = 0, first_held: int = 1, **more: Any) -> None:
        said = {"box_id": BOX, "state": "online", "boot": 1, "session": 1, "epoch": EPOCH, "uptime_ms": 1_000}
        said |= {"first_held": first_held, "last_seq": last_seq, "counters": {}} | more
        self.person.publish(topics.status(BOX), status.encode(said), retain=True)

    def leave(self) -> None:
        self._ended.set()
        self.person.leave()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                topic, payload, _ = self.person.next(0.05)
            except Exception:  # nothing came
                continue
            if topic == topics.ack(BOX):
                self.acks.append(payload)
                continue
            told = command.decode(payload)
            self.done.append(told.name)
            outcome, body = self._answer(told.name, json.loads(told.argument or b"{}"))
            parts = [body[at : at + 4000] for at in range(0, len(body), 4000)] or [b""]
            for number, part in enumerate(parts, 1):
                result = Result(BOX, told.id, outcome, number, len(parts), part)
                self.person.publish(topics.of(BOX, "result"), command.encode_result(result))


def scan(seq: int, code: bytes = b"", box: str = BOX, epoch: str = EPOCH) -> bytes:
    """A record as that box would have sent it."""
    return record.encode_scan(Scan(box, epoch, seq, 1, 1_000 * seq, None, None, "dir=in", code or b"code %d" % seq))
