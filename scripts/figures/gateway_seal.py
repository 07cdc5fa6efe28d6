"""What it costs to seal a scan, to judge it and to count it again after a start: the rooms alone, without the process.

The limit of sealing is what the library takes for the same bytes, and nothing else.
"""

import random
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from firmware.wire import envelope, record
from firmware.wire.record import Scan
from gateway import config
from gateway.place import Place
from gateway.seal import SUITE, DigestKeys, Sealer, Shelf
from scripts.figures.figure import Figure
from scripts.sim import people

BOOT, EPOCH = "0123456789ab", "aabbccddeeff"
MORNING_MS = 1_772_413_200_000


class _Kept(NamedTuple):
    """A row of the buffer, as far as the place looks at it."""

    box_id: str
    epoch: str
    seq: int
    boot: int
    uptime_ms: int
    utc_ms: int | None
    bound_ms: int | None
    marks: str
    received_boot: str
    received_mono_ms: int


def run(quick: bool) -> list[Figure]:
    many = 1_000 if quick else 5_000
    return [*_sealing(many), *_place(many)]


def _scans(many: int) -> list[Scan]:
    draw = random.Random(1)
    return [
        Scan("box-0001", EPOCH, seq, 1, seq * 1_000, MORNING_MS + seq, 50, "dir=in", people.citizen_card(draw))
        for seq in range(1, many + 1)
    ]


def _micros(what: Callable[[Any], object], each: list[Any]) -> float:
    began = time.perf_counter()
    for one in each:
        what(one)
    return (time.perf_counter() - began) / len(each) * 1e6


def _sealing(many: int) -> list[Figure]:
    scans = [(scan, record.encode_scan(scan)) for scan in _scans(many)]
    public = X25519PrivateKey.generate().public_key()
    sealer = Sealer(public.public_bytes_raw(), lambda *_: "identified", DigestKeys(Shelf(None), lambda: 5))
    infos = [(envelope.plain_of(scan), envelope.sealed_info(scan, sealer.key_id)) for scan, _ in scans]
    bare = _micros(lambda one: SUITE.encrypt(one[0], public, one[1]), infos)
    sealed = _micros(lambda one: (sealer.scan(one[0], one[1], BOOT, 5), sealer.digest(one[1])), scans)
    longer = sum(len(sealer.scan(scan, raw, BOOT, 5)) - len(raw) for scan, raw in scans[:100]) / 100
    return [
        Figure("gateway: sealing a scan, with its digest", sealed, "µs", bare, at_most=True),
        Figure("gateway: a sealed scan is longer by", longer, "bytes"),
    ]


def _place(many: int) -> list[Figure]:
    def place(**rules: Any) -> Place:
        def instant(scan: Any, _boot: str, _mono_ms: int) -> tuple[int, int]:
            return scan.utc_ms, scan.utc_ms

        settings = config.Place(**rules)
        return Place(settings, Shelf(None), instant, lambda: MORNING_MS + many, lambda: 3_600_000, BOOT)

    scans = _scans(many)
    payloads = [record.encode_scan(scan) for scan in scans]
    asked = place(capacity=10**6, quota_visits=1, quota_days=14, revoked=["00" * 32])
    judged = _micros(lambda one: asked.judge("box-0001", one, 3_600_000), payloads)
    rows = [_Kept(*scan[:8], BOOT, 3_600_000) for scan in scans]
    again = place()
    began = time.perf_counter()
    again.load(rows)
    rate = many / (time.perf_counter() - began)
    return [
        Figure("gateway: judging a scan by three rules", judged, "µs", aim=5_000.0, at_most=True),
        Figure("gateway: counted again after a start", rate, "rows/s"),
        Figure("gateway: the place's memory of 100,000 people", _bytes_of(place), "MB", aim=20.0, at_most=True),
    ]


def _bytes_of(place: Callable[..., Place]) -> float:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    full = place(quota_visits=1)
    for seq in range(1, 100_001):
        scan = Scan("box-0001", EPOCH, seq, 1, seq, MORNING_MS, 0, "dir=in", b"code %d" % seq)
        full.judge("box-0001", record.encode_scan(scan), 3_600_000)
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used / 1e6
