"""Which scans have been counted: sets of numbers, one for each stream (box, epoch). Bounded."""

from firmware.wire.spans import Spans

MOST_STREAMS = 4_096
MOST_RANGES = 2_000


class Seen:
    def __init__(self, texts: dict[str, str] | None = None) -> None:
        self._streams: dict[str, Spans] = {name: Spans.parse(text) for name, text in (texts or {}).items()}

    def add(self, box_id: str, epoch: str, seq: int) -> None:
        name = f"{box_id} {epoch}"
        spans = self._streams.get(name)
        if spans is None:
            spans = self._streams[name] = Spans()
            if len(self._streams) > MOST_STREAMS:
                del self._streams[next(iter(self._streams))]
        spans.add(seq)
        if len(spans.ranges) > MOST_RANGES:  # a box that leaves so many holes has its older half taken for counted
            spans.add(1, spans.ranges[MOST_RANGES // 2][1])

    def remove(self, box_id: str, epoch: str, seq: int) -> bool:
        """True: it was there."""
        spans = self._streams.get(f"{box_id} {epoch}")
        if spans is None or seq not in spans:
            return False
        spans.remove(seq)
        if not spans.ranges:
            del self._streams[f"{box_id} {epoch}"]
        return True

    def has(self, box_id: str, epoch: str, seq: int) -> bool:
        return seq in self._streams.get(f"{box_id} {epoch}", ())

    def highest(self, box_id: str, epoch: str) -> int:
        spans = self._streams.get(f"{box_id} {epoch}")
        return spans.highest() if spans else 0

    def __bool__(self) -> bool:
        return bool(self._streams)

    def dump(self) -> dict[str, str]:
        return {name: str(spans) for name, spans in self._streams.items()}
