"""Health, by progress and not by connection.

1. A part is well when what has to go through it does: the measure is the age of the oldest thing that waits.
2. Every state has a reason in words and the moment since when it holds. A change is logged once; the same again is not.
3. The numbers go to `metrics.prom` (Prometheus text), which is replaced as a whole: a reader never sees half of it.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge"]
Value = int | float


class Metric(NamedTuple):
    """One family of numbers; `values` by the value of the only label, or by "" where there is none."""

    name: str
    kind: Kind
    help: str
    values: Mapping[str, Value]
    label: str = ""


class Facts(NamedTuple):
    """What the judgement rests on."""

    late_s: float
    broker_up: bool
    broker_reason: str
    oldest_in_hand_s: float
    trouble: str | None
    """Why nothing can be kept just now."""
    oldest_waiting_s: float
    """Age of the oldest scan that the server has not answered for."""
    server_reason: str | None
    """Why the server could not be reached when last tried; None: it could."""
    utc_known: bool
    boxes_gone: list[str]
    wishes_trouble: str | None = None
    """Why wishes cannot be read, or results not be kept."""
    wishes_damaged: Sequence[str] = ()
    """Files of wishes that cannot be read."""
    boxes_refusing: Sequence[str] = ()
    """What boxes refuse that is wished for them, in words."""
    boxes_damaged: Sequence[str] = ()
    """Files of enrolled boxes that cannot be read: these boxes cannot come in."""


class State(NamedTuple):
    part: str
    state: str
    reason: str


def judge(facts: Facts) -> list[State]:
    """The state of each part, with its reason."""
    return [
        State("broker", "ok" if facts.broker_up else "down", facts.broker_reason),
        _keeping(facts),
        _sending(facts),
        State("clock", "ok", "UTC is known") if facts.utc_known else State("clock", "unknown", "UTC is not known"),
        _boxes(facts.boxes_gone),
        _wishes(facts),
        _enrolled(facts.boxes_damaged),
    ]


def _keeping(facts: Facts) -> State:
    if facts.trouble:
        return State("keeping", "stopped", facts.trouble)
    if facts.oldest_in_hand_s > facts.late_s:
        return State("keeping", "stuck", f"a message waits since {facts.oldest_in_hand_s:.0f} s")
    return State("keeping", "ok", "what comes is kept")


def _sending(facts: Facts) -> State:
    if facts.server_reason:
        return State("sending", "waiting", facts.server_reason)
    if facts.oldest_waiting_s > 60 + facts.late_s:
        return State("sending", "late", "the server answers, but there is a backlog")
    return State("sending", "ok", "the server answers")


def _boxes(gone: list[str]) -> State:
    if not gone:
        return State("boxes", "ok", "no box is known to be gone")
    return State("boxes", "gone", ", ".join(sorted(gone)[:20]))


def _wishes(facts: Facts) -> State:
    if facts.wishes_trouble:
        return State("wishes", "stopped", facts.wishes_trouble)
    if facts.wishes_damaged:
        return State("wishes", "damaged", f"cannot be read: {', '.join(sorted(facts.wishes_damaged)[:20])}")
    if facts.boxes_refusing:
        return State("wishes", "refused", "; ".join(sorted(facts.boxes_refusing)[:20]))
    return State("wishes", "ok", "no box refuses what is wished")


def _enrolled(damaged: Sequence[str]) -> State:
    if damaged:
        return State("enrolled", "damaged", f"cannot be read, enrol again: {', '.join(sorted(damaged)[:20])}")
    return State("enrolled", "ok", "every box that has enrolled is known")


class Watch:
    """Remembers since when each part has been in its state."""

    def __init__(self) -> None:
        self._states: dict[str, tuple[State, int]] = {}

    def changes(self, states: Iterable[State], now_ms: int) -> list[State]:
        """Those whose state is another than at the last call; the first call tells all that are not ok."""
        changed = []
        for state in states:
            known = self._states.get(state.part)
            if known is not None and known[0].state == state.state:
                self._states[state.part] = state, known[1]
                continue
            self._states[state.part] = state, now_ms
            if known is not None or state.state != "ok":
                changed.append(state)
        return changed

    def metrics(self, now_ms: int) -> list[Metric]:
        well = {part: int(state.state == "ok") for part, (state, _) in self._states.items()}
        since = {part: (now_ms - since_ms) / 1000 for part, (_, since_ms) in self._states.items()}
        return [
            Metric("tram_part_ok", "gauge", "1 where this part makes progress.", well, "part"),
            Metric("tram_part_state_seconds", "gauge", "Since when the part has been in its state.", since, "part"),
        ]


def render(metrics: Iterable[Metric]) -> str:
    """Prometheus text format, version 0.0.4."""
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        for label, value in metric.values.items():
            where = f'{{{metric.label}="{_escape(label)}"}}' if metric.label else ""
            lines.append(f"{metric.name}{where} {value}")
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Replace the file as a whole. Not synced: it is of no use after a power cut."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(text)
    fresh.replace(path)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
