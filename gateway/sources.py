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
    Part,
    PlaceName,
    Rules,
    Waiting,
)
from gateway.place import Day as PlaceDay
from gateway.place import Inside, Last

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
        held = gateway.reporting.held_by_boxes()
        rows = []
        for row in gateway.reporting.health.rows(gateway.inbound.births):
            said = row["status"] or {}
            rows.append(
                BoxState(
                    box_id=row["box_id"],
                    state=row["state"],
                    reason=row["reason"],
                    since_s=row["since_s"],
                    gate=str(said.get("gate") or ""),
                    direction=str(said.get("direction") or ""),
                    waiting=held.get(row["box_id"], 0),
                )
            )
        return rows

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
