"""The pictures of the mounting guide: hardware/mounting/*.svg, drawn from the sizes of the box.

A person is 165 cm tall; the box is drawn as `standard`, and the template for drilling fits all builds.
"""

from collections.abc import Callable
from math import cos, radians, sin, tan
from pathlib import Path
from typing import Any

from scripts.drawing import sizes
from scripts.drawing.figures import above, box, sitting, standing, window
from scripts.drawing.fitting import KEY_UP
from scripts.drawing.generator import DrawingError, Generator
from scripts.drawing.mistakes import never
from scripts.drawing.svg import BAD, GOOD, INK, MARK, PALE, SKY, Point, Sheet, moved

FOLDER = "hardware/mounting"
WINDOW_CM = 115
NEAR_CM, FAR_CM = 4, 30
BEST_CM = (8, 20)


def height(values: dict[str, Any]) -> bytes:
    sheet = Sheet(900, 520)
    floor, cm = 490.0, 2.5
    sheet.floor(floor, 20, 880)
    for wall in (70, 520):
        sheet.wall(wall, 30, floor)
        eye = window(values)
        top = floor - WINDOW_CM * cm - eye[1] * cm / 10
        at = (wall + eye[0] * cm / 10, floor - WINDOW_CM * cm)
        hand = (at[0] + 14 * cm * 1.5, at[1] + 14 * cm * 1.5 * tan(radians(values["tilt"])))
        (standing if wall == 70 else sitting)(sheet, wall + 60 * cm, floor, cm, hand)
        sheet.dashed(at, hand, MARK)
        sheet.phone(*hand, 90 + values["tilt"], 36, 6)
        box(sheet, values, wall, top, cm / 10)
        sheet.dashed((wall - 30, at[1]), (at[0], at[1]))
    for wall in (70, 520):
        sheet.measure((wall - 18, floor), (wall - 18, floor - WINDOW_CM * cm), "")
        sheet.text(wall + 56, 288, f"{WINDOW_CM} cm", 24, bold=True)
        sheet.text(wall + 56, 312, "110 … 120", 17, PALE)
    sheet.yes(430, 50)
    sheet.yes(860, 50)
    return sheet.svg()


def distance(values: dict[str, Any]) -> bytes:
    """From the side, twice life size on most screens: where a code is read."""
    sheet = Sheet(900, 500)
    scale, wall, top = 1.9, 60.0, 90.0
    eye = moved([window(values)], wall, top, scale)[0]
    tilt = values["tilt"]
    half = 16.0

    def at(cm: float, off: float = 0) -> Point:
        turn = radians(tilt + off)
        reach = cm * 10 * scale / cos(radians(off))
        return eye[0] + reach * cos(turn), eye[1] + reach * sin(turn)

    for near, distant, color in ((NEAR_CM, FAR_CM, "#d9efe1"), (*BEST_CM, "#9bd3b1")):
        sheet.area([at(near, -half), at(distant, -half), at(distant, half), at(near, half)], color)
    sheet.dashed(eye, at(FAR_CM + 6), MARK)
    sheet.wall(wall, 20, 480)
    box(sheet, values, wall, top, scale)
    sheet.phone(*at(14), 90 + tilt, 130, 12)
    for cm in (NEAR_CM, *BEST_CM, FAR_CM):
        sheet.path([at(cm, -half), at(cm, half)], GOOD if cm < FAR_CM else BAD, 2)
        end = at(cm, half)
        sheet.text(end[0] - 12, end[1] + 24, f"{cm}", 20, bold=True)
    last = at(FAR_CM, half)
    sheet.text(last[0] + 26, last[1] + 24, "cm", 20, bold=True)
    sheet.dashed(eye, (eye[0] + 420, eye[1]))
    sheet.arc(eye, 330, 0, tilt)
    sheet.text(eye[0] + 362, eye[1] + 50, f"{tilt:g}°", 22, MARK, bold=True)
    sheet.yes(*moved([at(14, -half)], 0, -44)[0])
    away = at(FAR_CM + 7)
    sheet.phone(*away, 90 + tilt, 130, 12, PALE)
    sheet.no(away[0] + 6, away[1] - 104)
    return sheet.svg()


def weather(values: dict[str, Any]) -> bytes:
    sheet = Sheet(1050, 420)
    for panel, left in enumerate((0, 350, 700)):
        wall, floor = left + 60, 390.0
        sheet.rect(left + 8, 8, 334, 404, SKY, r=8)
        sheet.floor(floor, left + 20, left + 330)
        sheet.wall(wall, 60 if panel else 30, floor)
        box(sheet, values, wall, 170, 0.5)
        (sheet.yes if panel == 0 else sheet.no)(left + 310, 40)
    roof = [(38, 40), (262, 62), (262, 74), (38, 74)]
    sheet.path(roof, INK, 2, "#b9a48c")
    sheet.dashed((104, 170), (160, 170))
    sheet.measure((138, 74), (138, 170), "")
    sheet.text(154, 140, "a", 24, bold=True)
    sheet.measure((102, 92), (262, 92), "")
    sheet.text(198, 117, "≥ a", 24, bold=True)
    for step in range(6):
        for drop in range(8):
            x, y = 272 + step * 26 - drop * 33, 84 + drop * 40 + step * 6
            if 66 < x < 330 and y < 365:
                sheet.path([(x, y), (x - 12, y + 15)], MARK, 2)
    sheet.sun(640, 200)
    for step in range(4):
        sheet.arrow((598, 190 + step * 12), (475, 186 + step * 9), "#e0a100", 2.4)
    for row in range(7):
        for step in range(9):
            x, y = 776 + step * 30 + row % 2 * 12, 70 + row * 44
            if x < 1030 and y < 370:
                sheet.path([(x, y), (x - 8, y + 18)], MARK, 2)
    box(sheet, values, 760, 170, 0.5)
    return sheet.svg()


def queue(values: dict[str, Any]) -> bytes:
    """From above: people walk to the right."""
    sheet = Sheet(1000, 420)
    for left in (10, 510):
        sheet.rect(left, 10, 480, 400, "#f3f5f7", r=8)
        for y in (70, 330):
            sheet.rect(left, y if y > 100 else y - 14, 480, 14, "#c9cfd5")
        for y in (70, 250):
            sheet.rect(left + 390, y, 14, 80, "#c9cfd5")
    sheet.dashed((400, 150), (400, 250), GOOD, 3)
    sheet.dashed((900, 150), (900, 250), BAD, 3)
    for x in (60, 130, 200):
        above(sheet, x, 205)
    above(sheet, 300, 262, reach=(0, 34))
    above(sheet, 445, 200)
    sheet.rect(286, 316, 28, 14, "#5b7f95", INK)
    sheet.arrow((330, 232), (384, 204), GOOD, 4, head=14)
    sheet.measure((314, 356), (397, 356), "")
    sheet.text(356, 392, "100 … 150 cm", 20, bold=True)
    sheet.dashed((240, 316), (284, 316))
    sheet.measure((252, 70), (252, 316), "")
    sheet.text(242, 120, "≥ 120 cm", 20, bold=True, anchor="end")
    for x in (560, 628, 696, 764, 832):
        above(sheet, x, 205 + (x // 4 % 3 - 1) * 16)
    above(sheet, 878, 236, reach=(22, 22))
    sheet.rect(884, 252, 14, 26, "#5b7f95", INK)
    sheet.yes(40, 40)
    sheet.no(540, 40)
    return sheet.svg()


def cable(values: dict[str, Any]) -> bytes:
    sheet = Sheet(900, 480)
    for left in (0, 450):
        sheet.rect(left + 8, 8, 434, 464, "#f3f5f7", r=8)
        sheet.rect(left + 150, 110, 112, 166, "#5b7f95", INK, r=8)
        sheet.rect(left + 146, 100, 120, 14, "#e8e4da", INK, r=3)
        sheet.rect(left + 188, 132, 36, 28, "#cfe4ee", INK)
        sheet.circle(left + 206, 192, 7, "#ffffff", INK)
    sheet.rect(222, 276, 22, 10, INK)
    sheet.rect(225, 286, 16, 16, "#444d55", r=3)
    sheet.curve(
        (233, 302), ((233, 440), (345, 440), (345, 330)), ((345, 260), (345, 200), (345, 60)), stroke=INK, width=6
    )
    for y in (300, 210, 120):
        sheet.rect(334, y, 22, 10, PALE, INK, 1.4, 2)
    sheet.dashed((170, 302), (224, 302))
    sheet.dashed((170, 409), (290, 409))
    sheet.measure((180, 302), (180, 409), "")
    sheet.text(130, 363, "≥ 5 cm", 20, bold=True)
    sheet.measure((372, 125), (372, 215), "")
    sheet.text(402, 166, "≤ 25", 20, bold=True)
    sheet.text(402, 190, "cm", 20, bold=True)
    sheet.circle(287, 434, 4, MARK)
    sheet.circle(287, 452, 5, MARK)
    sheet.curve((656, 100), ((656, 70), (656, 60), (656, 20)), stroke=INK, width=6)
    for y in (34, 62, 86):
        sheet.circle(668, y, 4, MARK)
    sheet.arrow((680, 40), (680, 96), MARK, 3)
    sheet.yes(412, 40)
    sheet.no(862, 40)
    return sheet.svg()


def drilling(root: Path) -> bytes:
    """A template at life size. Raises DrawingError "data" where the builds differ."""
    places = {name: _holes(sizes.variables(root, name)) for name in sizes.BUILDS}
    if len(set(places.values())) != 1:
        raise DrawingError("data", "the builds have their screws at different places: one template cannot be theirs")
    key_x, high, low = places["standard"]
    top, wide = sizes.variables(root, "standard")["high"], 90.0
    sheet = Sheet(130, 190, millimetres=True)
    left, upper = 20.0, 16.0
    middle = left + wide / 2
    sheet.rect(left, upper, wide, top, "#ffffff", PALE, 0.4, 6)
    sheet.dashed((middle, upper - 6), (middle, upper + top + 6), PALE, 0.3)
    for x in (middle - key_x, middle + key_x):
        for y in (top - high, top - low):
            sheet.circle(x, upper + y, 2, stroke=INK, width=0.4)
            sheet.path([(x - 5, upper + y), (x + 5, upper + y)], INK, 0.25)
            sheet.path([(x, upper + y - 5), (x, upper + y + 5)], INK, 0.25)
    row = upper + top - high
    sheet.arrow((middle - key_x, row + 9), (middle + key_x, row + 9), INK, 0.3, both=True, head=2)
    sheet.text(middle - 14, row + 14.5, f"{2 * key_x:g} mm", 4.5, bold=True)
    sheet.arrow((middle - key_x - 9, row), (middle - key_x - 9, upper + top - low), INK, 0.3, both=True, head=2)
    sheet.text(middle - key_x - 2, upper + top / 2 + 4, f"{high - low:g} mm", 4.5, bold=True, anchor="start")
    sheet.text(middle + key_x, upper + top - low + 11, "⌀ 6 mm", 4.5, bold=True)
    sheet.arrow((middle, upper + 40), (middle, upper + 28), INK, 0.8, head=4)
    eye = top - window(sizes.variables(root, "standard"))[1]
    sheet.dashed((left - 6, upper + top - eye), (left + wide + 6, upper + top - eye), MARK, 0.3)
    sheet.text(left + wide + 2, upper + top - eye - 2, f"{WINDOW_CM} cm", 4.5, MARK, anchor="start", bold=True)
    sheet.path([(left - 5, 166), (left + 95, 166)], INK, 0.6)
    for step in range(11):
        sheet.path([(left - 5 + step * 10, 166 - (3 if step % 5 == 0 else 1.6)), (left - 5 + step * 10, 166)], INK, 0.4)
    sheet.text(left + 45, 173, "100 mm", 4.5, bold=True)
    return sheet.svg()


def _holes(values: dict[str, Any]) -> tuple[float, float, float]:
    return values["key_x"], values["key_y"] + KEY_UP, values["low_y"]


PICTURES: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "height": height,
    "distance": distance,
    "weather": weather,
    "queue": queue,
    "cable": cable,
    "never": never,
}


def make(root: Path) -> dict[str, bytes]:
    values = sizes.variables(root, "standard")
    pictures = {name: draw(values) for name, draw in PICTURES.items()} | {"drilling": drilling(root)}
    return {f"{FOLDER}/{name}.svg": data for name, data in pictures.items()}


GENERATORS = (
    Generator(
        "mounting",
        (
            "scripts/drawing/mounting.py",
            "scripts/drawing/figures.py",
            "scripts/drawing/mistakes.py",
            "scripts/drawing/svg.py",
            "scripts/drawing/sizes.py",
            "hardware/enclosure/*.toml",
        ),
        (f"{FOLDER}/*.svg",),
        make,
        quick=True,
    ),
)
