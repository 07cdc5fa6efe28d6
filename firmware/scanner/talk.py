# One command at a time to the reader, and its answer.
#
# 1. One command is outstanding at most; a second caller waits.
# 2. A command goes out in one write: the reader forgets one that takes longer than 400 ms.
# 3. The wait for an answer starts anew with every byte that comes: a long code on a slow line comes before the answer.
#    It is bounded all the same. Time in which this program was busy elsewhere does not count.
# 4. No answer is None, never an exception; a line that is gone is `Gone`.

import asyncio

from . import gm65

REPLY_MS = 300
LIMIT_MS = 8000
_POLL_MS = 5
_STEP_MS = 30
_SEND_S = 2


class Gone(Exception):
    code = "gone"


class Talk:
    def __init__(self, port, frames, clock, count) -> None:
        self._port = port
        self._frames = frames
        self._clock = clock
        self._count = count
        self._lock = asyncio.Lock()
        self._reply = None
        self._heard = False
        self.gone = False

    def heard(self) -> None:
        self._heard = True

    def answered(self, data: bytes) -> None:
        self._reply = data

    async def read(self, block: tuple, tries: int = 1) -> bytes | None:
        zone, count = block
        for _ in range(tries):
            data = await self._exchange(gm65.read(zone, count), count, False)
            if data is not None:
                return data
        return None

    async def write(self, zone: int, data: bytes, hold_after: bool = False) -> bool:
        self._count("writes")
        return await self._exchange(gm65.write(zone, data), gm65.ACK_BYTES, hold_after) is not None

    async def save(self) -> bool:
        self._count("saves")
        return await self._exchange(gm65.save(), gm65.ACK_BYTES, False) is not None

    async def blind(self, command: bytes) -> None:
        # To a reader that cannot answer.
        await self._exchange(command, gm65.ACK_BYTES, False)

    async def _exchange(self, command: bytes, length: int, hold_after: bool) -> bytes | None:
        await self._lock.acquire()
        try:
            self._reply = None
            self._frames.expect(length, self._clock(), hold_after)
            self._port.write(command)
            if not await self._sent():
                return None
            return await self._answer()
        finally:
            self._frames.expect(None, self._clock())
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

    async def _answer(self) -> bytes | None:
        started_ms = before_ms = self._clock()
        waited_ms = 0
        while self._reply is None:
            if self.gone:
                raise Gone()
            if waited_ms >= REPLY_MS or before_ms - started_ms >= LIMIT_MS:
                self._count("timeouts")
                return None
            await asyncio.sleep(_POLL_MS / 1000)
            now_ms = self._clock()
            waited_ms = 0 if self._heard else waited_ms + min(now_ms - before_ms, _STEP_MS)
            before_ms = now_ms
            self._heard = False
        return self._reply
