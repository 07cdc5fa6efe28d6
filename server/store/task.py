"""Work for the threads that own connections: a job, and who waits for what comes of it.

A job writes, or reads, or is to be done alone: nothing else is done on the database meanwhile.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

Job = Callable[[Connection], Any]


class Task:
    """A job, made on the event loop that waits for it; `result` or `error` is set by the thread that runs it."""

    __slots__ = ("alone", "error", "future", "job", "loop", "result", "writes")

    def __init__(self, job: Job, writes: bool, alone: bool = False) -> None:
        self.job = job
        self.writes = writes
        self.alone = alone
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Tell whoever waits; on the loop."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


def hand_back(tasks: Iterable[Task]) -> None:
    """Tell those who wait, each on its own loop; one wake-up for each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Task]] = {}
    for task in tasks:
        by_loop.setdefault(task.loop, []).append(task)
    for loop, mine in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle_all, mine)


def _settle_all(tasks: list[Task]) -> None:
    for task in tasks:
        task.settle()
