"""The collector of cycles looks seldom in a server, and more seldom still while a question is worked on.

1. What a batch or a page is made of is many small values without a cycle: looked through as often as Python does by
   itself, it takes a fifth of the processor's time. What is there at the start is never looked through.
2. A question makes some hundred thousand small values that stay until its answer is done, and no cycle. The collector
   would go through all of them again and again: a third of the processor time of a large question.
3. It is not turned off: what others leave meanwhile goes, a little later.
4. Several questions at once: what held before the first holds again after the last.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SERVING = 20_000, 20, 50
THRESHOLDS = 50_000, 20, 100
_lock = threading.Lock()
_before: list[tuple[int, int, int]] = []


def from_now_on() -> None:
    """By rule 1, for as long as this process is there."""
    gc.freeze()
    gc.set_threshold(*SERVING)


@contextmanager
def seldom() -> Iterator[None]:
    """By rule 2."""
    with _lock:
        _before.append(gc.get_threshold() if not _before else _before[0])
        gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        with _lock:
            thresholds = _before.pop()
            if not _before:
                gc.set_threshold(*thresholds)
