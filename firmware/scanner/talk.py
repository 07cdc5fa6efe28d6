# One command at a time to the reader, and its answer.
#
# 1. One command is outstanding at most; a second caller waits.
# 2. A command goes out in one write: a GM65 forgets one that takes longer than 400 ms.
# 3. The wait for an answer starts anew with every byte that comes: a long code on a slow line comes before the answer.
#    It is bounded by the time that the longest code takes at this speed. While it is not known who is there
#    (`is_patient`), it does not: at a wrong speed there is no end of bytes. Time in which this program was busy
#    elsewhere does not count.
# 4. No answer is None, never an exception; a line that is gone is `Gone`.
# 5. What the answer looks like is known to `frames`, which the driver of the reader's family sets.

import asyncio

REPLY_MS = 300
_LONGEST_BITS = 47_000_000  # the longest code, half as much again, in thousandths
_POLL_MS = 5
_STEP_MS = 30
_SEND_S = 2


class Gone(Exception):
    code = "gone"


class Talk:
    def __init__(self, port, clock, count) -> None:
        self.frames = None
        self._port = port
        self._clock = clock
        self._count = count
        self._lock = asyncio.Lock()
        self._reply = None
        self._heard = False
        self.gone = False
        self.is_patient = True

    def heard(self) -> None:
        self._heard = True

    def answered(self, data: bytes) -> None:
        self._reply = data

    async def ask(self, command: bytes, awaited: int, reply_ms: int = REPLY_MS, hold_after: bool = False):
        # -> bytes, or None. `awaited` is for frames.expect.
        await self._lock.acquire()
        frames = self.frames
        try:
            self._reply = None
            frames.expect(awaited, self._clock(), hold_after)
            self._port.write(command)
            if not await self._sent():
                return None
            return await self._answer(reply_ms)
        finally:
            frames.expect(None, self._clock())
            self._lock.release()

    async def _sent(self) -> bool:
        try:
            await asyncio.wait_for(self._port.drain(), _SEND_S)
        except asyncio.TimeoutError:
            self._count("timeouts")
            return False
        except OSError:
            self.gone = True
            raise Gone() from None
        return True

    async def _answer(self, reply_ms: int) -> bytes | None:
        limit_ms = 2 * reply_ms + _LONGEST_BITS // self._port.baud
        started_ms = before_ms = self._clock()
        waited_ms = 0
        while self._reply is None:
            if self.gone:
                raise Gone()
            if waited_ms >= reply_ms or before_ms - started_ms >= limit_ms:
                self._count("timeouts")
                return None
            await asyncio.sleep(_POLL_MS / 1000)
            now_ms = self._clock()
            is_anew = self._heard and self.is_patient
            waited_ms = 0 if is_anew else waited_ms + min(now_ms - before_ms, _STEP_MS)
            before_ms = now_ms
            self._heard = False
        return self._reply
