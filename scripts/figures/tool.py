"""How long the technicians' tool takes to start, beside Python's own start and beside typer alone."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from scripts.figures.figure import Figure
from scripts.firmware_build import ROOT

AIM_MS = 300.0
_TYPER = "import typer; app = typer.Typer(); app.command()(lambda: None); app(args=['--help'])"
LINES = {
    "`tram --help`": ["--help"],
    "`tram flash --help`": ["flash", "--help"],
    "`tram reader --help`": ["reader", "--help"],
    "`tram provision --help`": ["provision", "--help"],
}


def run(quick: bool, tell: Callable[[str], None]) -> list[Figure]:
    """Milliseconds from the start of a process to its end: the middle of so many."""
    times = 5 if quick else 15
    tell("how long Python alone takes")
    bare = _middle_ms([sys.executable, "-c", _TYPER], times)
    found = []
    for name, words in LINES.items():
        tell(name)
        taken = _middle_ms([sys.executable, "-m", "scripts.tram", *words], times)
        found.append(Figure(f"tool: {name}", taken, "ms", limit=bare, aim=AIM_MS, at_most=True))
    return found


def _middle_ms(command: list[str], times: int) -> float:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TRAM_LANG": "vi"}
    taken = []
    for _ in range(times + 1):  # the first one fills the caches
        begun = time.perf_counter()
        subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken[1:])
