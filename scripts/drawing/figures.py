"""The box and people, as they stand in the pictures of the mounting guide."""

from math import cos, radians, sin, tan
from typing import Any

from scripts.drawing.svg import BODY, INK, MARK, Point, Sheet, moved

EAVE_MM = 14  # as in box.scad


def profile(values: dict[str, Any]) -> list[Point]:
    """The box from its side in millimetres: x out of the wall, y downwards from its upper edge."""
    high, deep, lean = values["high"], values["deep"], tan(radians(values["tilt"]))
    front = deep + high * lean + EAVE_MM
    return [(0, 0), (front, 0), (front, 3), (deep + (high - 3) * lean, 3), (deep, high), (0, high)]


def window(values: dict[str, Any]) -> Point:
    """The middle of the reader's window in the same room."""
    tilt, v = radians(values["tilt"]), values["reader_v"]
    return values["deep"] + v * sin(tilt), values["high"] - v * cos(tilt)


def box(sheet: Sheet, values: dict[str, Any], x: float, y: float, scale: float) -> None:
    """From the side; x, y is its upper edge at the wall, `scale` units to a millimetre."""
    shape = profile(values)
    sheet.path(moved(shape, x, y, scale), INK, 1.8, "#e8e4da")
    sheet.path(moved(shape[3:5], x, y, scale), "#5b7f95", max(4 * scale, 3))
    eye = window(values)
    tilt = radians(values["tilt"])
    half = values["reader"][1] / 2
    ends = [(eye[0] + side * half * sin(tilt), eye[1] - side * half * cos(tilt)) for side in (1, -1)]
    sheet.path(moved(ends, x, y, scale), MARK, max(5 * scale, 4))


def standing(sheet: Sheet, x: float, floor: float, cm: float, hand: Point) -> None:
    hip, neck = (x, floor - 85 * cm), (x, floor - 138 * cm)
    sheet.limbs([(x - 6 * cm, floor - 4), hip, (x + 7 * cm, floor - 4)], [hip, neck], width=22)
    sheet.limbs([neck, (x - 12 * cm, floor - 112 * cm), (hand[0] + 8, hand[1] + 3)], width=14)
    sheet.circle(x - 2, floor - 154 * cm, 10 * cm, BODY)


def sitting(sheet: Sheet, x: float, floor: float, cm: float, hand: Point) -> None:
    seat, neck = (x + 14 * cm, floor - 52 * cm), (x + 12 * cm, floor - 100 * cm)
    knee = (x - 20 * cm, floor - 56 * cm)
    sheet.limbs([neck, seat, knee, (x - 24 * cm, floor - 16 * cm)], width=22)
    sheet.limbs([neck, (x + 2 * cm, floor - 88 * cm), (hand[0] + 8, hand[1] + 3)], width=14)
    sheet.circle(x + 10 * cm, floor - 117 * cm, 10 * cm, BODY)
    sheet.circle(x + 16 * cm, floor - 30 * cm, 30 * cm, stroke=INK, width=4)
    sheet.circle(x + 16 * cm, floor - 30 * cm, 3 * cm, INK)
    sheet.circle(x - 24 * cm, floor - 9 * cm, 9 * cm, stroke=INK, width=4)
    sheet.path(
        [
            (x + 32 * cm, floor - 88 * cm),
            (x + 24 * cm, floor - 42 * cm),
            (x - 18 * cm, floor - 42 * cm),
            (x - 24 * cm, floor - 9 * cm),
        ],
        INK,
        5,
    )


def above(sheet: Sheet, x: float, y: float, reach: Point | None = None) -> None:
    """A person seen from above."""
    if reach:
        sheet.limbs([(x, y), (x + reach[0], y + reach[1])], width=9)
    sheet.path([(x, y - 16), (x, y + 16)], BODY, 20)
    sheet.circle(x, y, 12, "#2f4450")
