"""The serial ports of this computer: what is behind each, and opening one without doing harm.

    port = choose(wanted, {"esp", "bridge"})        # what --port says, or the only one of these kinds
    with opened(port.device, 115200, 1.0) as line:  # a pyserial port

A port that is not known to belong to a board or a reader of ours is opened only where a person has named it.
"""

from scripts.tram.ports.choosing import choose, matching
from scripts.tram.ports.listing import info_of, listed
from scripts.tram.ports.opening import opened
from scripts.tram.ports.port import BOARD_KINDS, KINDS, Port, kind_of
from scripts.tram.ports.words import WORDS

__all__ = ["BOARD_KINDS", "KINDS", "WORDS", "Port", "choose", "info_of", "kind_of", "listed", "matching", "opened"]
