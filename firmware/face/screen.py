# The words on a screen of 16 characters by 4 lines (128 x 64 points). Loaded only where there is one.
#
# 1. Where both languages fit on one page they stand on one, Vietnamese first; otherwise page after page, each PAGE_MS.
# 2. What passes is shown for each of its pages once, even when light and sound are over; then what lies under it comes
#    back, and its pages take turns for as long as it lasts.
# 3. Nothing is read or drawn but in `tick`, one page at a time.

from .font import COLUMNS, ROWS, render
from .texts import words_of

PAGE_MS = 2500


class Screen:
    def __init__(self, port, language, name):
        self._port = port
        self._language = language
        self._name = name
        self._under = ("ready", "")
        self._over = None
        self._pages = []
        self._is_new = False
        self._page = self._since_ms = 0

    def show(self, outcome, detail, passes):
        self._over = (outcome, detail) if passes else None
        if not passes:
            self._under = (outcome, detail)
        self._is_new = True

    def lie_under(self, outcome, detail):
        # seen when what passes is over
        if self._under != (outcome, detail):
            self._under = (outcome, detail)
            self._is_new = self._is_new or not self._over
        elif not self._pages:
            self._is_new = True

    def tick(self):
        now_ms = self._port.ticks_ms()
        if not self._is_new:
            if not self._pages or self._port.ticks_diff(now_ms, self._since_ms) < PAGE_MS:
                return
            self._page += 1
            if self._page >= len(self._pages) and self._over:
                self._over = None
                self._is_new = True
        if self._is_new:
            self._is_new = False
            self._page = 0
            self._pages = self._pages_of(*(self._over or self._under))
        elif len(self._pages) == 1:
            self._since_ms = now_ms
            return
        self._since_ms = now_ms
        self._draw(self._pages[self._page % len(self._pages)])

    def _draw(self, lines):
        if self._port.has_screen:
            try:
                self._port.show(render(lines))
                return
            except OSError:
                pass  # no font (frozen firmware): the board's own, which has no Vietnamese
        self._port.display(lines)

    def _pages_of(self, outcome, detail):
        texts = words_of(outcome, detail)
        if self._language != "both":
            texts = texts[:1] if self._language == "vi" else texts[1:]
        pages = [wrap(text, COLUMNS) for text in texts]
        lines = [line for page in pages for line in page]
        if len(lines) <= ROWS:
            name = wrap(self._name, COLUMNS) if outcome == "ready" else []
            return [name + lines if len(name) + len(lines) <= ROWS else lines]
        return [page[at : at + ROWS] for page in pages for at in range(0, len(page), ROWS)]


def wrap(text, columns):
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > columns:
            lines.append(line)
            line = ""
        line = line + " " + word if line else word
        while len(line) > columns:
            lines.append(line[:columns])
            line = line[columns:]
    if line:
        lines.append(line)
    return lines
