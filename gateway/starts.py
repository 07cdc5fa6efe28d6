"""How long to wait before a start: a program that ends again and again shall not wear the card out, and never gives up.

1. What starts, how often and when, is a line in a file in memory (systemd's RuntimeDirectory, preserved while it starts
   anew); without such a folder nothing waits. systemd 252 knows no delay that grows.
2. The first FREE starts wait for nothing more than systemd's RestartSec. Each further one waits twice as long as the
   one before it, at most MOST_S: for as long as it takes.
3. A run that lasted LASTS_S begins the count anew. So does who ends the wait by hand: the next start is at once.
4. Times are of a clock that nobody sets, since the machine started; the file goes with that.
"""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

FILE_NAME = "starts"
FREE, FIRST_S, MOST_S = 4, 5.0, 240.0
LASTS_S = 600.0


def wait_s(folder: Path, now_s: float) -> float:
    """Of the start that is now; it is counted."""
    path = folder / FILE_NAME
    count, begins_s = _read(path)
    count = 1 if not begins_s <= now_s < begins_s + LASTS_S else count + 1
    found = 0.0 if count <= FREE else min(MOST_S, FIRST_S * 2.0 ** min(count - FREE - 1, 16))
    with suppress(OSError):  # memory that takes nothing is no reason to stay away
        path.write_text(f"{count} {now_s + found:.1f}\n")
    return found


def pause(
    runtime_folder: str | None,
    tell: Callable[[float], object],
    now_s: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait as long as is due; `tell` hears how long that is. Raises SystemExit where it is told to end meanwhile."""
    if runtime_folder is None:
        return
    folder = Path(runtime_folder)
    due_s = wait_s(folder, now_s())
    if not due_s:
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        with suppress(OSError):
            (folder / FILE_NAME).unlink()
        raise SystemExit(0)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        tell(due_s)
        sleep(due_s)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _read(path: Path) -> tuple[int, float]:
    """(how many there were in a row, when the last one began its work); what cannot be read: none."""
    try:
        count, begins_s = path.read_text().split()
        return max(0, int(count)), float(begins_s)
    except (OSError, ValueError):
        return 0, 0.0
