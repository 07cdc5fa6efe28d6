"""What the place is handed, and what it tells: plain values."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from gateway.place.presence import Inside

Bounds = tuple[int | None, int | None]
Instant = Callable[["Timed", str, int], Bounds]
"""Between which instants of UTC a scan was made that came in then: (scan, received_boot, received_mono_ms)."""


class Timed(Protocol):
    """What relates a scan to time; a scan, an envelope and a row of the buffer have it."""

    @property
    def box_id(self) -> str: ...

    @property
    def epoch(self) -> str: ...

    @property
    def seq(self) -> int: ...

    @property
    def boot(self) -> int: ...

    @property
    def uptime_ms(self) -> int: ...

    @property
    def utc_ms(self) -> int | None: ...

    @property
    def bound_ms(self) -> int | None: ...

    @property
    def marks(self) -> str: ...


class Coded(Timed, Protocol):
    """A scan in the clear."""

    @property
    def code(self) -> bytes: ...


class Fresh(Protocol):
    """A scan that has just been stored for the first time."""

    @property
    def scan(self) -> Coded: ...

    @property
    def received_boot(self) -> str: ...

    @property
    def received_mono_ms(self) -> int: ...

    @property
    def is_alone(self) -> bool: ...


class Kept(Timed, Protocol):
    """A scan that was stored earlier; its code is gone."""

    @property
    def received_boot(self) -> str: ...

    @property
    def received_mono_ms(self) -> int: ...


class Last(NamedTuple):
    """One of the last scans, as it may be shown."""

    at_ms: int | None
    """UTC; None: not known."""
    box_id: str
    gate: str
    direction: str
    kind: str
    who: str
    """Initials and year of birth, or empty."""
    outcome: str | None
    """What the place said; None: nothing."""


class Way(NamedTuple):
    """Where a box stands, as its latest scan said."""

    direction: str
    """`in`, `out` or `both`."""
    gate: str
    at_ms: int | None = None
    """When that scan came in, in running time of this boot; None: before it."""


class GateDay(NamedTuple):
    """One box on one day."""

    box_id: str
    gate: str
    hours: Mapping[str, list[int]]
    """`in`, `out` and `both` -> 24 numbers of scans, refused ones left out."""
    refused: Mapping[str, int]
    unknown: Mapping[str, int]
    """By direction, or the outcome of refused ones: scans of no known time, of whatever day; only in `today`."""


class Day(NamedTuple):
    """What the place knows of one day."""

    date: str | None
    """The local date on which it begins; None: UTC is not known, and it is a day of running time."""
    gates: list[GateDay]
    capacity: int
    inside: Inside | None
    """None: of an earlier day."""
    repeats: int
    """Repeated reads among the scans; only of today."""
    known_for_s: int
    """So long has the place been remembering people; a power cut begins it anew."""
    is_memory_full: bool
    """More people than there is room for: further ones are counted without being known."""
