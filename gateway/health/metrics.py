"""Numbers for `metrics.prom`: Prometheus text, replaced as a whole, so that a reader never sees half of it."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge"]
Value = int | float


class Metric(NamedTuple):
    """One family of numbers; `values` by the value of the only label, or by "" where there is none."""

    name: str
    kind: Kind
    help: str
    values: Mapping[str, Value]
    label: str = ""


def render(metrics: Iterable[Metric]) -> str:
    """Prometheus text format, version 0.0.4."""
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        for label, value in metric.values.items():
            where = f'{{{metric.label}="{_escape(label)}"}}' if metric.label else ""
            lines.append(f"{metric.name}{where} {value}")
    return "\n".join(lines) + "\n"


def flat(metrics: Iterable[Metric]) -> dict[str, Value]:
    """For a report to the server: the numbers without a label."""
    return {metric.name: metric.values[""] for metric in metrics if not metric.label and "" in metric.values}


def write(path: Path, text: str) -> None:
    """Replace the file as a whole. Not synced: it is of no use after a power cut."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(text)
    fresh.replace(path)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
