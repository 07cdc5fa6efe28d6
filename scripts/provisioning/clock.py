"""Whether this computer's clock can be right: a set-up code made in 1970 is never taken by any box.

1. It is not before anything that is on this computer already: this package's own files, and those that are named.
2. It is not more than ten years after the newest of them.
When a file was changed last is what it knows; one with a wrong time is named, so that it can be put right.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

DAY_S = 24 * 3600
LEAST_S = 1_767_225_600
"""2026-01-01T00:00Z: none of this existed before."""
_SLACK_S = 2 * DAY_S
"""Copied files carry times of other zones and of other clocks."""
_MOST_AHEAD_S = 10 * 365 * DAY_S
_OWN = Path(__file__)


class Wrong(NamedTuple):
    """The clock is `behind` or `ahead` of what a file knows."""

    code: str
    now_s: float
    known_s: float
    file: str


def judged(files: Iterable[Path] = (), now_s: float | None = None) -> Wrong | None:
    """None: it may be right. `files` are witnesses; those that are not there say nothing."""
    now = time.time() if now_s is None else now_s
    newest, name = float(LEAST_S), ""
    for file in (_OWN, *files):
        try:
            changed = file.stat().st_mtime
        except OSError:
            continue
        if changed > newest:
            newest, name = changed, str(file)
    if now < newest - _SLACK_S:
        return Wrong("behind", now, newest, name)
    if now > newest + _MOST_AHEAD_S:
        return Wrong("ahead", now, newest, name)
    return None
