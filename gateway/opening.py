"""How the buffer is opened and closed around a run of the gateway."""

import asyncio
from pathlib import Path

import structlog

from gateway.buffer import Buffer, BufferFault
from gateway.keeping import Keeping
from gateway.passing import PASSING
from gateway.service import Service

log = structlog.get_logger()

OPEN_AGAIN_S = 2.0


async def open_when_well(keeping: Keeping, path: Path, stopping: asyncio.Event, service: Service) -> Buffer | None:
    """A disk that is full or failing at the start is waited for: it may be well again sooner than anybody comes by.

    None: told to stop meanwhile. Raises BufferFault for whatever does not pass by itself.
    """
    while True:
        try:
            return await keeping.open(path)
        except BufferFault as fault:
            if fault.code not in PASSING:
                raise
            log.error("the buffer cannot be opened yet", code=fault.code, detail=fault.detail)
            service.ready(f"{fault.code}: nothing can be kept; trying again")
            service.progress()
        try:
            async with asyncio.timeout(OPEN_AGAIN_S):
                await stopping.wait()
                return None
        except TimeoutError:
            pass


def tell_opening(buffer: Buffer, path: Path) -> None:
    log.info("buffer open", path=str(path), found=buffer.opening.found)
    if buffer.opening.damage is not None:
        log.error("the buffer was damaged and has been salvaged", **buffer.opening.damage._asdict())


async def close(buffer: Buffer) -> None:
    try:
        await buffer.close()
    except BufferFault as fault:  # what was acknowledged is kept all the same; the next opening looks at the file
        log.warning("the buffer could not be closed cleanly", code=fault.code, detail=fault.detail)
