"""A simulated GM65, GM60, GM861, GM67, DE2120 or M5Stack Unit QRCode on a pty, as awkward as a real one.

    async with SimReader(Path("/tmp/reader"), model="gm861", seed=7) as reader:
        results = await reader.show("card.png")          # or show_codes([b"..."])
        reader.fault("truncate")

1. It obeys commands one after the other, and answers in that order; what it reads waits for the line like the answers.
2. It reads what is shown when its settings let it: reading mode, pause between reads, same-code delay, output port.
   The set-up code that a prankster holds before it is obeyed like any other, unless zone 0003 forbids it. What is
   printed on the maker's set-up sheets is not public; here such a code reads `TRAM-SIM-SETUP 0060=01 0003=00 SAVE`.
3. With the power go the settings that were not saved, and whatever was on its way.
4. In light sleep it obeys and does not read; in deep sleep it obeys nothing but the command that wakes it.
5. `hears=False` is a reader whose RX is not wired: it only sends. `swap` plugs in another one.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self
from zlib import crc32

from scripts.sim import reader_eye, reader_faults, reader_protocol, reader_text
from scripts.sim.reader_faults import Fault, Faults
from scripts.sim.reader_line import PowerLost, SerialLine, now_ms, resample
from scripts.sim.reader_module import ALL_MODELS as ALL_MODELS
from scripts.sim.reader_module import module_of
from scripts.sim.reader_protocol import Command, CommandParser
from scripts.sim.reader_result import NotRead, Sent
from scripts.sim.reader_text import TextCommand, TextModule
from scripts.sim.reader_zones import SPECIAL, TRIGGER, Zones

SETUP_CODE = b"TRAM-SIM-SETUP "
LIGHT_SLEEP, DEEP_SLEEP, WAKE = 0xA0, 0xA5, 0x00
_POLL_S = 0.005
_SIGHT_S = 0.03
_SWAP_S = 0.3


class SimReader:
    """One module on one pty. Everything random in it comes from `seed`."""

    def __init__(
        self,
        link: Path | str,
        model: str = "gm861",
        baud: int | None = None,
        seed: int = 0,
        reply_ms: int = 8,
        boot_ms: int = 300,
        counts_tail: bool = False,
        hears: bool = True,
        on_event: Callable[[str, dict[str, Any]], None] | None = None,
        hurry: int = 1,
    ) -> None:
        """`hurry`: how many times faster than a real one it sees a code and is ready for the next; the line is not."""
        self.module = module_of(model, baud, seed)
        self.line = SerialLine(Path(link), self._on_bytes, seed)
        self.faults = Faults()
        self.was_erased = False
        self.counts: dict[str, int] = {}
        self._reply_s = reply_ms / 1000
        self._boot_s = boot_ms / 1000
        self._counts_tail = counts_tail
        self._hears = hears
        self._hurry = hurry
        self._seed = seed
        self._on_event = on_event or (lambda name, facts: None)
        self._draw = random.Random(f"reader {seed}")
        self._parser = CommandParser()
        self._commands: asyncio.Queue[tuple[int, Command | TextCommand]] = asyncio.Queue()
        self._scene = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._life = 1
        self._is_on = True
        self._up_at_s = 0.0
        self._mute_until_s = 0.0
        self._asleep = 0
        self._triggered_until_s = 0.0
        self._last_code = b""
        self._last_read_s = float("-inf")

    @property
    def zones(self) -> Zones:
        """The settings of a GM65 or GM861."""
        if not isinstance(self.module, Zones):
            raise TypeError("it has no zones")
        return self.module

    @property
    def text(self) -> TextModule:
        """The settings of one of the others."""
        if not isinstance(self.module, TextModule):
            raise TypeError("it has zones")
        return self.module

    async def __aenter__(self) -> Self:
        self.line.plug()
        self._spawn(self._obey_all())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.line.unplug()

    async def show(self, picture: Path | str, hold_ms: int = 3000, once: bool = True) -> list[Sent | NotRead]:
        """Hold a picture before the reader. Raises reader_eye.PictureError."""
        codes = await asyncio.to_thread(reader_eye.codes_in, picture)
        return await self.show_codes(codes, hold_ms, once)

    async def show_codes(self, codes: Iterable[bytes], hold_ms: int = 3000, once: bool = True) -> list[Sent | NotRead]:
        """Hold codes before the reader until each was read once, or (`once=False`) for as long as `hold_ms`.

        What has not been read when the time is over comes back as NotRead, with what stood in the way last.
        """
        codes = list(codes)
        async with self._scene:
            await asyncio.sleep(_SIGHT_S / self._hurry)
            if not codes:
                return [NotRead("no_code", "", 0)]
            until_s = time.monotonic() + hold_ms / 1000
            results = [await self._present(code, until_s) for code in codes]
            while not once and time.monotonic() < until_s:
                for code in codes:
                    result = await self._present(code, until_s)
                    if isinstance(result, Sent):
                        results.append(result)
            return results

    def fault(self, name: str, times: int = 1, for_ms: int | None = None, count: int | None = None) -> None:
        """Make it misbehave: see reader_faults. Raises FaultError."""
        if name == "none":
            self.faults.clear()
            self._mute_until_s = 0.0
            return
        fault = reader_faults.parse(name, times, for_ms, count)
        if name in reader_faults.NEXT:
            self.faults.arm(fault)
        elif name == "mute":
            self._mute_until_s = time.monotonic() + fault.for_ms / 1000
        elif name == "unplug":
            self._spawn(self._unplug_for(fault.for_ms / 1000))
        else:
            self._spawn(self._noise(fault))

    async def swap(self, model: str, baud: int | None = None, hears: bool = True) -> None:
        """Pull this one out and plug another one in."""
        self.power_off()
        self.line.unplug()
        self.module, self._hears = module_of(model, baud, self._seed), hears
        self._event("unplugged")
        await asyncio.sleep(_SWAP_S)
        self.line.plug()
        self._event("plugged")
        self.power_on()

    def power_off(self) -> None:
        self._is_on = False
        self._life += 1
        self._parser.reset()
        self._event("power", state="off")

    def power_on(self) -> None:
        if self._is_on:
            return
        self._is_on = True
        self._asleep = 0
        self._triggered_until_s = 0.0
        self._last_code = b""
        self.module.power_on()
        self._up_at_s = time.monotonic() + self._boot_s
        self._event("power", state="on")

    # Hearing and obeying.

    def _is_up(self) -> bool:
        return self._is_on and not self.was_erased and time.monotonic() >= self._up_at_s

    def _is_mute(self) -> bool:
        return time.monotonic() < self._mute_until_s

    def _on_bytes(self, data: bytes, host_baud: int) -> None:
        if not self._is_up() or self._is_mute() or not self._hears:
            return
        module = self.module
        if host_baud != module.baud:
            data = resample(data, host_baud or 9600, module.baud)
        if isinstance(module, TextModule):
            for command in module.feed(data, now_ms()) if module.hears else ():
                self._commands.put_nowait((self._life, command))
            return
        for frame in self._parser.feed(data, now_ms()):
            self._commands.put_nowait((self._life, frame))

    async def _obey_all(self) -> None:
        while True:
            life, command = await self._commands.get()
            line_s = (8 + len(command.data)) * 10 / self.module.baud
            late = self.faults.take("late_reply")
            await asyncio.sleep(line_s + self._reply_s + (late.for_ms / 1000 if late else 0))
            if life != self._life or not self._is_up():
                continue
            if isinstance(command, TextCommand):
                await self._obey_text(command)
            elif self._asleep != DEEP_SLEEP or (command.zone == SPECIAL and command.data[0] == WAKE):
                await self._obey(command)

    async def _obey_text(self, command: TextCommand) -> None:
        self._count(f"command_{command.data.decode('latin-1')}")
        module = self.text
        if self.faults.take("forget"):
            answer, late_s, happens = reader_text.ACK, 0.0, ""
        else:
            answer, late_s, happens = module.obey(command)
        await asyncio.sleep(late_s)
        if happens:
            self._triggered_until_s = time.monotonic() + module.single_read_s if happens == "trigger" else 0.0
        await self._answer(answer)
        module.baud = module.wanted_baud()

    async def _obey(self, command: Command) -> None:
        self._count("special" if command.zone == SPECIAL else f"command_{command.kind:02x}")
        if command.kind == reader_protocol.ERASE:
            self.was_erased = True
            self._event("erased")
        elif command.kind == reader_protocol.READ:
            count = command.data[0] or 256
            await self._answer(reader_protocol.reply(self.zones.read(command.zone, count)))
        elif command.kind == reader_protocol.HEARTBEAT:
            if self.zones.model.has_heartbeat:
                await self._answer(reader_protocol.HEARTBEAT_REPLY)
        elif command.kind == reader_protocol.SAVE:
            if not self.faults.take("forget_save"):
                self.zones.save()
            await self._answer(reader_protocol.reply(b"\0"))
        else:
            if not self.faults.take("forget"):
                self.zones.write(command.zone, command.data)
            await self._answer(reader_protocol.reply(b"\0"))
            self._after_write(command)

    def _after_write(self, command: Command) -> None:
        # Both come into force only when the answer is out.
        if command.zone == TRIGGER:
            wait_s = self.zones.single_read_s or float("inf")
            self._triggered_until_s = time.monotonic() + wait_s if command.data[0] & 1 else 0.0
        elif command.zone == SPECIAL:
            self._special(command.data[0])
        self.zones.baud = self.zones.wanted_baud() or self.zones.baud

    def _special(self, value: int) -> None:
        if value == self.zones.model.defaults_command:
            self.zones.ship()
        elif value == 0xD3:
            self.zones.write(0x2A, b"\x39\x01")
        elif value in (LIGHT_SLEEP, DEEP_SLEEP, WAKE):
            self._asleep = value

    async def _answer(self, frame: bytes) -> None:
        if self.faults.take("bad_crc"):
            frame = frame[:-1] + bytes((frame[-1] ^ 0x5A,))
        if self.faults.take("half_answer"):
            frame = frame[: len(frame) // 2]
        if self.faults.take("double_ack"):
            frame += frame
        if self.module.is_deaf or self._is_mute() or not frame:
            return
        with contextlib.suppress(PowerLost):
            await self._send(frame)

    async def _send(self, data: bytes) -> int:
        life = self._life
        return await self.line.send(data, self.module.baud, lambda: life == self._life and not self.was_erased)

    # Seeing and telling.

    async def _present(self, code: bytes, until_s: float) -> Sent | NotRead:
        while reason := self._hindrance(code):
            if time.monotonic() >= until_s:
                return NotRead.of(reason, code)
            await asyncio.sleep(_POLL_S / self._hurry)
        result = await self._read(code)
        self._last_read_s = time.monotonic()
        self._count("sent" if isinstance(result, Sent) else f"not_read_{result.reason}")
        return result

    def _hindrance(self, code: bytes) -> str:
        now_s = time.monotonic()
        if not self._is_up():
            return "off"
        if self._asleep:
            return "asleep"
        if self.module.reading == "manual":
            return "manual"
        if self.module.reading == "command" and now_s >= self._triggered_until_s:
            return "not_triggered"
        if now_s - self._last_read_s < self.module.interval_s / self._hurry:
            return "pause"
        if code == self._last_code and now_s - self._last_read_s < self.module.same_code_s:
            return "same_code"
        return ""

    async def _read(self, code: bytes) -> Sent | NotRead:
        self._last_code = code
        self._triggered_until_s = 0.0
        if self._is_setup_code(code):
            self._set_up(code)
            if not self.module.gives_setup_codes:
                return NotRead.of("setup_code", code)
        if self.module.is_deaf:
            return NotRead.of("deaf", code)
        if self._is_mute():
            return NotRead.of("mute", code)
        return await self._tell(code, self.module.output(code, self._counts_tail))

    def _is_setup_code(self, code: bytes) -> bool:
        if isinstance(self.module, TextModule):
            return self.module.is_setup_code(code)
        return code.startswith(SETUP_CODE) and self.module.takes_setup_codes

    async def _tell(self, code: bytes, frame: bytes) -> Sent | NotRead:
        fault = ""
        if noise := self.faults.take("noise_before"):
            frame, fault = self._draw.randbytes(noise.bytes) + frame, noise.name
        if loss := self.faults.take("lose_bytes"):
            gone = set(self._draw.sample(range(len(frame)), min(loss.bytes, len(frame))))
            frame, fault = bytes(byte for at, byte in enumerate(frame) if at not in gone), loss.name
        if self.faults.take("truncate"):
            frame, fault = frame[: self._draw.randrange(1, len(frame))], "truncate"
        if power := self.faults.take("power"):
            frame, fault = frame[: self._draw.randrange(len(frame))], power.name
        baud, dropped = self.module.baud, self.line.dropped
        try:
            last_byte_ms = await self._send(frame)
        except PowerLost:
            return NotRead.of("power", code)
        if power:
            self._spawn(self._power_cycle(power.for_ms / 1000))
        if fault not in ("", "noise_before"):
            return NotRead.of(fault, code)
        if self.line.dropped != dropped:
            return NotRead.of("no_host", code)
        if self.line.host_baud != baud:
            return NotRead.of("wrong_speed", code)
        return Sent(f"{crc32(code):08x}", len(code), last_byte_ms, fault)

    def _set_up(self, code: bytes) -> None:
        if isinstance(self.module, TextModule):
            self._asleep = LIGHT_SLEEP if self.module.set_up(code) == "sleep" else self._asleep
            self._event("set_up")
            return
        for word in code[len(SETUP_CODE) :].decode("ascii", "replace").split():
            if word == "SAVE":
                self.zones.save()
                continue
            zone, _, value = word.partition("=")
            self.zones.write(int(zone, 16), bytes.fromhex(value))
            if int(zone, 16) == SPECIAL:
                self._special(int(value, 16))
        self.zones.baud = self.zones.wanted_baud() or self.zones.baud
        self._event("set_up")

    # Misbehaving.

    async def _noise(self, fault: Fault) -> None:
        until_s = time.monotonic() + fault.for_ms / 1000
        while True:
            with contextlib.suppress(PowerLost):
                await self._send(self._draw.randbytes(fault.bytes if fault.name == "noise" else 64))
            if time.monotonic() >= until_s:
                return

    async def _unplug_for(self, for_s: float) -> None:
        self.line.unplug()
        self._event("unplugged")
        await asyncio.sleep(for_s)
        self.line.plug()
        self._event("plugged")

    async def _power_cycle(self, for_s: float) -> None:
        self.power_off()
        await asyncio.sleep(for_s)
        self.power_on()

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def _event(self, name: str, **facts: Any) -> None:
        self._count(name)
        self._on_event(name, facts)
