"""A day as CSV, for Excel and for anything else.

1. UTF-8 with a byte order mark: without it Excel takes the marks of Vietnamese apart. Lines end as RFC 4180 says.
2. A cell that a spreadsheet would take for a formula begins with an apostrophe. Numbers are numbers.
3. One row for each hour and gate with scans, in the order of the day; then what has no hour; then the sums.
"""

import csv
import io
from collections.abc import Iterable

from gateway.panel.types import Cell, Day
from gateway.panel.words import Phrases

BOM = "\ufeff"
SEPARATORS = {"": ",", "semicolon": ";", "tab": "\t"}
_FORMULA = tuple("=+-@|%＝＋－＠")


def csv_of(day: Day, say: Phrases, separator: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerow([say(f"sheet_{name}") for name in ("day", "hour", "gate", "ins", "outs", "both")])
    for cell in sorted(_summed(day.cells), key=lambda one: _order(one, day.first_hour)):
        hour = say("hour_unknown") if cell.hour is None or day.date is None else f"{cell.hour:02}:00"
        gate = harmless(cell.gate) if cell.gate else say("gate_unnamed")
        writer.writerow([day.date or "", hour, gate, cell.ins, cell.outs, cell.both])
    sums = [sum(column) for column in zip(*((one.ins, one.outs, one.both) for one in day.cells))] or [0, 0, 0]
    writer.writerow([day.date or "", say("whole_day"), say("all_gates"), *sums])
    return (BOM + text.getvalue()).encode()


def _summed(cells: Iterable[Cell]) -> list[Cell]:
    """One for each hour and gate: a gate may have several boxes."""
    found: dict[tuple[str, int | None], Cell] = {}
    for cell in cells:
        before = found.get((cell.gate, cell.hour), Cell(cell.gate, cell.hour, 0, 0, 0))
        found[cell.gate, cell.hour] = before._replace(
            ins=before.ins + cell.ins, outs=before.outs + cell.outs, both=before.both + cell.both
        )
    return list(found.values())


def harmless(text: str) -> str:
    """As text on one line, and nothing else, in every spreadsheet."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return "'" + line if line.lstrip().startswith(_FORMULA) else line


def _order(cell: Cell, first_hour: int) -> tuple[int, str]:
    return (24 if cell.hour is None else (cell.hour - first_hour) % 24), cell.gate
