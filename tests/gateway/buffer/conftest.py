"""A buffer in a real folder, with the real sealer, and a clock that the test sets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.buffer import Buffer, Settings
from tests.gateway.buffer.wire import BOOT, sealer

SMALL = Settings(min_free_bytes=0, ballast_bytes=0)


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


Opener = Callable[..., Awaitable[Buffer]]


@pytest.fixture
async def open_buffer(tmp_path: Path, clock: Clock) -> AsyncIterator[Opener]:
    """Opens the same folder each time it is called; what is still open at the end is closed."""
    opened: list[Buffer] = []
    seals = sealer()

    async def open_it(settings: Settings = SMALL, boot: str = BOOT) -> Buffer:
        buffer = await Buffer.open(tmp_path / "buffer", boot=boot, mono_ms=clock, sealer=seals, settings=settings)
        opened.append(buffer)
        return buffer

    yield open_it
    for buffer in opened:
        await buffer.close()
