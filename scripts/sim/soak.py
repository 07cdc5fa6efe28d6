"""The long campaign: one headless run after another, each with a seed of its own. See `--help`.

With --endurance it is another one: one box takes thousands of scans through outages, once without and once with a
system volume, and what it keeps in memory must not drift (endurance.py).

What a run left behind that broke a promise, or did not even start, is kept: logs, databases, flash images, report.
"""

import argparse
import asyncio
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from scripts.sim.demo import EXIT_BROKEN, count, fault_names, rate, summary, until_stopped
from scripts.sim.endurance import Long, endure
from scripts.sim.endurance import lines as endured_lines
from scripts.sim.folder import run_folder
from scripts.sim.process import ROOT
from scripts.sim.run import Order, run
from scripts.sim.town import NotReady

KEEP = ROOT / ".tram" / "soak"
SUMS = ("shown", "green", "stored", "duplicates", "conflicts", "quarantined", "declared_lost", "lost", "invented")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Ends the program with a sentence that names what is wrong."""
    parser = argparse.ArgumentParser("scripts/soak", description=__doc__, allow_abbrev=False)
    parser.add_argument("--seeds", type=count(1_000_000), metavar="N", help="how many runs (20, or as many as fit)")
    parser.add_argument("--hours", type=rate, metavar="H", help="start no further run after this time")
    parser.add_argument("--first", type=count(10**9), default=1, metavar="SEED", help="seed of the first run (1)")
    parser.add_argument("--boxes", type=count(50), default=3, metavar="N", help="boxes in each run (3)")
    parser.add_argument("--scans", type=count(1_000_000), default=200, metavar="N", help="codes in each run (200)")
    parser.add_argument("--rate", type=rate, default=4.0, metavar="PER_S", help="codes per second (4)")
    parser.add_argument(
        "--faults", type=fault_names, default=fault_names("all"), metavar="LIST", help="as for the demo"
    )
    parser.add_argument(
        "--endurance",
        type=count(1_000_000),
        metavar="N",
        help="instead: N scans at one box, in a heap that must not drift",
    )
    parser.add_argument(
        "--system", choices=("with", "without", "both"), default="both", help="for --endurance: a system volume (both)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="all reports, as a list")
    parser.add_argument("--keep", type=Path, default=KEEP, metavar="FOLDER", help=f"for broken runs ({KEEP.name}/)")
    return parser.parse_args(arguments)


async def campaign(given: argparse.Namespace) -> int:
    """Run them all. -> exit code"""
    console = Console()
    runs = given.seeds or (None if given.hours else 20)
    until_s = time.monotonic() + given.hours * 3600 if given.hours else float("inf")
    reports: list[dict[str, Any]] = []
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        bar = progress.add_task("", total=runs)
        while (runs is None or len(reports) < runs) and time.monotonic() < until_s:
            order = Order(given.boxes, given.scans, given.rate, given.first + len(reports), given.faults)
            progress.update(bar, description=f"seed {order.seed}")
            report = await _one(order, given.keep, lambda line: progress.update(bar, description=line))
            reports.append({**report, "seed": order.seed})
            progress.update(bar, advance=1)
            console.print(f"seed {order.seed}: {summary(report) if 'shown' in report else report['broken'][0]}")
            if given.json is not None:
                given.json.write_text(json.dumps(reports, indent=1) + "\n")
    return _conclude(console, reports, given.keep)


async def endurance(given: argparse.Namespace) -> int:
    """One box, without and with a system volume, at the same time. -> exit code"""
    console = Console()
    orders = [
        Long(given.endurance, given.first, has_system)
        for has_system in (False, True)
        if given.system in ("both", "with" if has_system else "without")
    ]
    columns = [BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
    with Progress(*columns, TextColumn("{task.description}"), console=console) as progress:
        reports = await asyncio.gather(*(_endured(order, given.keep, progress) for order in orders))
    for order, report in zip(orders, reports):
        if "shown" in report:
            console.print("\n".join([*endured_lines(report, order), summary(report)]), highlight=False)
        else:
            console.print(report["broken"][0])
    if given.json is not None:
        given.json.write_text(json.dumps(reports, indent=1) + "\n")
    return EXIT_BROKEN if any(report["broken"] for report in reports) else 0


async def _endured(order: Long, keep: Path, progress: Progress) -> dict[str, Any]:
    name = "with a system" if order.has_system else "no system"
    bar = progress.add_task(name, total=order.scans)

    def tell(shown: int, line: str) -> None:
        progress.update(bar, completed=shown, description=f"{name}: {line}")

    with run_folder() as folder:
        try:
            report = await endure(order, folder, tell)
        except NotReady as error:
            report = {"broken": [f"did not start: {error}"]}
        if report["broken"]:
            _keep(folder, keep / f"endurance-{order.seed}-{int(order.has_system)}", report)
    return report


def _keep(folder: Path, kept: Path, report: dict[str, Any]) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(folder, kept, symlinks=True, ignore=shutil.ignore_patterns("pictures", "lock"))
    (kept / "report.json").write_text(json.dumps(report, indent=1) + "\n")


async def _one(order: Order, keep: Path, tell: Any) -> dict[str, Any]:
    with run_folder() as folder:
        try:
            report = await run(order, folder, lambda line: tell(f"seed {order.seed}: {line}"))
        except NotReady as error:
            report = {"broken": [f"did not start: {error}"]}
        if report["broken"]:
            _keep(folder, keep / f"seed-{order.seed}", report)
    return report


def _conclude(console: Console, reports: list[dict[str, Any]], keep: Path) -> int:
    whole = [report for report in reports if "shown" in report]
    sums = {name: sum(report[name] for report in whole) for name in SUMS}
    faults = sum(len(report["faults"]) for report in whole)
    broken = [report["seed"] for report in reports if report["broken"]]
    console.print(f"{len(reports)} runs, {faults} faults: " + ", ".join(f"{name} {sums[name]}" for name in SUMS))
    if not broken:
        console.print("No promise was broken.")
        return 0
    console.print(f"BROKEN with seeds {', '.join(map(str, broken))}; what they left is in {keep}", soft_wrap=True)
    return EXIT_BROKEN


def main() -> None:
    given = parse(sys.argv[1:])
    sys.exit(asyncio.run(until_stopped(endurance(given) if given.endurance else campaign(given))))


if __name__ == "__main__":
    main()
