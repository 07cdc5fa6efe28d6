"""What the panel shows, as plain values, and who tells it: `Sources`.

1. A look is of one moment: the panel asks once and shows all of it together.
2. What is not known is None, or a range: the panel never fills in a number.
3. Nothing in here is personal but `LastScan.who`, which is masked by who makes it (initials and year of birth).
4. Durations are seconds before now, so that they hold where UTC is not known; where it is, the panel says the hour.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class PlaceName(NamedTuple):
    gateway_id: str
    name: str = ""
    """What people call the place; empty: the gateway's id is shown."""
    purpose: str = "identified"
    """`identified` or `counts_only`."""


class Cell(NamedTuple):
    """The counts of one gate in one hour."""

    gate: str
    """Empty where the boxes there name none."""
    hour: int | None
    """0 to 23, local time; None: on this day, but nobody knows in which hour."""
    ins: int
    outs: int
    both: int = 0
    """At boxes for both ways: somebody came in or went out."""


class Day(NamedTuple):
    """The counts of one day; hours and gates without a scan need no cell."""

    date: str | None
    """`2026-11-22`, local time; None: UTC is not known, and it is a day of running time."""
    cells: Sequence[Cell]
    first_hour: int = 0
    """With which hour the day begins."""
    hour_now: int | None = None
    """The hour that is under way; None: the day is over, or the time is not known."""
    repeats: int = 0
    """Scans of somebody who had been scanned just before, among the counts."""


class Occupancy(NamedTuple):
    """How many people are inside: certainly not fewer than `low`, not more than `high`."""

    low: int
    best: int
    high: int | None
    """None: a box is away, and nobody knows what it holds."""
    counts_exits: bool = True
    """False: there is no way out that counts, and `best` is who came in of late."""
    forgotten_exits: int = 0
    """So many came in again without having gone out."""
    unseen_entries: int = 0
    """So many went out without having come in."""
    remembers_s: float | None = None
    """So long people are remembered, where that is less than the day; None: since the day began."""


class Outcome(NamedTuple):
    """What came of the last code at a reader that cannot show it by itself."""

    word: str
    """`stored`, `repeat`, `refused` or `not_kept`."""
    reason: str
    """Why, in one word; empty: nothing to explain."""
    ago_s: float


class BoxState(NamedTuple):
    box_id: str
    state: str
    """`ok`, or what is the matter; `trouble.py` has words for those that the gateway's health knows."""
    reason: str = ""
    """Of gateway/reasons.py; what is none of these is shown where the state has no words of its own."""
    since_s: float | None = None
    gate: str = ""
    direction: str = ""
    """`in`, `out`, `both` or empty."""
    waiting: int | None = None
    """Scans that the box still has."""
    last_scan_s: float | None = None
    device: str = ""
    """Where it is plugged into this machine; empty: it is a box on the network."""
    outcome: Outcome | None = None


class LastScan(NamedTuple):
    ago_s: float
    """Since it was received here."""
    kind: str
    """As `firmware.codes` names it; empty where only counts are kept."""
    who: str = ""
    """`N.V.A. 1990`: initials and year of birth; empty where there is no name, or none may be shown."""
    gate: str = ""
    direction: str = ""
    outcome: str = ""
    """What the place's rules said: `welcome`, `place_full`, `quota`, `revoked`; empty: nothing."""
    utc_ms: int | None = None
    """When it was made, where that is known."""
    box_id: str = ""
    key: str = ""
    """Anything that is another for every scan and tells nothing; empty: made of the rest."""


class Waiting(NamedTuple):
    """What the server has not answered for yet."""

    records: int
    oldest_s: float | None
    reason: str = ""
    """Why nothing goes up just now; empty: it does."""
    parked: int = 0


class Part(NamedTuple):
    """One part of the gateway. `state` is `ok` or what is the matter; see `words.py` for those that have words."""

    part: str
    state: str
    reason: str = ""
    """Of gateway/reasons.py, or as it was reported."""
    since_s: float | None = None


class Rules(NamedTuple):
    capacity: int = 0
    """0: none."""
    quota_visits: int = 0
    quota_days: int = 1
    refused: int = 0
    """How often a rule said no today."""


class Look(NamedTuple):
    """Everything that the pages show."""

    place: PlaceName
    utc_ms: int | None
    """Now; None where it is not known."""
    day: Day
    inside: Occupancy | None
    """None: it cannot be told."""
    boxes: Sequence[BoxState] = ()
    scans: Sequence[LastScan] = ()
    """The newest first."""
    waiting: Waiting = Waiting(0, None)
    parts: Sequence[Part] = ()
    rules: Rules = Rules()
    kept_days: Sequence[str] = ()
    """Dates of the days before of which counts are kept, the newest first."""
    certificate_days: float | None = None
    """Until the gateway's certificate ends; None: it does not."""
    aside: Mapping[str, int] = {}
    """Messages that nobody could read, set aside: how many, by reason."""


class Sources(Protocol):
    """Each answers at once, or after a question to the buffer; what it raises is logged, and shown as no answer."""

    async def look(self) -> Look: ...

    async def day(self, date: str) -> Day | None:
        """One of today and `kept_days`; None: nothing is kept of that day."""

    async def metrics(self) -> str:
        """Prometheus text."""
