# Which reader is it? Loaded when that is not known, and let go when it is.
#
# 1. The families are asked in turn, the last known one first, else the GM65; each knows the speeds at which it may be
#    found. Only one that is asked, and the one that was there before, are in memory.
# 2. What comes meanwhile is overheard: see listen.py. Once that has proven a speed, no other is tried.
# 3. Where nobody answers and none was known, it is listened for codes that come unasked.

import sys

from firmware.modules import forget

from .line import Code
from .listen import Listener

_ROOM = __name__.rpartition(".")[0] + "."
_FAMILIES = ("gm65", "de2120", "m5qr")
_MODULES = {
    "gm65": ("gm65_apply", "gm65_setup", "frames", "protocol", "tail", "zones", "gm65"),
    "de2120": ("de2120_setup", "de2120"),
    "m5qr": ("m5qr_setup", "m5qr"),
}
_TEXT = ("text_setup", "text")
_SEARCH = ("listen", "find")


def _make(family: str, parts: tuple):
    if family == "gm65":
        from .gm65_setup import Driver
    elif family == "de2120":
        from .de2120_setup import Driver
    else:
        from .m5qr_setup import Driver
    return Driver(*parts)


def _let_go(names: tuple) -> None:
    for name in names:
        if _ROOM + name in sys.modules:
            forget(_ROOM + name)


class Search:
    def __init__(self, parts: tuple, clock, in_use, use) -> None:
        port, _, _, handle, _ = parts
        self._parts = parts
        self._port = port
        self._handle = handle
        self._in_use = in_use  # asked for, not handed in: a coroutine's frame would keep a driver that is let go
        self._use = use
        self._clock = clock
        self._driver = None
        self.listener = Listener(port, clock, handle)

    async def run(self) -> bool:
        # True: the driver in use then has its reader.
        _, talk, _, _, _ = self._parts
        talk.is_patient = False
        try:
            return await self._run()
        finally:
            talk.is_patient = True

    async def _run(self) -> bool:
        driver = self._in_use()
        known = driver if driver.good_baud and driver is not self.listener else None
        families = list(_FAMILIES)
        if known:
            families.remove(known.family)
            families.insert(0, known.family)
        for family in families:
            if driver.family != family:
                driver = known if known and known.family == family else _make(family, self._parts)
            self._try(driver)
            if await driver.probe(self.listener.where()):
                self._found(driver)
                return True
            if driver is not known:
                driver = self.listener
                self._try(driver)
                _let_go(_MODULES[family])
        if known:
            self._try(known)
            known.rest()
            self._end(known.family)
            return False
        self._try(self.listener)
        return await self.listener.probe()

    def hear(self, data: bytes, now_ms: int) -> list:
        return [] if self._driver is self.listener else self._codes(self.listener.feed(data, now_ms))

    def tick(self, now_ms: int) -> list:
        return [] if self._driver is self.listener else self._codes(self.listener.tick(now_ms))

    def _codes(self, events: list) -> list:
        # What is waste is counted by those who are asked for.
        return [event for event in events if isinstance(event, Code)]

    def _try(self, driver) -> None:
        self._driver = driver
        self._use(driver)

    def _found(self, driver) -> None:
        if driver.family != "gm65":  # which holds on its own what comes before its first answer
            self._handle(self.listener.overheard(self._port.baud, driver.family == "de2120"))
        self._end(driver.family)

    def _end(self, kept: str) -> None:
        for family in _FAMILIES:
            if family != kept:
                _let_go(_MODULES[family])
        _let_go(_TEXT + _SEARCH if kept == "gm65" else _SEARCH)
