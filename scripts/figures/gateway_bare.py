"""What the gateway is measured against: the same broker with a subscriber that only acknowledges, and bare inserts.

Each is a function to be run in a process of its own.
"""

import sqlite3
import time
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from firmware.wire import record, topics
from firmware.wire.record import Scan
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

    client.on_message = on_message
    client.on_connect = lambda *_: client.subscribe(topics.of("+", "scan"), 1)
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_forever()


def insert(folder: str, scans: int, commit: int) -> float:
    """Scans a second with executemany, `commit` of them in a transaction, WAL and synchronous=FULL."""
    made = [record.encode_scan(Scan("box-0000", EPOCH, 1, 1, 10, None, None, "", CODE))] * commit
    db = sqlite3.connect(Path(folder) / "bare.sqlite", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE record (id INTEGER PRIMARY KEY, box_id TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,"
        " mono_ms INTEGER NOT NULL, record BLOB NOT NULL)"
    )
    statement = "INSERT INTO record (box_id, epoch, seq, mono_ms, record) VALUES (?, ?, ?, ?, ?)"
    began_s = time.perf_counter()
    for first in range(1, scans + 1, commit):
        rows = [("box-0000", EPOCH, first + at, 77, one) for at, one in enumerate(made)]
        db.execute("BEGIN IMMEDIATE")
        db.executemany(statement, rows)
        db.execute("COMMIT")
    took_s = time.perf_counter() - began_s
    db.close()
    return scans / took_s
