"""scripts/bench: measure, print the table, write the JSON."""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from scripts.figures import table
from scripts.figures.figure import Figure, Tell

WIDTH = 150
app = typer.Typer(add_completion=False)


class Part(enum.StrEnum):
    """What can be measured alone."""

    gateway = "gateway"
    server = "server"
    box = "box"
    tool = "tool"


@app.command()
def bench(
    part: Annotated[Part | None, typer.Argument(help="Measure this part only.", show_default="all of them")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Shorter runs: within five minutes, less steady.")] = False,
    json_path: Annotated[Path | None, typer.Option("--json", help="Write the figures here too, as JSON.")] = None,
) -> None:
    """Measure gateway, server, box and tool on this machine, each figure beside its limit in the same run.

    In full the server's part takes about half an hour, and up to 6 GB of the folder for temporary files (TMPDIR).
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)  # a log or a pipe: one line for each figure
    figures: list[Figure] = []
    for one in [part] if part else list(Part):
        with _telling(one.value) as tell:
            figures += import_module(f"scripts.figures.{one.value}").run(quick, tell)
    table.show(figures, console)
    if json_path is not None:
        table.write(figures, json_path)


@contextmanager
def _telling(room: str) -> Iterator[Tell]:
    """On a terminal a bar with the time since the beginning; in a log a line for each thing that is measured."""
    console = Console(stderr=True)
    said = ""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(f"measuring: {room}", total=None)

        def tell(what: str, part: float | None = None) -> None:
            nonlocal said
            if not console.is_terminal and what != said:
                console.print(f"measuring: {room}: {what}")
            said = what
            progress.update(bar, description=f"measuring: {room}: {what}", total=None if part is None else 1.0)
            progress.update(bar, completed=part or 0.0)

        yield tell


if __name__ == "__main__":
    app(prog_name="scripts/bench")
