"""scripts/bench: measure, print the table, write the JSON."""

import enum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.figures import table
from scripts.figures.figure import Figure

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
    """Measure gateway, server, box and tool on this machine, each figure beside its limit in the same run."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)  # a log or a pipe: one line for each figure
    progress = Console(stderr=True)
    figures: list[Figure] = []
    for one in [part] if part else list(Part):
        with progress.status(f"measuring: {one.value} …") as status:
            module = import_module(f"scripts.figures.{one.value}")
            figures += module.run(quick, lambda what, one=one: status.update(f"measuring: {one.value}: {what} …"))
    table.show(figures, console)
    if json_path is not None:
        table.write(figures, json_path)


app(prog_name="scripts/bench")
