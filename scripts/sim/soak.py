"""The long campaign: one headless run after another, each with a seed of its own. See `--help`.

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


async def _one(order: Order, keep: Path, tell: Any) -> dict[str, Any]:
    with run_folder() as folder:
        try:
            report = await run(order, folder, lambda line: tell(f"seed {order.seed}: {line}"))
        except NotReady as error:
            report = {"broken": [f"did not start: {error}"]}
        if report["broken"]:
            kept = keep / f"seed-{order.seed}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept, symlinks=True, ignore=shutil.ignore_patterns("pictures", "lock"))
            (kept / "report.json").write_text(json.dumps(report, indent=1) + "\n")
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
    sys.exit(asyncio.run(until_stopped(campaign(parse(sys.argv[1:])))))


if __name__ == "__main__":
    main()
