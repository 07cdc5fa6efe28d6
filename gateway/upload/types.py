"""What upload is handed, and what it tells."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple, Protocol, TypeVar


class Settings(NamedTuple):
    """`[upload]` of the gateway's configuration, but for what is of the way to the server."""

    max_scans: int = 2000
    max_bytes: int = 2_000_000
    """Of records in a batch, before compression."""
    first_wait_s: float = 0.5
    longest_wait_s: float = 600.0
    """Between two tries when the server is away; also what a Retry-After is bounded to."""
    denied_wait_s: float = 60.0
    """After 401, 403, 404 and the like: a person must do something first."""
    hunt_wait_s: float = 0.5
    retry_parked_s: float = 3600.0
    tell_every_s: float = 5.0
    """At least this long between two batches that carry nothing but tips and clock samples."""


class Stamped(Protocol):
    """What is known of a scan without its code."""

    @property
    def boot(self) -> int: ...


class Held(Protocol):
    """A record as the buffer hands it out."""

    @property
    def key(self) -> int: ...
    @property
    def box_id(self) -> str: ...
    @property
    def epoch(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def record(self) -> bytes: ...
    @property
    def scan(self) -> Stamped | None: ...


class Statement(Protocol):
    @property
    def box_id(self) -> str: ...
    @property
    def epoch(self) -> str: ...
    @property
    def first_held(self) -> int: ...
    @property
    def last_seq(self) -> int: ...


H_co = TypeVar("H_co", bound=Held, covariant=True)


class Store(Protocol[H_co]):
    """What upload needs of a buffer."""

    @property
    def news(self) -> asyncio.Event: ...
    async def claim(self, max_scans: int, max_bytes: int, skip: Set[int] = ...) -> Sequence[H_co]: ...
    async def claim_parked(self, max_scans: int) -> Sequence[H_co]: ...
    async def settle(self, keys: Sequence[int], verdicts: Sequence[str]) -> None: ...
    async def park(self, keys: Sequence[int], reason: str) -> None: ...
    async def take_batch_nos(self, count: int) -> int: ...
    async def tips(self) -> Sequence[Statement]: ...


class Stats(NamedTuple):
    """For health; counters count since this start."""

    state: str
    """`idle`, `sending`, `hunting`, or why it waits: a code of gateway/server/outcome.py."""
    reason: str | None
    """In words and with the address, why the last request did not work; None: it did, or there was none yet."""
    since_mono_ms: int
    """When it came into this state."""
    next_try_mono_ms: int | None
    last_ok_mono_ms: int | None
    batches: int
    scans: int
    sent_bytes: int
    """Bodies as they went over the line, tries that failed included."""
    failures: Mapping[str, int]
    """By code."""
    parked: int
    """Records set aside since this start because they break whatever batch they are in."""
    batch_scans: int
    """How many records the next batch may have."""
    address: str
    """Of the server: the one in use."""
