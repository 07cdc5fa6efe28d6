"""Two measures of progress that take more than one look."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")
LOOKS = 6


class Question(Generic[T]):
    """Asks something that may never answer, without waiting for it: what asks on must not be stuck with what is asked.

    One question is out at a time; until it is answered the answer before it holds.
    """

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, T]], mono_ms: Callable[[], int]) -> None:
        self._ask = ask
        self._mono_ms = mono_ms
        self._task: asyncio.Task[T] | None = None
        self._asked_ms = 0
        self.answer: T | None = None

    async def look(self, patience_s: float) -> T | None:
        """The latest answer, at most `patience_s` from now. Raises what the question raises."""
        if self._task is None:
            self._asked_ms = self._mono_ms()
            self._task = asyncio.create_task(self._ask())
        await asyncio.wait({self._task}, timeout=patience_s)
        if self._task.done():
            task, self._task = self._task, None
            self.answer = task.result()
        return self.answer

    @property
    def silent_s(self) -> float:
        """Since when the question has been out."""
        return 0.0 if self._task is None else (self._mono_ms() - self._asked_ms) / 1000

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()


class Backlog:
    """Does the server answer, and the backlog grow all the same? Over LOOKS looks."""

    def __init__(self) -> None:
        self._looks: deque[tuple[int, int]] = deque(maxlen=LOOKS)

    def look(self, waiting: int, answered: int) -> bool:
        """`waiting` records now; `answered`: how many records the server has ever answered for."""
        self._looks.append((waiting, answered))
        if len(self._looks) < LOOKS:
            return False
        first, last = self._looks[0], self._looks[-1]
        rises = all(later[0] >= earlier[0] for earlier, later in zip(self._looks, list(self._looks)[1:]))
        return rises and last[0] > first[0] and last[1] > first[1] and first[0] > 0


async def lag_s(of: Callable[[], int], wait: Callable[[float], Awaitable[None]] = asyncio.sleep) -> float:
    """How much later than asked for a task of this program comes to do its work, by a clock in milliseconds."""
    began_ms = of()
    await wait(0.05)
    return max(0.0, (of() - began_ms) / 1000 - 0.05)
