"""The gateway's time: told to the boxes, learned from them and from the server, and kept across a restart.

beacon -> box -> heard -> clock; the server's answers -> clock; clock -> time, to the box
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from firmware.wire.batch import ClockSample
from firmware.wire.beacon import Heard
from gateway import clock
from gateway.buffer import Buffer, Held
from gateway.buffer import types as buffer_types
from gateway.clock import ClockRefused, Machine, Timekeeper
from gateway.mqtt.outbound import Outbound
from gateway.passing import passing_faults

log = structlog.get_logger()

SAVE_S = 10.0
MOST_UNSAVED = 1_000


class Hours:
    """`load()` first; then the tasks `send_beacons` and `save`."""

    def __init__(
        self, keeper: Timekeeper, machine: Machine, buffer: Buffer, outbound: Outbound, beacon_s: float
    ) -> None:
        self.clock = keeper
        self._machine = machine
        self._buffer = buffer
        self._outbound = outbound
        self._beacon_s = beacon_s
        self._beacon_now = asyncio.Event()
        self._unsaved: tuple[list[clock.Sample], list[clock.Anchor]] = [], []
        self.with_beacon: Callable[[], None] = lambda: None
        """Called whenever a beacon goes out: what else all boxes should hear."""

    async def load(self) -> None:
        """What was known before the last stop."""
        samples = [clock.Sample(*one) for one in await self._buffer.samples()]
        self.clock.load(samples, [clock.Anchor(*one) for one in await self._buffer.anchors()])
        self.clock.tick()

    # --- what others say of the time

    def on_heard(self, heard: Heard, received_mono_ms: int) -> str | None:
        """A box's answer to a beacon. -> why it is refused"""
        try:
            self.clock.heard(heard, received_mono_ms)
        except ClockRefused as refused:
            return refused.code
        self._tell(heard.box_id)
        return None

    def on_server_time(self, utc_ms: int, sent_mono_ms: int, received_mono_ms: int) -> None:
        if self.clock.server_said(utc_ms, sent_mono_ms, received_mono_ms):
            self._tell_everybody()

    # --- what is known

    def bounds(self) -> tuple[int, int] | None:
        """UTC now, between the two."""
        return self.clock.utc_at(self._machine.boot, self._machine.mono_ms())

    def utc_ms(self) -> int | None:
        bounds = self.bounds()
        return None if bounds is None else (bounds[0] + bounds[1]) // 2

    def instant(self, held: Held) -> tuple[int | None, int | None]:
        return self.clock.instant(held.scan, held.received_boot, held.received_mono_ms)

    def samples_of(self, helds: Sequence[Held]) -> list[ClockSample]:
        wanted = {(held.box_id, held.epoch, held.scan.boot) for held in helds if held.scan is not None}
        return [one for one in self.clock.samples() if (one.box_id, one.epoch, one.boot) in wanted]

    # --- tasks

    def beacon_now(self) -> None:
        self._beacon_now.set()

    async def send_beacons(self) -> None:
        """A beacon at once when the broker is there, and then every few seconds."""
        while True:
            try:
                async with asyncio.timeout(self._beacon_s):
                    await self._beacon_now.wait()
            except TimeoutError:
                pass
            self._beacon_now.clear()
            if self.clock.tick():
                self._tell_everybody()
            self._outbound.beacon(self.clock.beacon())
            self.with_beacon()

    async def save(self) -> None:
        """Keep across a restart what relates the clocks; what a full disk refuses is tried again."""
        while True:
            await asyncio.sleep(SAVE_S)
            samples, anchors = self.clock.unsaved()
            samples, anchors = self._unsaved[0] + samples, self._unsaved[1] + anchors
            self._unsaved = samples[-MOST_UNSAVED:], anchors[-MOST_UNSAVED:]
            with passing_faults():
                if samples:
                    await self._buffer.add_samples([buffer_types.Sample(*one) for one in samples])
                    self._unsaved = [], anchors
                for anchor in anchors:
                    await self._buffer.add_anchor(buffer_types.Anchor(*anchor))
                self._unsaved = [], []

    def _tell(self, box_id: str) -> None:
        time = self.clock.time(box_id)
        if time is not None:
            self._outbound.time(time)

    def _tell_everybody(self) -> None:
        log.info("UTC is known")
        for box_id in self.clock.boxes():
            self._tell(box_id)
        self._beacon_now.set()
