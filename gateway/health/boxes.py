"""The health of each box, by what it does.

| state | means |
|---|---|
| away | its last will, or its good-bye |
| silent | online, and none of its answers to our beacon comes |
| holding | it has numbered scans that have not come, though what it sends is acknowledged |
| reader | its reader is mute, dead or flooding |
| full, spool | its flash is full; its queue has a fault |
| restarting | it begins anew again and again |
| worn | its flash will be worn out within months |

1. Nothing is said of a box while the broker is not well, or nothing can be kept: that is one trouble, and not twenty.
   Nor in the first GRACE_S afterwards: they come back one by one.
2. The age of the oldest scan that is not acknowledged is what the box says, or else runs from the moment at which the
   gateway heard of it. A backlog that moves is no fault, however old it is: `holding` is that nothing comes.
3. What boxes say takes a bounded amount of memory.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from firmware.wire.ack import Ack
from gateway.health.state import State
from gateway.reasons import of

GRACE_S = 60.0
HOLDING_S = 45.0
RESTARTS = 3
RESTARTS_S = 3600.0
WORN_YEARS = 0.5
MOST_BOXES = 5_000
_LONGEST_S = 10 * 365 * 86_400
_READER_BAD = ("mute", "dead", "flooding")
_SPOOL = {"full": "full", "fault": "spool", "rescue": "spool", "damaged": "spool"}


class Limits(NamedTuple):
    beacon_s: float = 5.0
    """So often a box is asked for a sign of life."""


class _Box:
    """What is remembered of one."""

    def __init__(self, now_ms: int) -> None:
        self.epoch = ""
        self.last_seq = 0
        self.complete_to = 0
        self.behind_ms: int | None = None
        """Since when a scan is known of that has not come."""
        self.oldest_ms: int | None = None
        """When the oldest scan that it holds was made, as it said itself."""
        self.answered_ms = now_ms
        self.boots: list[tuple[int, int]] = []
        """(boot, when it was first seen)"""

    def state(self, epoch: str, last_seq: int, now_ms: int) -> None:
        if epoch != self.epoch:
            self.epoch, self.last_seq, self.complete_to, self.behind_ms = epoch, 0, 0, None
        self.last_seq = max(self.last_seq, last_seq)
        self._look(now_ms, False)

    def acked(self, ack: Ack, now_ms: int) -> None:
        self.state(ack.epoch, ack.highest, now_ms)
        has_moved = ack.complete_to > self.complete_to
        self.complete_to = max(self.complete_to, ack.complete_to)
        self._look(now_ms, has_moved)

    def _look(self, now_ms: int, has_moved: bool) -> None:
        if self.complete_to >= self.last_seq:
            self.behind_ms = None
        elif self.behind_ms is None or has_moved:
            self.behind_ms = now_ms


class Boxes:
    """Told what boxes say and send; asked how they are."""

    def __init__(self, mono_ms: Callable[[], int], limits: Limits = Limits()) -> None:  # noqa: B008 - immutable
        self._mono_ms = mono_ms
        self._limits = limits
        self._boxes: dict[str, _Box] = {}
        self._quiet_until_ms = mono_ms() + int(1000 * GRACE_S)

    # --- told

    def status(self, box_id: str, said: Mapping[str, Any]) -> None:
        """A status that is not out of date."""
        box, now_ms = self._box(box_id), self._mono_ms()
        if box is None or said["state"] != "online":
            return
        box.answered_ms = now_ms
        box.state(said["epoch"], said["last_seq"], now_ms)
        oldest_s = said.get("oldest_unacked_s")
        is_told = isinstance(oldest_s, int | float) and not isinstance(oldest_s, bool) and 0 < oldest_s < _LONGEST_S
        box.oldest_ms = now_ms - int(1000 * oldest_s) if is_told else None  # type: ignore[operator]
        boot = said["boot"]
        if not box.boots or box.boots[-1][0] != boot:
            box.boots = [*box.boots[-RESTARTS:], (boot, now_ms)]

    def heard(self, box_id: str) -> None:
        """An answer to a beacon."""
        box = self._box(box_id)
        if box is not None:
            box.answered_ms = self._mono_ms()

    def acked(self, acks: Iterable[Ack]) -> None:
        """What has just been acknowledged to boxes."""
        for ack in acks:
            box = self._box(ack.box_id)
            if box is not None:
                box.acked(ack, self._mono_ms())

    def forget(self, box_id: str) -> None:
        """It does not belong here any more."""
        self._boxes.pop(box_id, None)

    def _box(self, box_id: str) -> _Box | None:
        box = self._boxes.get(box_id)
        if box is None and len(self._boxes) < MOST_BOXES:
            box = self._boxes[box_id] = _Box(self._mono_ms())
        return box

    # --- asked

    def judge(self, births: Mapping[str, Mapping[str, Any]], is_link_well: bool) -> list[State]:
        """The state of each box; none at all while that cannot be told. `births`: the latest status of each."""
        now_ms = self._mono_ms()
        if not is_link_well:
            self._quiet_until_ms = now_ms + int(1000 * GRACE_S)
        if now_ms < self._quiet_until_ms:
            return []
        return [self._judge(box_id, said, now_ms) for box_id, said in births.items()]

    def _judge(self, box_id: str, said: Mapping[str, Any], now_ms: int) -> State:
        def state(word: str, reason: str, is_sure: bool = False) -> State:
            return State("box", word, reason, box_id, is_sure)

        if said["state"] != "online":
            return state("away", of("box_away"))
        box = self._boxes.get(box_id) or _Box(now_ms)
        silent_s = (now_ms - box.answered_ms) / 1000
        if silent_s > 4 * self._limits.beacon_s + 10:
            return state("silent", of("box_silent", round(silent_s)), True)
        behind_s = self._behind_s(box, now_ms)
        if behind_s > HOLDING_S:
            count, oldest_s = box.last_seq - box.complete_to, self._oldest_s(box, now_ms)
            return state("holding", of("box_holding", count, round(behind_s), round(oldest_s)), True)
        return self._own(box, said, now_ms, state)

    def _own(self, box: _Box, said: Mapping[str, Any], now_ms: int, state: Callable[..., State]) -> State:
        """What it says of itself."""
        reader, spool, years = said.get("reader"), said.get("spool"), said.get("flash_years")
        if reader in _READER_BAD:
            return state("reader", of(f"box_reader_{reader}"))
        if isinstance(spool, str) and spool in _SPOOL:
            return state(_SPOOL[spool], of(f"box_queue_{spool}"))
        lately = [boot for boot, seen_ms in box.boots if now_ms - seen_ms < 1000 * RESTARTS_S]
        if len(lately) > RESTARTS:
            why = str(said.get("crash") or said.get("reset_cause", "?"))[-120:]
            return state("restarting", of("box_restarts", len(lately) - 1, why))
        if isinstance(years, int | float) and 0 <= years < WORN_YEARS:
            return state("worn", of("box_worn", round(12 * years)))
        return state("ok", "")

    @staticmethod
    def _behind_s(box: _Box, now_ms: int) -> float:
        return 0.0 if box.behind_ms is None else (now_ms - box.behind_ms) / 1000

    def _oldest_s(self, box: _Box, now_ms: int) -> float:
        """How old the oldest scan is that has not come: as the box says, or else since it is known of."""
        if box.behind_ms is None:
            return 0.0
        known = [ms for ms in (box.behind_ms, box.oldest_ms) if ms is not None]
        return (now_ms - min(known)) / 1000

    def unacknowledged(self) -> dict[str, tuple[int, float]]:
        """box_id -> how many scans are known of and have not come, and how old the oldest of them is, in seconds."""
        now_ms = self._mono_ms()
        return {
            box_id: (max(0, box.last_seq - box.complete_to), self._oldest_s(box, now_ms))
            for box_id, box in self._boxes.items()
        }
