"""Codes shown at a box whose flash is as slow as a board's: how long until the first sign and until green, and how many
were missed.

1. Each code is another one, and the simulated reader tells when its last byte has left it. The first face that the box
   draws from then on is the sign that somebody has been seen; `stored` with the code's own checksum is green.
2. A code counts as missed when it did not go green, whether the reader or the box is to blame.
3. Light and sound come before the line that tells of them, so that the instants are on the safe side.
"""

import asyncio
import base64
import os
import random
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from scripts.sim import report
from scripts.sim.evidence import Evidence, Green, Sent
from scripts.sim.people import citizen_card
from scripts.sim.report import CLOCK_SLACK_MS
from scripts.sim.run import conclude
from scripts.sim.town import Town
from scripts.sim.witness import Witness

BOX_ID = "box-1"
LATEST_MS = 3_000
"""A sign that comes later belongs to nobody any more."""
UNEVEN = 0.5
"""By how much of the time between two people somebody may be late: the box has a beat of its own, and must not be met
at the same point of it each time."""
SETTLE_S = 4.0
BACKLOG_LIMIT_S = 180.0
BLOCK_LIMIT_S = 30.0


class Flash(NamedTuple):
    """What a board's flash costs: the usual times in the data sheets of W25Q and GD25Q, and how it is programmed."""

    name: str
    erase_ms: int
    program_us: int
    """For a page of 256 bytes."""

    @property
    def settings(self) -> dict[str, Any]:
        """For the box's configuration."""
        return {"test": {"erase_ms": self.erase_ms, "program_us": self.program_us}}


ESP32 = Flash("ESP32", 45, 700)
RP2 = Flash("RP2", 45, 400)


class Face(NamedTuple):
    """Something that a box has shown."""

    face: str
    at_ms: int


class Listener(Witness):
    """A witness that also keeps every face, in order."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence)
        self.faces: list[Face] = []
        self.heap: dict[str, Any] = {}
        """The most that the box told of: {peak, kept, limit, block}, in bytes."""

    def _face(self, box_id: str, said: dict[str, Any]) -> None:
        super()._face(box_id, said)
        self.faces.append(Face(said["face"], said["at_ms"]))

    def _event(self, box_id: str, said: dict[str, Any]) -> None:
        super()._event(box_id, said)
        if said["event"] == "heap":
            self.heap = highest_heap(self.heap, said)


def highest_heap(before: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What was told of a heap until now, and one more line: the worst of each. Pure."""
    blocks = [block for block in (before.get("block"), said.get("block")) if block is not None]
    return {
        "peak": max(before.get("peak", 0), said["peak"]),
        "kept": max(before.get("kept", 0), said["kept"]),
        "limit": said["limit"],
        "block": min(blocks, default=None),
    }


@dataclass
class Run:
    """What became of the codes of one run."""

    shown: int
    signal_ms: list[int] = field(default_factory=list)
    green_ms: list[int] = field(default_factory=list)

    @property
    def missed(self) -> int:
        """How many were shown and never went green."""
        return self.shown - len(self.green_ms)

    def __add__(self, other: "Run") -> "Run":
        """Both, as if they were one."""
        return Run(self.shown + other.shown, self.signal_ms + other.signal_ms, self.green_ms + other.green_ms)


def judge(shown: int, sent: Sequence[Sent], faces: Sequence[Face], greens: Sequence[Green]) -> Run:
    """Rules 1 and 2. Pure; `faces` in the order of their instants."""
    run = Run(shown)
    seen_ms = [face.at_ms for face in faces if face.face == "seen"]
    lit = {(green.crc, green.length): green.at_ms for green in greens}
    for one in sent:
        index = bisect_left(seen_ms, one.last_byte_ms - CLOCK_SLACK_MS)
        if index < len(seen_ms) and seen_ms[index] - one.last_byte_ms <= LATEST_MS:
            run.signal_ms.append(max(0, seen_ms[index] - one.last_byte_ms))
        if (at_ms := lit.get((one.crc, one.length))) is not None:
            run.green_ms.append(max(0, at_ms - one.last_byte_ms))
    return run


class Gate:
    """`async with Gate(folder, ESP32) as gate: await gate.visit(60, per_s=1.0)`"""

    def __init__(self, folder: Path, flash: Flash | None, size_bytes: int | None = None) -> None:
        changes: dict[str, Any] = flash.settings if flash else {}
        if size_bytes:
            changes["flash"] = {"size_bytes": size_bytes}
        folder.mkdir()
        self.town = Town(folder, boxes=1, box_settings=changes)
        self.listener = self.town.witness = Listener(self.town.evidence)
        self._draw = random.Random(f"gate {folder.name}")
        self._begun_s = time.monotonic()

    async def __aenter__(self) -> "Gate":
        await self.town.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.town.stop()

    def delivered(self) -> int:
        """How many scans the box was told that they are kept."""
        return max(self.town.evidence.delivered.values(), default=0)

    async def visit(self, codes: int, per_s: float) -> Run:
        """Show so many codes at that rate."""
        return await self._visit(codes, per_s, lambda: True)

    async def visit_while(self, going_on: Callable[[], bool], per_s: float) -> Run:
        """The same until something is over."""
        return await self._visit(int(BACKLOG_LIMIT_S * per_s), per_s, going_on)

    async def _visit(self, most: int, per_s: float, going_on: Callable[[], bool]) -> Run:
        evidence = self.town.evidence
        sent, greens, faces = len(evidence.sent), len(evidence.greens), len(self.listener.faces)
        begun, shown = time.monotonic(), 0
        while shown < most and going_on():
            due_s = begun + (shown + self._draw.uniform(0, UNEVEN)) / per_s
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            code = citizen_card(self._draw)
            order = {"show_code_base64": base64.b64encode(code).decode(), "hold_ms": 2_000}
            await self.town.show(BOX_ID, code, order, patience_s=5.0)
            shown += 1
        await self._until_green(len(evidence.sent) - sent, greens)
        return judge(shown, evidence.sent[sent:], self.listener.faces[faces:], evidence.greens[greens:])

    async def _until_green(self, wanted: int, before: int) -> None:
        # the last ones may be on their way still
        give_up_s = time.monotonic() + SETTLE_S
        while len(self.town.evidence.greens) - before < wanted and time.monotonic() < give_up_s:
            await asyncio.sleep(0.02)

    async def account(self) -> dict[str, Any]:
        """Wait until everything has arrived at the server. -> the report. Raises RuntimeError where a promise broke."""
        await conclude(self.town, self._begun_s)
        told = report.build(self.town.evidence)
        if told["broken"]:
            raise RuntimeError("; ".join(told["broken"]))
        return told

    async def heap(self) -> dict[str, Any]:
        """The most that the box told of; the largest block is tried when nobody has come for a while."""
        async with asyncio.timeout(BLOCK_LIMIT_S):
            while self.listener.heap.get("block") is None:
                await asyncio.sleep(0.1)
        return self.listener.heap

    async def restart_with(self, image: Path) -> None:
        """Start the box anew with this flash and without its gateway, and wait until its reader is ready."""
        (pair,) = self.town.boxes.values()
        await pair.box.kill()
        self.town.box_link.set_mode("cut")
        os.replace(image, pair.folder / "flash.img")
        self.listener.reader_state.clear()
        await pair.box.start()
        async with asyncio.timeout(BACKLOG_LIMIT_S):
            while self.listener.reader_state.get(BOX_ID) != "ready":
                await asyncio.sleep(0.02)
