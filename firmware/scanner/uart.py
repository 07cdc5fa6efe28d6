# The reader on its serial port: the only file of this room that does I/O.
#
#   port:  await read(n) -> bytes (b"": the line is gone), write(bytes), await drain(), set_baud(baud), baud,
#          reopen() -> bool (asked for again and again once the line is gone; True when it is back);
#          where flash writes mask interrupts also waiting() -> how many bytes are there to be read
#   clock: () -> milliseconds that never go back
#   on_code(code, done_ms)       a whole code, and when its last byte was read
#   on_state(state, detail)      starting, ready, half_configured, listening, mute, flooding, dead
#   on_refused(reason, length)   truncated, too_long, noise, misframed, ambiguous: someone may be waiting at the gate
#
# 1. Three tasks: one reads, one counts silence, one keeps the reader configured. None of them blocks, and none of them
#    reads for another: a code that comes while a command waits for its answer is a code like any other.
# 2. What a reader speaks is known to the driver of its family; find.py finds out which that is. The settings are read
#    back, or written again, every `verify_ms`, and at once after anything that did not fit: a reader that lost its
#    power, or was shown a set-up code, is put right.
# 3. ready: all is as wanted. half_configured: what `detail` names is not, codes are taken. listening: the reader
#    answers nothing, codes are taken as listen.py says. mute: it neither answers nor sends. It is looked for again and
#    again; what it sends at the last good speed still counts, in the pauses of the search. After PATIENCE rounds it may
#    have become another one, and every family is asked for.
# 4. More waste than FLOOD_BYTES or FLOOD_REFUSED in FLOOD_MS is a flood: it is counted, codes in it still count, but
#    nobody is told of each refusal.
# 5. Where flash writes mask interrupts, each stands between `hold` and `release`: see masked.py.

import asyncio

from . import settings
from .line import HOLD, Code, Heartbeat, Refused, Reply, Stray
from .talk import Gone, Talk

FLOOD_MS = 10000
FLOOD_BYTES = 4096
FLOOD_REFUSED = 20
PATIENCE = 2
_READ_BYTES = 256
_IDLE_TICK_S = 0.02
_TICK_S = 0.01
_MUTE_S = 1
_REOPEN_S = 0.5
_VERIFY_PAUSE_S = 1
_TO_TELL = ("truncated", "too_long", "noise", "misframed", "ambiguous")


def _nothing() -> None:
    pass


class ReaderLoop:
    def __init__(self, port, clock, wanted: dict, on_code, on_state, on_refused=None, beat=None) -> None:
        self._port = port
        self._clock = clock
        self._on_code = on_code
        self._on_state = on_state
        self._on_refused = on_refused
        self._beat = beat or _nothing
        self._wanted = settings.complete(wanted)
        self.counters = {}
        self._talk = Talk(port, clock, self._count)
        self._anew = False
        self._held_ms = None
        self._state = ("", "")
        self._shown = ("", "")
        self._doubt = asyncio.Event()
        self._failed = None
        self._flooding = False
        self._flood_since_ms = 0
        self._wasted = 0
        self._refusals = 0
        self._begin()

    @property
    def state(self) -> str:
        return self._shown[0]

    @property
    def model(self) -> str:
        return self._driver.model

    @property
    def wanted(self) -> dict:
        return self._wanted

    async def run(self) -> None:
        while True:
            self._enter("starting", "")
            await self._serve()
            if self._failed:
                raise self._failed
            self._enter("dead", "")
            while not self._port.reopen():
                self._beat()
                await asyncio.sleep(_REOPEN_S)
            self._count("reopened")
            self._talk.gone = False
            self._driver.restarted()
            self._misses = PATIENCE  # it may be another one

    async def trigger(self) -> bool:
        # In the reading mode "command": read one code now.
        return await self._driver.trigger()

    def reinit(self) -> None:
        # Forget what is known of the reader, and find it anew.
        self._anew = True
        self._doubt.set()

    async def self_test(self) -> dict:
        from .self_test import run

        return await run(self._driver, self._port, self._clock, *self._shown)

    # Around a flash write that masks interrupts

    def hold(self) -> None:
        self._held_ms = self._clock()

    def release(self) -> None:
        if self._held_ms is None:
            return
        from .masked import may_be_torn

        held_ms = self._clock() - self._held_ms
        self._held_ms = None
        if may_be_torn(self._port, held_ms, self._frames.pending()):
            self._count("torn")
            self._handle(self._frames.tear())

    # The tasks

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
            if self._search:
                self._handle(self._search.hear(data, self._clock()))
            self._handle(self._frames.feed(data, self._clock()))

    async def _listen_to_silence(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S if self._search or self._frames.pending() else _IDLE_TICK_S)
            self._beat()
            if self._search:
                self._handle(self._search.tick(self._clock()))
            self._handle(self._frames.tick(self._clock()))
            self._watch_flood()

    async def _keep(self) -> None:
        while True:
            if self._talk.gone:
                raise Gone()
            if self._anew:
                self._anew = False
                self._begin()
                self._enter("starting", "")
            if not await self._find():
                self._enter("mute", "")
                self._driver.restarted()
                await self._wait(_MUTE_S)
                continue
            missing = await self._driver.apply()
            while missing is not None:
                self._enter(self._state_with(missing), ",".join(missing))
                await asyncio.sleep(_VERIFY_PAUSE_S)
                await self._wait(self._wanted["verify_ms"] / 1000 - _VERIFY_PAUSE_S)
                if self._anew:
                    break
                missing = await self._driver.apply()
            self._count("unanswered", 0 if self._anew else 1)

    async def _find(self) -> bool:
        if not self._search and self._driver.good_baud and self._misses < PATIENCE:
            is_there = await self._driver.probe()
            self._misses = 0 if is_there else self._misses + 1
            return is_there
        from .find import Search

        self._search = self._search or Search(self._parts(), self._clock, lambda: self._driver, self._use)
        is_there = await self._search.run()
        self._misses = 0
        if self._driver.family != "unknown":
            self._search = None
        return is_there

    def _begin(self) -> None:
        from .gm65_setup import Driver

        self._search = None
        self._misses = 0
        self._use(Driver(*self._parts()))

    def _parts(self) -> tuple:
        return self._port, self._talk, self._wanted, self._handle, self._count

    def _use(self, driver) -> None:
        self._driver = driver
        self._frames = self._talk.frames = driver.frames

    def _state_with(self, missing: list) -> str:
        if self._driver.family == "unknown":
            return "listening"
        return "half_configured" if missing else "ready"

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
