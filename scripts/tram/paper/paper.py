"""Pages to draw on: the origin is top left, lengths are in millimetres, letters in points (1/72 inch).

1. A text's `y` is the top of its first line. Marks may come as one or as two characters: they are put together (NFC).
2. A character that the font does not have is drawn as [?]: seen, and never left out.
3. A QR code is made of vectors, its quiet zone of 4 modules is inside the side that it is given. On paper with `dpi`,
   a module is a whole number of dots, so that a thermal printer draws all of them alike.
4. The same calls give the same bytes.

Nothing slow is loaded before the first page is made.
"""

import io
import re
import unicodedata
from functools import cache
from typing import Any

POINTS_PER_MM = 72 / 25.4
LINE = 1.25
"""The height of a line, as a part of its letters' size."""
QUIET_MODULES = 4
_REGULAR, _BOLD = "Source-Sans", "Source-Sans-Bold"
_NO_GLYPH = "[?]"
_ALPHANUMERIC = re.compile(rb"[0-9A-Z $%*+./:-]+")


class Paper:
    """Pages of one size, drawn one after the other."""

    def __init__(self, width_mm: float, height_mm: float, title: str = "", dpi: int | None = None) -> None:
        from reportlab.pdfgen.canvas import Canvas

        _fonts()
        if dpi is not None:  # the page itself is a whole number of dots too, or every edge falls between two
            width_mm, height_mm = (int(side * dpi / 25.4 + 1e-6) * 25.4 / dpi for side in (width_mm, height_mm))
        self.width_mm = width_mm
        self.height_mm = height_mm
        self.dpi = dpi
        self.pages = 1
        self._file = io.BytesIO()
        size = (width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM)
        self._canvas: Any = Canvas(self._file, pagesize=size, invariant=1, pageCompression=1, lang="vi")
        self._canvas.setTitle(_nfc(title) or "Trạm")
        self._canvas.setAuthor("Trạm")
        self._done: bytes | None = None

    # Text

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size_pt: float = 10,
        bold: bool = False,
        width: float | None = None,
        align: str = "left",
        color: str = "#000",
    ) -> float:
        """Draw text, wrapped to `width` if there is one. `align`: left, center, right, of the width, or of `x`.

        -> the height that it takes.
        """
        lines = self.lines(text, size_pt, bold, width)
        at_x = x
        if width is not None:
            at_x = {"left": x, "center": x + width / 2, "right": x + width}[align]
        self._canvas.setFillColor(_color(color))
        self._canvas.setFont(_BOLD if bold else _REGULAR, size_pt)
        draw = {
            "left": self._canvas.drawString,
            "center": self._canvas.drawCentredString,
            "right": self._canvas.drawRightString,
        }[align]
        step = _line_mm(size_pt)
        for number, line in enumerate(lines):
            # The baseline stands 0.95 of the size below the top: room for two marks above a capital letter.
            draw(*self._at(at_x, y + number * step + 0.95 * size_pt / POINTS_PER_MM), line)
        return len(lines) * step

    def lines(self, text: str, size_pt: float, bold: bool = False, width: float | None = None) -> list[str]:
        """The lines that `text` would draw. A word that is longer than `width` is broken."""
        lines = []
        for paragraph in _drawable(text, bold).split("\n"):
            lines += self._wrapped(paragraph, size_pt, bold, width) if width is not None else [paragraph]
        return lines

    def height_of(self, text: str, size_pt: float, bold: bool = False, width: float | None = None) -> float:
        """What `text` would return."""
        return len(self.lines(text, size_pt, bold, width)) * _line_mm(size_pt)

    def width_of(self, text: str, size_pt: float, bold: bool = False) -> float:
        """How wide a line is."""
        return _width_mm(_drawable(text, bold), size_pt, bold)

    def fitting(
        self, text: str, width: float, height: float, most_pt: float, least_pt: float, bold: bool = False
    ) -> float | None:
        """The largest size with which a text stays within a box and keeps its words whole; None: there is none."""
        size_pt = most_pt
        words = _drawable(text, bold).split()
        while size_pt >= least_pt:
            is_narrow = all(_width_mm(word, size_pt, bold) <= width for word in words)
            if is_narrow and self.height_of(text, size_pt, bold, width) <= height + 1e-6:
                return size_pt
            size_pt -= 0.25
        return None

    def _wrapped(self, text: str, size_pt: float, bold: bool, width: float) -> list[str]:
        lines, line = [], ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if _width_mm(longer, size_pt, bold) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            line = word
            while len(line) > 1 and _width_mm(line, size_pt, bold) > width:
                cut = len(line) - 1
                while cut > 1 and _width_mm(line[:cut], size_pt, bold) > width:
                    cut -= 1
                lines.append(line[:cut])
                line = line[cut:]
        return [*lines, line]

    # Shapes

    def code(self, x: float, y: float, side_mm: float, data: bytes | str, error: str = "m") -> float:
        """A QR code of these bytes in a square. `error`: the correction at least, one of l, m, q, h.

        -> how wide a module is, mm. ValueError: too much for a code, or for this square with this printer.
        """
        matrix = _matrix(data.encode() if isinstance(data, str) else bytes(data), error)
        count = len(matrix) + 2 * QUIET_MODULES
        module = side_mm / count
        if self.dpi is not None:
            dot = 25.4 / self.dpi
            module = int(module / dot + 1e-6) * dot
            if module == 0:
                raise ValueError("a module would be smaller than a dot of this printer")
            x, y = (round(at / dot) * dot for at in (x, y))
        left = x + QUIET_MODULES * module
        top = y + QUIET_MODULES * module
        if self.dpi is None:  # what the square has more than whole dots need goes to both sides alike
            rest = (side_mm - count * module) / 2
            left, top = left + rest, top + rest
        self._canvas.setFillColor(_color("#fff"))
        self._canvas.rect(*self._at(x, y + side_mm), *_points(side_mm, side_mm), stroke=0, fill=1)
        self._canvas.setFillColor(_color("#000"))
        path = self._canvas.beginPath()  # one path: between shapes of their own a renderer leaves hairlines
        for row, line in enumerate(matrix):
            for start, length in _runs(line):
                corner = self._at(left + start * module, top + (row + 1) * module)
                path.rect(*corner, *_points(length * module, module))
        self._canvas.drawPath(path, stroke=0, fill=1)
        return module

    def line(
        self,
        x: float,
        y: float,
        to_x: float,
        to_y: float,
        width_mm: float = 0.3,
        color: str = "#000",
        dash: bool = False,
    ) -> None:
        """A straight line."""
        self._pen(width_mm, color, dash)
        self._canvas.line(*self._at(x, y), *self._at(to_x, to_y))

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        width_mm: float = 0.3,
        color: str | None = "#000",
        fill: str | None = None,
        radius_mm: float = 0,
        dash: bool = False,
    ) -> None:
        """A rectangle: its outline in `color`, unless that is None, filled with `fill`, if there is one."""
        self._pen(width_mm, color or "#000", dash)
        if fill is not None:
            self._canvas.setFillColor(_color(fill))
        kinds = {"stroke": int(color is not None), "fill": int(fill is not None)}
        corner, sides = self._at(x, y + height), _points(width, height)
        if radius_mm:
            self._canvas.roundRect(*corner, *sides, radius_mm * POINTS_PER_MM, **kinds)
        else:
            self._canvas.rect(*corner, *sides, **kinds)

    def circle(self, x: float, y: float, radius_mm: float, fill: str = "#000", color: str | None = None) -> None:
        """A disc around x, y."""
        self._pen(0.3, color or "#000", False)
        self._canvas.setFillColor(_color(fill))
        self._canvas.circle(*self._at(x, y), radius_mm * POINTS_PER_MM, stroke=int(color is not None), fill=1)

    def picture(self, x: float, y: float, width: float, png_bytes: bytes) -> float:
        """A picture, as wide as that. -> its height."""
        from reportlab.lib.utils import ImageReader

        image = ImageReader(io.BytesIO(png_bytes))
        wide, high = image.getSize()
        height = width * high / wide
        self._canvas.drawImage(image, *self._at(x, y + height), *_points(width, height), mask="auto")
        return float(height)

    # Pages

    def next_page(self) -> None:
        """Go on with a new page."""
        self._canvas.showPage()
        self.pages += 1

    def pdf(self) -> bytes:
        """All pages. After this nothing can be drawn any more."""
        if self._done is None:
            self._canvas.showPage()
            self._canvas.save()
            self._done = self._file.getvalue()
        return self._done

    def png(self, dpi: int, page: int = 0) -> bytes:
        """One page as a picture, as `pdf` has it."""
        import pypdfium2

        with pypdfium2.PdfDocument(self.pdf()) as document:
            # a hair less: 500.0000001 dots are not 501
            image = document[page].render(scale=dpi / 72 * (1 - 2e-6)).to_pil()
        file = io.BytesIO()
        image.convert("L" if _is_grey(image) else "RGB").save(file, "PNG", dpi=(dpi, dpi))
        return file.getvalue()

    def _pen(self, width_mm: float, color: str, dash: bool) -> None:
        self._canvas.setLineWidth(width_mm * POINTS_PER_MM)
        self._canvas.setStrokeColor(_color(color))
        self._canvas.setDash([3, 3] if dash else [])

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x * POINTS_PER_MM, (self.height_mm - y) * POINTS_PER_MM


@cache
def _fonts() -> None:
    import font_source_sans_pro
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in ((_REGULAR, "SourceSansPro"), (_BOLD, "SourceSansProBold")):
        pdfmetrics.registerFont(TTFont(name, font_source_sans_pro.font_files_ttf[file]))


@cache
def _glyphs(bold: bool) -> frozenset[int]:
    from reportlab.pdfbase import pdfmetrics

    _fonts()
    return frozenset(pdfmetrics.getFont(_BOLD if bold else _REGULAR).face.charToGlyph)


def _drawable(text: str, bold: bool) -> str:
    known = _glyphs(bold)
    return "".join(char if char == "\n" or ord(char) in known else _replaced(char) for char in _nfc(text))


def _replaced(char: str) -> str:
    return " " if char.isspace() else _NO_GLYPH


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _width_mm(text: str, size_pt: float, bold: bool) -> float:
    from reportlab.pdfbase import pdfmetrics

    _fonts()
    return float(pdfmetrics.stringWidth(text, _BOLD if bold else _REGULAR, size_pt)) / POINTS_PER_MM


def _line_mm(size_pt: float) -> float:
    return size_pt * LINE / POINTS_PER_MM


def _points(*lengths_mm: float) -> tuple[float, ...]:
    return tuple(length * POINTS_PER_MM for length in lengths_mm)


def _color(text: str) -> Any:
    from reportlab.lib.colors import HexColor

    digits = text.lstrip("#")
    return HexColor("#" + ("".join(digit * 2 for digit in digits) if len(digits) == 3 else digits))


def _is_grey(image: Any) -> bool:
    red, green, blue = image.convert("RGB").split()
    return bool(red.tobytes() == green.tobytes() == blue.tobytes())


def _matrix(data: bytes, error: str) -> tuple[bytearray, ...]:
    import segno

    # Bytes stay the bytes that they are: segno would take some of them for Japanese.
    mode = None if data.isdigit() or _ALPHANUMERIC.fullmatch(data) else "byte"
    try:
        matrix: tuple[bytearray, ...] = segno.make_qr(data, error=error, mode=mode).matrix
    except segno.DataOverflowError:
        raise ValueError("more than a QR code holds") from None
    return matrix


def _runs(line: bytearray) -> list[tuple[int, int]]:
    """Where dark modules begin in a row, and how many there are."""
    runs, start = [], None
    for at, dark in enumerate([*line, 0]):
        if dark and start is None:
            start = at
        elif not dark and start is not None:
            runs.append((start, at - start))
            start = None
    return runs
