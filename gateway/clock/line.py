"""A line between two clocks: a bounded set of samples, each saying that at `reference` of one the other was in a span.

1. What the samples say together is `firmware.wire.clock`: they widen with distance, meet, and where they contradict
   each other, the span over all of them counts.
2. A sample that says nothing new where it stands is not kept.
3. Of more than `most` samples the one that stands closest to its neighbours goes, never the first or the last, and
   never one whose going would make the line say more than before: dropping may only widen.
4. Worth writing to disk is the first sample, one that stands SAVE_EVERY_MS from the last one written, and one that is
   less than half as wide.
5. Where the line agrees with itself, the nearest samples on both sides are asked: that is as true as asking all.
"""

from bisect import bisect_left

from firmware.wire import clock

Point = tuple[int, int, int]
SAVE_EVERY_MS = 3_600_000
_NEAREST = 3


class Line:
    """Samples (reference_ms, earliest_ms, latest_ms), ordered by their reference."""

    def __init__(self, most: int) -> None:
        self.points: list[Point] = []
        self._most = most
        self._agrees = True
        self._saved: Point | None = None

    def add(self, point: Point) -> bool:
        """Take one more sample; False where it says nothing new."""
        known = clock.instant(self.points, point[0])
        if known is not None and self._agrees and point[1] <= known[0] and known[1] <= point[2]:
            return False
        if point in self.points:
            return False
        self.points.insert(bisect_left(self.points, point), point)
        if known is not None and (point[1] > known[1] or point[2] < known[0]):
            self._agrees = False
        if len(self.points) > self._most:
            self._thin()
        return True

    def is_worth_saving(self, point: Point) -> bool:
        """Whether this one is to be kept across a restart; True counts as done."""
        saved = self._saved
        near = saved is not None and abs(point[0] - saved[0]) < SAVE_EVERY_MS
        if saved is not None and near and 2 * (point[2] - point[1]) >= saved[2] - saved[1]:
            return False
        self._saved = point
        return True

    def at(self, reference_ms: int) -> tuple[int, int] | None:
        """Where the other clock was when this one stood at `reference_ms`."""
        if not self._agrees or len(self.points) <= 2 * _NEAREST:
            return clock.instant(self.points, reference_ms)
        middle = bisect_left(self.points, (reference_ms, 0, 0))
        return clock.instant(self.points[max(0, middle - _NEAREST) : middle + _NEAREST], reference_ms)

    def _thin(self) -> None:
        points = self.points
        inner = range(1, len(points) - 1)
        for index in sorted(inner, key=lambda at: points[at + 1][0] - points[at - 1][0]):
            reference_ms = points[index][0]
            before = clock.instant(points, reference_ms)
            after = clock.instant(points[:index] + points[index + 1 :], reference_ms)
            if before and after and after[0] <= before[0] and after[1] >= before[1]:
                del points[index]
                return
        del points[len(points) // 2]
