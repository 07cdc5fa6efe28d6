"""What the place's own page shows, gathered from the rooms."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.panel import (
    BoxState,
    Cell,
    Day,
    LastScan,
    Look,
    Occupancy,
    Outcome,
    Part,
    PlaceName,
    Rules,
    Waiting,
)
from gateway.place import Day as PlaceDay
from gateway.place import Inside, Last
from gateway.readers import WELL as READERS_WELL
from gateway.readers import Outcome as ReaderOutcome

if TYPE_CHECKING:
    from gateway.app import Gateway

WAITING_WELL = ("idle", "sending")
DAY_S = 86_400


class Sources:
    """panel.Sources of this gateway."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway

    async def look(self) -> Look:
        gateway = self._gateway
        place, utc_ms = gateway.keeping.place, gateway.hours.utc_ms()
        today = place.today()
        rules = place.rules
        mode = rules.purpose.mode_of(utc_ms, utc_ms)
        return Look(
            place=PlaceName(gateway.config.gateway_id, gateway.keeping.place_name, mode),
            utc_ms=utc_ms,
            day=self._day(today, utc_ms),
            inside=None if today.inside is None else _occupancy(today.inside, today.known_for_s),
            boxes=self._boxes(),
            scans=[self._scan(one, utc_ms) for one in place.last()],
            waiting=self._waiting(),
            parts=self._parts(),
            rules=Rules(rules.capacity, rules.quota_visits, rules.quota_days, _refused(today)),
            kept_days=[date for date in place.days() if date != today.date],
            certificate_days=gateway.reporting.certificate_days,
            aside={} if gateway.reporting.stats is None else gateway.reporting.stats.quarantined,
        )

    async def day(self, date: str) -> Day | None:
        place = self._gateway.keeping.place
        today = place.today()
        if today.date == date:
            return self._day(today, self._gateway.hours.utc_ms())
        found = place.day(date)
        return None if found is None else self._day(found, None)

    async def metrics(self) -> str:
        return self._gateway.reporting.text()

    def _day(self, day: PlaceDay, utc_ms: int | None) -> Day:
        cells = [cell for gate in day.gates for cell in _cells(gate.gate or gate.box_id, gate.hours, gate.unknown)]
        calendar = self._gateway.keeping.place.rules.calendar
        return Day(
            date=day.date,
            cells=cells,
            first_hour=int(self._gateway.config.place.day_begins.partition(":")[0]),
            hour_now=None if utc_ms is None else calendar.hour_of(utc_ms),
            repeats=day.repeats,
        )

    def _boxes(self) -> list[BoxState]:
        gateway = self._gateway
        held, wired = gateway.reporting.held_by_boxes(), self._wired()
        rows = gateway.reporting.health.rows(gateway.reporting.births)
        boxes = [
            BoxState(row["box_id"], row["state"], row["reason"], row["since_s"], waiting=held.get(row["box_id"], 0))
            for row in rows
            if row["box_id"] not in wired
        ]
        return [self._placed(one) for one in [*boxes, *wired.values()]]

    def _wired(self) -> dict[str, BoxState]:
        """Readers on this machine's wires: as they are now, and not as they were when health looked last."""
        readers, now_ms = self._gateway.readers, self._gateway.machine.mono_ms()
        outcomes = readers.outcomes()
        return {
            one.box_id: BoxState(
                one.box_id,
                "ok" if one.state in READERS_WELL else one.state,
                one.reason,
                _age_s(now_ms, one.since_mono_ms),
                device=one.device,
                outcome=_outcome(outcomes.get(one.box_id), now_ms),
            )
            for one in readers.states()
            if one.box_id
        }

    def _placed(self, box: BoxState) -> BoxState:
        """With where it stands, as its latest scan said."""
        way = self._gateway.keeping.place.ways().get(box.box_id)
        if way is None:
            return box
        at_ms = way.at_ms
        last_s = None if at_ms is None else _age_s(self._gateway.machine.mono_ms(), at_ms)
        return box._replace(gate=way.gate, direction=way.direction, last_scan_s=last_s)

    def _scan(self, one: Last, utc_ms: int | None) -> LastScan:
        ago_s = 0.0 if utc_ms is None or one.at_ms is None else max(0.0, (utc_ms - one.at_ms) / 1000)
        return LastScan(ago_s, one.kind, one.who, one.gate, one.direction, one.outcome or "", one.at_ms, one.box_id)

    def _waiting(self) -> Waiting:
        stats, sending = self._gateway.reporting.stats, self._gateway.upload.stats()
        reason = "" if sending.state in WAITING_WELL else sending.state
        if stats is None:
            return Waiting(0, None, reason)
        return Waiting(stats.waiting, stats.oldest_waiting_s if stats.waiting else None, reason, stats.parked)

    def _parts(self) -> list[Part]:
        return [
            Part(one["part"], one["state"], one["reason"], one["since_s"])
            for one in self._gateway.reporting.health.parts()
        ]


def _occupancy(inside: Inside, known_for_s: int) -> Occupancy:
    remembers_s = float(known_for_s) if known_for_s < DAY_S else None
    return Occupancy(
        inside.low,
        inside.best,
        inside.high,
        inside.counts_exits,
        inside.forgotten_exits,
        inside.unseen_entries,
        remembers_s,
    )


def _outcome(one: ReaderOutcome | None, now_ms: int) -> Outcome | None:
    return None if one is None else Outcome(one.word, one.reason, _age_s(now_ms, one.mono_ms))


def _age_s(now_ms: int, then_ms: int) -> float:
    return max(0.0, (now_ms - then_ms) / 1000)


def _cells(gate: str, by_way: Mapping[str, list[int]], rest: Mapping[str, int]) -> list[Cell]:
    cells = []
    for hour in range(24):
        ins, outs, others = (by_way.get(way, [0] * 24)[hour] for way in ("in", "out", "both"))
        if ins or outs or others:
            cells.append(Cell(gate, hour, ins, outs, others))
    if any(rest.values()):
        cells.append(Cell(gate, None, rest.get("in", 0), rest.get("out", 0), rest.get("both", 0)))
    return cells


def _refused(day: PlaceDay) -> int:
    return sum(sum(gate.refused.values()) for gate in day.gates)
