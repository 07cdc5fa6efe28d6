"""How many scans there were, by day, hour and box. Numbers only.

1. A scan counts on the day and in the hour in which it was made, whenever it comes in: by the middle of the two
   instants between which it was made, where they are close enough together.
2. Where they are not, it counts among those of no known time, until that is known.
3. While UTC is not known at all, everything counts by running time. When it becomes known, all that moves to rule 2.
4. A scan that the place refused is no coming in: it counts under its outcome.
5. Bounded: so many days, and so many boxes a day; what is beyond counts under the name `…`.
"""

from typing import Any, NamedTuple

from presence.inside import DIRECTIONS as DIRECTIONS

KEEP_DAYS = 8
MOST_BOXES = 256
THE_REST = "…"
WIDEST_MS = 900_000
"""Between instants farther apart than this nobody says in which hour it was."""

Hours = dict[str, list[int]]
"""direction -> 24 numbers"""


class BoxDay(NamedTuple):
    """One box on one day."""

    hours: Hours
    refused: dict[str, int]
    """By outcome."""

    def total(self, direction: str) -> int:
        return sum(self.hours[direction])


def direction_of(marks: str) -> str:
    """`in`, `out`, or `both` for whatever else is there."""
    for pair in marks.split(","):
        if pair in ("dir=in", "dir=out"):
            return pair[4:]
    return "both"


def gate_of(marks: str) -> str:
    for pair in marks.split(","):
        if pair.startswith("gate="):
            return pair[5:]
    return ""


def middle_ms(bounds: tuple[int | None, int | None]) -> int | None:
    """The instant to count by; None: not known well enough."""
    earliest_ms, latest_ms = bounds
    if earliest_ms is None or latest_ms is None or not 0 <= latest_ms - earliest_ms <= WIDEST_MS:
        return None
    return (earliest_ms + latest_ms) // 2


class Counts:
    """By day, whatever number a day has."""

    def __init__(self) -> None:
        self.days: dict[int, dict[str, BoxDay]] = {}
        self.running: dict[str, BoxDay] = {}
        """While UTC is not known; hours are hours of running time."""
        self.unknown: dict[str, dict[str, int]] = {}
        """box -> direction, or the outcome of refused ones -> how many of no known time."""

    def add(self, day: int, hour: int, box_id: str, direction: str, outcome: str | None = None) -> None:
        boxes = self.days.get(day)
        if boxes is None:
            boxes = self.days[day] = {}
            for old in sorted(self.days)[:-KEEP_DAYS]:
                del self.days[old]
            if day not in self.days:
                return
        _count(boxes, hour, box_id, direction, outcome)

    def add_running(self, hour: int, box_id: str, direction: str, outcome: str | None = None) -> None:
        _count(self.running, hour, box_id, direction, outcome)

    def add_unknown(self, box_id: str, direction: str, outcome: str | None = None, many: int = 1) -> None:
        name = box_id if box_id in self.unknown or len(self.unknown) < MOST_BOXES else THE_REST
        box = self.unknown.setdefault(name, dict.fromkeys(DIRECTIONS, 0))
        under = direction if outcome is None or outcome == "welcome" else outcome
        box[under] = max(0, box.get(under, 0) + many)

    def became_known(self, box_id: str, direction: str, outcome: str | None = None) -> None:
        """Of one that had counted as unknown the time is known."""
        self.add_unknown(box_id, direction, outcome, -1)

    def drop_after(self, day: int) -> None:
        """Days that have not come: whoever said that it was so late was wrong."""
        self.days = {number: boxes for number, boxes in self.days.items() if number <= day}

    def end_running(self) -> None:
        """UTC has become known: what counted by running time is of no known time, until it is asked for again."""
        for box_id, box in self.running.items():
            for direction in DIRECTIONS:
                self.add_unknown(box_id, direction, many=box.total(direction))
            for outcome, many in box.refused.items():
                self.add_unknown(box_id, "in", outcome, many)
        self.running = {}

    # --- across a restart of the program

    def dump(self) -> dict[str, Any]:
        return {
            "days": {str(day): {name: list(box) for name, box in boxes.items()} for day, boxes in self.days.items()},
            "running": {name: list(box) for name, box in self.running.items()},
            "unknown": self.unknown,
        }

    def load(self, data: dict[str, Any]) -> None:
        self.days = {
            int(day): {name: BoxDay(*box) for name, box in boxes.items()} for day, boxes in data["days"].items()
        }
        self.running = {name: BoxDay(*box) for name, box in data["running"].items()}
        self.unknown = data["unknown"]


def _count(boxes: dict[str, BoxDay], hour: int, box_id: str, direction: str, outcome: str | None) -> None:
    name = box_id if box_id in boxes or len(boxes) < MOST_BOXES else THE_REST
    box = boxes.get(name)
    if box is None:
        box = boxes[name] = BoxDay({one: [0] * 24 for one in DIRECTIONS}, {})
    if outcome is None or outcome == "welcome":
        box.hours[direction][hour] += 1
    else:
        box.refused[outcome] = box.refused.get(outcome, 0) + 1
