"""The demo: scripts/demo [--headless] [...]. See `--help`."""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

from scripts.sim.faults import CARED, CONDITIONS, KINDS, UnknownFault, named
from scripts.sim.folder import run_folder
from scripts.sim.run import Order, run
from scripts.sim.town import NotReady

EXIT_BROKEN = 1
EXIT_USAGE = 2
EXIT_NOT_READY = 3
EXIT_INTERRUPTED = 130
MOST_BOXES = 50
ABOUT = """Trạm on this machine: a broker, a gateway, a server, and boxes on MicroPython whose simulated readers see
pictures of codes. Without --headless it runs until Ctrl-C and prints the address of the page."""
STORIES = {
    "box": "the life of one box, from a blank image through an outage, a bad update and a power cut",
    "tracing": "from scans to contacts: a dozen people at two gates, an outage, a case, and the answer with its holes",
}
AFTER = f"""faults: {", ".join(KINDS)} (these are `all`), and for a whole run {", ".join(CONDITIONS)}.
With {", ".join(CARED)} boxes have Wi-Fi, a system volume and a launcher, and are looked after through the gateway's
command line. The headless run ends with {EXIT_BROKEN} if a promise was broken,
with {EXIT_NOT_READY} if something did not start, and with 0 if all is well.
stories: {"; ".join(f"{name}: {what}" for name, what in STORIES.items())}."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Ends the program with a sentence that names what is wrong."""
    parser = argparse.ArgumentParser("scripts/demo", description=ABOUT, epilog=AFTER, allow_abbrev=False)
    parser.add_argument("--headless", action="store_true", help="show codes, wait until all has arrived, report")
    parser.add_argument("--boxes", type=count(MOST_BOXES), default=3, metavar="N", help="how many boxes (3)")
    parser.add_argument("--scans", type=count(1_000_000), metavar="N", help="how many codes are shown (200)")
    parser.add_argument(
        "--rate", type=rate, metavar="PER_S", help="codes per second, all boxes together (4; by hand 1)"
    )
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="who comes when, and what goes wrong (7)")
    parser.add_argument(
        "--faults", type=fault_names, default=(), metavar="none|all|LIST", help="what goes wrong (none)"
    )
    parser.add_argument("--story", choices=list(STORIES), help="tell and check a story, see below (with --headless)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the report goes (with --headless)")
    given = parser.parse_args(arguments)
    if not given.headless:
        for name in ("scans", "json", "story"):
            if getattr(given, name) is not None:
                parser.error(f"argument --{name}: only with --headless")
    elif given.json is not None and not given.json.absolute().parent.is_dir():
        parser.error(f"argument --json: {given.json.absolute().parent} is no folder")
    return given


def count(most: int) -> Any:
    """For argparse: a whole number from 1 to `most`."""

    def whole(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {most}")
        return int(text)

    return whole


def rate(text: str) -> float:
    """For argparse."""
    with contextlib.suppress(ValueError):
        if 0.01 <= float(text) <= 1000:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.01 to 1000")


def fault_names(text: str) -> tuple[str, ...]:
    """For argparse: kinds of faults."""
    try:
        return named(text)
    except UnknownFault as error:
        raise argparse.ArgumentTypeError(str(error)) from error


async def headless(given: argparse.Namespace) -> int:
    """Run, write the report, and say what was broken."""
    if given.story:
        return await story(given)
    order = Order(given.boxes, given.scans or 200, given.rate or 4.0, given.seed, given.faults)
    with run_folder() as folder:
        report = await run(order, folder, lambda line: print(line, flush=True))
    report = {**report, "seed": order.seed, "boxes": order.boxes, "rate": order.rate_per_s}
    if given.json is not None:
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    print(summary(report))
    return EXIT_BROKEN if report["broken"] else 0


async def story(given: argparse.Namespace) -> int:
    """Tell it step by step, and say what was broken."""
    from scripts.sim.story import Story  # here: they need what signs and builds firmware
    from scripts.sim.tracing_story import TracingStory

    kind = {"box": Story, "tracing": TracingStory}[given.story]
    with run_folder() as folder:
        report = await kind(folder, lambda line: print(line, flush=True), given.seed).run()
    if given.json is not None:
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    print(summary(report))
    return EXIT_BROKEN if report["broken"] else 0


def summary(report: dict[str, Any]) -> str:
    """The report in a few lines."""
    green, server = report["latency_ms"]["code_to_green"], report["latency_ms"]["code_to_server"]
    lines = [
        "shown {shown}, green {green}, refused {refused}, stored {stored}; duplicates {duplicates}, "
        "conflicts {conflicts}, quarantined {quarantined}, declared lost {declared_lost}",
        f"code to green {_measured(green)}, to the server {_measured(server)} (p50 / p99), "
        "{seconds} s, {faults} faults",
        "lost {lost}, invented {invented}, ledger_complete {ledger_complete}",
    ]
    if report.get("counted_at_the_place") is not None:
        lines.append("the place's own page counts {counted_at_the_place} scans today")
    if "care" in report:
        lines += [f"{what}: {_counts(report, what)}" for what in report["care"]["wished"]]
    facts = {**report, "faults": len(report["faults"]), "ledger_complete": str(report["ledger_complete"]).lower()}
    said = [line.format(**facts) for line in lines]
    return "\n".join(said + [f"BROKEN: {sentence}" for sentence in report["broken"]])


def _measured(latency: dict[str, float | None]) -> str:
    return "not measured" if latency["p50"] is None else f"{latency['p50']} / {latency['p99']} ms"


def _counts(report: dict[str, Any], what: str) -> str:
    care = report["care"]
    became = ", ".join(f"{name} {number}" for name, number in care["became"].get(what, {}).items())
    return f"wished {care['wished'][what]}; {became or 'nothing was heard of it'}"


async def interactive(given: argparse.Namespace) -> int:
    """Run until it is stopped."""
    from scripts.sim.screen import watch

    order = Order(given.boxes, 0, given.rate or 1.0, given.seed, given.faults)
    with run_folder() as folder:
        await watch(order, folder)
    return 0


async def until_stopped(work: Any, code_when_stopped: int = EXIT_INTERRUPTED) -> int:
    """Run `work`; SIGINT, SIGTERM and SIGHUP cancel it, and it tidies up. -> exit code"""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    try:
        return int(await task)
    except asyncio.CancelledError:
        print("Stopped; nothing of it runs any more.")
        return code_when_stopped


def main() -> None:
    given = parse(sys.argv[1:])
    try:
        # To be stopped is how the one to look at is meant to end.
        code = asyncio.run(until_stopped(headless(given)) if given.headless else until_stopped(interactive(given), 0))
    except NotReady as error:
        print(f"The demo did not start: {error}", file=sys.stderr)
        code = EXIT_NOT_READY
    sys.exit(code)


if __name__ == "__main__":
    main()
