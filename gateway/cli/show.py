"""How things look on a terminal. What a box says may be anything: nothing of it gets there as a control character."""

import json
import re
import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

EXIT_OK, EXIT_NO, EXIT_LATER, EXIT_WRONG = 0, 1, 75, 78
_PIPE_WIDTH = 200
_NOT_FOR_TERMINALS = re.compile(r"[^\t\n -~\u00a0-\u2027\u202f-\u2065\u2070-\U0010ffff]")


def plain(text: str) -> str:
    """Without what moves the cursor, changes colours or turns the line around."""
    return _NOT_FOR_TERMINALS.sub("\N{REPLACEMENT CHARACTER}", text)


def say(text: str) -> None:
    print(plain(text))


def note(text: str) -> None:
    """For the person, not for what reads the output."""
    print(plain(text), file=sys.stderr)


def say_json(value: Any) -> None:
    say(json.dumps(value, ensure_ascii=False, indent=1))


def table(columns: list[str], rows: list[list[object]]) -> None:
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*[Text(plain(str(cell)).replace("\n", " ")) for cell in row])
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(made)


def age(seconds: float) -> str:
    """ "12 s", "5 min", "3 h", "2 d" """
    for limit, unit, word in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{max(seconds, 0) // unit:.0f} {word}"
    return f"{seconds // 86_400:.0f} d"
