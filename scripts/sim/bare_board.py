"""A whole stand-in board: bare at first, to be flashed by the real tools, and then the real firmware runs on it.

    with BareBoard(folder, "esp32s3") as board:
        ...                                    # esptool, mpremote, tram at board.device
        board.wait_for("app")
        board.show(code)                       # before its reader

1. Everything that it does happens in one thread, in the order in which it came about; callers wait for it.
2. `mode` is what runs: "blank" (nothing to run in its flash), "rom", "stub" (download mode), "drive" (RP2), "app" (our
   firmware), "repl" (MicroPython alone, or Ctrl-C in our firmware), "held" (in reset), "off" (unplugged).
3. After a reset the flash decides (bare_board_image.starts). What runs works on files cut out of the flash; they are
   put back before anything else looks at the flash.
4. On a line with DTR and RTS these reset it, as the two transistors of a development board do: RTS alone is reset, DTR
   alone is the boot pin, both is neither. On a pty, esptool's sync stands for that, and the last close for a reset.
5. Ctrl-C in our firmware leaves the watchdog running: it resets the board after `watchdog_s`.
"""

import base64
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from scripts.sim.bare_board_image import board_of, starts
from scripts.sim.bare_board_line import Bytes, Closed, Lines, NetLine, PtyLine
from scripts.sim.bare_board_loop import Broken, Loop
from scripts.sim.bare_board_parts import Around
from scripts.sim.bare_board_ports import entry_of
from scripts.sim.bare_board_program import BOOTLOADER, INTERRUPT, Program
from scripts.sim.rom import Rom
from scripts.sim.rom_chips import BLANK, CHIPS, DOWNLOAD
from scripts.sim.rom_flash import CutOff, RomFlash
from scripts.sim.uf2drive import Uf2Drive

SYNC = b"\xc0\x00\x08\x24\x00"
ENTER_S = 0.25
"""So long after reset its boot pin is still looked at, and a pty that was closed may be opened again."""
BLANK_S = 0.5
PATIENCE_S = 30.0
FAULTS = ("late_ms", "garbage", "mute", "permission")
"""Those of the line; the others are the flash's and the stub's."""


class BareBoard:
    """`name`: a board of hardware/boards.toml. `line`: "pty" or "net" (RFC 2217). `mac`: 12 hexadecimal digits."""

    def __init__(
        self,
        folder: Path,
        name: str = "esp32s3",
        *,
        line: str = "pty",
        mac: str = "",
        flash_bytes: int = 0,
        settings: dict[str, Any] | None = None,
        watchdog_s: float = 30.0,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.board = folder, board_of(name)
        self.mac = (mac or f"a0b765{random.SystemRandom().getrandbits(24):06x}").replace(":", "").lower()
        self.mode = "off"
        self.lines: list[dict[str, Any]] = []
        self._loop = Loop(f"board {name}", self._on_due)
        self._news = self._loop.news
        self._flash = RomFlash(flash_bytes or self.board.flash_bytes)
        self._flash.on_cut = self._cut
        chip = CHIPS.get(self.board.chip)
        self._rom = Rom(chip, bytes.fromhex(self.mac), self._flash) if chip else None
        self._line = NetLine(self._hear) if line == "net" else PtyLine(folder / "port", self._hear)
        self._drive = Uf2Drive(folder / "drive", self.board.chip, self._flash, self._swallowed)
        self._around = Around(folder, self.board, self._id, settings or {})
        self._program: Program | None = None
        self._said = self._late = b""
        self._is_typed = self._plug_elsewhere = False
        self._watchdog_s = watchdog_s
        self._faults: dict[str, Any] = {}

    # For whoever practises or tests with it

    def __enter__(self) -> Self:
        self._loop.start()
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._loop.ask(self._power_off)
        except Broken:
            self._power_off()
            raise
        finally:
            self._loop.stop()
            self._around.close()

    @property
    def device(self) -> str:
        """What its port is called now; of a drive, the folder."""
        return str(self._drive.folder) if self.mode == "drive" else self._line.device

    @property
    def flash(self) -> bytes:
        """What is in its flash now, with what the firmware has written."""
        found: bytes = self._loop.ask(self._look)
        return found

    def entry(self) -> dict[str, Any]:
        """What a list of ports says of it."""
        return entry_of(self.board, self.device, self.mac, self.mode == "drive")

    def plug(self, elsewhere: bool = False) -> None:
        """Power on; `elsewhere`: its port has another name than before."""
        self._loop.ask(lambda: self._power_on(elsewhere))

    def unplug(self) -> None:
        """Power off."""
        self._loop.ask(self._power_off)

    def load(self, flash: bytes) -> None:
        """Put a whole flash into it, as if it had come so, and start it."""
        self._loop.ask(lambda: self._load(flash))

    def press_reset(self) -> None:
        """Its reset button."""
        self._loop.ask(self._reset)

    def press_boot(self) -> None:
        """Reset with the boot button held: download mode, or the drive of an RP2."""
        self._loop.ask(self._download)

    def fault(self, name: str, value: Any = True) -> None:
        """Arm one of cut (after so many bytes), flip ((offset, mask)), protected, deaf_stub, or of FAULTS.

        Raises ValueError, TypeError: there is no such fault.
        """
        self._loop.ask(lambda: self._arm(name, value))

    def show(self, code: bytes, hold_ms: int = 8000) -> dict[str, Any]:
        """Hold a code before its reader -> what the reader says became of it."""
        order = {"show_code_base64": base64.b64encode(code).decode(), "hold_ms": hold_ms}
        return self._around.order(order)

    def wait_for(self, *modes: str, timeout_s: float = PATIENCE_S) -> str:
        """-> the mode that it is in then. Raises TimeoutError."""
        if not self._loop.wait(lambda: self.mode in modes, timeout_s):
            raise TimeoutError(f"{self.board.name} is in mode {self.mode!r}, not in {modes}")
        return self.mode

    def wait_for_news(self, is_so: Callable[[], bool], timeout_s: float | None = None) -> bool:
        """Until `is_so`, which is asked whenever the mode changes or the firmware says something."""
        return self._loop.wait(is_so, timeout_s)

    def until(self, timeout_s: float = PATIENCE_S, since: int = 0, **facts: Any) -> dict[str, Any]:
        """-> the first line of its firmware, from `since` on, with these facts. Raises TimeoutError."""
        found: list[dict[str, Any]] = []

        def is_said() -> bool:
            found.extend(line for line in self.lines[since:] if facts.items() <= line.items())
            return bool(found)

        if not self._loop.wait(is_said, timeout_s):
            raise TimeoutError(f"{self.board.name} has not said {facts}; last: {self.lines[-6:]}")
        return found[0]

    # Its thread

    def _on_due(self, name: str) -> None:
        if name == "blank":
            self._line.send(BLANK)
            self._loop.after("blank", BLANK_S)
        elif name == "answer":
            self._line.send(self._late)
        else:  # start, watchdog
            self._reset()

    def _look(self) -> bytes:
        return bytes(self._flash.data) if self._program is None else self._around.flash_with(self._flash)

    def _enter(self, mode: str) -> None:
        with self._news:
            self.mode = mode
            self._news.notify_all()

    # Power and reset

    def _power_on(self, elsewhere: bool) -> None:
        if self.mode == "off":
            self._plug_elsewhere = elsewhere
            self._reset()

    def _load(self, flash: bytes) -> None:
        self._end_program()
        self._flash.data[:] = flash
        self._reset()

    def _power_off(self) -> None:
        self._end_program()
        self._drive.unmount()
        self._line.unplug()
        self._loop.due.clear()
        self._enter("off")

    def _cut(self) -> None:
        self._loop.put(self._power_off)

    def _reset(self) -> None:
        self._end_program()
        self._loop.due.clear()
        todo = starts(self._flash.data, self.board)
        if self._rom is None and todo == "blank":
            self._download()
            return
        self._drive.unmount()
        self._plug()
        if todo == "blank":
            self._loop.after("blank", 0)
            self._enter("blank")
        else:
            self._start(todo)

    def _plug(self) -> None:
        self._line.plug(self._plug_elsewhere)
        self._plug_elsewhere = False
        if self._faults.get("permission") and isinstance(self._line, PtyLine):
            self._line.forbid()

    def _download(self) -> None:
        self._end_program()
        self._loop.due.clear()
        if self._rom is None:
            self._line.unplug()
            self._drive.unmount()
            self._drive.mount()
            self._enter("drive")
            return
        self._plug()
        self._rom.reset()
        self._enter("rom")
        if self._line.has_lines or self._faults.get("garbage"):
            self._line.send(DOWNLOAD)

    def _swallowed(self) -> None:
        self._loop.put(self._reset)

    # What runs on it

    def _start(self, what: str) -> None:
        self._around.cut_out(self._flash)
        argv, environment = self._around.firmware() if what == "app" else self._around.repl()
        self._said, self._is_typed = b"", what == "repl"
        program = Program(argv, environment, self._around.folder, self._on_output, self._on_end)
        self._program = program
        self._enter(what)

    def _end_program(self) -> None:
        program, self._program = self._program, None
        if program is not None:
            program.kill()
            self._around.put_back(self._flash)

    def _on_output(self, data: bytes) -> None:
        self._loop.put(lambda: self._says(data))

    def _on_end(self, code: int) -> None:
        self._loop.put(lambda: self._ended(code))

    def _ended(self, code: int) -> None:
        if self._program is None:
            return
        self._end_program()
        if code == BOOTLOADER:
            self._download()
        else:
            self._loop.after("start", ENTER_S)

    def _says(self, data: bytes) -> None:
        if self.mode != "app":
            self._line.send(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
            return
        if self._is_typed:
            self._line.send(data)
        *whole, self._said = (self._said + data).split(b"\n")
        with self._news:
            for line in whole:
                if line.startswith(b"{"):
                    self.lines.append(json.loads(line))
            self._news.notify_all()

    # What comes over its line

    def _hear(self, what: Bytes | Closed | Lines) -> None:
        self._loop.put(lambda: self._heard(what))

    def _heard(self, what: Bytes | Closed | Lines) -> None:
        if isinstance(what, Lines):
            self._pins(what)
        elif isinstance(what, Closed):
            if not self._line.has_lines and self.mode in ("rom", "stub"):
                self._loop.after("start", ENTER_S)
        elif self.mode in ("rom", "stub"):
            self._loader(what)
        elif self._rom is not None and not self._line.has_lines and SYNC in what.data:
            self._download()
            self._loader(what)
        elif self._program is not None:
            self._typed(what.data)

    def _typed(self, data: bytes) -> None:
        if self._faults.get("mute"):
            return
        self._is_typed = True
        before, is_interrupt, after = data.partition(INTERRUPT)
        if not is_interrupt or self._program is None:
            self._write(data)
        elif self.mode == "app":
            self._end_program()
            self._start("repl")
            self._loop.after("watchdog", self._watchdog_s)
            self._write(after.replace(INTERRUPT, b""))
        else:
            self._write(before)
            self._program.interrupt()
            self._write(after.replace(INTERRUPT, b""))

    def _write(self, data: bytes) -> None:
        if self._program is not None and data:
            self._program.write(data)

    def _loader(self, what: Bytes) -> None:
        rom = self._rom
        if rom is None or self._faults.get("mute"):
            return
        self._loop.due.pop("start", None)
        if SYNC in what.data and what.baud != rom.baud:
            if rom.is_stub and not self._line.has_lines:
                rom.reset()  # who opened the port again has reset the chip, but for the lines that a pty has not
            if not rom.is_stub:
                rom.baud = what.baud  # it measures the host's
        if what.baud != rom.baud:
            return
        try:
            answer = rom.feed(what.data)
        except CutOff:
            return
        if self._faults.pop("garbage", None):
            answer = bytes(random.Random(self.mac).randbytes(64)) + answer
        self._answer(answer)
        self._enter("stub" if rom.is_stub else "rom")
        after, rom.after = rom.after, ""
        if after == "reset":
            self._loop.after("start", ENTER_S)
        elif after == "rom":
            rom.reset()

    def _answer(self, data: bytes) -> None:
        late_ms = self._faults.get("late_ms", 0)
        if not late_ms or not data:
            self._line.send(data)
            return
        waiting = self._late if "answer" in self._loop.due else b""
        self._late = waiting + data
        self._loop.after("answer", late_ms / 1000)

    def _pins(self, pins: Lines) -> None:
        if self._rom is None or self.mode == "off":
            return
        is_reset, is_boot = pins.rts and not pins.dtr, pins.dtr and not pins.rts
        if is_reset:
            self._end_program()
            self._loop.due.clear()
            self._enter("held")
        elif self.mode == "held":
            if is_boot:
                self._download()
            else:  # the boot pin may follow, as the reset pin rises slowly
                self._loop.due.setdefault("start", time.monotonic() + ENTER_S)

    def _arm(self, name: str, value: Any) -> None:
        if name == "cut":
            self._flash.programmed, self._flash.cut_after = 0, value
        elif name == "flip":
            self._flash.flip(*value)
        elif name == "protected":
            self._flash.protected = bool(value)
        elif name == "deaf_stub" and self._rom is not None:
            self._rom.deaf_stub = bool(value)
        elif name not in FAULTS:
            raise ValueError(f"no fault {name!r}")
        else:
            self._faults[name] = value
            if name == "permission" and isinstance(self._line, PtyLine) and self._line.device:
                self._line.forbid()

    @property
    def _id(self) -> str:
        """What machine.unique_id() gives: an ESP's MAC, an RP2's flash id of 8 bytes."""
        return ("e660" + self.mac) if self.board.is_rp2 else self.mac
