"""Six pictures of what not to do with a box, numbered as in the mounting guide."""

from typing import Any

from scripts.drawing.figures import box, profile
from scripts.drawing.svg import BAD, BODY, INK, MARK, PALE, Sheet, moved


def never(values: dict[str, Any]) -> bytes:
    """Six pictures of what not to do, numbered as in the guide."""
    sheet = Sheet(990, 640)
    for index in range(6):
        left, top = index % 3 * 330.0, index // 3 * 320.0
        sheet.rect(left + 8, top + 8, 314, 304, "#f3f5f7", r=8)
        NEVER[index](sheet, values, left, top)
        sheet.no(left + 292, top + 38)
        sheet.text(left + 34, top + 46, str(index + 1), 28, bold=True)
    return sheet.svg()


def behind_glass(sheet: Sheet, values: dict[str, Any], left: float, top: float) -> None:
    box(sheet, values, left + 70, top + 110, 0.8)
    sheet.wall(left + 70, top + 70, top + 290)
    sheet.rect(left + 186, top + 64, 10, 230, "#cfe4ee", MARK, 1.6)
    sheet.path([(left + 188, top + 120), (left + 194, top + 108)], MARK, 1.4)
    sheet.phone(left + 250, top + 168, 105, 66, 8)
    sheet.dashed((left + 152, top + 136), (left + 184, top + 146), BAD, 2.4)
    sheet.arrow((left + 184, top + 150), (left + 154, top + 172), BAD, 2.4)


def too_high(sheet: Sheet, values: dict[str, Any], left: float, top: float) -> None:
    floor = top + 294
    sheet.floor(floor, left + 20, left + 310)
    sheet.wall(left + 60, top + 60, floor)
    box(sheet, values, left + 60, top + 72, 0.2)
    hand = (left + 128, top + 104)
    sheet.limbs(
        [(left + 182, floor), (left + 190, floor - 90), (left + 198, floor)],
        [(left + 190, floor - 90), (left + 190, floor - 148)],
        width=15,
    )
    sheet.limbs([(left + 190, floor - 146), (left + 158, top + 130), hand], width=9)
    sheet.circle(left + 192, floor - 168, 15, BODY)
    sheet.phone(*hand, 100, 24, 5)
    sheet.measure((left + 44, floor), (left + 44, top + 84), "")
    sheet.text(left + 108, floor - 14, "150 cm", 20, BAD, bold=True)


def mirrored(sheet: Sheet, values: dict[str, Any], left: float, top: float) -> None:
    """Two boxes that look at each other."""
    sheet.wall(left + 60, top + 70, top + 290)
    box(sheet, values, left + 60, top + 110, 0.6)
    shape = [(2 * 0 - x, y) for x, y in profile(values)]
    sheet.rect(left + 270, top + 70, 22, 220, "#d5d9dd")
    sheet.path([(left + 270, top + 70), (left + 270, top + 290)], INK, 2.4)
    sheet.path(moved(shape, left + 270, top + 110, 0.6), INK, 1.8, "#e8e4da")
    sheet.path(moved(shape[3:5], left + 270, top + 110, 0.6), "#5b7f95", 3)
    sheet.arrow((left + 126, top + 132), (left + 204, top + 152), BAD, 2.4)
    sheet.arrow((left + 204, top + 132), (left + 126, top + 152), BAD, 2.4)


def way_out(sheet: Sheet, values: dict[str, Any], left: float, top: float) -> None:
    """On the leaf of a door, or before the way out of a fire."""
    sheet.rect(left + 96, top + 66, 138, 230, "#e3d7c5", INK, r=2)
    sheet.circle(left + 114, top + 186, 6, INK)
    sheet.rect(left + 146, top + 140, 44, 64, "#5b7f95", INK, r=3)
    sheet.rect(left + 144, top + 136, 48, 7, "#e8e4da", INK, 1.4)
    sheet.rect(left + 160, top + 150, 16, 12, "#cfe4ee", INK, 1.4)
    sheet.curve(
        (left + 180, top + 204),
        ((left + 182, top + 250), (left + 230, top + 220), (left + 290, top + 262)),
        stroke=INK,
        width=4,
    )


def wet_hands(sheet: Sheet, values: dict[str, Any], left: float, top: float) -> None:
    """Opened while it has power, and water near it."""
    sheet.rect(left + 70, top + 96, 92, 150, "#e8e4da", INK, r=4)
    sheet.rect(left + 82, top + 112, 68, 120, "#fbfaf6", PALE, r=2)
    sheet.rect(left + 96, top + 132, 40, 66, "#b08d3c", INK, 1.2)
    sheet.rect(left + 104, top + 138, 24, 52, "#1d4d2b")
    sheet.path(
        [(left + 196, top + 110), (left + 270, top + 126), (left + 262, top + 262), (left + 188, top + 246)],
        INK,
        2,
        "#5b7f95",
    )
    bolt = [(12, 0), (-8, 28), (4, 28), (-6, 56), (22, 20), (8, 20), (20, 0)]
    sheet.path(moved(bolt, left + 112, top + 250, 0.9), INK, 1.4, "#f5c518")
    for x, y in ((52, 92), (44, 128), (56, 164), (46, 202)):
        sheet.circle(left + x, top + y, 6, MARK)
        sheet.area([(left + x - 5, top + y - 3), (left + x + 5, top + y - 3), (left + x, top + y - 15)], MARK)


def hot(sheet: Sheet, values: dict[str, Any], left: float, top: float) -> None:
    """Over a stove, a grill, a heater."""
    sheet.wall(left + 60, top + 60, top + 294)
    box(sheet, values, left + 60, top + 74, 0.6)
    sheet.rect(left + 62, top + 236, 120, 58, "#8f8f8f", INK, r=4)
    for x in (84, 120, 156):
        flame = [(0, 0), (-12, -14), (-4, -36), (2, -22), (8, -44), (14, -14)]
        sheet.path(moved(flame, left + x, top + 236), BAD, 1.4, "#f39c12")
        sheet.curve(
            (left + x, top + 182),
            ((left + x - 12, top + 172), (left + x + 12, top + 164), (left + x, top + 154)),
            stroke=BAD,
            width=2.4,
        )


NEVER = (behind_glass, too_high, mirrored, way_out, wet_hands, hot)
