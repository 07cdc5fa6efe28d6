# Named tasks: started again when they fail, and seen to make progress, or the box starts anew.
#
# 1. A task that fails is started again after a pause, with the reason told and counted, and never silently.
# 2. Each watched task says `beat` at least once within its own limit. A task that hangs on something that never comes
#    does not; one that fails and is started again beats again by itself.
# 3. The watchdog is fed by `guard` alone, and only while no beat is late. A task that never gives way stops `guard`
#    too. Either way the watchdog runs out, and the board starts anew: nothing on the spool is lost by that.
# 4. While something holds all tasks up (a flash that is slow), nobody can beat: that time counts for nobody.
# 5. What was late is told once, at once, so that the log can say after the restart who it was.

import asyncio
import gc
import io
import sys

_FIRST_PAUSE_MS = 500
_LONGEST_PAUSE_MS = 30000
_STEADY_MS = 60000
FEED_MS = 1000


async def keep_running(name, start, now_ms, count, say):
    # `start()` -> a coroutine that is meant never to end. An end is told like a failure.
    pause_ms = _FIRST_PAUSE_MS
    while True:
        started_ms = now_ms()
        facts = {"name": name}
        try:
            await start()
            facts["reason"] = "ended"
        except Exception as bad:  # any failure of a task is met here: told, counted, and the task starts anew
            facts["reason"] = type(bad).__name__
            gc.collect()
            _describe(bad, facts)
        if now_ms() - started_ms > _STEADY_MS:
            pause_ms = _FIRST_PAUSE_MS
        try:
            count("task_restarts")
            say("task", restart_in_ms=pause_ms, **facts)
        except MemoryError:
            pass  # what cannot be told now must not keep the task from starting anew
        await asyncio.sleep_ms(pause_ms)
        pause_ms = min(_LONGEST_PAUSE_MS, 2 * pause_ms)


def _describe(bad, facts):
    try:
        facts["reason"] = reason_of(bad)
        facts["trace"] = trace_of(bad)
    except MemoryError:
        pass  # its name is enough


def reason_of(bad):
    # What may be told of an error: a KeyError or ValueError can carry a piece of what somebody showed.
    if isinstance(bad, (KeyError, ValueError)):
        return type(bad).__name__
    return f"{type(bad).__name__}: {bad}"[:120]


def trace_of(bad):
    # The last four places of the traceback, as "link/session.py:88 watch_loop".
    text = io.StringIO()
    sys.print_exception(bad, text)
    places = []
    for line in text.getvalue().split("\n"):
        parts = line.split('"')
        if len(parts) == 3:
            path = "/".join(parts[1].split("/")[-2:])
            places.append(path + parts[2].replace(", line ", ":").replace(", in", ""))
    return "; ".join(places[-4:])


class Watch:
    # `limits`: name -> within how many ms it must beat.
    def __init__(self, limits, now_ms):
        self._limits = limits
        self._now_ms = now_ms
        self._looked_ms = now_ms()
        self._beats = {}
        for name in limits:
            self._beats[name] = now_ms()

    def beat(self, name):
        self._beats[name] = self._now_ms()

    def beater(self, name):
        # -> the same for one name, to be handed to who beats
        return lambda: self.beat(name)

    def look(self):
        # Expected every FEED_MS: what it comes later than that, nobody could have beaten.
        now = self._now_ms()
        held_up_ms = now - self._looked_ms - FEED_MS
        self._looked_ms = now
        if held_up_ms > 0:
            for name in self._beats:
                self._beats[name] += held_up_ms

    def late(self):
        # -> name of one whose beat is late, or None
        now = self._now_ms()
        for name, limit_ms in self._limits.items():
            if now - self._beats[name] > limit_ms:
                return name
        return None


async def guard(watch, feed, on_late):
    told = None
    while True:
        watch.look()
        late = watch.late()
        if late is None:
            feed()
            told = None
        elif late != told:
            told = late
            on_late(late)
        await asyncio.sleep_ms(FEED_MS)
