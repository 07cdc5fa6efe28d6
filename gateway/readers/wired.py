"""One reader while it is plugged in: its port or its keys on one side, its desk on the other.

Each of the two kinds ends when its device is gone, having lost no more than the code that was half read; what had come
whole is kept first.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from gateway.readers.calm import CalmLoop
from gateway.readers.desk import Desk
from gateway.readers.devices import Device
from gateway.readers.ending import end
from gateway.readers.evdev import EventDevice, seize
from gateway.readers.keys import GAP_MS, Events, Keyboard, Typed
from gateway.readers.port import SerialPort
from gateway.readers.states import Trouble
from gateway.reasons import of

_RETRY_S = 1.0


class _Line:
    """The port of one plugged-in device: a line that is gone does not come back, its path is looked for anew."""

    def __init__(self, port: SerialPort, on_read: Callable[[], object]) -> None:
        self._port = port
        self._on_read = on_read
        self.is_gone = asyncio.Event()

    @property
    def baud(self) -> int:
        return self._port.baud

    async def read(self, most: int) -> bytes:
        data = await self._port.read(most)
        self._on_read()
        return data

    def write(self, data: bytes) -> None:
        self._port.write(data)

    async def drain(self) -> None:
        await self._port.drain()

    def set_baud(self, baud: int) -> None:
        self._port.set_baud(baud)

    def reopen(self) -> bool:
        self.is_gone.set()
        return False


class SerialReader:
    """A serial device, from being plugged in to being pulled."""

    kind = "serial"

    def __init__(self, device: Device, desk: Desk, mono_ms: Callable[[], int], on_change: Callable[[], None]) -> None:
        self.state, self.reason, self.model = "starting", "", ""
        self._device = device
        self._desk = desk
        self._mono_ms = mono_ms
        self._on_change = on_change
        self._loop: CalmLoop | None = None
        self._port = SerialPort(device.path, device.is_guess, self._is_known)

    def counters(self) -> dict[str, int]:
        ours = {"withheld": self._port.withheld} if self._port.withheld else {}
        return {**self._desk.counters, **(self._loop.counters if self._loop else {}), **ours}

    def _is_known(self) -> bool:
        return self._loop is not None and self._loop.counters.get("replies", 0) > 0

    async def run(self) -> None:
        """Until it is pulled."""
        while not self._port.reopen():
            self._show_trouble(self._port.trouble)
            if self.state == "away":
                return
            await asyncio.sleep(_RETRY_S)
        try:
            if self._device.is_guess:
                await self._port.listen()
            await self._serve(_Line(self._port, self._on_read))
        finally:
            self._port.close()

    async def _serve(self, line: _Line) -> None:
        self._look()
        self._loop = CalmLoop(line, self._mono_ms, {}, self._on_code, self._on_state, self._on_refused)
        serving = asyncio.create_task(self._loop.run(), name=f"reader {self._device.key}")
        gone = asyncio.create_task(line.is_gone.wait())
        try:
            await asyncio.wait({serving, gone}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            await end(serving, gone)

    def _on_read(self) -> None:
        if self._loop is not None:
            self._loop.wake()
        self._look()

    def _look(self) -> bool:
        """Is it something else than a reader?"""
        what = "" if self._is_known() else self._port.stranger.what
        if what:
            self._show("not_a_reader", of(f"reader_{what}"))
        return bool(what)

    def _on_code(self, code: bytes, done_ms: int) -> None:
        if self._look():
            self._desk.count(f"refused_{self._port.stranger.what}")
        else:
            self._desk.on_code(code, done_ms)

    def _on_refused(self, reason: str, length: int) -> None:
        if not self._look():
            self._desk.on_refused(reason, length)

    def _on_state(self, state: str, detail: str) -> None:
        self.model = self._loop.model if self._loop else ""
        if not self._look() and state != "dead":
            self._show(state, of("reader_lacks", detail) if detail else "")

    def _show_trouble(self, trouble: Trouble | None) -> None:
        if trouble is not None:
            self._show(trouble.code, trouble.reason)

    def _show(self, state: str, reason: str) -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self._on_change()


class KeyboardReader:
    """The same of a reader that types."""

    kind = "keyboard"
    model = "keyboard"

    def __init__(
        self,
        device: Device,
        desk: Desk,
        mono_ms: Callable[[], int],
        on_change: Callable[[], None],
        events: Events | None = None,
        seize: Callable[[int], None] = seize,
    ) -> None:
        self.state, self.reason = "starting", ""
        self._desk = desk
        self._mono_ms = mono_ms
        self._on_change = on_change
        self._events = events or Events()
        self._keyboard = Keyboard()
        self._device = EventDevice(device.path, self._events.size, seize)
        self._last_key_ms = 0
        self._read_ms = 0

    def counters(self) -> dict[str, int]:
        return self._desk.counters

    async def run(self) -> None:
        """Until it is pulled."""
        while not self._device.open():
            trouble = self._device.trouble
            if trouble is not None:
                self._show(trouble.code, trouble.reason)
            if self.state == "away":
                return
            await asyncio.sleep(_RETRY_S)
        self._show("typing", "")
        try:
            while await self._read_on():
                pass
        finally:
            self._tell(self._keyboard.drop())
            self._device.close()

    async def _read_on(self) -> bool:
        try:
            async with asyncio.timeout(2 * GAP_MS / 1000 if self._keyboard.is_typing else None):
                data = await self._device.read()
        except TimeoutError:
            waited_ms = self._mono_ms() - self._read_ms
            self._tell(self._keyboard.tick(self._last_key_ms + waited_ms))
            return True
        self._read_ms = self._mono_ms()
        for key in self._events.keys(data):
            self._last_key_ms = key.at_ms
            self._tell(self._keyboard.feed(key))
        return bool(data)

    def _tell(self, said: list[Any]) -> None:
        for one in said:
            if isinstance(one, Typed):
                self._desk.on_code(one.code, self._read_ms, one.how)
            else:
                self._desk.on_refused(one.reason, one.length)

    def _show(self, state: str, reason: str) -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self._on_change()
