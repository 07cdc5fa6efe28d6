"""A hundred thousand payloads that nobody should send, thrown into the real broker while a good box scans as ever.

    scripts/fuzz [--count N] [--seed S]

What must hold: everything that was received is accounted for by the gateway's own numbers (account.py), the gateway
lives and its memory stays bounded, the good box's scans are acknowledged as quickly as before, and the server has
every one of them.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from scripts.fuzzing.account import Counted, Sent, counted, differences
from scripts.fuzzing.people import Line, Login, Thrower
from scripts.sim.town import Town

BAD, GOOD = "box-bad", "box-good"
GOOD_EPOCH = "600d600d600d"
CALM_SCANS = 150
EVERY_S = 0.04
SETTLE_S = 60.0
MOST_GROWN_MB = 40.0
MOST_P99_MS = 150.0
"""The aim for live scans; a machine that is slower than that by itself is allowed thrice its own."""


class Told(NamedTuple):
    """What a fuzz was like."""

    sent: Sent
    has: Counted
    took_s: float
    rss_mb: tuple[float, float]
    calm_ms: tuple[float, float]
    """p50 and p99 from publish to ack, of the good box, before."""
    fuzzed_ms: tuple[float, float]
    """The same meanwhile."""
    wrong: list[str]

    def line(self) -> str:
        has = self.has
        aside = sum(has.quarantined.values())
        handed = has.received - has.messages["scan"] - has.refused
        return (
            f"received {has.received} in {self.took_s:.0f} s ({self.sent.records} records): stored {has.stored} "
            f"(unreadable {has.unreadable}, conflicts {has.conflicts}), duplicates {has.duplicates}, deferred "
            f"{has.deferred}, in quarantine {aside}, status and answers handed on {handed}; "
            f"RSS {self.rss_mb[0]:.0f} -> {self.rss_mb[1]:.0f} MB; good box publish->ack p50/p99 "
            f"{self.calm_ms[0]:.0f}/{self.calm_ms[1]:.0f} ms before, "
            f"{self.fuzzed_ms[0]:.0f}/{self.fuzzed_ms[1]:.0f} ms meanwhile"
        )


async def run(folder: Path, count: int, seed: int, *, talks: bool = False, calm_scans: int = CALM_SCANS) -> Told:
    """Raises TimeoutError where something does not come to an end."""
    async with Town(folder, boxes=0, strangers=[BAD, GOOD]) as town:
        passwords = town.secrets.passwords
        good = await asyncio.to_thread(Line, Login(town.broker_port, GOOD, passwords[GOOD]), GOOD_EPOCH)
        before, sent, calm = counted(town.metrics_path.read_text()), Sent(), []
        for _ in range(calm_scans):
            calm.append(await _one_scan(good, sent))
        rss_mb, began_s, fuzzed = _rss_mb(town), time.monotonic(), []
        thrower = Thrower(Login(town.broker_port, BAD, passwords[BAD]), GOOD, seed, count)
        try:
            while not thrower.look(sent):
                fuzzed.append(await _one_scan(good, sent))
                if talks:
                    _bar(thrower.done, count)
        finally:
            thrower.end()
        took_s = time.monotonic() - began_s
        for _ in range(5):
            fuzzed.append(await _one_scan(good, sent))
        wrong = [f"received {before.received} before anything was sent"] if before.received else []
        wrong += await _settled(town, sent)
        has = counted(town.metrics_path.read_text())
        grown = rss_mb, _rss_mb(town)
        wrong += await _at_the_server(town, len(calm) + len(fuzzed))
        wrong += [f"{mishap}" for mishap in town.evidence.mishaps]
        good.leave()
    told = Told(sent, has, took_s, grown, _quantiles(calm), _quantiles(fuzzed), wrong)
    if grown[1] - grown[0] > MOST_GROWN_MB:
        wrong.append(f"memory grew from {grown[0]:.0f} to {grown[1]:.0f} MB")
    if told.fuzzed_ms[1] > max(MOST_P99_MS, 3 * told.calm_ms[1]):
        wrong.append(f"the good box waited {told.fuzzed_ms[1]:.0f} ms (p99), before {told.calm_ms[1]:.0f} ms")
    return told


async def _one_scan(good: Line, sent: Sent) -> float:
    made, took_s = await asyncio.to_thread(good.scan, b"a good code")
    sent.add(GOOD, "scan", made)
    await asyncio.sleep(EVERY_S)
    return took_s


async def _settled(town: Town, sent: Sent) -> list[str]:
    """The gateway writes its numbers now and then: until they add up. -> what still does not"""
    give_up_s = time.monotonic() + 5.0
    while True:
        wrong = differences(sent, counted(town.metrics_path.read_text()))
        if not wrong or time.monotonic() > give_up_s:
            return wrong
        await asyncio.sleep(0.2)


async def _at_the_server(town: Town, scans: int) -> list[str]:
    """Until everything has gone up -> what of the good box is not there."""
    async with asyncio.timeout(SETTLE_S):
        while "\ntram_waiting_records 0\n" not in town.metrics_path.read_text():
            await asyncio.sleep(0.2)
    there = [one.seq for one in await town.central.scans(GOOD, GOOD_EPOCH)]
    return [] if sorted(there) == list(range(1, scans + 1)) else [f"{len(there)} of {scans} good scans at the server"]


def _rss_mb(town: Town) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{town.gateway.pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _quantiles(took_s: list[float]) -> tuple[float, float]:
    ordered = sorted(took_s)
    return 1000 * ordered[len(ordered) // 2], 1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def _bar(done: int, count: int) -> None:
    if sys.stderr.isatty():
        full = 40 * done // count
        print(f"\r[{'#' * full}{'.' * (40 - full)}] {done} of {count}", end="", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tram-fuzz-") as folder:
        told = asyncio.run(run(Path(folder), chosen.count, chosen.seed, talks=True))
    print(f"{chosen.count} payloads, seed {chosen.seed}: {told.line()}")
    for one in told.wrong:
        print(f"WRONG: {one}", file=sys.stderr)
    return 1 if told.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
