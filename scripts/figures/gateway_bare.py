"""What the gateway is measured against: the same broker with a subscriber that only acknowledges, and bare inserts.

Each is a function to be run in a process of its own.
"""

import sqlite3
import sys
import time
from contextlib import closing
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from firmware.wire import envelope, topics
from firmware.wire.record import Scan
from gateway.seal import SUITE
from scripts.figures.gateway_load import CODE, EPOCH

COUNT_EVERY = 50


def acknowledge(port: int, password: str, total: int, count: "Synchronized[int]", ready: Event) -> None:
    """paho as it comes, MQTT 3.1.1, manual acknowledgement in the callback, and nothing else."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="gateway", manual_ack=True)
    client.username_pw_set("gateway", password)
    seen = 0

    def on_message(_client: Client, _userdata: Any, message: MQTTMessage) -> None:
        nonlocal seen
        client.ack(message.mid, 1)
        seen += 1
        if seen % COUNT_EVERY == 0 or seen == total:
            count.value = seen

    def on_connect(client: Client, *_: Any) -> None:
        client.subscribe(topics.of("+", "scan"), 1)

    client.on_message = on_message
    client.on_connect = on_connect
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_forever()


def insert(folder: Path, scans: int, commit: int, how: str) -> float:
    """Scans a second with executemany, `commit` of them in a transaction, FULL; a row is what the sealing makes of one.

    `sealed`: each is sealed just before, by the library and nothing else; `plain`: the same sealed one again and again.
    """
    key = X25519PrivateKey.generate().public_key()
    scan = Scan("box-0000", EPOCH, 1, 1, 10, None, None, "", CODE)
    plain, info = envelope.plain_of(scan), envelope.sealed_info(scan, "0123456789abcdef")
    once = SUITE.encrypt(plain, key, info)
    with closing(sqlite3.connect(folder / "bare.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE record (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")
        began_s = time.perf_counter()
        for first in range(1, scans + 1, commit):
            ids = range(first, min(first + commit, scans + 1))
            rows = [(id_, once if how == "plain" else SUITE.encrypt(plain, key, info)) for id_ in ids]
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO record VALUES (?, ?)", rows)
            db.execute("COMMIT")
        return scans / (time.perf_counter() - began_s)


if __name__ == "__main__":
    print(insert(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
