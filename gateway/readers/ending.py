"""The end of tasks, also of those that do not hear it the first time.

1. `asyncio.wait_for` of Python 3.11 loses a cancellation that comes in the round in which what it waits for is done
   (bpo-37658; firmware/scanner/talk.py waits so at each command). So a task that goes on is cancelled again.
2. Who is cancelled while it waits here still waits until all of them have ended, and then passes it on.
"""

import asyncio
from typing import Any

AGAIN_S = 0.5


async def end(*tasks: "asyncio.Task[Any]") -> None:
    """Returns when each has ended; what they raise is not raised here."""
    was_cancelled = False
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=AGAIN_S)
        except asyncio.CancelledError:
            was_cancelled = True
    await asyncio.gather(*tasks, return_exceptions=True)  # seen: asyncio complains of nothing
    if was_cancelled:
        raise asyncio.CancelledError
