"""What a box shows, as a picture for each outcome: the lamp, the display, and three seconds of light and sound.

All of it comes from the firmware's own table, words and font, drawn by the firmware's own code.
"""

from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from firmware.face.font import COLUMNS, ROWS, render
from firmware.face.screen import wrap
from firmware.face.table import TABLE, signal_of
from firmware.face.texts import words_of
from scripts.drawing.generator import Generator

FOLDER = "docs/pictures/faces"
SECONDS = 3.0
_POINTS_WIDE, _POINTS_HIGH = 8 * COLUMNS, 16 * ROWS
_PAGE_STEP = 2 * _POINTS_HIGH + 20
_WIDTH, _PAGE_WIDTH, _LEFT = 460, 2 * _POINTS_WIDE, 150
_GROUND, _SCREEN, _POINT, _DARK = "#e8ebef", "#0d1420", "#bfe3ff", "#cdd2d9"
_FONT = 'font-family="sans-serif" font-size="13" fill="#30363d"'


class Signal(NamedTuple):
    colour: str
    on_ms: int
    off_ms: int
    times: int
    sound: tuple[tuple[int, int], ...]


def outcomes() -> list[str]:
    """In the order of the table."""
    return [line.split(" ", 1)[0] for line in TABLE.strip().splitlines()]


def picture(outcome: str) -> str:
    """The SVG of one outcome."""
    colour, _, on_ms, off_ms, times, sound, _ = signal_of(outcome)
    signal = Signal(colour, on_ms, off_ms, times, sound)
    pages = _pages(outcome)
    strips = 18 + len(pages) * _PAGE_STEP
    height = strips + 78
    words = escape(" / ".join(words_of(outcome)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="{words}">',
        f"<title>{words}</title>",
        f'<rect width="{_WIDTH}" height="{height}" rx="10" fill="{_GROUND}"/>',
        *_lamp(colour, strips),
    ]
    for number, page in enumerate(pages):
        parts += _screen(page, 14 + number * _PAGE_STEP)
    parts += _light(signal, strips) + _sound(signal, strips + 28) + _seconds(strips + 56)
    return "\n".join([*parts, "</svg>", ""])


def _pages(outcome: str) -> list[list[str]]:
    texts = [wrap(text, COLUMNS) for text in words_of(outcome)]
    if sum(map(len, texts)) <= ROWS:
        return [[line for text in texts for line in text]]
    return [text[at : at + ROWS] for text in texts for at in range(0, len(text), ROWS)]


def _css(colour: str) -> str:
    most = max(int(digit, 16) for digit in colour)
    return "#" + "".join(f"{round(int(digit, 16) * 255 / most):02x}" for digit in colour)


def _lamp(colour: str, height: int) -> list[str]:
    css, middle = _css(colour), max(60, height // 2)
    is_dim = max(colour) < "8"
    glow = 0.15 if is_dim else 0.35
    return [
        f'<circle cx="74" cy="{middle}" r="46" fill="{css}" opacity="{glow}"/>',
        f'<circle cx="74" cy="{middle}" r="{18 if is_dim else 30}" fill="{css}" stroke="#57606a" stroke-width="2"/>',
    ]


def _screen(lines: list[str], top: int) -> list[str]:
    points = render(lines)
    runs = []
    for y in range(_POINTS_HIGH):
        row = [points[(y // 8) * _POINTS_WIDE + x] >> (y % 8) & 1 for x in range(_POINTS_WIDE)]
        x = 0
        while x < _POINTS_WIDE:
            end = x
            while end < _POINTS_WIDE and row[end]:
                end += 1
            if end > x:
                runs.append(f"M{_LEFT + 2 * x} {top + 2 * y}h{2 * (end - x)}v2h-{2 * (end - x)}z")
            x = end + 1
    frame = f'x="{_LEFT - 8}" y="{top - 6}" width="{_PAGE_WIDTH + 16}" height="{2 * _POINTS_HIGH + 12}" rx="6"'
    return [f'<rect {frame} fill="{_SCREEN}"/>', f'<path fill="{_POINT}" d="{"".join(runs)}"/>']


def _x(ms: float) -> float:
    return round(_LEFT + min(ms, SECONDS * 1000) * _PAGE_WIDTH / (SECONDS * 1000), 1)


def _light(signal: Signal, top: int) -> list[str]:
    parts = _strip("đèn · light", top)
    at_ms, left = 0, signal.times or 1000
    while at_ms < SECONDS * 1000 and left:
        width = max(1.5, round(_x(at_ms + signal.on_ms) - _x(at_ms), 1))
        edge = 'stroke="#57606a" stroke-width="0.6"'
        parts.append(
            f'<rect x="{_x(at_ms)}" y="{top}" width="{width}" height="18" fill="{_css(signal.colour)}" {edge}/>'
        )
        at_ms += signal.on_ms + signal.off_ms
        left -= 1
    return parts


def _sound(signal: Signal, top: int) -> list[str]:
    parts, at_ms = _strip("tiếng · sound", top), 0
    for hz, ms in signal.sound:
        if hz:
            high = round(3 + 15 * min(hz, 2600) / 2600, 1)
            width = max(1.5, round(_x(at_ms + ms) - _x(at_ms), 1))
            y = round(top + 18 - high, 1)
            parts.append(f'<rect x="{_x(at_ms)}" y="{y}" width="{width}" height="{high}" fill="#30363d"/>')
        at_ms += ms
    return parts


def _strip(name: str, top: int) -> list[str]:
    return [
        f'<text x="{_LEFT - 14}" y="{top + 14}" text-anchor="end" {_FONT}>{name}</text>',
        f'<rect x="{_LEFT}" y="{top}" width="{_PAGE_WIDTH}" height="18" fill="{_DARK}"/>',
    ]


def _seconds(top: int) -> list[str]:
    return [
        f'<text x="{_x(1000 * second)}" y="{top + 12}" text-anchor="middle" {_FONT}>{second} s</text>'
        for second in range(int(SECONDS) + 1)
    ]


def make(_root: Path) -> dict[str, bytes]:
    return {f"{FOLDER}/{outcome}.svg": picture(outcome).encode() for outcome in outcomes()}


GENERATORS = (
    Generator(
        "faces",
        ("firmware/face/table.py", "firmware/face/texts.txt", "firmware/face/glyphs.bin", "scripts/drawing/faces.py"),
        (f"{FOLDER}/*.svg",),
        make,
        quick=True,
    ),
)
