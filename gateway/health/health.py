"""Health, by progress and not by connection: judged every few seconds, told when it changes.

1. A part is well when what has to go through it does: the measure is the age of the oldest thing that waits.
2. Every state has a reason (gateway/reasons.py) and the moment since when it holds. A change is told once.
3. `beats` counts the judgements: who gets a report knows that this gateway lives, whatever it says of its boxes. That
   is what tells a dead gateway from twenty dead boxes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.health.boxes import Boxes, Limits
from gateway.health.metrics import Metric
from gateway.health.parts import Facts, judge
from gateway.health.state import State
from gateway.health.watch import Watch

Alert = Callable[[str, str, str, str | None], None]
"""(part, state, reason, box_id)"""
_BLINDING = ("broker", "keeping")
"""Parts without which nothing can be said of a box."""


class Health:
    """beat() with what is known now; everything else asks how things stand."""

    def __init__(self, mono_ms: Callable[[], int], on_alert: Alert, beacon_s: float = 5.0) -> None:
        self.watch = Watch()
        self.boxes = Boxes(mono_ms, Limits(beacon_s))
        self.beats = 0
        self._mono_ms = mono_ms
        self._on_alert = on_alert

    def beat(
        self,
        facts: Facts,
        births: Mapping[str, Mapping[str, Any]],
        own: Mapping[str, tuple[str, str]] | None = None,
    ) -> list[State]:
        """Judge everything -> what has changed. `births`: the latest status of each box; `own`: box_id -> (state,
        reason) of the readers on this machine's wires, "ok" where they are well."""
        now_ms = self._mono_ms()
        parts = judge(facts)
        is_link_well = all(one.state == "ok" for one in parts if one.part in _BLINDING)
        boxes = self.boxes.judge(births, is_link_well)
        readers = [State("box", word, reason, box_id) for box_id, (word, reason) in (own or {}).items()]
        changes = self.watch.changes([*parts, *boxes, *readers], now_ms)
        for one in changes:
            self._on_alert(one.part, one.state, one.reason, one.box_id)
        self.beats += 1
        return changes

    def forget(self, box_id: str) -> None:
        """It does not belong here any more."""
        self.boxes.forget(box_id)
        self.watch.forget(box_id)

    def parts(self) -> list[dict[str, Any]]:
        """For a report (SPEC §16): [{part, state, reason, since_s}]."""
        now_ms = self._mono_ms()
        return [
            {"part": one.part, "state": one.state, "reason": one.reason, "since_s": (now_ms - since_ms) / 1000}
            for one, since_ms in self.watch.standing()
            if one.box_id is None
        ]

    def rows(self, births: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
        """For a report: [{box_id, state, reason, since_s, status}] of every box that was ever heard of."""
        now_ms = self._mono_ms()
        known = {one.box_id: (one, since_ms) for one, since_ms in self.watch.standing() if one.box_id is not None}
        rows = []
        for box_id in sorted({*births, *known}):
            said = births.get(box_id)
            bare = State("box", "ok" if said and said["state"] == "online" else "away", "", box_id)
            one, since_ms = known.get(box_id, (bare, now_ms))
            row = {"box_id": box_id, "state": one.state, "reason": one.reason, "since_s": (now_ms - since_ms) / 1000}
            rows.append({**row, "status": None if said is None else dict(said)})
        return rows

    def metrics(self, now_ms: int) -> list[Metric]:
        behind = self.boxes.unacknowledged()
        counts = {box_id: count for box_id, (count, _) in behind.items()}
        ages = {box_id: age_s for box_id, (_, age_s) in behind.items()}
        return [
            Metric("tram_beats_total", "counter", "Judgements of health since this run began.", {"": self.beats}),
            *self.watch.metrics(now_ms),
            Metric("tram_box_unacknowledged", "gauge", "Scans known of that have not come.", counts, "box"),
            Metric("tram_box_unacknowledged_seconds", "gauge", "Since the oldest is known of.", ages, "box"),
        ]
