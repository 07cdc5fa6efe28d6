"""A box on a cable of this laptop: found, opened, and asked who it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scripts.tram import exits
from scripts.tram.box.words import SAY
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from scripts.tram.console import Console

MEET_S = 20.0
LOOK_S = 3.0
"""So long a port is asked where nobody has named it."""


@contextmanager
def met(
    port: str | None, box: str | None = None, timeout_s: float = MEET_S
) -> "Iterator[tuple[Console, dict[str, Any]]]":
    """-> the console, and what the box said to `hello`. Trouble other_box where it is not the one that is named."""
    from scripts.tram.console import Console
    from scripts.tram.console.console import BAUD
    from scripts.tram.ports import BOARD_KINDS, choose, opened

    found = choose(port, BOARD_KINDS)
    with opened(found.device, BAUD, 0.1) as line:
        console = Console(line)
        hello = console.meet(timeout_s)
        if box is not None and hello.get("box_id") != box:
            there = str(hello.get("box_id"))
            raise Trouble("other_box", exits.REFUSED, SAY, port=found.device, there=there, box=box)
        yield console, hello


def on_cables() -> Iterator[tuple[str, "dict[str, Any] | Trouble"]]:
    """Each port that may have a board of ours: its device, and what the box said, or why none did."""
    from scripts.tram.ports import BOARD_KINDS, listed

    for port in listed():
        if port.kind in BOARD_KINDS:
            try:
                with met(port.device, timeout_s=LOOK_S) as (_, hello):
                    yield port.device, hello
            except Trouble as trouble:
                yield port.device, trouble
