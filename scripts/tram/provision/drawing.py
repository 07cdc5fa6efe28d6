"""A set-up code to be seen: in the terminal, and in files. It holds secrets: files are their owner's alone."""

import io
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.tram import exits
from scripts.tram.home import write_whole
from scripts.tram.provision.words import WORDS
from scripts.tram.trouble import Trouble

FORMATS = (".png", ".svg", ".pdf", ".txt")
QUIET = 4
MOST_MODULES = 117
"""A side of more modules gets less than four of the 488 dots that a cheap reader has for each, at the very best."""
_OWNER_ALONE = 0o600
_PIXELS, _MODULE_MM = 8, 0.7
_PAIRS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def symbol(text: str) -> Any:
    """The QR code of a text: as few modules as can be, for it is read from a screen or from clean paper."""
    import segno

    return segno.make_qr(text.encode(), error="l", mode="byte")


def checked(file: Path | None) -> None:
    """Trouble file_kind: to be asked before anything else is done."""
    if file is not None and file.suffix.lower() not in FORMATS:
        raise Trouble("file_kind", exits.USAGE, WORDS, file=str(file))


def terminal(text: str) -> list[str]:
    """Lines of half blocks, black on white whatever the terminal's colours are."""
    rows = [[int(dark) for dark in row] for row in symbol(text).matrix_iter(border=QUIET)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    pairs = zip(rows[::2], rows[1::2])
    return ["\x1b[30;107m" + "".join(_PAIRS[both] for both in zip(*pair)) + "\x1b[0m" for pair in pairs]


def room(text: str) -> tuple[int, int, int, int]:
    """-> (columns, lines that it takes; columns, lines that there are)."""
    side = symbol(text).symbol_size(border=QUIET)[0]
    have = shutil.get_terminal_size()
    return side, (side + 1) // 2, have.columns, have.lines - 2


def has_screen() -> bool:
    """Whether a person sees standard output."""
    return sys.stdout.isatty()


def has_blocks() -> bool:
    """Whether standard output has the characters of which `terminal` makes a code."""
    try:
        "".join(_PAIRS.values()).encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeError:
        return False
    return True


def save(text: str, file: Path) -> None:
    """As PNG, SVG or text. (A page of PDF is in sheet.py.)"""
    checked(file)
    kind = file.suffix.lower()
    if kind == ".txt":
        write_whole(file, text.encode() + b"\n", _OWNER_ALONE)
        return
    made = io.BytesIO()
    if kind == ".svg":
        symbol(text).save(made, kind="svg", scale=_MODULE_MM, unit="mm", border=QUIET, light="#fff")
    else:
        symbol(text).save(made, kind="png", scale=_PIXELS, border=QUIET, dpi=300)
    write_whole(file, made.getvalue(), _OWNER_ALONE)


def save_all(texts: Sequence[str], file: Path) -> list[Path]:
    """One file for each, numbered where there are several; all in one where it is text. -> the files."""
    if file.suffix.lower() == ".txt":
        write_whole(file, "".join(text + "\n" for text in texts).encode(), _OWNER_ALONE)
        return [file]
    many = len(texts) > 1
    files = [file.with_name(f"{file.stem}-{n}{file.suffix}") if many else file for n, _ in enumerate(texts, 1)]
    for text, one in zip(texts, files):
        save(text, one)
    return files
