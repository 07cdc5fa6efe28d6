"""Turns what boxes and readers print into evidence: lines in, values out.

Every line is one JSON object. A line that is none, or lacks what it must have, is a mishap; a line cut off by a
power cut is not: it ends without a line end, and what it would have said was not seen by anybody.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from scripts.sim.evidence import Boot, Evidence, Green, Heap, Outcome, Sent

REFUSING_FACES = ("repeat", "refused", "too_long", "wrong_kind", "spool_full", "spool_fault")


class Witness:
    """Hears all boxes and readers of a run, and keeps what they said last, for who wants to see it live."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.last_face: dict[str, dict[str, Any]] = {}
        self.link_state: dict[str, str] = {}
        self.reader_state: dict[str, str] = {}
        self.counters: dict[str, dict[str, int]] = {}
        self.spools: dict[str, str] = {}
        """box_id -> the epoch that it said it has, last."""
        self.restarting: set[str] = set()
        """Boxes that said that they start anew, and have not opened their spool since."""
        self._lit = asyncio.Event()
        self._outcome = asyncio.Event()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until that is so; looked at whenever a box says what became of a wish."""
        while not is_so():
            await self._outcome.wait()

    async def next_light(self) -> None:
        """Until some box shows green, from now on."""
        await self._lit.wait()

    def box_line(self, box_id: str, line: bytes) -> None:
        """One line of a box's stdout."""
        said = self._object(f"box {box_id}", line)
        try:
            if "face" in said:
                self._face(box_id, said)
            elif "event" in said:
                self._event(box_id, said)
        except (KeyError, TypeError, ValueError) as error:
            self._mishap(f"box {box_id}", line, repr(error))

    def reader_line(self, box_id: str, line: bytes) -> dict[str, Any]:
        """One line of a reader's stdout. -> what it said."""
        said = self._object(f"reader of {box_id}", line)
        try:
            if "sent" in said:
                one = said["sent"]
                self.evidence.sent.append(Sent(box_id, one["crc"], int(one["length"]), int(one["last_byte_ms"])))
            elif "not_read" in said:
                unread = self.evidence.unread
                unread[said["not_read"]] = unread.get(said["not_read"], 0) + 1
            elif "error" in said:
                self.evidence.mishaps.append(f"reader of {box_id} says {json.dumps(said)}")
        except (KeyError, TypeError, ValueError) as error:
            self._mishap(f"reader of {box_id}", line, repr(error))
        return said

    def _face(self, box_id: str, said: dict[str, Any]) -> None:
        face = said["face"]
        if face == "stored":
            green = Green(box_id, said["epoch"], int(said["seq"]), said["crc"], int(said["length"]), int(said["at_ms"]))
            self.evidence.greens.append(green)
            self._lit.set()
            self._lit = asyncio.Event()
        elif face == "delivered":
            self._told(box_id, said["epoch"], int(said["complete_to"]))
        elif face in REFUSING_FACES:
            self.evidence.refused[face] = self.evidence.refused.get(face, 0) + 1
        if face not in ("ready", "delivered"):
            self.last_face[box_id] = said

    def _told(self, box_id: str, epoch: str, complete_to: int) -> None:
        told = self.evidence.delivered
        told[box_id, epoch] = max(told.get((box_id, epoch), 0), complete_to)

    def _event(self, box_id: str, said: dict[str, Any]) -> None:
        event = said["event"]
        if event == "boot":
            boot = Boot(box_id, said["epoch"], int(said["boot"]), int(said["last_seq"]))
            self.evidence.boots.append(boot)
            self.spools[box_id] = boot.epoch
            self.restarting.discard(box_id)
            self._told(box_id, boot.epoch, int(said["first_held"]) - 1)  # what it has freed, it was told
            self.evidence.micropython = said["micropython"]
            self.evidence.heap_limit = max(self.evidence.heap_limit, int(said["heap_limit"]))
        elif event == "heap":
            self.evidence.heap_peak = max(self.evidence.heap_peak, int(said["peak"]))
            self.evidence.heaps.append(Heap(box_id, int(said.get("used", 0)), said.get("block")))
        elif event == "link":
            self.link_state[box_id] = said["state"]
        elif event == "reader":
            self.reader_state[box_id] = said["state"]
        elif event == "counters":
            self.counters[box_id] = said["counters"]
        elif event == "restart":
            self.restarting.add(box_id)
        elif event in ("settings", "update"):
            self._became(box_id, "settings" if event == "settings" else "firmware", said)
        elif event in ("task", "refused", "late"):
            self.evidence.mishaps.append(f"box {box_id} says {json.dumps(said)}")

    def _became(self, box_id: str, what: str, said: dict[str, Any]) -> None:
        outcome = said.get("outcome") or said.get("state")
        one = Outcome(box_id, what, int(said.get("version", 0)), str(outcome), str(said.get("code", "")))
        known = self.evidence.outcomes
        if not known or known[-1] != one:  # of an update each step is told many times
            known.append(one)
        self._outcome.set()
        self._outcome = asyncio.Event()

    def _object(self, who: str, line: bytes) -> dict[str, Any]:
        if not line.endswith(b"\n"):
            return {}
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            self._mishap(who, line, "not a JSON object")
            return {}
        return said

    def _mishap(self, who: str, line: bytes, why: str) -> None:
        self.evidence.mishaps.append(f"{who} printed a line that cannot be read ({why}): {line[:200]!r}")
