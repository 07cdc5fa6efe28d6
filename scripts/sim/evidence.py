"""What was seen at each end during a run: the material that report.py judges. Plain values, no judgement.

Instants named `_ms` are CLOCK_MONOTONIC of this machine, which boxes, readers and the demo share;
`_utc_ms` are wall-clock milliseconds. A box is named by its `box_id`; `crc` is 8 hex digits.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Shown(NamedTuple):
    """A picture held before a box's reader. `code` is what was drawn into it, not what anybody read in it."""

    box_id: str
    code: bytes
    at_ms: int


class Sent(NamedTuple):
    """The reader module's own word that it has sent a code to its box."""

    box_id: str
    crc: str
    length: int
    last_byte_ms: int


class Green(NamedTuple):
    """The box showed "stored"."""

    box_id: str
    epoch: str
    seq: int
    crc: str
    length: int
    at_ms: int


class Boot(NamedTuple):
    """A box has opened its spool."""

    box_id: str
    epoch: str
    boot: int
    last_seq: int


class Stored(NamedTuple):
    """One scan as the server hands it out."""

    box_id: str
    epoch: str
    seq: int
    record: bytes
    stored_utc_ms: int | None = None
    earliest_utc_ms: int | None = None
    latest_utc_ms: int | None = None
    digest: str | None = None
    """What the server knows the whole record again by; `record` may be without its code."""


class Account(NamedTuple):
    """The server's ledger of one spool of one box."""

    box_id: str
    epoch: str
    highest: int
    complete_to: int
    holes: int
    """How many ranges are neither stored nor quarantined nor declared lost."""
    stored: int
    quarantined: int = 0
    declared_lost: int = 0
    lost_unknown: bool = False
    """Something was declared lost of which nobody knows how much it was."""


class Wish(NamedTuple):
    """Settings or firmware that somebody wished for a box."""

    box_id: str
    what: str
    """`settings` or `firmware`."""
    version: int
    nature: str
    """`good`; of settings also `invalid` (no box may take them) and `cutting` (they cut it off)."""


class Outcome(NamedTuple):
    """What a box said of settings or firmware: `good`, `refused`, `given_up`, `trying`, `confirmed`, …"""

    box_id: str
    what: str
    version: int
    outcome: str
    code: str


class Heap(NamedTuple):
    """What a box says of its memory: in use after a collection, and the largest block that could be had lately."""

    box_id: str
    used: int
    block: int | None


class Injected(NamedTuple):
    """A fault that was really injected, `at_s` after the first code was due."""

    kind: str
    at_s: float
    details: dict[str, Any]


@dataclass
class Evidence:
    """Everything of one run."""

    shown: list[Shown] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)
    """How often a reader did not send what it was shown, or not whole, by its reason."""
    greens: list[Green] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    """How often the boxes refused, by the face they showed."""
    boots: list[Boot] = field(default_factory=list)
    delivered: dict[tuple[str, str], int] = field(default_factory=dict)
    """(box_id, epoch) -> the highest `complete_to` that the box was told."""
    stored: list[Stored] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    duplicates: int = 0
    """Records that came again with the same bytes, at the gateway or the server: what resending costs, and no harm."""
    conflicts: int = 0
    """Records that came again with other bytes, at the gateway or the server."""
    quarantined: int = 0
    """Messages and records that gateway or server set aside, beyond those that a ledger counts."""
    faults: list[Injected] = field(default_factory=list)
    utc_minus_mono_ms: int = 0
    micropython: str = ""
    heap_limit: int = 0
    heap_peak: int = 0
    heaps: list[Heap] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    fleet: dict[str, dict[str, Any]] = field(default_factory=dict)
    """box_id -> what the gateway says of it at the end; only where boxes are looked after."""
    seconds: float = 0.0
    counted: int | None = None
    """What the place's own page counts, at the end."""
    gave_up: str = ""
    """Why the wait for the last scans was given up; empty when everything arrived."""
    mishaps: list[str] = field(default_factory=list)
    """Sentences about parts that failed by themselves: an end nobody ordered, a line nobody can read."""
