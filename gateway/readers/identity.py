"""Who a reader is: its box id, the life of its numbers, and the number of its next scan.

1. A box id is the gateway's id, `-r-`, and 8 hex digits of SHA-256 over gateway and device: the same wherever the
   device appears under the same name, and never that of a box.
2. A number is given to one scan, once, for ever. What the file says (`given_to`: no number above it was ever given;
   `kept_to`: up to here the buffer had committed) is on the disk before a number is used.
3. The epoch goes on where that cannot break: the buffer holds 1 … h without a hole, and either nothing was under way
   when the file was last written (given_to = kept_to = h), or no power was lost since (same machine, same boot of it)
   and kept_to <= h <= given_to. In any other case the numbers begin again in a new epoch: a file or a buffer that came
   from a copy, a card that forgot what it had confirmed, a buffer that is new or was salvaged, a failed write.
4. While nothing happens, and after a clean stop, nothing is reserved: so the usual power cut, at night, costs no epoch.
"""

import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from firmware.wire.ack import Ack
from firmware.wire.fields import U32_MAX
from gateway import files

RESERVE = 64
"""So many numbers are reserved with one write."""
_VERSION = 1
_ID_BYTES = 32
_TAIL_BYTES = len("-r-") + 8


def box_id_of(gateway_id: str, device_key: str) -> str:
    """At most 32 characters; two gateways never share one, not even where their names are cut."""
    digest = sha256(f"{gateway_id}\n{device_key}".encode()).hexdigest()[:8]
    return f"{gateway_id[: _ID_BYTES - _TAIL_BYTES]}-r-{digest}"


class Ledger(NamedTuple):
    """What the file holds."""

    epoch: str
    boot: int
    """How many times this epoch has been opened."""
    given_to: int
    kept_to: int
    life: str
    """The machine and its boot that wrote this."""
    is_told: bool
    """Whether the server has been told of this box."""
    device: str
    port: str


def read(path: Path) -> Ledger | None:
    """None where there is no file, or not one that can be believed."""
    told = files.read_json(path)
    if told is None or told.get("v") != _VERSION:
        return None
    try:
        one = Ledger(**{name: told[name] for name in Ledger._fields})
    except (KeyError, TypeError):
        return None
    return one if _is_sound(one) else None


def _is_sound(one: Ledger) -> bool:
    numbers = (one.boot, one.given_to, one.kept_to)
    texts = (one.epoch, one.life, one.device, one.port)
    if not all(type(number) is int for number in numbers) or not all(isinstance(text, str) for text in texts):
        return False
    is_epoch = len(one.epoch) == 12 and not one.epoch.strip("0123456789abcdef")
    return is_epoch and one.boot >= 1 and 0 <= one.kept_to <= one.given_to <= U32_MAX and isinstance(one.is_told, bool)


def write(path: Path, one: Ledger) -> None:
    """On the disk when it returns; raises OSError, and then the old one holds."""
    value: dict[str, Any] = {"v": _VERSION, **one._asdict()}
    files.write_json(path, value)


def goes_on(known: Ledger | None, held: Ack, life: str, is_buffer_whole: bool) -> bool:
    """Rule 3: may the epoch of the file go on after what the buffer holds of it?"""
    if known is None or not is_buffer_whole or known.boot >= U32_MAX:
        return False
    highest: int = held.highest
    if held.complete_to != highest or not known.kept_to <= highest <= known.given_to or highest >= U32_MAX - RESERVE:
        return False
    was_idle = known.given_to == known.kept_to == highest
    return was_idle or known.life == life


def opened(known: Ledger | None, held: Ack | None, life: str, is_buffer_whole: bool, device: str, port: str) -> Ledger:
    """What the file is to say from now on: the same epoch in its next boot, or a new one."""
    is_told = known is not None and known.is_told
    if known is not None and held is not None and goes_on(known, held, life, is_buffer_whole):
        return Ledger(known.epoch, known.boot + 1, held.highest, held.highest, life, is_told, device, port)
    return Ledger(secrets.token_hex(6), 1, 0, 0, life, is_told, device, port)


class Numbers:
    """Gives the numbers of one epoch; whoever takes one uses it, or gives the epoch up."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self._path = path
        self.ledger = ledger
        self.last = ledger.kept_to
        """The last number that the buffer has committed."""

    def next(self) -> int:
        """The number of the next scan, reserved on the disk. Raises OSError. Until kept() it stays the same."""
        if self.last + 1 > self.ledger.given_to:
            self._write(self.ledger._replace(given_to=self.last + RESERVE, kept_to=self.last))
        return self.last + 1

    def kept(self) -> None:
        """The buffer has committed the number that next() gave."""
        self.last += 1

    @property
    def is_at_rest(self) -> bool:
        return self.ledger.given_to == self.ledger.kept_to == self.last

    def rest(self) -> None:
        """Nothing is under way: write that down. Raises OSError."""
        if not self.is_at_rest:
            self._write(self.ledger._replace(given_to=self.last, kept_to=self.last))

    def told(self) -> None:
        """The server will know of this box. Raises OSError."""
        self._write(self.ledger._replace(is_told=True))

    def _write(self, ledger: Ledger) -> None:
        write(self._path, ledger)
        self.ledger = ledger
