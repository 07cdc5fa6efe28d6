"""The line is back after an outage: what waits goes to the server while people go on coming.

1. What waits came in as a backlog in packs, sealed as everything, and lies on a card: every fsync takes longer.
2. Then each of 20 boxes scans once a second, at random instants. How long such a scan waits for our ack is measured
   first while the server is away, which is the limit, and then while the backlog goes up.
3. The limit of the drain is the same server, that takes the same sealed records in batches of 2,000 prepared beforehand
   from a sender that does nothing else. Server, broker, gateway and load share this machine's processors.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import zstandard

from firmware.wire import envelope
from firmware.wire.batch import Batch, Item, encode
from firmware.wire.envelope import Sealed
from firmware.wire.record import Scan
from gateway.seal import SUITE, key_id
from scripts.figures.figure import Figure
from scripts.figures.gateway_day import Pace, instants
from scripts.figures.gateway_load import CODE, EPOCH, Load
from scripts.figures.gateway_run import send
from scripts.figures.gateway_site import BOXES, GATEWAY_ID, PASSWORDS, ROOT, TOKEN, Site, proc_number, wait

BATCH_SCANS = 2_000
PER_S = 1.0 * BOXES
CHANGES = {"upload": {"first_wait_s": 0.2, "longest_wait_s": 1.0}}
"""The gateway tries again within a second: a minute's wait says nothing about the drain."""


def run(home: Path, card: Mapping[str, str], card_ms: int, quick: bool, tell: Callable[[str], None]) -> list[Figure]:
    waiting, live_s = (40_000, 6.0) if quick else (200_000, 30.0)
    site = Site(home / "drain", CHANGES)
    with site.broker() as ports, site.gateway(card, site.url) as pid:
        load = Load(ports.tls, PASSWORDS, scans=waiting // BOXES, window=40_000, pack=128, ca_der=ports.ca_der)
        tell(f"an outage of {waiting:,} scans")
        send(load)
        tell("live scans before the drain")
        live = load._replace(pack=1, first_seq=load.scans + 1)
        calm = send(live, instants([Pace(PER_S, live_s)]))
        tell("live scans while the backlog goes up")
        live = live._replace(first_seq=live.first_seq + calm.scans // BOXES)
        with site.server():
            wait(lambda: _answered(site) > 0)
            began_s, before = time.monotonic(), _answered(site)
            during = send(live, instants([Pace(PER_S, live_s)], seed=2))
            is_long_enough = site.metric("tram_waiting_records") > BATCH_SCANS
            wait(lambda: site.metric("tram_waiting_records") == 0, limit_s=600)
            rate = (_answered(site) - before) / (time.monotonic() - began_s)
        peak = 1024 * proc_number(pid, "status", "VmHWM")
    tell("the server alone, with sealed batches prepared beforehand")
    alone = _server_alone(home / "drained", waiting // 5)
    what = f"gateway: drain of {waiting:,}, fsync +{card_ms} ms"
    if not is_long_enough:
        what += " (over before the live scans were)"
    return [
        Figure(f"{what}, {BOXES} live boxes: to our ack, p50", during.p50_ms, "ms", calm.p50_ms, at_most=True),
        Figure(f"{what}, to our ack, p99", during.p99_ms, "ms", calm.p99_ms, aim=150, at_most=True),
        Figure(f"{what}, to the server", rate, "scans/s", alone),
        Figure(f"{what}, peak memory", peak / 1e6, "MB", aim=80, at_most=True),
    ]


def _answered(site: Site) -> float:
    return site.metric("tram_verdicts_total")


def _server_alone(home: Path, scans: int) -> float:
    """Scans a second, by one connection, as a gateway has it."""
    site = Site(home)
    folder = home / "bodies"
    folder.mkdir()
    packer = zstandard.ZstdCompressor(level=3)
    for number in range(scans // BATCH_SCANS):
        seqs = range(number * BATCH_SCANS + 1, (number + 1) * BATCH_SCANS + 1)
        items = [Item(_sealed(site, seq), 1_750_000_000_000, 1_750_000_000_500) for seq in seqs]
        (folder / f"{number:06}").write_bytes(packer.compress(encode(Batch(GATEWAY_ID, number, items, [], []))))
    with site.server():
        address = f"127.0.0.1:{site.server_port}"
        command = [sys.executable, "-m", "scripts.figures.server_load", address, TOKEN, str(folder), "1"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=600)
    return scans // BATCH_SCANS * BATCH_SCANS / float(json.loads(done.stdout)["seconds"])


def _sealed(site: Site, seq: int) -> bytes:
    public = site.sealing_key.public_key()
    key = key_id(public.public_bytes_raw())
    scan = Scan("box-0000", EPOCH, seq, 1, seq * 10, None, None, "", CODE)
    sealed = SUITE.encrypt(envelope.plain_of(scan), public, envelope.sealed_info(scan, key))
    return bytes(envelope.encode_sealed(Sealed(*scan[:8], key, sealed)))
