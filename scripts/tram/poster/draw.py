"""A gate's poster: what to do, what the lights mean, what is kept. Drawn for A4; A3 is the same, larger."""

from typing import NamedTuple

from scripts.tram.paper import Paper
from scripts.tram.poster.words import HELP, PURPOSE, SIGNS, STEPS, TITLE

SIZES = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
_LEFT, _WIDTH = 15.0, 180.0
_INK, _GREY, _PALE, _BLUE = "#111", "#444", "#f2f4f7", "#0b4f8a"
_BOTTOM = 287.0
_CODE_MM = 44.0


class Poster(NamedTuple):
    """What differs from gate to gate. `basis` is printed for `identified` alone; `code` is the place's own, if any."""

    title: str = ""
    direction: str = "both"
    purpose: str = "counts_only"
    basis: str = ""
    contact: str = ""
    code: str = ""
    code_title: str = ""


class _Pen:
    """Lengths of an A4 page on a page of any size."""

    def __init__(self, size: str, title: str) -> None:
        width, height = SIZES[size]
        self._k = width / SIZES["a4"][0]
        self.paper = Paper(width, height, title=title)

    def text(self, x: float, y: float, text: str, size_pt: float, bold: bool = False, width: float | None = None,
             align: str = "left", color: str = _INK) -> float:  # fmt: skip
        k = self._k
        wide = width * k if width is not None else None
        return self.paper.text(x * k, y * k, text, size_pt * k, bold, wide, align, color) / k

    def height_of(self, text: str, size_pt: float, width: float) -> float:
        return self.paper.height_of(text, size_pt, width=width)

    def fitting(self, text: str, width: float, height: float, most_pt: float, least_pt: float) -> float:
        return self.paper.fitting(text, width, height, most_pt, least_pt, bold=True) or least_pt

    def box(self, x: float, y: float, width: float, height: float, fill: str, radius: float = 0.0,
            color: str | None = None) -> None:  # fmt: skip
        k = self._k
        self.paper.box(x * k, y * k, width * k, height * k, 0.4 * k, color, fill, radius * k)

    def circle(self, x: float, y: float, radius: float, fill: str) -> None:
        k = self._k
        self.paper.circle(x * k, y * k, radius * k, fill)

    def line(self, x: float, y: float, to_x: float, to_y: float, width: float, color: str) -> None:
        k = self._k
        self.paper.line(x * k, y * k, to_x * k, to_y * k, width * k, color)

    def code(self, x: float, y: float, side: float, text: str) -> None:
        k = self._k
        self.paper.code(x * k, y * k, side * k, text, error="m")


def drawn(poster: Poster, size: str) -> Paper:
    """One page."""
    pen = _Pen(size, f"Trạm: {poster.title or TITLE[poster.direction][0]}")
    y = _head(pen, poster)
    for number, (what, how, english) in enumerate(STEPS, 1):
        y = _step(pen, y, number, what, how, english)
    y = _signs(pen, y + 2)
    _foot(pen, y + 3, poster)
    return pen.paper


def _head(pen: _Pen, poster: Poster) -> float:
    vietnamese, english = TITLE[poster.direction]
    high = 48.0 if poster.title else 38.0
    pen.box(0, 0, 210, high, _BLUE)
    y = 6.0
    y += pen.text(_LEFT, y, vietnamese, 38, bold=True, width=_WIDTH, align="center", color="#fff") - 1
    y += pen.text(_LEFT, y, english, 16, width=_WIDTH, align="center", color="#fff")
    if poster.title:
        size_pt = pen.fitting(poster.title, _WIDTH, 11, 20, 9)
        pen.text(_LEFT, high - 13 + (20 - size_pt) / 6, poster.title, size_pt, True, _WIDTH, "center", "#ffe28a")
    return high + 5


def _step(pen: _Pen, y: float, number: int, what: str, how: str, english: str) -> float:
    high = 35.0
    pen.box(_LEFT, y, _WIDTH, high, _PALE, 3)
    pen.circle(_LEFT + 11, y + high / 2, 7.5, _BLUE)
    pen.text(_LEFT + 3.5, y + high / 2 - 6.2, str(number), 26, bold=True, width=15, align="center", color="#fff")
    (_card, _distance, _green)[number - 1](pen, _LEFT + 24, y + 4.5)
    x, width = _LEFT + 61, _WIDTH - 65
    top = y + 2.0
    top += pen.text(x, top, what, 20, bold=True, width=width)
    top += pen.text(x, top, how, 12.5, width=width)
    pen.text(x, top + 0.5, english, 9.5, width=width, color=_GREY)
    return y + high + 3


def _card(pen: _Pen, x: float, y: float) -> None:
    """A card and a telephone, each with something like a code: no reader takes it for one."""
    pen.box(x, y + 3, 20, 20, "#fff", 1.5, _INK)
    pen.box(x + 2, y + 5.5, 7, 1.2, _GREY)
    pen.box(x + 2, y + 8.5, 5, 1.2, _GREY)
    _like_a_code(pen, x + 9.5, y + 12.5, 1.2)
    pen.box(x + 22.5, y - 1, 11, 27, _INK, 1.5)
    pen.box(x + 23.5, y + 1.5, 9, 21, "#fff")
    _like_a_code(pen, x + 24.1, y + 8, 1.1)


def _like_a_code(pen: _Pen, x: float, y: float, dot: float) -> None:
    for row, line in enumerate(("###.###", "#.#..#.", "###.##.", "..#.#.#", "###..#.", "#.#.#.#", "###.##.")):
        for column, char in enumerate(line):
            if char == "#":
                pen.box(x + column * dot, y + row * dot, dot, dot, _INK)


def _distance(pen: _Pen, x: float, y: float) -> None:
    """The box with its window, and a card before it."""
    pen.box(x, y, 9, 26, "#fff", 1.5, _INK)
    pen.box(x + 9, y + 8, 1.5, 9, _BLUE)
    pen.box(x + 29, y + 5, 1.6, 15, _INK)
    pen.line(x + 12.5, y + 12.5, x + 27, y + 12.5, 0.5, _GREY)
    for at, side in ((12.5, 1), (27.0, -1)):
        pen.line(x + at, y + 12.5, x + at + 2 * side, y + 11, 0.5, _GREY)
        pen.line(x + at, y + 12.5, x + at + 2 * side, y + 14, 0.5, _GREY)
    pen.text(x + 10.5, y + 14.5, "8–20 cm", 8.5, bold=True, width=18.5, align="center")


def _green(pen: _Pen, x: float, y: float) -> None:
    pen.circle(x + 16.5, y + 13, 12, "#00a651")
    pen.line(x + 11, y + 13.5, x + 15, y + 17.5, 2, "#fff")
    pen.line(x + 15, y + 17.5, x + 22.5, y + 8.5, 2, "#fff")


def _signs(pen: _Pen, y: float) -> float:
    y += pen.text(_LEFT, y, "Đèn báo gì?  ·  What the light says", 14, bold=True) + 1
    for number, (color, flashes, vietnamese, english) in enumerate(SIGNS):
        column, row = number % 2, number // 2
        x, top = _LEFT + column * (_WIDTH / 2 + 1), y + row * 13.5
        at = x
        for seconds in flashes:
            wide = max(3.6, seconds * 15)
            pen.box(at, top + 2.2, wide, 5, color, 2.5 if wide > 5 else 1.8, _INK)
            at += wide + 1.6
        pen.text(x + 19, top, vietnamese, 11.5, bold=True, width=_WIDTH / 2 - 20)
        lines = len(pen.paper.lines(vietnamese, 11.5, True, _WIDTH / 2 - 20))
        pen.text(x + 19, top + lines * 5, english, 8.5, width=_WIDTH / 2 - 20, color=_GREY)
    return y + (len(SIGNS) + 1) // 2 * 13.5


def _foot(pen: _Pen, y: float, poster: Poster) -> None:
    """Help and purpose, and the place's code beside them. Smaller letters where there is much to say."""
    width = _WIDTH - (_CODE_MM + 4 if poster.code else 0)
    vietnamese, english = (text.format(basis=poster.basis) for text in PURPOSE[poster.purpose])
    contact = [poster.contact] if poster.contact else []
    pen.line(_LEFT, y, _LEFT + _WIDTH, y, 0.4, _GREY)
    if poster.code:
        pen.code(_LEFT + _WIDTH - _CODE_MM, y + 1, _CODE_MM, poster.code)
        pen.text(_LEFT + _WIDTH - _CODE_MM, y + _CODE_MM, poster.code_title, 8.5, True, _CODE_MM, "center")
    rows = [(HELP[0], 1.0), (HELP[1], 0.78), (vietnamese, 1.0), (english, 0.78), *((one, 1.0) for one in contact)]
    size_pt = 17.0
    while y + 2 + sum(pen.height_of(text, size_pt * part, width) + 0.8 for text, part in rows) > _BOTTOM:
        size_pt -= 0.25
    y += 2
    for text, part in rows:
        color = _GREY if part < 1 else _INK
        y += pen.text(_LEFT, y, text, size_pt * part, width=width, color=color) + 0.8
