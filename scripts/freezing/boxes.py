"""Two boxes, measured once from slots or modules as today, and once from an interpreter that has the code inside.

1. The plain one: no TLS, no system volume. People show it codes, the gateway acknowledges them.
2. The whole one: out of a blank system volume it is shown its set-up code, enrols, speaks TLS, is shown codes.
3. The heap is the same for both ways. `kept` is what is in use after a collection, at most; `peak` before one.
"""

import asyncio
import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.bundle import image
from scripts.figures.box_gate import Gate
from scripts.figures.box_site import highest_of
from scripts.sim.box import FROZEN
from scripts.sim.people import citizen_card
from scripts.sim.site import Site

SYSTEM_BYTES, PROG_BYTES = 4 * 1024 * 1024, 32
CODES = 12
ENROL_S = 60.0


@contextmanager
def taken_from(interpreter: Path | None) -> Iterator[None]:
    """Boxes that are started meanwhile run what is inside that interpreter; None: as always."""
    if interpreter is not None:
        os.environ[FROZEN] = str(interpreter)
    try:
        yield
    finally:
        os.environ.pop(FROZEN, None)


class BareSite(Site):
    """A place whose boxes have a system volume without slots, as a frozen board's is."""

    async def build(self, version: int, *, image: Path | None = None, out: Path | None = None, floor: int = 0) -> None:
        if image is None:
            raise RuntimeError("a frozen box takes no update")
        await asyncio.to_thread(image.write_bytes, small_image(self.key.modulus))


def small_image(modulus: bytes) -> bytes:
    """The fleet's key on a system volume, and nothing else."""
    return image.make(image.frozen_files(modulus), SYSTEM_BYTES, PROG_BYTES)


async def plain(folder: Path, interpreter: Path | None) -> dict[str, Any]:
    """-> its heap: peak, kept, limit, block. Raises RuntimeError where a promise broke."""
    with taken_from(interpreter):
        async with Gate(folder, None) as gate:
            run = await gate.visit(CODES, 2.0)
            if run.missed:
                raise RuntimeError(f"{run.missed} of {run.shown} codes never went green")
            await gate.account()
            return await gate.heap()


async def whole(folder: Path, interpreter: Path | None) -> dict[str, Any]:
    """-> the same of a box that is set up by its code. Raises TimeoutError, RuntimeError."""
    await asyncio.to_thread(folder.mkdir)
    with taken_from(interpreter):
        async with (Site if interpreter is None else BareSite)(folder) as site:
            box = await site.new_box("box-1")
            await box.until(event="newcomer", provisioned=False)
            await box.until(event="reader", state="ready")
            since = box.now()
            await box.show(site.code(direction="in"))
            await box.until(ENROL_S, since=since, event="enrolled")
            await site.known(box.box_id)
            await box.until(since=since, event="link", state="up")
            await box.until(since=since, event="reader", state="ready")
            draw = random.Random("frozen")
            for _ in range(CODES):
                since = box.now()
                said = await box.show(citizen_card(draw))
                if "sent" not in said:
                    raise RuntimeError(f"the reader did not read a code: {json.dumps(said)}")
                await box.until(since=since, face="stored")
            await box.until(since=since, face="delivered")
            while (await box.until(since=box.now(), event="heap")).get("block") is None:
                pass
            return highest_of(box.lines)
