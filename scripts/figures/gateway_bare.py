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

    def on_connect(client: Client, *_: Any) -> None:
        client.subscribe(topics.of("+", "scan"), 1)

    client.on_message = on_message
    client.on_connect = on_connect
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_forever()


def insert(folder: Path, shipped: Path, scans: int, commit: int, keyed: bool) -> float:
    """Scans a second with executemany into the gateway's own table, `commit` of them in a transaction, FULL.

    Keyed: with a unique index on what names a scan, as a store needs that knows by itself what it has already.
    """
    made = record.encode_scan(Scan("box-0000", EPOCH, 1, 1, 10, None, None, "", CODE))
    with closing(sqlite3.connect(shipped)) as theirs:
        (table,) = theirs.execute("SELECT sql FROM sqlite_master WHERE name = 'record'").fetchone()
    with closing(sqlite3.connect(folder / "bare.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(table)
        if keyed:
            db.execute("CREATE UNIQUE INDEX named ON record (stream, seq)")
        began_s = time.perf_counter()
        for first in range(1, scans + 1, commit):
            rows = [(first + at, 1, first + at, 1, 77_000, None, 4_000_000_000, made) for at in range(commit)]
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            db.execute("COMMIT")
        return scans / (time.perf_counter() - began_s)


if __name__ == "__main__":
    print(insert(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "keyed"))
