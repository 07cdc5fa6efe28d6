# Finding an M5Stack Unit QRCode and bringing it to what is wanted.
#
# 1. It is found by its answer to the question for its reading mode. That mode is the only setting that can be read; it
#    is written where it differs, and read back.
# 2. It knows two modes: of itself, for "continuous" and "sensing", and on command, for "manual" and "command".
# 3. It has no published command for anything else: its speed is used as it is found, and what it cannot is named as
#    half_configured.

from . import m5qr
from .text_setup import TextDriver

_REPLY_MS = 300
_TRIES = 3


class Driver(TextDriver):
    family = "m5qr"

    def __init__(self, port, talk, wanted: dict, handle, count) -> None:
        TextDriver.__init__(self, port, talk, wanted, handle, count, m5qr.split, False)

    async def check(self) -> bytes | None:
        return await self._talk.ask(m5qr.ping(), m5qr.ASKED, _REPLY_MS)

    async def apply(self) -> list | None:
        mode = m5qr.AUTO if self._wanted["reading"] in ("continuous", "sensing") else m5qr.MANUAL
        found = await self._mode()
        if found is None:
            return None
        if found != mode:
            self._count("writes")
            await self._talk.ask(m5qr.mode(mode), m5qr.WRITTEN, _REPLY_MS)
            found = await self._mode()
        names = [] if found == mode else ["reading"]
        if self._wanted["baud"] not in (None, self._port.baud):
            names.append("baud")
        return names + self._impossible(("protocol", "interval_ms", "same_code_ms"))

    async def trigger(self) -> bool:
        # It answers with the code, or not at all.
        self._port.write(m5qr.trigger())
        return True

    async def _mode(self) -> int | None:
        for _ in range(_TRIES):
            answer = await self.check()
            if answer:
                return answer[3]
        return None
