"""An ESP chip in its loader: which it is, what its flash holds, and writing it so that a cut leaves no half board.

1. The chip itself says which it is; nothing is written before that.
2. `write` first erases the sector where the ROM looks for a boot loader, and writes that sector last, after all else
   was compared: a board whose cable was pulled does not start, and cannot be taken for a finished one.
3. What is on the flash already is not written again: so a second run goes on where the first was cut.
4. What counts is read back byte by byte; all the rest is compared by MD5, which the chip computes.
5. The loader's program (the stub) is used where the chip takes it; the ROM alone does all of this too, slowly.

Source: Espressif, "Serial Protocol"; esptool as a library (docs.espressif.com/projects/esptool, "Scripting").
"""

import hashlib
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from scripts.tram import exits
from scripts.tram.flash.words import WORDS
from scripts.tram.out import Bar
from scripts.tram.ports import opened
from scripts.tram.trouble import Trouble

SECTOR_BYTES = 4096
PIECE_BYTES = 16 * SECTOR_BYTES
TABLE_OFFSET = 0x8000
FIRST_BAUD = 115_200
BAUD = 460_800
_TRIES = 2
_RESET_S = 0.5
"""So long the port stays closed: the board is out of its loader then, and the chip's own USB has gone away."""
_DETECTED_TIMES, _NOT_DETECTED = 4, "Failed to autodetect"
_SILENT = ("Failed to connect", "No serial data", "Serial data stream stopped", "Timed out", "Invalid head of packet")
_CHIPS = {"ESP32": "esp32", "ESP32-S3": "esp32s3", "ESP32-C3": "esp32c3"}


class EspFacts(NamedTuple):
    chip: str
    """As in boards.toml; of a chip that we have no board of, esptool's own name."""
    mac: str
    flash_bytes: int


class Piece(NamedTuple):
    offset: int
    data: bytes


def pieces_of(parts: list[tuple[str, int, bytes]], boot_offset: int) -> list[Piece]:
    """In the order of writing; the sector of the boot loader, alone, is the last one."""
    found = []
    for _, offset, data in parts:
        padded = data + b"\xff" * (-len(data) % SECTOR_BYTES)
        at = 0
        while at < len(padded):
            is_boot = offset + at == boot_offset
            size = SECTOR_BYTES if is_boot else PIECE_BYTES
            found.append(Piece(offset + at, padded[at : at + size]))
            at += size
    return sorted(found, key=lambda piece: (piece.offset == boot_offset, piece.offset))


class Esp:
    """A connected chip. `with Esp(device) as chip:`"""

    def __init__(self, device: str, baud: int = BAUD) -> None:
        """Raises Trouble port_*, no_loader (it does not answer as an ESP chip), chip_locked."""
        self.device = device
        self.percent = 0
        """How much of what is to be written is on the flash."""
        self._line = opened(device, FIRST_BAUD, 3.0)
        self._loader: Any = None
        try:
            with _told(self):
                self._connect(baud)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Esp":
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever has happened, a board that can run is left running, not in its loader."""
        if self._line.is_open:
            with suppress(Trouble):
                self.restart()

    def close(self) -> None:
        with suppress(OSError):
            self._line.close()

    def _connect(self, baud: int) -> None:
        from esptool import cmds

        _hush()
        loader = self._detected()
        if loader.secure_download_mode or loader.get_flash_encryption_enabled() or loader.get_secure_boot_enabled():
            raise Trouble("chip_locked", exits.REFUSED, WORDS, port=self.device, chip=loader.CHIP_NAME)
        name, mac = loader.CHIP_NAME, bytes(loader.read_mac("BASE_MAC"))
        loader = self._with_stub(loader)
        if loader.IS_STUB and baud > FIRST_BAUD:
            loader.change_baud(baud)
        cmds.attach_flash(loader)
        self._loader = loader
        self.facts = EspFacts(_CHIPS.get(name, name), ":".join(f"{byte:02x}" for byte in mac), self._size())

    def _with_stub(self, loader: Any) -> Any:
        from esptool import cmds
        from esptool.util import FatalError

        self._line.timeout = 3  # esptool would wait two minutes for a program that does not start
        try:
            return cmds.run_stub(loader)
        except FatalError:  # it was taken and did not start: the ROM does it alone, after another reset
            self._line.reset_input_buffer()
            return self._detected()

    def _detected(self) -> Any:
        """esptool asks a chip for its number once, and where that answer is late guesses by what older chips have; so a
        guess that fails is asked again."""
        from esptool import cmds
        from esptool.util import FatalError

        for left in reversed(range(_DETECTED_TIMES)):
            try:
                return cmds.detect_chip(self._line)
            except FatalError as bad:
                if not left or _NOT_DETECTED not in str(bad):
                    raise
                self._line.reset_input_buffer()
        raise AssertionError

    def _size(self) -> int:
        from esptool import cmds
        from esptool.util import flash_size_bytes

        size = flash_size_bytes(cmds.detect_flash_size(self._loader) or "0MB") or 0
        if size:
            self._loader.flash_set_parameters(size)
        return int(size)

    def md5(self, offset: int, size: int) -> str:
        """In hexadecimal, computed by the chip."""
        with _told(self):
            return str(self._loader.flash_md5sum(offset, size)).lower()

    def has(self, offset: int, data: bytes) -> bool:
        """Whether this is what the flash holds there."""
        return self.md5(offset, len(data)) == _md5(data)

    def is_blank(self, offset: int, size: int) -> bool:
        return self.md5(offset, size) == _md5(b"\xff" * size)

    def read(self, offset: int, size: int) -> bytes:
        with _told(self):
            return bytes(self._loader.read_flash(offset, size, None))

    def read_volume(self, offset: int, size: int, bar: Bar) -> bytes:
        """The same of a large part, without the blank pieces' way over the line."""
        found = b""
        for at in range(0, size, PIECE_BYTES):
            length = min(PIECE_BYTES, size - at)
            found += b"\xff" * length if self.is_blank(offset + at, length) else self.read(offset + at, length)
            bar(len(found), size)
        return found

    def erase(self, offset: int, size: int) -> None:
        with _told(self):
            if self._loader.IS_STUB:
                self._loader.erase_region(offset, size)
            else:
                self._program(Piece(offset, b"\xff" * size), lambda done: None)

    def write(self, pieces: list[Piece], bar: Bar, on_percent: Callable[[int], None]) -> int:
        """Write what is not there yet, but not the last piece, the boot loader's sector: that is erased, if anything
        is missing, and `finish` writes it. -> how many bytes were written.

        Raises Trouble cable_pulled (with how much is done), write_differs (with the first address that does).
        """
        *others, boot = pieces
        whole, done, written = sum(len(piece.data) for piece in others), 0, 0
        missing = [piece for piece in others if not self.has(*piece)]
        if missing and not self.is_blank(boot.offset, len(boot.data)):
            self.erase(boot.offset, len(boot.data))
        for piece in others:
            if piece in missing:
                self._write_one(piece, _shifted(bar, done, whole))
                written += len(piece.data)
            done += len(piece.data)
            self.percent = 100 * done // whole
            bar(done, whole)
            on_percent(self.percent)
        return written

    def finish(self, boot: Piece) -> None:
        """Write the sector that makes the board start, and read it back."""
        if not self.has(*boot):
            self._write_one(boot, lambda done: None)
        if self.read(boot.offset, len(boot.data)) != boot.data:
            raise self._differs("boot loader", *boot)

    def _write_one(self, piece: Piece, told: Callable[[int], None]) -> None:
        for _ in range(_TRIES):
            if piece.data.count(0xFF) == len(piece.data):
                self.erase(piece.offset, len(piece.data))
            else:
                with _told(self):
                    self._program(piece, told)
            if self.has(*piece):
                return
        raise Trouble("write_differs", exits.REFUSED, WORDS, address=f"0x{piece.offset:06x}", mac=self.facts.mac)

    def _program(self, piece: Piece, told: Callable[[int], None]) -> None:
        loader = self._loader
        step = loader.FLASH_WRITE_SIZE
        if not loader.IS_STUB:
            loader.flash_begin(len(piece.data), piece.offset)
            for number, at in enumerate(range(0, len(piece.data), step)):
                block = piece.data[at : at + step]
                loader.flash_block(block + b"\xff" * (step - len(block)), number)
                told(at + len(block))
            return
        packed = zlib.compress(piece.data, 9)
        loader.flash_defl_begin(len(piece.data), len(packed), piece.offset)
        for number, at in enumerate(range(0, len(packed), step)):
            loader.flash_defl_block(packed[at : at + step], number, timeout=30)
            told(min(at + step, len(packed)) * len(piece.data) // len(packed))
        loader.read_reg(loader.CHIP_DETECT_MAGIC_REG_ADDR)  # answered only when the last block is on the flash

    def compare(self, parts: list[tuple[str, int, bytes]], exactly: tuple[str, ...], bar: Bar) -> None:
        """All parts by MD5; of those named in `exactly` all that is not blank byte by byte.

        Raises Trouble readback_differs.
        """
        for name, offset, data in parts:
            if not self.has(offset, data):
                raise self._differs(name, offset, data)
        told = [(name, *piece) for name, offset, data in parts if name in exactly for piece in _filled(offset, data)]
        whole, done = sum(len(data) for _, _, data in told), 0
        for name, offset, data in told:
            read = self.read(offset, len(data))
            if read != data:
                raise self._differs(name, offset, data, read)
            done += len(data)
            bar(done, whole)

    def _differs(self, name: str, offset: int, data: bytes, read: bytes | None = None) -> Trouble:
        at = offset
        if read is None:
            at += next(
                (
                    at
                    for at in range(0, len(data), PIECE_BYTES)
                    if not self.has(offset + at, data[at : at + PIECE_BYTES])
                ),
                0,
            )
        else:
            at += next((place for place, (one, two) in enumerate(zip(data, read)) if one != two), 0)
        return Trouble("readback_differs", exits.REFUSED, WORDS, part=name, address=f"0x{at:06x}", mac=self.facts.mac)

    def restart(self) -> None:
        """Out of the loader, into what is on the flash; the port is closed."""
        from esptool import cmds

        try:
            with _told(self):
                if self._loader.IS_STUB:
                    self._loader.flash_begin(0, 0)
                cmds.reset_chip(self._loader, "hard-reset")
        finally:
            self.close()
            time.sleep(_RESET_S)


@contextmanager
def _told(chip: Esp) -> Iterator[None]:
    """What esptool, pyserial and the port raise, as a Trouble that says what to do. Nothing else belongs in here."""
    from esptool.util import FatalError

    try:
        yield
    except FatalError as bad:
        raise _of_loader(chip, str(bad)) from bad
    except OSError as bad:
        raise _pulled(chip) from bad
    except Exception as bad:
        if type(bad).__module__ != "termios":  # what a port that is gone raises on Linux and macOS, and is no OSError
            raise
        raise _pulled(chip) from bad


def _pulled(chip: Esp) -> Trouble:
    return Trouble("cable_pulled", exits.CUT, WORDS, port=chip.device, percent=chip.percent)


def _of_loader(chip: Esp, text: str) -> Trouble:
    if any(sign in text for sign in _SILENT):
        is_new = chip._loader is None
        return Trouble("no_loader", exits.NO_ANSWER, WORDS, port=chip.device) if is_new else _pulled(chip)
    return Trouble("loader_refuses", exits.REFUSED, WORDS, port=chip.device, text=text.strip().splitlines()[0])


def _shifted(bar: Bar, done: int, whole: int) -> Callable[[int], None]:
    return lambda more: bar(done + more, whole)


def _filled(offset: int, data: bytes) -> list[Piece]:
    """What of it is not all FF."""
    pieces = [Piece(offset + at, data[at : at + PIECE_BYTES]) for at in range(0, len(data), PIECE_BYTES)]
    return [piece for piece in pieces if piece.data.count(0xFF) != len(piece.data)]


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _hush() -> None:
    """esptool prints a great deal: not here."""
    from esptool.logger import log

    log.set_verbosity("silent")
