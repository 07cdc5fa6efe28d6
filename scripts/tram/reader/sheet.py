"""`sheet`: a page of A4 for the bench. Nothing is asked of a module.

1. A set-up code is printed only where somebody has published what it says, and the sheet says who. What is in the
   codes of most makers' manuals is not public; then the sheet has the commands that do the same over the serial line.
2. The codes to measure with say TEST_CODE, in modules from what readers can just resolve up to what they read with
   ease.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.tram import exits, out
from scripts.tram.reader import table
from scripts.tram.reader.words import WORDS
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from scripts.tram.paper import Paper

TEST_CODE = "TRAM-READER-TEST-01"
MODULES_MM = (0.2, 0.25, 0.33, 0.5, 0.8)
_MODULES = 25 + 8  # a code of version 2 with its quiet zone
_WIDTH, _HEIGHT, _EDGE = 210, 297, 18
_INNER = _WIDTH - 2 * _EDGE
_DPI = 600
_CODE_MM = 32


def sheet(name: str, file: Path) -> int:
    """Raises Trouble model_unknown, format_unknown; OSError."""
    from scripts.tram.paper.saving import checked, saved

    if name not in table.names():
        raise Trouble("model_unknown", exits.USAGE, WORDS, text=name, names=", ".join(table.names()))
    checked(file)
    model = table.model(name)
    files = [str(one) for one in saved(drawn(model), file, _DPI)]
    facts = {"model": name, "files": files, "codes": len(model.codes), "commands": len(_commands(model))}
    lines = [] if model.codes else [WORDS("sheet_none", title=model.title)]
    out.result(facts, WORDS("sheet_saved", files=", ".join(files)), *lines)
    return exits.OK


def drawn(model: table.Model) -> "Paper":
    from scripts.tram.paper import Paper

    paper = Paper(_WIDTH, _HEIGHT, title=f"Trạm: {model.title}")
    y = float(_EDGE)
    y += paper.text(_EDGE, y, model.title, 18, bold=True, width=_INNER) + 1
    y += paper.text(_EDGE, y, WORDS("supply", text=model.supply), 10, width=_INNER)
    y += paper.text(_EDGE, y, WORDS("note", text=model.note), 10, width=_INNER) + 4
    y = _codes(paper, model, y)
    y = _list(paper, model, y)
    _test_codes(paper, max(y + 6, _HEIGHT - 62.0))
    return paper


def _codes(paper: "Paper", model: table.Model, y: float) -> float:
    y += paper.text(_EDGE, y, WORDS("sheet_codes"), 13, bold=True) + 1
    if not model.codes:
        key = "sheet_no_codes_but" if model.family == "de2120" else "sheet_no_codes"
        return y + paper.text(_EDGE, y, WORDS(key), 10, width=_INNER) + 5
    for code in model.codes:
        paper.code(_EDGE, y, _CODE_MM, code.content)
        at = _EDGE + _CODE_MM + 4
        width = _INNER - _CODE_MM - 4
        used = paper.text(at, y + 3, code.content, 12, bold=True, width=width) + 3
        used += paper.text(at, y + used, code.title, 10, width=width) + 1
        said = WORDS("sheet_source", text=model.sources[code.source])
        used += paper.text(at, y + used, said, 8, width=width, color="#444")
        y += max(float(_CODE_MM), used) + 4
    return y


def _list(paper: "Paper", model: table.Model, y: float) -> float:
    commands = _commands(model)
    if not commands:
        return y
    y += paper.text(_EDGE, y, WORDS("sheet_commands"), 13, bold=True) + 1
    y += paper.text(_EDGE, y, WORDS(f"sheet_how_{model.coding or 'hex'}"), 9, width=_INNER, color="#444") + 2
    half = 92.0
    for said, command in commands:
        left = paper.height_of(said, 9.5, width=_INNER - half - 3)
        right = paper.text(_EDGE + _INNER - half, y, command, 9.5, bold=True, width=half)
        paper.text(_EDGE, y, said, 9.5, width=_INNER - half - 3)
        y += max(left, right) + 0.8
        paper.line(_EDGE, y, _WIDTH - _EDGE, y, 0.1, "#bbb")
        y += 0.8
    return y


def _commands(model: table.Model) -> list[tuple[str, str]]:
    """What each does, and the command."""
    if model.zones:
        return [(frame.title, frame.sent.hex(" ").upper()) for frame in model.frames]
    head, tail = ("^_^", ".") if model.coding == "text" else ("", "")
    return [
        (f"{command.title}: {value.text}", f"{head}{value.raw}{tail}")
        for command in model.commands
        for value in command.values
        if not command.wanted or value.word == command.wanted or len(command.values) <= 3
    ]


def _test_codes(paper: "Paper", y: float) -> None:
    y += paper.text(_EDGE, y, WORDS("sheet_test"), 13, bold=True) + 1
    y += paper.text(_EDGE, y, WORDS("sheet_test_how", code=TEST_CODE), 9, width=_INNER, color="#444") + 2
    below = y + _MODULES * MODULES_MM[-1] + 1
    x = float(_EDGE)
    for module_mm in MODULES_MM:
        side = _MODULES * module_mm
        width = max(side, 12.0)
        paper.code(x + (width - side) / 2, y, side, TEST_CODE)
        said = f"{module_mm:g} mm".replace(".", WORDS("point"))
        paper.text(x, below, said, 9, width=width, align="center")
        x += width + 14
