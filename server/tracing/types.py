"""What tracing speaks of: stays, windows, questions, and what an answer consists of. Times are ms of UTC."""

from collections.abc import Iterable
from typing import NamedTuple

MINUTE_MS = 60_000
DAY_MS = 86_400_000
MEASURED, BOUNDED, ASSUMED = "measured", "bounded", "assumed"
"""Labels of a stay: both ends were scanned; one is bounded by something that was seen; an end is only what is usual."""
SCANNED = ("scan", "passing")
"""What an end of a stay is known by where somebody was scanned in that direction."""
SURE, LIKELY, POSSIBLE = "sure", "likely", "possible"
"""By which bound of the overlap a meeting counts: low, best, high."""
CERTAINTIES = (SURE, LIKELY, POSSIBLE)
BOUNDS = (0, 1, 2)
"""Of an overlap: low, best, high."""
GATE, ZONE, PLACE = "gate", "zone", "place"
"""How near the two are known to have been."""


class Stay(NamedTuple):
    """One visit of one person: in and out each as a best instant between two bounds. `person` is a pseudonym's 16
    bytes; `gate_*` and `zone` are empty where nobody knows; `is_inner`: in a zone with doors of its own, within another
    stay at the place; `label`, `in_by` and `out_by` say how it is known; `kind` is that of the document."""

    id: bytes
    person: bytes
    place_id: str
    gate_in: str
    gate_out: str
    zone: str
    is_inner: bool
    in_low: int
    in_at: int
    in_high: int
    out_low: int
    out_at: int
    out_high: int
    label: str
    in_by: str
    out_by: str
    kind: str
    has_phone: bool
    on_behalf: bool

    @property
    def ends(self) -> tuple[int, int, int, int, int, int]:
        """From `in_low` to `out_high`, at once."""
        return self[7:13]

    def ending(self, low_ms: int, at_ms: int, high_ms: int) -> "Stay":
        """The same with another end; `_replace` takes more than twice as long, and this is done for every row."""
        return Stay(*self[:10], low_ms, at_ms, high_ms, *self[13:])

    def __repr__(self) -> str:
        return f"Stay({self.place_id}, {self.in_at}-{self.out_at}, {self.label})"


class Window(NamedTuple):
    """From an instant until before another."""

    from_ms: int
    to_ms: int


class PlaceFacts(NamedTuple):
    """What tracing has to know of a place. `above`: the areas that it lies in, all levels; `has_inner`: some of its
    zones have doors of their own."""

    kind: str = ""
    above: frozenset[str] = frozenset()
    has_inner: bool = False
    name: str = ""


class Gap(NamedTuple):
    """Something that is not known, before it is put into words; see `server.tracing.holes`. `number` goes into them."""

    code: str
    place_id: str
    box_id: str
    from_ms: int
    to_ms: int
    most_scans: int | None = None
    number: int = 0


class Overlap(NamedTuple):
    """How long two were in one place at one time, in ms: certainly, by the best guess, at most."""

    low_ms: int
    best_ms: int
    high_ms: int

    @property
    def minutes(self) -> tuple[int, int, int]:
        """Low, best, high in minutes, each rounded to the nearest (half a minute: up)."""
        low, best, high = ((one + MINUTE_MS // 2) // MINUTE_MS for one in self)
        return low, best, high


class Question(NamedTuple):
    """From a person (`tokens`: keyed hashes of what was asked for; `person`: whom they name, None: nobody that was
    seen), or from a place, where a gate or a zone may be named. `until_ms` ends the second degree. `rule_set`: that
    version for every contact; None: the one in force at the instant of each. `area`: the case's, empty: everywhere."""

    case_id: str
    window: Window
    until_ms: int
    degree: int = 1
    rule_set: int | None = None
    tokens: tuple[bytes, ...] = ()
    person: bytes | None = None
    place_id: str = ""
    gate_id: str = ""
    zone: str = ""
    area: str = ""

    def __repr__(self) -> str:
        return f"Question({self.case_id}, {self.place_id or 'person'}, degree {self.degree})"


class Meeting(NamedTuple):
    """Two stays that overlap. `stay` is the contact's, cut by the rule set; `source` is whom they met (empty: the
    window of a place); `where` is how near they are known to have been; `begins_ms`: when the overlap begins, for each
    of its bounds."""

    source: bytes
    stay: Stay
    overlap: Overlap
    where: str
    certainty: str
    rule_set: int
    begins_ms: tuple[int, int, int] = (0, 0, 0)


class Contact(NamedTuple):
    """A person who was met. `via`: who brought them in, in the second degree."""

    person: bytes
    degree: int
    meetings: tuple[Meeting, ...]
    via: tuple[bytes, ...] = ()

    @property
    def has_phone(self) -> bool:
        """Whether there is any number to call; whose it is stays unknown until the tracer opens this person."""
        return any(one.stay.has_phone for one in self.meetings)

    @property
    def first_ms(self) -> int:
        """When the first meeting can have begun."""
        return min(one.stay.in_low for one in self.meetings)

    @property
    def together(self) -> Overlap:
        """How long this person was with any of those whom they met: meetings at one time count once."""
        if len(self.meetings) == 1:
            return self.meetings[0].overlap
        low, best, high = (
            _union_ms((one.begins_ms[bound], one.overlap[bound]) for one in self.meetings) for bound in BOUNDS
        )
        return Overlap(low, best, high)

    @property
    def certainty(self) -> str:
        """That of the surest meeting."""
        return min((one.certainty for one in self.meetings), key=CERTAINTIES.index)

    @property
    def rank(self) -> tuple[int, int, int, int, int, bytes]:
        """Who comes first in an answer: by degree, class, and the time together by the best guess and by its bounds."""
        low_ms, best_ms, high_ms = self.together
        return self.degree, CERTAINTIES.index(self.certainty), -best_ms, -low_ms, -high_ms, self.person

    def __repr__(self) -> str:
        return f"Contact(degree {self.degree}, {len(self.meetings)} meetings)"


class Hole(NamedTuple):
    """Something that an answer does not know. `most_scans`: how many scans it may hide; None: nobody can know. No place
    or box: it is of all of them, or of none in particular."""

    code: str
    place_id: str
    box_id: str
    from_ms: int
    to_ms: int
    most_scans: int | None
    vi: str
    en: str


class Answer(NamedTuple):
    """What was found. `cut`: why there may be more (`contacts`, `expanded`, `meetings`, `holes`); `nearly`: persons
    of those looked at whose overlap reaches the rule's minimum only by a bound that the rule set does not count by."""

    contacts: tuple[Contact, ...]
    holes: tuple[Hole, ...]
    cut: tuple[str, ...]
    stays: int
    looked_at: int
    nearly: int
    rule_sets: tuple[int, ...]

    @property
    def truncated(self) -> bool:
        """There may be more."""
        return bool(self.cut)


def _union_ms(spans: Iterable[tuple[int, int]]) -> int:
    """How long (since when, how long) are together, every ms once."""
    total_ms, until_ms = 0, None
    for begins_ms, lasts_ms in sorted(spans):
        ends_ms = begins_ms + lasts_ms
        total_ms += lasts_ms if until_ms is None else max(0, ends_ms - max(begins_ms, until_ms))
        until_ms = ends_ms if until_ms is None else max(until_ms, ends_ms)
    return total_ms
