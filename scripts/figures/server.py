"""The server's figures: ingest through HTTP on SQLite as shipped (WAL, synchronous=FULL), beside bare inserts.

The limit is what sqlite3's executemany does with the same rows, the same table and indices, and the same rows a commit,
in the same run and on the same disk. The generator of the load is a process of its own, and so is the server.
"""

import hashlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import zstandard

from firmware.wire.batch import Batch, Item, encode
from firmware.wire.record import Scan, encode_scan
from scripts.figures import server_look, server_store, server_trace
from scripts.figures.figure import Figure, Tell
from server.app import rebuild
from server.config import load

ROOT = Path(__file__).resolve().parents[2]
GATEWAY, TOKEN, READER = "gw-figures", "figures-gateway", "figures-reader"
BOXES, EPOCH = 20, "00000000f16e"
PEOPLE = 20_000
DAYS, BETWEEN_MS = 5, 25_000  # a scan at each box every 25 s, from five days ago on
BATCH_SCANS = 500
CONNECTIONS = 4
AIM_PER_S = 25_000
SYLLABLES = ("Nguyễn", "Trần", "Lê", "Phạm", "Văn", "Thị", "Minh", "Hòa", "An", "Bình", "Đức", "Ngọc")


def run(quick: bool, tell: Tell = lambda what, part=None: None) -> list[Figure]:
    """Measure; `tell` hears what is being done."""
    batches = 120 if quick else 600
    with tempfile.TemporaryDirectory(prefix="tram-figures-") as folder:
        home = Path(folder)
        tell("making batches")
        records = _prepare(home / "batches", batches)
        scans = batches * BATCH_SCANS
        with _server(home) as address:
            tell(f"{scans} scans over HTTP")
            fresh = _load(address, home / "batches")
            tell("the same again")
            again = _load(address, home / "batches")
            tell("reading them back")
            read_s = _read_back(address, batches // BOXES * BATCH_SCANS)
        size_bytes = (home / "data" / "server.db").stat().st_size
        tell("everything derived anew")
        began_s = time.perf_counter()
        derived = rebuild(load(home / "server.toml"))[1] / (time.perf_counter() - began_s)
        tell("bare inserts of the same rows")
        bare = scans / _bare(home, records)
    visits = _derive_figure(derived, scans / float(str(fresh["seconds"])))
    sizes = [_read_figure(batches, read_s), _size_figure(size_bytes, scans)]
    over_http = [*_figures(scans, bare, fresh, again), visits, *sizes]
    return [*over_http, *server_store.run(quick, tell), *server_look.run(quick, tell), *server_trace.run(quick, tell)]


def _figures(scans: int, bare: float, fresh: dict[str, object], again: dict[str, object]) -> list[Figure]:
    took_ms = sorted(fresh["took_ms"])  # type: ignore[call-overload]
    return [
        Figure(
            f"server: ingest over HTTP, {BATCH_SCANS} a batch, {CONNECTIONS} connections",
            scans / float(str(fresh["seconds"])),
            "scans/s",
            limit=bare,
            aim=AIM_PER_S,
        ),
        Figure("server: the same batches again, all duplicates", scans / float(str(again["seconds"])), "scans/s"),
        Figure("server: batch sent to answer after commit, p50", took_ms[len(took_ms) // 2], "ms"),
        Figure("server: batch sent to answer after commit, p99", took_ms[len(took_ms) * 99 // 100], "ms"),
    ]


def _derive_figure(derived: float, ingest: float) -> Figure:
    """Its limit is the ingest of the same scans: visits keep up with it where the ratio is 1."""
    what = f"server: scans into visits of {PEOPLE} people, all of them anew (limit: the ingest above)"
    return Figure(what, derived, "scans/s", limit=ingest, ratio_aim=1.0)


def _read_figure(batches: int, read_s: float) -> Figure:
    return Figure("server: scans read through the API", batches // BOXES * BATCH_SCANS / read_s, "scans/s")


def _size_figure(size_bytes: int, scans: int) -> Figure:
    return Figure("server: database bytes per scan (codes of about 110 bytes)", size_bytes / scans, "bytes")


def _prepare(folder: Path, batches: int) -> list[list[bytes]]:
    """Write the bodies, one file each; returns the records of each batch."""
    folder.mkdir()
    draw = random.Random(7)
    packer = zstandard.ZstdCompressor(level=3)
    made: list[list[bytes]] = []
    began_ms = time.time_ns() // 1_000_000 - DAYS * 86_400_000
    for number in range(batches):
        box, first = number % BOXES, number // BOXES * BATCH_SCANS
        records = [_record(box, first + 1 + at, draw) for at in range(BATCH_SCANS)]
        came_ms = began_ms + number // BOXES * BATCH_SCANS * BETWEEN_MS
        items = [
            Item(one, came_ms + at * BETWEEN_MS, came_ms + at * BETWEEN_MS + 500) for at, one in enumerate(records)
        ]
        body = encode(Batch(GATEWAY, number, items, [], []))
        (folder / f"{number:06}").write_bytes(packer.compress(body))
        made.append(records)
    return made


def _record(box: int, seq: int, draw: random.Random) -> bytes:
    who = random.Random(draw.randrange(PEOPLE))
    name = " ".join(who.choices(SYLLABLES, k=4))
    born = f"{who.randint(1, 28):02}{who.randint(1, 12):02}{who.randint(1940, 2010)}"
    number = who.randrange(10**11, 10**12)
    code = f"{number:012}|{number % 10**9:09}|{name}|{born}|Nam|Số {seq % 300}, xã {name}, tỉnh Trà Vinh|01012022"
    return bytes(encode_scan(Scan(_box_id(box), EPOCH, seq, 1, seq * 250, None, None, "dir=in", code.encode())))


def _box_id(box: int) -> str:
    return f"box-{box:04}"


@contextmanager
def _server(home: Path) -> Iterator[str]:
    boxes = ", ".join(f'"{_box_id(box)}"' for box in range(BOXES))
    config = home / "server.toml"
    config.write_text(
        f'listen = "127.0.0.1:0"\ndata_dir = "data"\n'
        f'[[gateways]]\nid = "{GATEWAY}"\ntoken_sha256 = "{_sha256(TOKEN)}"\nboxes = [{boxes}]\n'
        f'[[readers]]\nname = "figures"\ntoken_sha256 = "{_sha256(READER)}"\n[log]\nlevel = "info"\n'
    )
    command = [sys.executable, "-m", "server", "--config", str(config)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()
            process.communicate()


def _address(process: "subprocess.Popen[str]") -> str:
    for line in process.stdout or ():
        event = json.loads(line)
        if event["event"] == "listening":
            return str(event["address"])
    raise RuntimeError("the server did not start")


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _load(address: str, folder: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "scripts.figures.server_load", address, TOKEN, str(folder), str(CONNECTIONS)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)  # noqa: S101 - our own process's output
    return found


def _read_back(address: str, scans: int) -> float:
    url = f"http://{address}/api/v1/scans?box={_box_id(0)}&epoch={EPOCH}"
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + READER})
    began_s = time.perf_counter()
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
        lines = sum(1 for _ in answer)
    if lines != scans:
        raise RuntimeError(f"{lines} scans read, {scans} sent")
    return time.perf_counter() - began_s


def _bare(home: Path, records: list[list[bytes]]) -> float:
    """Seconds for the same rows into the same table by executemany, one commit a batch."""
    shipped = sqlite3.connect(home / "data" / "server.db")
    tables = shipped.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'scans' AND sql IS NOT NULL").fetchall()
    shipped.close()
    bare = sqlite3.connect(home / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    for (statement,) in tables:
        bare.execute(statement)
    columns = "box_id, epoch, seq, raw, gateway_id, batch_no, received_ms, earliest_ms, latest_ms"
    insert = f"INSERT INTO scans ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - nothing from outside
    began_s = time.perf_counter()
    for number, batch in enumerate(records):
        first = number // BOXES * BATCH_SCANS + 1
        rows = [
            (_box_id(number % BOXES), EPOCH, first + at, raw, GATEWAY, number, 1_750_000_000_900, 1, 2)
            for at, raw in enumerate(batch)
        ]
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany(insert, rows)
        bare.execute("COMMIT")
    took_s = time.perf_counter() - began_s
    bare.close()
    return took_s
