"""What a day at a market costs the gateway's card: syncs, bytes written, and years of life.

1. The day: 20 boxes, 5,000 scans each, in 12 hours of their own pace (SHAPE), people at random instants.
2. It is compressed: SQUEEZE times as many scans a second, and a linger of a SQUEEZE-th, so that as many scans meet in
   one commit as on the real day; of each hour, some minutes. What goes by the clock (numbers, clock samples, beacons,
   the file system's own journal) is not compressed: it is measured by itself, without scans, taken off the compressed
   day and added for 24 real hours.
   It begins and ends where SQLite has just carried its log over into its file.
3. Bytes are counted twice: those handed to write() and its like, and those that reach the card, ext4 with its journal
   and blocks included.
4. Years: a card of 32 GB that stands CYCLES writes of each cell and levels them, and that writes AMPLIFIED times what
   it is given, as small writes make it. That is a careful guess at a card for consumers.
5. The limit of a scan is its own bytes.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from firmware.wire import record
from firmware.wire.record import Scan
from scripts.figures.figure import Figure
from scripts.figures.gateway_card import Card, NoCard, card
from scripts.figures.gateway_day import Pace, instants
from scripts.figures.gateway_idle import idle_boxes
from scripts.figures.gateway_load import CODE, EPOCH, FIRST_MS, Load
from scripts.figures.gateway_run import send
from scripts.figures.gateway_site import BOXES, PASSWORDS, Ports, Site, wait
from scripts.figures.write_counter import Counter, Written

A_DAY = BOXES * 5_000
SHAPE = (2, 8, 14, 14, 10, 7, 6, 6, 8, 11, 9, 5)
"""Of 100 scans, so many in each hour from 5 to 17 o'clock."""
SQUEEZE = 50
LINGER_MS = 2_000
AIM_BYTES = 500
CARD_BYTES, CYCLES, AMPLIFIED = 32e9, 500, 4.0
DAY_S, YEAR_D = 86_400, 365.25
HOURS_S = 3600 * len(SHAPE)
WARM = 3 * 128
"""From each box."""
ROUND_S, ROUNDS = 1.0, 200


class Cost(NamedTuple):
    """Of something that was measured."""

    syncs: float
    handed: float
    """Bytes given to write()."""
    reached: float
    """Bytes that reached the card."""

    def less(self, other: "Cost") -> "Cost":
        return Cost(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def times(self, factor: float) -> "Cost":
        return Cost(*(factor * one for one in self))

    def plus(self, other: "Cost") -> "Cost":
        return Cost(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def run(home: Path, quick: bool, tell: Callable[[str], None]) -> list[Figure]:
    """Raises RuntimeError where there is no loop device to be had."""
    figures: list[Figure] = []
    for linger_ms in (0, LINGER_MS):
        folder = home / f"wear-{linger_ms}"
        folder.mkdir()
        tell(f"a market day for the card, linger {linger_ms} ms")
        try:
            with card(folder) as its:
                figures += _day(folder, its, linger_ms, quick)
        except NoCard as why:
            raise RuntimeError(f"no card to measure on: {why}") from why
    return figures


@contextmanager
def memory_folder() -> Iterator[Path]:
    """What systemd makes for the service: a folder that is no part of any disk."""
    with tempfile.TemporaryDirectory(prefix="tram-figures-", dir="/dev/shm") as folder:
        yield Path(folder)


def _day(folder: Path, its: Card, linger_ms: int, quick: bool) -> list[Figure]:
    hour_s = 1.0 if quick else 6.0
    counter = Counter(folder)
    changes: dict[str, dict[str, Any]] = {"health": {"every_s": 5.0}, "buffer": {"linger_ms": linger_ms // SQUEEZE}}
    site = Site(folder / "site", changes, data_dir=its.folder / "data")
    day = instants([Pace(A_DAY * share / 100 / 3600 * SQUEEZE, hour_s) for share in SHAPE])
    with (
        memory_folder() as runtime,
        site.broker() as ports,
        site.gateway({**counter.environment, "RUNTIME_DIRECTORY": str(runtime)}),
    ):
        per_s = _idle(site, ports, counter, its, 15.0 if quick else 60.0)
        boxes = _Boxes(ports, site)
        boxes.warm_up()
        boxes.until_carried_over()
        began_s, before = time.monotonic(), _cost(counter, its)
        scans = boxes.send(day) + boxes.until_carried_over()
        spent = _cost(counter, its).less(before)
        took_s = time.monotonic() - began_s
    scan = spent.less(per_s.times(took_s)).times(1 / scans)
    return figures_of(scan, per_s, linger_ms)


class _Boxes:
    def __init__(self, ports: Ports, site: Site) -> None:
        self._load = Load(ports.tls, PASSWORDS, scans=WARM, window=128 * BOXES, pack=128, ca_der=ports.ca_der)
        self._buffer = site.data / "buffer"
        self._next_seq = 1

    def warm_up(self) -> None:
        """Until the log has its size and is written over: a file that grows costs its file system more."""
        send(self._load)
        self._next_seq += WARM

    def send(self, instants_s: Sequence[float]) -> int:
        """One by one. -> how many"""
        done = send(self._load._replace(pack=1, first_seq=self._next_seq), instants_s)
        self._next_seq += done.scans // BOXES
        return done.scans

    def until_carried_over(self) -> int:
        """Until what stands in the log has just been written to its place: so that a measurement begins and ends there,
        and has as much of that as belongs to it. -> scans sent"""
        before, sent = self._file_bytes(), 0
        for seed in range(ROUNDS):
            sent += self.send(instants([Pace(A_DAY / HOURS_S * SQUEEZE, ROUND_S)], seed))
            if self._file_bytes() != before:
                return sent
        raise RuntimeError("the log was never carried over")

    def _file_bytes(self) -> int:
        return sum(one.stat().st_size for one in self._buffer.glob("*.seg"))


def _idle(site: Site, ports: Ports, counter: Counter, its: Card, seconds: float) -> Cost:
    """What goes by the clock, a second."""
    with idle_boxes(site, ports):
        wait(lambda: site.metric("tram_box_online") == BOXES)
        began_s, before = time.monotonic(), _cost(counter, its)
        time.sleep(seconds)
        spent = _cost(counter, its).less(before)
        took_s = time.monotonic() - began_s
    return spent.times(1 / took_s)


def _cost(counter: Counter, its: Card) -> Cost:
    written: Written = counter.look()
    return Cost(written.syncs, written.bytes, its.written_bytes())


def figures_of(scan: Cost, per_s: Cost, linger_ms: int) -> list[Figure]:
    """From what one scan costs and what a second costs."""
    own = len(record.encode_scan(Scan("box-0000", EPOCH, 1_000, 1, 10_000, FIRST_MS, 50, "", CODE)))
    day = scan.times(A_DAY).plus(per_s.times(DAY_S))
    years = CARD_BYTES * CYCLES / AMPLIFIED / (day.reached * YEAR_D)
    what = f"gateway: a market day, linger {linger_ms / 1000:g} s"
    return [
        Figure(f"{what}: syncs of a scan", scan.syncs, "syncs", 1.0, at_most=True),
        Figure(f"{what}: handed to write() for a scan", scan.handed, "bytes", own, aim=AIM_BYTES, at_most=True),
        Figure(f"{what}: reach the card for a scan", scan.reached, "bytes", own, aim=AIM_BYTES, at_most=True),
        Figure(f"{what}: given to write() by the clock, 24 h", per_s.handed * DAY_S / 1e6, "MB", at_most=True),
        Figure(f"{what}: reach the card by the clock, 24 h", per_s.reached * DAY_S / 1e6, "MB", at_most=True),
        Figure(f"{what}: reach the card, all in all", day.reached / 1e6, "MB", own * A_DAY / 1e6, at_most=True),
        Figure(f"{what}: years of a card of 32 GB, {CYCLES} cycles", years, "years"),
    ]
