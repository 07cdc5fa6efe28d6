"""Readers plugged into this machine, as the gateway's other rooms see them: boxes whose scans go straight to the
buffer."""

from typing import TYPE_CHECKING

import structlog

from gateway.buffer import Arrival, BufferFault
from gateway.passing import PASSING
from gateway.readers import House, Kept, NotKept, Readers, Settings
from gateway.reasons import sentence

if TYPE_CHECKING:
    from gateway.app import Gateway

log = structlog.get_logger()

REPEAT_WINDOW_MS = 3_000
FOLDER_NAME = "readers"


def wired_readers(gateway: "Gateway") -> Readers:
    """Not yet running."""
    ours = gateway.config.readers
    marks = [f"{key}={value}" for key, value in (("dir", _way(ours.direction)), ("gate", ours.gate)) if value]

    async def keep(box_id: str, topic: str, payload: bytes, boot: str, mono_ms: int) -> Kept | NotKept:
        try:
            result = await gateway.buffer.put([Arrival(box_id, topic, payload, boot, mono_ms)])
        except BufferFault as fault:
            if fault.code not in PASSING:
                raise
            return NotKept(fault.code, fault.detail)
        for fresh in result.scans:
            gateway.keeping.place.take(fresh)
        if result.scans:
            gateway.panel.changed()
        return Kept(result.stored, result.conflicts, result.acks)

    def on_outcome(box_id: str, outcome: str, reason: str) -> None:
        log.debug("reader", box=box_id, outcome=outcome, reason=reason)
        gateway.panel.changed()  # the only place where who stands there sees it: no reader lights on command

    house = House(
        gateway_id=gateway.config.gateway_id,
        folder=gateway.data_dir / FOLDER_NAME,
        machine_boot=gateway.machine.boot,
        mono_ms=gateway.machine.mono_ms,
        utc=gateway.hours.bounds,
        keep=keep,
        on_heard=gateway.hours.on_heard,
        on_enrolled=lambda box_id: gateway.events.put("enrolled", {"box_id": box_id}),
        on_outcome=on_outcome,
        is_buffer_whole=gateway.buffer.opening.found in ("clean", "unclean"),
        repeat_window_ms=REPEAT_WINDOW_MS,
        marks=",".join(marks),
    )
    return Readers(
        Settings(tuple(ours.serial), tuple(ours.keyboard)),
        house,
        lambda one: log.info(
            "reader", device=one.device, box=one.box_id, state=one.state, reason=sentence(one.reason, "en")
        ),
    )


def _way(direction: str) -> str:
    return direction if direction in ("in", "out") else ""
