"""The gateway's figures: the real process behind a real mosquitto, the load in a process of its own.

1. Live is one scan a message from 20 boxes over TLS. Its limit is paho as it comes, acknowledging by hand and nothing
   else, with the same boxes.
2. Backlog is packs of 128 scans. Its limit is bare sealing and executemany, as many scans a commit as the gateway had,
   synchronous=FULL: it checks nothing and keeps a scan that comes twice twice. What the inserts alone would do is shown
   beside it.
3. Both again where every fsync takes 24 ms longer, as on an SD card. Saturated runs give the rate; how long a scan
   takes until it is answered for is measured at a steady rate: in a saturated run it says only how long the queue is.
4. The server is away, and in one more run it is there. What happens when it comes back is in gateway_drain.py, the
   card's life in gateway_wear.py, an idle day in gateway_idle.py, a start in gateway_start.py, sealing in
   gateway_seal.py.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from scripts.figures import fsync_shim, gateway_drain, gateway_idle, gateway_seal, gateway_start, gateway_wear
from scripts.figures.figure import Figure
from scripts.figures.gateway_load import Load
from scripts.figures.gateway_run import bare_inserts, bare_subscriber, measure
from scripts.figures.gateway_site import BOXES, PASSWORDS

WINDOW, PACK = 4_000, 128
CARD_MS, CARD_RATE = 24, 1_200


def run(quick: bool, tell: Callable[[str], None] = lambda what: None) -> list[Figure]:
    """Measure; `tell` hears what is being done."""
    share = 1 if quick else 4
    with tempfile.TemporaryDirectory(prefix="tram-figures-") as folder:
        home = Path(folder)
        figures = _live(home, share, tell)
        figures += _backlog(home, share, tell)
        card = fsync_shim.environment(home, CARD_MS)
        figures += _on_a_card(home, share, card, tell)
        figures += gateway_drain.run(home, card, CARD_MS, quick, tell)
        figures += gateway_wear.run(home, quick, tell)
        figures += gateway_idle.run(home, quick, tell)
        figures += gateway_start.run(home, quick, tell)
    tell("sealing")
    figures += gateway_seal.run(quick)
    return [*figures, Figure("gateway: load average of this machine in the end", os.getloadavg()[1], "of 4")]


def _live(home: Path, share: int, tell: Callable[[str], None]) -> list[Figure]:
    load = Load(0, PASSWORDS, scans=400 * share, window=WINDOW)
    tell("a bare subscriber that acknowledges")
    bare = bare_subscriber(home / "bare", load)
    tell("live scans, the server away")
    live = measure(home / "live", load)
    tell("live scans, the server there")
    served = measure(home / "served", load._replace(scans=300 * share), with_server=True)
    tell("a gate's pace")
    calm = measure(home / "calm", load._replace(scans=50 * share, rate=200.0))
    return [
        Figure(f"gateway: live, {BOXES} boxes", live.rate, "scans/s", bare, 12_000, 0.6),
        Figure("gateway: live, with the server", served.rate, "scans/s", bare),
        Figure("gateway: to our ack at 200/s, p50", calm.result.p50_ms, "ms"),
        Figure("gateway: to our ack at 200/s, p99", calm.result.p99_ms, "ms"),
        Figure("gateway: scans a commit, live", live.scans_a_commit, "scans"),
        Figure("gateway: written per scan, live", live.written_per_scan, "bytes"),
        Figure("gateway: written per scan at 200/s", calm.written_per_scan, "bytes"),
        Figure("gateway: peak memory, live", live.peak_bytes / 1e6, "MB", aim=80, at_most=True),
    ]


def _backlog(home: Path, share: int, tell: Callable[[str], None]) -> list[Figure]:
    tell("a backlog in packs")
    packs = Load(0, PASSWORDS, scans=PACK * 6 * share, window=PACK * BOXES * 8, pack=PACK)
    backlog = measure(home / "backlog", packs)
    tell("bare inserts")
    bare = bare_inserts(home / "inserts", backlog, "sealed")
    plain = bare_inserts(home / "plain", backlog, "plain")
    return [
        Figure(f"gateway: backlog, packs of {PACK}", backlog.rate, "scans/s", bare, 60_000, 0.5),
        Figure("gateway: bare inserts of what is sealed already", plain, "scans/s"),
        Figure("gateway: scans a commit, backlog", backlog.scans_a_commit, "scans"),
        Figure("gateway: written per scan, backlog", backlog.written_per_scan, "bytes"),
        Figure("gateway: peak memory, backlog", backlog.peak_bytes / 1e6, "MB", aim=80, at_most=True),
    ]


def _on_a_card(home: Path, share: int, card: dict[str, str], tell: Callable[[str], None]) -> list[Figure]:
    with_card = f"fsync +{CARD_MS} ms"
    tell(f"live scans, {with_card}")
    live = Load(0, PASSWORDS, scans=300 * share, window=WINDOW)
    fast = measure(home / "card-live", live, card)
    tell(f"{CARD_RATE} scans a second, {with_card}")
    steady = measure(home / "card-steady", live._replace(scans=200 * share, rate=float(CARD_RATE)), card)
    tell(f"a backlog, {with_card}")
    packs = Load(0, PASSWORDS, scans=PACK * 4 * share, window=PACK * BOXES * 8, pack=PACK)
    backlog = measure(home / "card-backlog", packs, card)
    bare = bare_inserts(home / "card-inserts", backlog, "sealed", card)
    took = f"gateway: to our ack at {CARD_RATE}/s, {with_card}"
    return [
        Figure(f"gateway: live, {with_card}", fast.rate, "scans/s", aim=1_000),
        Figure(f"{took}, p50", steady.result.p50_ms, "ms"),
        Figure(f"{took}, p99", steady.result.p99_ms, "ms", aim=150, at_most=True),
        Figure(f"gateway: to our ack, all that goes, {with_card}, p99", fast.result.p99_ms, "ms"),
        Figure(f"gateway: backlog, {with_card}", backlog.rate, "scans/s", bare, ratio_aim=0.5),
        Figure(f"gateway: to our ack of a pack, {with_card}, p99", backlog.result.p99_ms, "ms"),
    ]
