# The reader on its serial port: the only file of this room that does I/O.
#
#   port:  await read(n) -> bytes (b"": the line is gone), write(bytes), await drain(), set_baud(baud), baud,
#          reopen() -> bool (asked for again and again once the line is gone; True when it is back)
#   clock: () -> milliseconds that never go back
#   on_code(code, done_ms)       a whole code, and when its last byte was read
#   on_state(state, detail)      starting, ready, mute, half_configured, flooding, dead
#   on_refused(reason, length)   truncated, too_long, noise, misframed, ambiguous: someone may be waiting at the gate
#
# 1. Three tasks: one reads, one counts silence, one keeps the reader configured. None of them blocks, and none of them
#    reads for another: a code that comes while a command waits for its answer is a code like any other.
# 2. The settings are read back every `verify_ms`, and at once after anything that did not fit: a reader that lost
#    its power, or was shown a set-up code, is put right.
# 3. A reader that does not answer is `mute`, and is looked for again and again. What it sends at the last good
#    speed still counts, in the pauses of the search.
# 4. More waste than FLOOD_BYTES or FLOOD_REFUSED in FLOOD_MS is a flood: it is counted, codes in it still count, but
#    nobody is told of each refusal.

import asyncio

from . import settings
from .frames import Frames
from .line import HOLD, Code, Heartbeat, Refused, Reply, Stray
from .setup import Setup
from .talk import Gone, Talk

FLOOD_MS = 10000
FLOOD_BYTES = 4096
FLOOD_REFUSED = 20
_READ_BYTES = 256
_IDLE_TICK_S = 0.05
_TICK_S = 0.01
_MUTE_S = 1
_REOPEN_S = 0.5
_VERIFY_PAUSE_S = 1
_TO_TELL = ("truncated", "too_long", "noise", "misframed", "ambiguous")


class ReaderLoop:
    def __init__(self, port, clock, wanted: dict, on_code, on_state, on_refused=None) -> None:
        self._port = port
        self._clock = clock
        self._on_code = on_code
        self._on_state = on_state
        self._on_refused = on_refused
        self._wanted = settings.complete(wanted)
        self._frames = Frames()
        self.counters = {}
        self._talk = Talk(port, self._frames, clock, self._count)
        self._setup = Setup(port, self._frames, self._talk, self._wanted, self._handle)
        self._state = ("", "")
        self._shown = ("", "")
        self._doubt = asyncio.Event()
        self._failed = None
        self._flooding = False
        self._flood_since_ms = 0
        self._wasted = 0
        self._refusals = 0

    @property
    def state(self) -> str:
        return self._shown[0]

    async def run(self) -> None:
        while True:
            self._enter("starting", "")
            await self._serve()
            if self._failed:
                raise self._failed
            self._enter("dead", "")
            while not self._port.reopen():
                await asyncio.sleep(_REOPEN_S)
            self._count("reopened")
            self._talk.gone = False
            self._setup.restarted()

    async def trigger(self) -> bool:
        # In the reading mode "command": read one code now. The answer comes before the code.
        return await self._talk.write(0x0002, b"\x01")

    async def _serve(self) -> None:
        tasks = [
            asyncio.create_task(self._watched(self._receive())),
            asyncio.create_task(self._watched(self._listen_to_silence())),
        ]
        try:
            await self._keep()
        except Gone:
            self._count("gone")
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                try:
                    await task
                except asyncio.CancelledError:
                    pass
            self._handle(self._frames.drop())

    async def _watched(self, coroutine) -> None:
        try:
            await coroutine
        except Exception as bad:  # raised again by run(): what the callbacks raise must not vanish in a task
            self._failed = bad
            self._talk.gone = True
            self._doubt.set()

    async def _receive(self) -> None:
        while True:
            data = await self._port.read(_READ_BYTES)
            if not data:
                self._talk.gone = True
                self._doubt.set()
                return
            self._talk.heard()
            self._count("bytes", len(data))
            self._wasted += len(data)
            self._handle(self._frames.feed(data, self._clock()))

    async def _listen_to_silence(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S if self._frames.pending() else _IDLE_TICK_S)
            self._handle(self._frames.tick(self._clock()))
            self._watch_flood()

    async def _keep(self) -> None:
        while True:
            if self._talk.gone:
                raise Gone()
            if not await self._setup.probe():
                self._enter("mute", "")
                self._setup.restarted()
                await self._wait(_MUTE_S)
                continue
            missing = await self._setup.apply()
            while missing is not None:
                self._enter("half_configured" if missing else "ready", ",".join(missing))
                await asyncio.sleep(_VERIFY_PAUSE_S)
                await self._wait(self._wanted["verify_ms"] / 1000 - _VERIFY_PAUSE_S)
                missing = await self._setup.apply()
            self._count("unanswered")

    async def _wait(self, limit_s: float) -> None:
        try:
            await asyncio.wait_for(self._doubt.wait(), max(limit_s, 0.01))
        except asyncio.TimeoutError:
            pass
        self._doubt.clear()
        if self._talk.gone:
            raise Gone()

    def _handle(self, events: list) -> None:
        for event in events:
            if isinstance(event, Code):
                self._count("codes")
                self._wasted -= len(event.data)
                self._on_code(event.data, event.done_ms)
            elif isinstance(event, Reply):
                self._count("replies")
                self._wasted -= len(event.data)
                self._talk.answered(event.data)
            elif isinstance(event, Refused):
                self._refuse(event)
            elif isinstance(event, Stray):
                self._count("stray")
            elif isinstance(event, Heartbeat):
                self._count("heartbeats")

    def _refuse(self, refused: Refused) -> None:
        self._count(refused.reason)
        self._refusals += 1
        if refused.reason == "too_long":  # announced and skipped whole: somebody's code, no waste
            self._wasted -= refused.length
        self._doubt.set()
        finding = self._frames.mode == HOLD
        if self._on_refused and refused.reason in _TO_TELL and not finding and not self._flooding:
            self._on_refused(refused.reason, refused.length)

    def _watch_flood(self) -> None:
        over = self._wasted > FLOOD_BYTES or self._refusals > FLOOD_REFUSED
        if over and not self._flooding:
            self._flooding = True
            self._count("floods")
            self._show()
        now_ms = self._clock()
        if now_ms - self._flood_since_ms >= FLOOD_MS:
            self._flood_since_ms = now_ms
            self._wasted = 0
            self._refusals = 0
            if self._flooding and not over:
                self._flooding = False
                self._show()

    def _enter(self, state: str, detail: str) -> None:
        self._state = (state, detail)
        self._show()

    def _show(self) -> None:
        shown = ("flooding", "") if self._flooding and self._state[0] != "dead" else self._state
        if shown != self._shown:
            self._shown = shown
            self._on_state(*shown)

    def _count(self, name: str, by: int = 1) -> None:
        self.counters[name] = self.counters.get(name, 0) + by
