"""Drawing a picture as SVG by its shapes. Numbers and signs only: a picture is the same in both languages.

Lengths are the picture's own units, origin top left, y downwards; angles in degrees, clockwise, 0 to the right.
The same calls give the same bytes.
"""

from collections.abc import Iterable, Sequence
from math import atan2, cos, radians, sin

INK, PALE, MARK, GOOD, BAD, SKY = "#26323d", "#8a97a3", "#2b6cb0", "#2e8b57", "#c0392b", "#e8f1f8"
BODY = "#4a6572"
Point = tuple[float, float]


class Sheet:
    def __init__(self, width: float, height: float, millimetres: bool = False) -> None:
        """`millimetres`: a unit is one on paper too, when it is printed at 100 %."""
        size = f'width="{width:g}mm" height="{height:g}mm"' if millimetres else f'width="{width:g}" height="{height:g}"'
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width:g} {height:g}" '
            'font-family="Source Sans Pro, Noto Sans, DejaVu Sans, sans-serif">',
            f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
        ]

    def svg(self) -> bytes:
        return ("\n".join([*self._parts, "</svg>"]) + "\n").encode()

    def path(
        self, points: Iterable[Point], stroke: str = INK, width: float = 2, fill: str = "none", **more: str
    ) -> None:
        """A line through the points, closed where it is filled."""
        spots = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        shape = "polyline" if fill == "none" else "polygon"
        self._add(
            f'<{shape} points="{spots}" fill="{fill}" stroke="{stroke}" stroke-width="{width:g}" '
            f'stroke-linecap="round" stroke-linejoin="round"{_more(more)}/>'
        )

    def area(self, points: Iterable[Point], fill: str, **more: str) -> None:
        self.path(points, stroke="none", width=0, fill=fill, **more)

    def rect(
        self, x: float, y: float, w: float, h: float, fill: str, stroke: str = "none", width: float = 2, r: float = 0
    ) -> None:
        self._add(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{r:g}" fill="{fill}" '
            f'stroke="{stroke}" stroke-width="{width:g}"/>'
        )

    def circle(self, x: float, y: float, r: float, fill: str = "none", stroke: str = "none", width: float = 2) -> None:
        self._add(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}" fill="{fill}" stroke="{stroke}" stroke-width="{width:g}"/>'
        )

    def curve(self, start: Point, *bends: tuple[Point, Point, Point], stroke: str = INK, width: float = 2) -> None:
        """Bézier curves, each by its two handles and its end."""
        said = "".join(f" C {' '.join(f'{_n(x)},{_n(y)}' for x, y in bend)}" for bend in bends)
        self._add(
            f'<path d="M {_n(start[0])},{_n(start[1])}{said}" fill="none" stroke="{stroke}" '
            f'stroke-width="{width:g}" stroke-linecap="round"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 18,
        color: str = INK,
        anchor: str = "middle",
        bold: bool = False,
    ) -> None:
        weight = ' font-weight="bold"' if bold else ""
        self._add(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size:g}" fill="{color}" text-anchor="{anchor}"{weight}>'
            f"{text.replace('&', '&amp;').replace('<', '&lt;')}</text>"
        )

    def arrow(
        self, start: Point, end: Point, stroke: str = INK, width: float = 2, both: bool = False, head: float = 9
    ) -> None:
        self.path([start, end], stroke, width)
        ends = [(start, end), (end, start)] if both else [(start, end)]
        for tail, tip in ends:
            way = atan2(tip[1] - tail[1], tip[0] - tail[0])
            wings = [(tip[0] - head * cos(way + turn), tip[1] - head * sin(way + turn)) for turn in (0.4, -0.4)]
            self.area([tip, *wings], stroke)

    def measure(
        self, start: Point, end: Point, text: str, aside: float = 0, size: float = 18, color: str = INK
    ) -> None:
        """A double arrow with its length written beside it."""
        self.arrow(start, end, color, 1.6, both=True)
        way = atan2(end[1] - start[1], end[0] - start[0])
        middle = ((start[0] + end[0]) / 2 + aside * sin(way), (start[1] + end[1]) / 2 - aside * cos(way))
        self.text(middle[0], middle[1] + size * 0.35, text, size, color, bold=True)

    def arc(self, centre: Point, r: float, begin: float, end: float, stroke: str = INK, width: float = 1.6) -> None:
        steps = max(int(abs(end - begin) / 3), 2)
        turns = [radians(begin + (end - begin) * step / steps) for step in range(steps + 1)]
        self.path([(centre[0] + r * cos(turn), centre[1] + r * sin(turn)) for turn in turns], stroke, width)

    def dashed(self, start: Point, end: Point, stroke: str = PALE, width: float = 1.6) -> None:
        self.path([start, end], stroke, width, **{"stroke-dasharray": f"{width * 4:g} {width * 4:g}"})

    def yes(self, x: float, y: float, r: float = 20) -> None:
        self.circle(x, y, r, GOOD)
        self.path([(x - r * 0.45, y), (x - r * 0.1, y + r * 0.38), (x + r * 0.5, y - r * 0.4)], "#ffffff", r * 0.24)

    def no(self, x: float, y: float, r: float = 20) -> None:
        self.circle(x, y, r, BAD)
        for way in (1, -1):
            self.path([(x - r * 0.38, y - way * r * 0.38), (x + r * 0.38, y + way * r * 0.38)], "#ffffff", r * 0.24)

    def wall(self, x: float, top: float, bottom: float, thick: float = 22) -> None:
        """A wall seen from its end, to the left of x."""
        self.rect(x - thick, top, thick, bottom - top, "#d5d9dd")
        self.path([(x, top), (x, bottom)], INK, 2.4)

    def floor(self, y: float, left: float, right: float) -> None:
        self.rect(left, y, right - left, 10, "#d5d9dd")
        self.path([(left, y), (right, y)], INK, 2.4)

    def limbs(self, *chains: Sequence[Point], width: float = 15, color: str = BODY) -> None:
        for chain in chains:
            self.path(chain, color, width)

    def sun(self, x: float, y: float, r: float = 22) -> None:
        for step in range(12):
            turn = radians(step * 30)
            self.path(
                [
                    (x + r * 1.3 * cos(turn), y + r * 1.3 * sin(turn)),
                    (x + r * 1.75 * cos(turn), y + r * 1.75 * sin(turn)),
                ],
                "#e0a100",
                3,
            )
        self.circle(x, y, r, "#f5c518")

    def phone(self, x: float, y: float, turn: float, long: float, thick: float = 5, color: str = INK) -> None:
        """A phone seen from its edge, its middle at x, y; `turn` is the way that it is long."""
        way = (cos(radians(turn)) * long / 2, sin(radians(turn)) * long / 2)
        self.path([(x - way[0], y - way[1]), (x + way[0], y + way[1])], color, thick)

    def _add(self, said: str) -> None:
        self._parts.append(said)


def moved(points: Iterable[Point], x: float, y: float, scale: float = 1) -> list[Point]:
    return [(x + px * scale, y + py * scale) for px, py in points]


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".") if number else "0"


def _more(more: dict[str, str]) -> str:
    return "".join(f' {key}="{value}"' for key, value in more.items())
