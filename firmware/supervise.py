# Named tasks that are started again when they fail: with the reason told and counted, and never silently.

import asyncio
import gc

_FIRST_PAUSE_MS = 500
_LONGEST_PAUSE_MS = 30000
_STEADY_MS = 60000


async def keep_running(name, start, now_ms, count, say):
    # `start()` -> a coroutine that is meant never to end. An end is told like a failure.
    pause_ms = _FIRST_PAUSE_MS
    while True:
        started_ms = now_ms()
        try:
            await start()
            reason = "ended"
        except Exception as bad:  # any failure of a task is met here: told, counted, and the task starts anew
            reason = f"{type(bad).__name__}: {bad}"
            gc.collect()
        if now_ms() - started_ms > _STEADY_MS:
            pause_ms = _FIRST_PAUSE_MS
        count("task_restarts")
        say("task", name=name, reason=reason, restart_in_ms=pause_ms)
        await asyncio.sleep_ms(pause_ms)
        pause_ms = min(_LONGEST_PAUSE_MS, 2 * pause_ms)
