"""scripts/powercut: the whole campaign against the spool, on the real interpreter.

For every run and program size: a power cut at every flash operation, in every tearing mode, with further cuts in the
recovery; then images damaged at random. It stops at the first broken promise and shows where.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from scripts.firmware_build import build, micropython_command, micropython_env

HERE = Path(__file__).resolve().parent
MODES = "nothing,half,other_half,bits"
HEAP = "16M"  # the flash itself lies in the interpreter's memory here
_STEP = re.compile(r"(?:cut|seed) (\d+) of (\d+)$")

app = typer.Typer(add_completion=False)


class Broken(Exception):
    """A promise was broken: the text is what the interpreter said."""


class Part(NamedTuple):
    """One interpreter's share: its title, the script, and what it is told."""

    title: str
    script: str
    arguments: tuple[str, ...]


def cuts(run: str, prog_bytes: int, seed: int, nested: int, jobs: int) -> list[Part]:
    """Every cut of a run, shared among `jobs` interpreters."""
    return [
        Part(
            f"{run}, programs of {prog_bytes}",
            "powercut.py",
            (run, str(prog_bytes), str(seed), str(jobs), str(job), str(nested), MODES),
        )
        for job in range(jobs)
    ]


def damages(prog_bytes: int, first_seed: int, seeds: int, jobs: int) -> list[Part]:
    """Seeds of random damage, shared among `jobs` interpreters."""
    share = -(-seeds // jobs)
    return [
        Part(
            f"damage, programs of {prog_bytes}",
            "damage.py",
            (str(prog_bytes), str(first_seed + job * share), str(share)),
        )
        for job in range(jobs)
    ]


def play(part: Part, folder: Path) -> Iterator[tuple[int, int] | dict[str, int]]:
    """Run one part; yield (step, steps) as it goes and its counts at the end. Raises Broken."""
    command = micropython_command([HERE / part.script, *part.arguments], HEAP)
    env = micropython_env(f"{folder}:{HERE}")
    with subprocess.Popen(
        command, env=env, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        said: list[str] = []
        try:
            for line in process.stdout or ():
                step = _STEP.match(line.strip())
                if step:
                    yield int(step[1]), int(step[2])
                elif line.startswith("done "):
                    yield json.loads(line[5:])
                else:
                    said.append(line)
        finally:
            process.kill()
    if said and any("Traceback" in line for line in said):
        raise Broken(f"{part.title} ({' '.join(part.arguments)}):\n{''.join(said)}")


class Tally:
    """How far the interpreters of one group are, as one bar."""

    def __init__(self, progress: Progress, group: list[Part], folder: Path) -> None:
        self._progress = progress
        self._folder = folder
        self._adds_up = group[0].script == "damage.py"  # of the cuts, each interpreter takes every n-th
        self._parts = len(group)
        self._at: dict[Part, tuple[int, int]] = {}
        self._bar = progress.add_task(group[0].title, total=None)

    def run(self, part: Part) -> dict[str, int]:
        """Play one part to its end; return its counts."""
        for news in play(part, self._folder):
            if isinstance(news, dict):
                return news
            self._at[part] = news
            done = [at for at, _ in self._at.values()]
            total = max(most for _, most in self._at.values())
            if self._adds_up:
                self._progress.update(self._bar, completed=sum(done), total=total * self._parts)
            else:
                self._progress.update(self._bar, completed=max(done), total=total)
        raise Broken(f"{part.title}: it ended without a word")


def summed(found: list[dict[str, int]]) -> str:
    """The counts of one group in words."""
    counts = {name: sum(one[name] for one in found) for name in found[0]}
    if "operations" in counts:
        counts["operations"] = found[0]["operations"]
    return ", ".join(f"{name} {value:,}" for name, value in counts.items())


@app.command()
def powercut(
    seed: Annotated[int, typer.Option(help="Of the runs and the tearing.")] = 1,
    seeds: Annotated[int, typer.Option(help="How many spools are damaged, each in eight ways.")] = 300,
    nested: Annotated[int, typer.Option(help="Cuts in each recovery.")] = 4,
    jobs: Annotated[int, typer.Option(help="Interpreters at the same time.")] = 2,
) -> None:
    """Cut the power at every flash operation, and damage images at random; exit 1 where a promise is broken."""
    folder = build()
    groups = [cuts(run, prog_bytes, seed, nested, jobs) for run in ("rescue", "gate") for prog_bytes in (32, 256)]
    groups += [damages(prog_bytes, seed * 1000, seeds, jobs) for prog_bytes in (32, 256)]
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    totals: list[str] = []
    with Progress(*columns) as progress, ThreadPoolExecutor(jobs) as pool:
        for group in groups:
            tally = Tally(progress, group, folder)
            try:
                totals.append(f"{group[0].title}: {summed(list(pool.map(tally.run, group)))}")
            except Broken as broken:
                progress.console.print(str(broken), style="red", highlight=False)
                raise typer.Exit(1) from broken
    for line in totals:
        typer.echo(line)


if __name__ == "__main__":
    app(prog_name="scripts/powercut")
