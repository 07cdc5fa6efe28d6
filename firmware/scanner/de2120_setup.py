# Finding a DE2120 and bringing it to what is wanted.
#
# 1. It is found by its answer to the question for its version. A module set to USB does not hear us: then only its
#    printed code for TTL brings it back, and until then it is mute.
# 2. None of its settings can be read. So the reading mode is written at each verification, whose acknowledgement is the
#    sign of life, and all of them every REWRITE_EVERY: what a printed set-up code has changed does not last longer.
# 3. It has no command for: switching the set-up codes off, the pause between two reads, a length before the code. These
#    are named as half_configured.
# 4. After a change of speed it needs half a second. One that does not follow is used at its old speed.

import asyncio

from . import de2120
from .text_setup import TextDriver

REWRITE_EVERY = 3
_VERSION_MS = 900
_REST_MS = 100
_LATE_MS = 600
_SETTING_MS = 500
_NEW_SPEED_S = 0.6


class Driver(TextDriver):
    family = "de2120"

    def __init__(self, port, talk, wanted: dict, handle, count) -> None:
        TextDriver.__init__(self, port, talk, wanted, handle, count, de2120.split, True)
        self._baud_ignored = False
        self._refused = []

    async def check(self) -> bytes | None:
        answer = await self._talk.ask(de2120.version(), de2120.VERSION, _VERSION_MS)
        if answer is not None:
            # Its text may come behind the acknowledgement, and is no code.
            await self._talk.ask(b"", de2120.VERSION, _REST_MS if len(answer) > 1 else _LATE_MS)
        return answer

    async def apply(self) -> list | None:
        if not await self._change_baud():
            return None
        is_whole = self._applied % REWRITE_EVERY == 0
        self._applied += 1
        if is_whole:
            self._refused = []
        for name, command in self._settings() if is_whole else self._settings()[:1]:
            answer = await self._set(command)
            if answer is None:
                return None
            if not answer and name not in self._refused:
                self._refused.append(name)
        names = self._refused + self._impossible(("protocol", "interval_ms"))
        return ["baud"] + names if self._baud_ignored else names

    def restarted(self) -> None:
        TextDriver.restarted(self)
        self._baud_ignored = False

    async def trigger(self) -> bool:
        return bool(await self._set(de2120.trigger()))

    def _settings(self) -> list:
        wanted = self._wanted
        return [
            ("reading", de2120.reading(wanted["reading"])),
            ("same_code_ms", de2120.same_code(wanted["same_code_ms"])),
            ("utf8", de2120.utf8()),
            ("code_id", de2120.switch(b"CIDENA", False)),
            ("sound", de2120.switch(b"BEPSUC", wanted["sound"])),
        ]

    async def _set(self, command: bytes) -> bool | None:
        # Was it acknowledged? None: no answer.
        self._count("writes")
        for _ in range(2):
            answer = await self._talk.ask(command, de2120.SETTING, _SETTING_MS)
            if answer is not None:
                return de2120.is_ack(answer)
        return None

    async def _change_baud(self) -> bool:
        baud = self._wanted["baud"]
        if not baud or baud == self._port.baud or self._baud_ignored:
            return True
        old_baud = self._port.baud
        if baud not in de2120.BAUDS or await self._set(de2120.baud(baud)) is None:
            self._baud_ignored = True
            return True
        for candidate in (baud, old_baud):
            await asyncio.sleep(_NEW_SPEED_S)
            self._listen_at(candidate)
            if await self.check() is not None:
                self._prove(candidate)
                self._baud_ignored = candidate != baud
                return True
        return False
