"""The collector of cycles looks seldom while a question is worked on.

1. A question makes some hundred thousand small values that stay until its answer is done, and no cycle. The collector
   would go through all of them again and again: a third of the processor time of a large question.
2. It is not turned off: what others leave meanwhile goes, a little later.
3. Several questions at once: what held before the first holds again after the last.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = 50_000, 20, 100
_lock = threading.Lock()
_before: list[tuple[int, int, int]] = []


@contextmanager
def seldom() -> Iterator[None]:
    """By rule 1."""
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
