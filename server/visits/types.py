"""What goes into the rules of visits and what comes out: plain values. Instants are UTC in milliseconds."""

from typing import NamedTuple

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

IN, OUT, BOTH = "in", "out", "both"

# how well a visit is known
MEASURED = "measured"  # in and out were seen
BOUNDED = "bounded"  # one of them lies before or after something that was seen, or within opening hours
ASSUMED = "assumed"  # nothing but what is usual at such a place
LABELS = (MEASURED, BOUNDED, ASSUMED)

# what an end of a visit is known by
SCAN = "scan"  # a scan in that direction
TOUCH = "touch"  # a scan that says no direction: somebody was there
ELSEWHERE = "elsewhere"  # a scan at another place, or in another zone
AGAIN = "again"  # came in again: had forgotten to check out
CLOSING = "closing"  # the place closed; for a beginning: it opened
STAY = "stay"  # the longest stay of such a place
PASSING = "passing"  # in and out at once: walked through

Identity = tuple[str, str, int]
"""box_id, epoch, seq"""


class Sighting(NamedTuple):
    """One scan, at a place. `person` None: counted only, or nobody could be read from it."""

    box_id: str
    epoch: str
    seq: int
    person: bytes | None
    place_id: str
    gate_id: str
    """Empty: nobody knows which."""
    zone: str
    """Empty: the place as a whole."""
    direction: str | None
    """in, out, both (a gate for both ways); None: nobody knows. The last two are a touch: somebody was there."""
    earliest_ms: int | None
    """None: nobody knows, only `latest_ms` holds."""
    at_ms: int | None
    """The best single instant; None where `earliest_ms` is."""
    latest_ms: int
    kind: str
    source: str = "box"
    """box, phone, slip"""
    on_behalf: bool = False
    has_phone: bool = False
    received_ms: int = 0
    token: bytes | None = None
    """What the scan goes by; it says nothing to the rules."""

    @property
    def identity(self) -> Identity:
        """What it is known by."""
        return self.box_id, self.epoch, self.seq


class Visit(NamedTuple):
    """One stay of a person at a place, or in a zone of it with doors of its own."""

    id: bytes
    """16 bytes, from the identity of the first sighting: the same in every derivation."""
    person: bytes
    place_id: str
    gate_in: str
    """Empty: not seen, or nobody knows which."""
    gate_out: str
    zone: str
    is_inner: bool
    """True: in `zone`, which lies within the place; the visit to the place itself is another row. Who counts people
    at a place takes the rows that are not."""
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
    """Of the document that was shown first."""
    on_behalf: bool
    has_phone: bool
    reads: int
    sources: str
    """box, phone, slip: in this order, with commas between."""
    day: int
    """Of the place, in days since 1970: in which `in_at` lies."""

    @property
    def stay_ms(self) -> tuple[int, int, int]:
        """low, best, high"""
        return max(0, self.out_low - self.in_high), self.out_at - self.in_at, self.out_high - self.in_low


Opening = tuple[tuple[int, int], ...]
"""(opens, closes) in minutes of the local week from Monday 00:00, rising; an end may lie in the next week."""

# kind of a place -> default stay, longest stay in minutes. Defaults for a place that says nothing else: our judgement.
STAYS_MIN = {
    "market": (45, 360),
    "shop": (30, 240),
    "bus_station": (60, 480),
    "vehicle": (120, 720),
    "office": (60, 600),
    "hospital": (120, 1440),
    "school": (240, 720),
    "worship": (60, 360),
    "event": (120, 600),
    "checkpoint": (5, 60),
}
OTHER_STAY_MIN = (60, 720)


class PlaceRules(NamedTuple):
    """What is usual at a place. All of it has a default: an unregistered place works too."""

    opening: Opening | None = None
    """None: not known. Nothing closes then; nor where the spans leave no gap."""
    grace_min: int = 30
    """So long before opening and after closing there are still people."""
    day_begins_min: int = 0
    """The place's day begins so long after local midnight: 120 for one that closes at 02:00."""
    default_stay_min: int = OTHER_STAY_MIN[0]
    max_stay_min: int = OTHER_STAY_MIN[1]
    repeat_s: int = 120
    """The same person again within this is a repeated read."""
    passing_s: int = 60
    """In and out within this is walking through."""
    toggles: bool = False
    """True: at a gate for both ways everybody is scanned both ways, so the next scan of who is in is the way out."""
    zones: frozenset[str] = frozenset()
    """Zones behind the place's own gates that have gates of their own. Another zone only says where a gate is."""
    capacity: int = 0
    """0: no limit."""


def stays_of(kind: str) -> tuple[int, int]:
    """Default and longest stay in minutes of a kind of place."""
    return STAYS_MIN.get(kind, OTHER_STAY_MIN)
