"""A box's label: its id to read and as a code, which board it is, since when, and where it hangs.

1. The code holds the id and nothing else: 3 to 32 characters. On the smallest label (54 × 25 mm) its modules are
   0.59 mm wide for every id; readers need 0.2 mm (8 mil), so that half of it may be dirty, or the label bent.
2. The id is never cut. Board, date and place are made smaller, and then cut with an ellipsis.
"""

from collections.abc import Sequence
from typing import NamedTuple

from scripts.tram.label.sizes import Size
from scripts.tram.paper import Paper

LEAST_MODULE_MM = 0.25
"""Below this no label is drawn: a quarter more than readers resolve."""
_ID_PT, _ID_LEAST_PT, _ID_ONE_LINE_PT = 15.0, 4.5, 8.0
_GAP = 1.5
_CUT = "…"


class Label(NamedTuple):
    """What stands on it. `date` and `place` are words: they are printed as they are."""

    box_id: str
    board: str = ""
    date: str = ""
    place: str = ""


def drawn(labels: Sequence[Label], size: Size, skip: int = 0) -> Paper:
    """One label a page, or as many as a sheet has; its first `skip` places are used up already.

    ValueError: the code would be too fine for a reader.
    """
    sheet = size.sheet
    if sheet is None:
        paper = Paper(size.width, size.height, title=_title(labels), dpi=size.dpi)
        for number, label in enumerate(labels):
            if number:
                paper.next_page()
            _draw(paper, label, size, 0, 0)
        return paper
    paper = Paper(sheet.width, sheet.height, title=_title(labels), dpi=size.dpi)
    a_page = sheet.columns * sheet.rows
    for number, label in enumerate(labels, skip % a_page):
        if number and number % a_page == 0:
            paper.next_page()
        row, column = divmod(number % a_page, sheet.columns)
        _draw(paper, label, size, sheet.left + column * sheet.step_x, sheet.top + row * sheet.step_y)
    return paper


def _title(labels: Sequence[Label]) -> str:
    return f"Trạm: {labels[0].box_id}" + (f" … {labels[-1].box_id}" if len(labels) > 1 else "")


def _draw(paper: Paper, label: Label, size: Size, left: float, top: float) -> None:
    high = size.height - 2 * size.margin
    side = min(high, 0.45 * size.width)
    module = paper.code(left + size.margin, top + (size.height - side) / 2, side, label.box_id)
    if module < LEAST_MODULE_MM:
        raise ValueError(f"modules of {module:.2f} mm are too fine")
    x = left + size.margin + side + _GAP
    width = left + size.width - size.margin - x
    y = top + (size.height - side) / 2
    y += paper.text(x, y, "Trạm · hộp quét", 7, width=width, color="#444") + 0.4
    lines, size_pt = _id_lines(paper, label.box_id, width, high * 0.42)
    for line in lines:
        y += paper.text(x, y, line, size_pt, bold=True)
    y += 0.6
    bottom = top + size.height - size.margin
    facts = [text for text in (label.place, " · ".join(one for one in (label.board, label.date) if one)) if text]
    for number, text in enumerate(facts):
        room = (bottom - y) / (len(facts) - number)
        y += _fact(paper, x, y, text, width, room)


def _id_lines(paper: Paper, box_id: str, width: float, height: float) -> tuple[list[str], float]:
    """The id in one line, or in two where it would be small: cut where nobody takes the cut for a character."""
    one = paper.fitting(box_id, width, height, _ID_PT, _ID_ONE_LINE_PT, bold=True)
    if one is not None:
        return [box_id], one
    middle = (len(box_id) + 1) // 2
    dash = max(box_id.rfind("-", 0, middle + 3), box_id.rfind(".", 0, middle + 3)) + 1
    at = dash if dash >= len(box_id) // 4 else middle
    lines = [box_id[:at], box_id[at:]]
    longest = max(lines, key=lambda line: paper.width_of(line, 10, bold=True))
    two = paper.fitting(longest, width, height / 2, _ID_PT, _ID_LEAST_PT, bold=True)
    return lines, two or _ID_LEAST_PT


def _fact(paper: Paper, x: float, y: float, text: str, width: float, height: float) -> float:
    size_pt = paper.fitting(text, width, height, 9, 5.5)
    if size_pt is None:
        size_pt = 5.5
        while len(text) > 1 and paper.fitting(text + _CUT, width, height, size_pt, size_pt) is None:
            text = text[:-1].rstrip()
        text += _CUT
    return paper.text(x, y, text, size_pt, width=width)
