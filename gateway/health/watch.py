"""What is told, and when: a change once, a flap not at all, one trouble as one.

1. A state that is not sure by itself counts when it has been seen ALARM_AFTER times in a row, and one that is better
   again after CLEAR_AFTER. `since` is the moment at which it was first seen.
2. What is not well from the start is told as if it had been well before.
3. Where GROUP_LEAST boxes and half of all of them go bad in one look, that is one alert for the part `boxes`, and so is
   their coming back.
4. A part that is not judged this time stays what it was.
"""

from collections.abc import Iterable
from typing import NamedTuple

from gateway.health.metrics import Metric
from gateway.health.state import Standing, State
from gateway.reasons import of

ALARM_AFTER = 2
CLEAR_AFTER = 2
GROUP_LEAST = 3
_OK = "ok"
Name = tuple[str, str | None]


class _Seen(NamedTuple):
    """A state that has not yet counted."""

    word: str
    times: int
    since_ms: int


class Watch:
    """Remembers since when each part has been in its state."""

    def __init__(self, alarm_after: int = ALARM_AFTER, clear_after: int = CLEAR_AFTER) -> None:
        self._alarm_after = alarm_after
        self._clear_after = clear_after
        self._standing: dict[Name, Standing] = {}
        self._seen: dict[Name, _Seen] = {}
        self._grouped: set[str] = set()

    def changes(self, states: Iterable[State], now_ms: int) -> list[State]:
        """Those whose state is from now on another one than it was."""
        told = [state for state in states if self._is_new(state, now_ms)]
        boxes = [state for state in told if state.box_id is not None]
        return [state for state in told if state.box_id is None] + self._as_one(boxes)

    def forget(self, box_id: str) -> None:
        """It does not belong here any more."""
        self._standing.pop(("box", box_id), None)
        self._seen.pop(("box", box_id), None)
        self._grouped.discard(box_id)

    def standing(self) -> list[Standing]:
        """How everything stands."""
        return list(self._standing.values())

    def word(self, part: str, box_id: str | None = None) -> str:
        """The state of a part; ok: it was never judged, or is well."""
        known = self._standing.get((part, box_id))
        return known.state.state if known else _OK

    def _is_new(self, state: State, now_ms: int) -> bool:
        name = (state.part, state.box_id)
        known = self._standing.get(name)
        word_now = known.state.state if known else _OK
        if state.state == word_now:
            self._seen.pop(name, None)
            self._standing[name] = Standing(state, known.since_ms if known else now_ms)
            return False
        before = self._seen.get(name)
        goes_on = before is not None and (before.word == _OK) == (state.state == _OK)
        times = before.times + 1 if before is not None and goes_on else 1
        since_ms = before.since_ms if before is not None and goes_on else now_ms
        needed = self._clear_after if state.state == _OK else self._alarm_after
        if known is None:  # the first look
            self._standing[name] = Standing(State(state.part, _OK, "", state.box_id), now_ms)
        if times < needed and not (state.is_sure and state.state != _OK):
            self._seen[name] = _Seen(state.state, times, since_ms)
            return False
        self._seen.pop(name, None)
        self._standing[name] = Standing(state, since_ms)
        return True

    def _as_one(self, boxes: list[State]) -> list[State]:
        bad = [state for state in boxes if state.state != _OK]
        alone = [state for state in boxes if state.state != _OK or state.box_id not in self._grouped]
        back = [state for state in boxes if state not in alone]
        known = sum(1 for part, _ in self._standing if part == "box")
        if len(bad) >= GROUP_LEAST and 2 * len(bad) >= known:
            self._grouped |= {state.box_id for state in bad if state.box_id}
            words = sorted({state.state for state in bad})
            names = ", ".join(sorted(state.box_id or "" for state in bad)[:20])
            reason = of("boxes_many", len(bad), known, names)
            alone = [state for state in alone if state.state == _OK]
            return [*alone, State("boxes", "many_" + words[0], reason)]
        self._grouped -= {state.box_id for state in (*bad, *back) if state.box_id}
        if back and not self._grouped:
            return [*alone, State("boxes", _OK, of("boxes_back"))]
        return alone

    def metrics(self, now_ms: int) -> list[Metric]:
        parts = {part: one for (part, box_id), one in self._standing.items() if box_id is None}
        boxes = {box_id: one for (_, box_id), one in self._standing.items() if box_id is not None}

        def well(of: dict[str, Standing]) -> dict[str, int]:
            return {name: int(one.state.state == _OK) for name, one in of.items()}

        def since(of: dict[str, Standing]) -> dict[str, float]:
            return {name: (now_ms - one.since_ms) / 1000 for name, one in of.items()}

        held = "Since when the part has been in its state."
        return [
            Metric("tram_part_ok", "gauge", "1 where this part makes progress.", well(parts), "part"),
            Metric("tram_part_state_seconds", "gauge", held, since(parts), "part"),
            Metric("tram_box_ok", "gauge", "1 where this box is well.", well(boxes), "box"),
            Metric("tram_box_state_seconds", "gauge", "Since when the box has been in its state.", since(boxes), "box"),
        ]
