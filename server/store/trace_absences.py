"""When boxes were away, by what their gateways told, and which of it is a hole.

1. A gateway notices that a box is gone NOTICED_MS late at the most, so an absence may begin that much before the alert;
   whoever was scanned meanwhile moves its beginning to that scan.
2. A box scans again before its gateway calls it well: a hole ends with the first scan that came later. That it had no
   power shows by its boot, which is another one then. Where the boot is the same, or not known, it is a hole where
   the silence took most of the absence; else the box was cut off only, has brought its scans, and that is none.
3. A hole at a place and time that was looked into is told by itself; of all the others the boxes are counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, and_, select

from firmware.wire import envelope, record
from firmware.wire.errors import WireError
from server.places.seats import Seats
from server.store.fleet_tables import events
from server.store.tables import scans
from server.store.visit_tables import sightings
from server.tracing import holes
from server.tracing.types import MINUTE_MS, Gap, Window

NOTICED_MS = MINUTE_MS
"""A broker waits for one and a half times the keepalive, which is 10 s unless somebody has set it."""
EVENTS_AT_ONCE = 2000
WELL = ("ok", "online")
Span = tuple[str, Window]
Box = tuple[str, str]


class _Said(msgspec.Struct):
    part: str
    state: str
    box_id: str


_DECODER = msgspec.json.Decoder(_Said)
_ALERT = [events.c[name] for name in ("id", "gateway_id", "body", "received_ms", "earliest_ms", "latest_ms")]


class Absence(NamedTuple):
    """`until_ms` None: it is not over."""

    gateway_id: str
    box_id: str
    since_ms: int
    until_ms: int | None


class Alerts:
    """What the gateways told, read in pages: `read` until it says that there is no more."""

    def __init__(self) -> None:
        self._after = 0
        self._away: dict[Box, int] = {}
        self._over: list[Absence] = []

    def read(self, connection: Connection) -> bool:
        """The next page; -> whether there may be more."""
        asked = select(*_ALERT).where(events.c.id > self._after, events.c.kind == "alert").order_by(events.c.id)
        rows = connection.execute(asked.limit(EVENTS_AT_ONCE)).all()
        for id_, gateway_id, body, *instants in rows:
            self._after = id_
            try:
                said = _DECODER.decode(body)
            except msgspec.DecodeError:  # of something else than a box, or no sense at all
                continue
            if said.part == "box":
                self._take((gateway_id, said.box_id), said.state in WELL, *instants)
        return len(rows) == EVENTS_AT_ONCE

    def within(self, window: Window) -> list[Absence]:
        """Every absence that reaches into the window."""
        found = self._over + [Absence(*box, since_ms, None) for box, since_ms in self._away.items()]
        return [
            one
            for one in found
            if one.since_ms - NOTICED_MS < window.to_ms and (one.until_ms is None or one.until_ms > window.from_ms)
        ]

    def _take(self, box: Box, is_well: bool, received_ms: int, earliest_ms: int | None, latest_ms: int | None) -> None:
        if not is_well:
            self._away.setdefault(box, received_ms if earliest_ms is None else earliest_ms)
        elif box in self._away:
            self._over.append(Absence(*box, self._away.pop(box), received_ms if latest_ms is None else latest_ms))


def holes_of(
    connection: Connection, absences: Iterable[Absence], spans: Sequence[Span], seats: Seats, window: Window
) -> tuple[list[Gap], set[str]]:
    """-> (what is told of the places and times looked into, which boxes were silent elsewhere in the window). `spans`
    of one place do not overlap."""
    by_place: dict[str, list[Window]] = {}
    for place_id, span in spans:
        by_place.setdefault(place_id, []).append(span)
    ends_ms = max(window.to_ms, *(span.to_ms for _, span in spans)) if spans else window.to_ms
    told: list[Gap] = []
    elsewhere: set[str] = set()
    for one in absences:
        for place_id, hole in _by_place(connection, one, by_place, seats, ends_ms):
            parts = [_cut(hole, span) for span in by_place.get(place_id, ())]
            told += [Gap(holes.SILENT, place_id, one.box_id, *part) for part in parts if _length(part) > 0]
            covered = sum(_length(_cut(part, window)) for part in parts)
            if _length(_cut(hole, window)) > covered:
                elsewhere.add(one.box_id)
    return told, elsewhere


def _by_place(
    connection: Connection, absence: Absence, spans: Mapping[str, Sequence[Window]], seats: Seats, ends_ms: int
) -> list[Span]:
    """Mostly one place; a box may have moved while it was away."""
    since_ms, until_ms = absence.since_ms, absence.until_ms
    begins = {since_ms}
    for some in spans.values():
        begins |= {one.from_ms for one in some if since_ms < one.from_ms < (ends_ms if until_ms is None else until_ms)}
    found = {seats.where(absence.box_id, absence.gateway_id, at_ms).place_id for at_ms in begins}
    made = [(place_id, _hole(connection, absence, place_id, ends_ms)) for place_id in sorted(found)]
    return [(place_id, hole) for place_id, hole in made if hole is not None]


def _hole(connection: Connection, absence: Absence, place_id: str, ends_ms: int) -> Window | None:
    until_ms = ends_ms if absence.until_ms is None else absence.until_ms
    low = absence.since_ms - NOTICED_MS
    here = select(sightings.c.epoch, sightings.c.seq, sightings.c.at_ms).where(
        sightings.c.place_id == place_id, sightings.c.box_id == absence.box_id
    )
    earlier = here.where(sightings.c.at_ms > low, sightings.c.at_ms <= absence.since_ms)
    last = connection.execute(earlier.order_by(sightings.c.at_ms.desc()).limit(1)).first()
    low = low if last is None else last.at_ms
    later = here.where(sightings.c.at_ms > absence.since_ms, sightings.c.at_ms <= until_ms)
    first = connection.execute(later.order_by(sightings.c.at_ms).limit(1)).first()
    if first is None:
        return Window(low, until_ms) if low < until_ms else None
    silent_ms, rest_ms = first.at_ms - absence.since_ms, until_ms - first.at_ms
    if silent_ms > rest_ms or _lost_power(connection, absence.box_id, first.epoch, first.seq):
        return Window(low, first.at_ms)
    return None


def _lost_power(connection: Connection, box_id: str, epoch: str, seq: int) -> bool:
    """Whether the scan before that one is of another boot."""
    same = and_(*(sightings.c[name] == scans.c[name] for name in ("box_id", "epoch", "seq")))
    asked = select(scans.c.raw).join_from(sightings, scans, same)
    asked = asked.where(sightings.c.box_id == box_id, sightings.c.epoch == epoch, sightings.c.seq <= seq)
    raws = connection.execute(asked.order_by(sightings.c.seq.desc()).limit(2)).scalars()
    return len({_boot(raw) for raw in raws} - {None}) == 2


def _boot(raw: bytes) -> int | None:
    try:
        scan = envelope.decode(raw) if envelope.is_envelope(raw) else record.decode(raw)
    except WireError:
        return None
    boot = getattr(scan, "boot", None)
    return boot if isinstance(boot, int) else None


def _cut(one: Window, other: Window) -> Window:
    return Window(max(one.from_ms, other.from_ms), min(one.to_ms, other.to_ms))


def _length(one: Window) -> int:
    return max(0, one.to_ms - one.from_ms)
