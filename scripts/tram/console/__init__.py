"""The laptop's side of a box's serial console (firmware/wire/SPEC.md §18).

with opened(port.device, 115200, 0.1) as line:
    console = Console(line)
    hello = console.meet()                  # who is there
    facts = console.ask("self_test")        # one answer, joined from its lines
    for record in records(console): ...     # what the box still holds
"""

from scripts.tram.console.console import Console
from scripts.tram.console.records import Record, records
from scripts.tram.console.words import WORDS

__all__ = ["WORDS", "Console", "Record", "records"]
