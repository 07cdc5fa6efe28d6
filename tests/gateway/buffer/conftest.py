"""A buffer on a real file, and a clock that the test sets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.buffer import Buffer, Settings
from tests.gateway.buffer.wire import BOOT


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
    """Opens the same file each time it is called; what is still open at the end is closed."""
    opened: list[Buffer] = []

    async def open_it(settings: Settings | None = None, boot: str = BOOT) -> Buffer:
        buffer = await Buffer.open(tmp_path / "buffer.db", boot=boot, mono_ms=clock, settings=settings)
        opened.append(buffer)
        return buffer

    yield open_it
    for buffer in opened:
        await buffer.close()
