"""All readers on this machine's wires: found, served, and told of.

1. Every LOOK_S it is looked what is there. Each device has a task of its own, from the moment it is seen to the moment
   it is gone; what goes wrong with one is no other's business.
2. A device is the same one by its key (devices.py), not by its path: `ttyACM0` that comes back as `ttyACM1` goes on
   where it was.
3. What the buffer raises ends run(): it is the gateway's, not a reader's.
4. A reader that was there and is gone stays in the list as `away`, for as long as the program runs.
"""

import asyncio
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from gateway import files
from gateway.readers import devices, identity
from gateway.readers.desk import Desk, House, Outcome
from gateway.readers.devices import Device
from gateway.readers.ending import end
from gateway.readers.states import ReaderState
from gateway.readers.wired import KeyboardReader, SerialReader
from gateway.reasons import of

LOOK_S = 1.0
_MACHINE_ID = Path("/etc/machine-id")


class Settings(NamedTuple):
    """`[readers]` of the gateway's configuration."""

    serial: tuple[str, ...] = ()
    keyboard: tuple[str, ...] = ()
    look_s: float = LOOK_S


class _Wired(NamedTuple):
    device: Device
    desk: Desk
    reader: SerialReader | KeyboardReader
    task: "asyncio.Task[None]"


class Readers:
    """run() is the task; states() is for health and pages."""

    def __init__(
        self,
        settings: Settings,
        house: House,
        on_change: Callable[[ReaderState], None] = lambda _state: None,
        sys: Path = Path("/sys"),
        make_keyboard: Callable[..., KeyboardReader] = KeyboardReader,
        machine_id: str | None = None,
    ) -> None:
        self._settings = settings
        self._house = house
        self._on_change = on_change
        self._sys = sys
        self._make_keyboard = make_keyboard
        self._life = f"{_machine() if machine_id is None else machine_id}-{house.machine_boot}"
        self._wired: dict[str, _Wired] = {}
        self._shown: dict[str, ReaderState] = {}
        self._ports: dict[str, str] = {}
        self.renumbered = 0

    async def run(self) -> None:
        """Until cancelled. Raises what the buffer raises."""
        files.make_folder(self._house.folder)
        self._ports = _ports_in(self._house.folder)
        try:
            while True:
                await self._look()
                tasks = [one.task for one in self._wired.values()]
                if not tasks:
                    await asyncio.sleep(self._settings.look_s)
                    continue
                done, _ = await asyncio.wait(tasks, timeout=self._settings.look_s, return_when=asyncio.FIRST_EXCEPTION)
                for task in done:
                    task.result()
                if len(done) == len(tasks):  # each of them ended at once: no reason to hurry
                    await asyncio.sleep(self._settings.look_s)
        finally:
            await end(*[one.task for one in self._wired.values()])

    def states(self) -> list[ReaderState]:
        """Every reader that is there or was, and what the settings name and nobody has seen."""
        return [*self._shown.values(), *self._absent()]

    def outcomes(self) -> dict[str, Outcome]:
        """box_id -> what came of the last code of a reader that is there."""
        return {one.desk.box_id: one.desk.latest for one in self._wired.values() if one.desk.latest is not None}

    def _absent(self) -> Iterable[ReaderState]:
        seen = {one.device for one in self._shown.values()}
        for kind, settings in (("serial", self._settings.serial), ("keyboard", self._settings.keyboard)):
            for setting in settings:
                if not devices.is_pattern(setting) and setting not in seen:
                    yield ReaderState("", setting, kind, "absent", of("reader_absent", setting), 0, "", 0, {})

    async def _look(self) -> None:
        serial, keyboard = await asyncio.to_thread(self._found)
        there = {device.key: (device, "serial") for device in serial}
        there |= {f"kbd:{device.key}": (device, "keyboard") for device in keyboard}
        for name, one in list(self._wired.items()):
            if one.task.done():
                one.task.result()
                del self._wired[name]
        for name, (device, kind) in there.items():
            if name not in self._wired:
                self._plug(name, device, kind)
        for name in self._wired:
            self._show(name)

    def _found(self) -> tuple[list[Device], list[Device]]:
        find = devices.find
        return (
            find(self._settings.serial, self._ports, self._sys),
            find(self._settings.keyboard, self._ports, self._sys),
        )

    def _plug(self, name: str, device: Device, kind: str) -> None:
        self._ports[device.key] = device.port
        before = self._shown.get(name)
        if before is not None and before.device != device.path:
            self.renumbered += 1
        desk = Desk(self._house, device.key, device.port, self._life)
        make: Callable[..., SerialReader | KeyboardReader] = SerialReader if kind == "serial" else self._make_keyboard
        reader = make(device, desk, self._house.mono_ms, lambda: self._show(name))
        task = asyncio.create_task(self._serve(name, desk, reader), name=f"reader at {device.path}")
        self._wired[name] = _Wired(device, desk, reader, task)

    async def _serve(self, name: str, desk: Desk, reader: SerialReader | KeyboardReader) -> None:
        """From plugged in to pulled; what had come whole by then is kept."""
        keeping = asyncio.create_task(desk.run(), name=f"desk of {desk.box_id}")
        reading = asyncio.create_task(reader.run(), name=f"wire of {desk.box_id}")
        try:
            await asyncio.wait({keeping, reading}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
                await asyncio.wait({keeping, asyncio.create_task(desk.close())}, return_when=asyncio.FIRST_COMPLETED)
            await keeping
        finally:
            await end(reading, keeping)
        self._show(name, is_away=True)

    def _show(self, name: str, *, is_away: bool = False) -> None:
        one = self._wired.get(name)
        if one is None:
            return
        device, desk, reader, _ = one
        state, reason = reader.state, reader.reason
        if is_away:
            state, reason = "away", of("reader_unplugged", device.path)
        elif desk.trouble is not None:
            code, detail = desk.trouble
            is_full = code == "disk_full"
            state = "disk_full" if is_full else "not_kept"
            reason = of("reader_disk_full", detail) if is_full else of("reader_not_kept", code, detail)
        elif device.is_twin:
            reason = reason or of("reader_twin")
        before = self._shown.get(name)
        is_same = before is not None and (before.state, before.reason) == (state, reason)
        since_ms = before.since_mono_ms if before is not None and before.state == state else self._house.mono_ms()
        counters = reader.counters()
        shown = ReaderState(
            desk.box_id, device.path, reader.kind, state, reason, since_ms, reader.model, desk.scans, counters
        )
        self._shown[name] = shown
        if not is_same:
            self._on_change(shown)


def _machine() -> str:
    """Which machine this is: a file that was copied to another one is not taken for its own."""
    try:
        return sha256(_MACHINE_ID.read_bytes().strip()).hexdigest()[:12]
    except OSError:
        return "-"


def _ports_in(folder: Path) -> dict[str, str]:
    ledgers = [identity.read(path) for path in sorted(folder.glob("*.json"))]
    return {one.device: one.port for one in ledgers if one is not None and one.port}
