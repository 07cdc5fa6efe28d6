# A set of sequence numbers as a sorted list of closed ranges that do not touch.
#
# Box, gateway and server all ask the same of it: complete up to where, and what is missing. In the usual case,
# numbers that come in order, it holds one range and `add` looks at the last one only.

from . import fields
from .errors import WireError
from .fields import U32_MAX

MAX_TEXT_BYTES = 65536


class Spans:
    def __init__(self, ranges: "list[list[int]] | None" = None) -> None:
        self.ranges: list[list[int]] = []
        for first, last in ranges or ():
            self.add(first, last)

    @staticmethod
    def parse(text: str) -> "Spans":
        spans = Spans()
        for first, last in parse_ranges(fields.to_bytes(text)):
            spans.ranges.append([first, last])
        return spans

    def __str__(self) -> str:
        return ranges_text(self.ranges)

    def __repr__(self) -> str:
        return "Spans(" + str(self) + ")"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and self.ranges == other.ranges

    def copy(self) -> "Spans":
        twin = Spans()
        twin.ranges = [[first, last] for first, last in self.ranges]
        return twin

    def _at(self, seq: int) -> int:
        # index of the first range whose end is not below `seq`
        low, high = 0, len(self.ranges)
        while low < high:
            mid = (low + high) // 2
            if self.ranges[mid][1] < seq:
                low = mid + 1
            else:
                high = mid
        return low

    def __contains__(self, seq: int) -> bool:
        at = self._at(seq)
        return at < len(self.ranges) and self.ranges[at][0] <= seq

    def add(self, first: int, last: "int | None" = None) -> bool:
        # -> True if anything in first…last was not yet in the set
        if last is None:
            last = first
        if first < 0 or last < first:
            raise ValueError("not a range")
        ranges = self.ranges
        if ranges and ranges[-1][1] + 1 == first:
            ranges[-1][1] = last
            return True
        at = self._at(first)
        if at < len(ranges) and ranges[at][0] <= first and last <= ranges[at][1]:
            return False
        start = at - 1 if at > 0 and ranges[at - 1][1] + 1 == first else at
        end = start
        while end < len(ranges) and ranges[end][0] <= last + 1:
            first = min(first, ranges[end][0])
            last = max(last, ranges[end][1])
            end += 1
        ranges[start:end] = [[first, last]]
        return True

    def remove(self, first: int, last: "int | None" = None) -> None:
        if last is None:
            last = first
        kept: list[list[int]] = []
        for a, b in self.ranges:
            if a < first:
                kept.append([a, min(b, first - 1)])
            if b > last:
                kept.append([max(a, last + 1), b])
        self.ranges = kept

    def complete_to(self) -> int:
        # the end of the unbroken run from 1; 0 where 1 is missing
        if self.ranges and self.ranges[0][0] <= 1:
            if self.ranges[0][1] >= 1:
                return self.ranges[0][1]
            if len(self.ranges) > 1 and self.ranges[1][0] == 1:
                return self.ranges[1][1]
        return 0

    def highest(self) -> int:
        return self.ranges[-1][1] if self.ranges else 0

    def missing(self, limit: int = 32) -> list[tuple[int, int]]:
        # the first `limit` gaps above complete_to and below the highest number
        gaps: list[tuple[int, int]] = []
        before = self.complete_to()
        for first, last in self.ranges:
            if first > before + 1 and len(gaps) < limit:
                gaps.append((before + 1, first - 1))
            before = max(before, last)
        return gaps

    def count(self) -> int:
        total = 0
        for first, last in self.ranges:
            total += last - first + 1
        return total


def ranges_text(ranges: "list[list[int]] | list[tuple[int, int]]") -> str:
    if not ranges:
        return "-"
    return ",".join([str(a) if a == b else str(a) + "-" + str(b) for a, b in ranges])


def parse_ranges(text: bytes) -> list[tuple[int, int]]:
    if text == b"-":
        return []
    ranges: list[tuple[int, int]] = []
    for part in text.split(b","):
        ends = part.split(b"-")
        first = fields.uint(ends[0], U32_MAX)
        if len(ends) == 1:
            last = first
        elif len(ends) == 2:
            last = fields.uint(ends[1], U32_MAX, first + 1)
        else:
            raise WireError("field", "not ranges")
        if ranges and first <= ranges[-1][1] + 1:
            raise WireError("field", "ranges touch or fall")
        ranges.append((first, last))
    return ranges
