"""The figures as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.figures.figure import Figure

VERDICT = {None: "", True: "met", False: "NOT MET"}


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print one row for each figure."""
    table = Table(title="Figures, each beside the limit measured in the same run", title_justify="left")
    table.add_column("figure", min_width=40)
    for column in ("value", "limit", "ratio", "aim"):
        table.add_column(column, justify="right")
    table.add_column("")
    for figure in figures:
        limit = "" if figure.limit is None else number(figure.limit)
        ratio = "" if figure.ratio is None else f"{figure.ratio:.0%}"
        style = "bold red" if figure.met is False else ""
        value = f"{number(figure.value)} {figure.unit}"
        table.add_row(figure.name, value, limit, ratio, aim_text(figure), VERDICT[figure.met], style=style)
    console.print(table)


def aim_text(figure: Figure) -> str:
    """The aim in words: "≥ 12,000, ≥ 60 %"."""
    parts = []
    if figure.aim is not None:
        parts.append(f"{'≤' if figure.at_most else '≥'} {number(figure.aim)}")
    if figure.ratio_aim is not None:
        parts.append(f"≥ {figure.ratio_aim:.0%} of limit")
    return ", ".join(parts)


def number(value: float) -> str:
    """A number as a person reads it: thousands set apart, decimals only where they say something."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 10 else f"{value:,.3f}"


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write the JSON list, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps([figure.as_row() for figure in figures], indent=1, ensure_ascii=False) + "\n")
    part.replace(path)
