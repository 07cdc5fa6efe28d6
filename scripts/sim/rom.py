"""The boot loader in an Espressif chip's ROM, and the stub that esptool puts into its memory: bytes in, bytes out.

    rom = Rom(CHIPS["esp32s3"], mac, RomFlash(8 << 20))
    answer = rom.feed(data)

1. A packet stands between two bytes C0, with DB DC for C0 and DB DD for DB (SLIP). What is no whole packet is noise.
2. A request is 00, operation, length (16 bits), check (32 bits), then that many bytes; an answer is 01, the same
   operation, length, value, data, status. A status of 01 and a reason is a refusal.
3. `sync` is answered eight times. The ROM gives a value with it, the stub 0.
4. What was uploaded with mem_begin, mem_data is not executed: at mem_end with an entry the stand-in says OHAI and is
   the stub from then on. A RAM image that is no stub does nothing.
5. The ROM erases when a write begins; the stub sector by sector as the data come.
6. `after` says what is to become of the chip after an answer: "" or "reset" (flash_end, watchdog).

Source: Espressif, "Serial Protocol" (docs.espressif.com/projects/esptool), and esptool 5.6, `loader.py`.
Not shown: secure boot, encryption, secure download mode, NAND, the timing of a real UART and of a real flash.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable

from scripts.sim.rom_chips import MAGIC_ADDRESS, USR, XTAL_HZ, Chip, registers
from scripts.sim.rom_flash import SECTOR, FlashError, RomFlash

END, ESC = 0xC0, 0xDB
LONGEST = 0x8000
SYNC_VALUE = 0x20120707
CHECK_SEED = 0xEF
OHAI = b"OHAI"
UNSUPPORTED, BAD_LENGTH, BAD_CHECK, NO_FLASH, BAD_DATA = 0x05, 0x01, 0x07, 0x06, 0x0B
"""The reasons of refusals (ROM: 05 invalid message, 06 failed to act, 07 wrong CRC, 0B deflate error)."""


Answer = tuple[int, bytes, bytes]
"""The value, the data before the status, and what follows the answer."""
Action = Callable[[bytes, int], Answer]
DONE: Answer = (0, b"", b"")


class Refusal(Exception):
    """`reason` goes into the status of the answer."""

    def __init__(self, reason: int) -> None:
        super().__init__(f"{reason:02x}")
        self.reason = reason


def packet(data: bytes) -> bytes:
    """In its frame."""
    return b"\xc0" + data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


class Slip:
    """`feed(bytes)` -> the packets that are whole now."""

    def __init__(self) -> None:
        self._begun: bytearray | None = None
        self._escaped = False

    def feed(self, data: bytes) -> list[bytes]:
        found = []
        for byte in data:
            if byte == END:
                if self._begun:
                    found.append(bytes(self._begun))
                    self._begun = None
                else:
                    self._begun = bytearray()
                self._escaped = False
            elif self._begun is None:
                continue
            elif self._escaped:
                self._escaped = False
                self._begun.append({0xDC: END, 0xDD: ESC}.get(byte, byte))
            elif byte == ESC:
                self._escaped = True
            elif len(self._begun) < LONGEST:
                self._begun.append(byte)
        return found


class Rom:
    """One chip in download mode. Not thread-safe: one line feeds it."""

    def __init__(self, chip: Chip, mac: bytes, flash: RomFlash) -> None:
        self.chip, self.flash, self._mac = chip, flash, mac
        self.deaf_stub = False
        self.reset()

    def reset(self) -> None:
        """As after the reset line: the ROM runs, and has forgotten everything."""
        self.is_stub = False
        self.baud = 115200
        self.after = ""
        self._slip = Slip()
        self._registers = registers(self.chip, self._mac)
        self._uploaded = 0
        self._write: Write | None = None
        self._reading: Reading | None = None

    def feed(self, data: bytes) -> bytes:
        """-> what it sends back; may raise CutOff, after which nothing more comes."""
        return b"".join(self._take(one) for one in self._slip.feed(data))

    def _take(self, request: bytes) -> bytes:
        if self._reading is not None:
            return self._go_on_reading(request)
        if len(request) < 8 or request[0] != 0:
            return b""
        operation, length, check = struct.unpack("<xBHI", request[:8])
        body = request[8:]
        action = self._actions().get(operation)
        value, data, more = 0, b"", b""
        try:
            if action is None:
                raise Refusal(UNSUPPORTED)
            if len(body) != length:
                raise Refusal(BAD_LENGTH)
            value, data, more = action(body, check)
            status = b"\0\0"
        except Refusal as refusal:
            status = bytes((1, refusal.reason))
        except (FlashError, struct.error):
            status = bytes((1, NO_FLASH))
        status += b"" if self.is_stub and more != packet(OHAI) else b"\0" * (self.chip.rom_status_bytes - 2)
        answer = packet(struct.pack("<BBHI", 1, operation, len(data) + len(status), value) + data + status)
        return (answer * 8 if operation == 0x08 else answer) + more

    def _actions(self) -> dict[int, Action]:
        known: dict[int, Action] = {
            0x02: self._flash_begin, 0x03: self._flash_data, 0x04: self._flash_end,
            0x05: self._mem_begin, 0x06: self._mem_end, 0x07: self._mem_data, 0x08: self._sync,
            0x09: self._write_register, 0x0A: self._read_register, 0x0B: self._nothing, 0x0D: self._nothing,
            0x0F: self._change_baud, 0x10: self._deflate_begin, 0x11: self._flash_data, 0x12: self._flash_end,
            0x13: self._md5,
        }  # fmt: skip
        if self.chip.has_security_info:
            known[0x14] = self._security_info
        if self.is_stub:
            known |= {0xD0: self._erase_all, 0xD1: self._erase_region, 0xD2: self._read_begin, 0xD3: self._flash_end}
        else:
            known[0x0E] = self._read_slowly
        return known

    # Who it is

    def _sync(self, body: bytes, _check: int) -> Answer:
        if body != b"\x07\x07\x12\x20" + b"\x55" * 32:
            raise Refusal(UNSUPPORTED)
        return (0 if self.is_stub else SYNC_VALUE), b"", b""

    def _nothing(self, _body: bytes, _check: int) -> Answer:
        return DONE

    def _security_info(self, _body: bytes, _check: int) -> Answer:
        return 0, struct.pack("<I8xII", 0, self.chip.image_id, 0), b""

    def _read_register(self, body: bytes, _check: int) -> Answer:
        (address,) = struct.unpack("<I", body)
        if address == self.chip.clock_divider:
            return XTAL_HZ // self.baud, b"", b""
        return self._registers.get(address, 0), b"", b""

    def _write_register(self, body: bytes, _check: int) -> Answer:
        for at in range(0, len(body), 16):
            address, value, mask, _delay_us = struct.unpack("<IIII", body[at : at + 16])
            if address == MAGIC_ADDRESS:
                continue  # in ROM
            self._registers[address] = self._registers.get(address, 0) & ~mask | value & mask
            if address == self.chip.spi[0] and value & USR:
                self._ask_flash()
            if address == self.chip.watchdog and value >> 31:
                self.after = "reset"
        return DONE

    def _ask_flash(self) -> None:
        command, usr2, _address, w0 = self.chip.spi
        asked = self._registers.get(usr2, 0) & 0xFF
        known = {0x9F: self.flash.jedec_id, 0x05: self.flash.status, 0x5A: 0x50444653}  # 5A: "SFDP"
        self._registers[w0] = known.get(asked, 0)
        self._registers[command] = 0

    def _change_baud(self, body: bytes, _check: int) -> Answer:
        self.baud = struct.unpack("<II", body)[0]
        return DONE

    # Its memory

    def _mem_begin(self, body: bytes, _check: int) -> Answer:
        struct.unpack("<IIII", body)
        return DONE

    def _mem_data(self, body: bytes, check: int) -> Answer:
        self._uploaded += len(_payload(body, check))
        return DONE

    def _mem_end(self, body: bytes, _check: int) -> Answer:
        _stay, entry = struct.unpack("<II", body)
        if not entry or not self._uploaded or self.deaf_stub:
            return DONE
        self.is_stub = True
        return 0, b"", packet(OHAI)

    # Its flash

    def _flash_begin(self, body: bytes, _check: int) -> Answer:
        size, blocks, block_bytes, offset = struct.unpack("<IIII", body[:16])
        self._begin(offset, size, min(size, blocks * block_bytes) if size else 0, None)
        return DONE

    def _deflate_begin(self, body: bytes, _check: int) -> Answer:
        size, _blocks, _block_bytes, offset = struct.unpack("<IIII", body[:16])
        self._begin(offset, size, size, zlib.decompressobj())
        return DONE

    def _begin(self, offset: int, erased: int, size: int, unpack: "zlib._Decompress | None") -> None:
        self.flash.read(offset, erased)  # within the chip?
        if not self.is_stub:
            self.flash.erase(offset, erased)
        self._write = Write(self.flash, offset, offset + size, self.is_stub, unpack)

    def _flash_data(self, body: bytes, check: int) -> Answer:
        if self._write is None:
            raise Refusal(NO_FLASH)
        self._write.put(_payload(body, check), struct.unpack("<I", body[4:8])[0])
        return DONE

    def _flash_end(self, body: bytes, _check: int) -> Answer:
        self._write = None
        if not self.is_stub and body == b"\0\0\0\0":
            self.after = "reset"
        elif self.is_stub and body == b"\0\0\0\0":
            self.after = "rom"
        return DONE

    def _erase_all(self, _body: bytes, _check: int) -> Answer:
        self.flash.erase(0, self.flash.size)
        return DONE

    def _erase_region(self, body: bytes, _check: int) -> Answer:
        self.flash.erase(*struct.unpack("<II", body))
        return DONE

    def _md5(self, body: bytes, _check: int) -> Answer:
        offset, size = struct.unpack("<II", body[:8])
        digest = hashlib.md5(self.flash.read(offset, size), usedforsecurity=False)
        return 0, digest.digest() if self.is_stub else digest.hexdigest().encode(), b""

    def _read_slowly(self, body: bytes, _check: int) -> Answer:
        offset, size = struct.unpack("<II", body)
        if size > 64:
            raise Refusal(BAD_LENGTH)
        return 0, self.flash.read(offset, size).ljust(64, b"\0"), b""

    def _read_begin(self, body: bytes, _check: int) -> Answer:
        offset, size, block_bytes, in_flight = struct.unpack("<IIII", body)
        self._reading = Reading(self.flash.read(offset, size), block_bytes, in_flight)
        return 0, b"", self._reading.more(0)

    def _go_on_reading(self, request: bytes) -> bytes:
        reading = self._reading
        if reading is None or len(request) != 4:
            self._reading = None  # the host has given up, and begins something else
            return self._take(request)
        had = int.from_bytes(request, "little")
        if had < len(reading.data):
            return reading.more(had)
        self._reading = None
        return packet(hashlib.md5(reading.data, usedforsecurity=False).digest())


class Reading:
    """A read_flash of the stub under way: so many packets ahead of what the host says that it has."""

    def __init__(self, data: bytes, block_bytes: int, in_flight: int) -> None:
        self.data = data
        self._block_bytes, self._ahead = max(1, block_bytes), max(1, in_flight) * max(1, block_bytes)
        self._sent = 0

    def more(self, had: int) -> bytes:
        """The packets that may go now."""
        out = []
        while self._sent < min(len(self.data), had + self._ahead):
            out.append(packet(self.data[self._sent : self._sent + self._block_bytes]))
            self._sent += self._block_bytes
        return b"".join(out)


class Write:
    """A write under way, plain or deflated, up to `end`."""

    def __init__(self, flash: RomFlash, begin: int, end: int, erases: bool, unpack: "zlib._Decompress | None") -> None:
        self._flash, self._at, self._end, self._erases, self._unpack = flash, begin, end, erases, unpack
        self._erased_to = begin // SECTOR * SECTOR
        self._next = 0

    def put(self, data: bytes, number: int) -> None:
        """Block `number`; the one before once more (its answer was lost) changes nothing."""
        if number == self._next - 1:
            return
        if number != self._next:
            raise Refusal(BAD_LENGTH)
        if self._unpack is not None:
            try:
                data = self._unpack.decompress(data)
            except zlib.error:
                raise Refusal(BAD_DATA) from None
        self._next += 1
        data = data[: self._end - self._at]  # the last block of a plain write is filled up
        if self._erases and self._erased_to < self._at + len(data):
            until = -(-(self._at + len(data)) // SECTOR) * SECTOR
            self._flash.erase(self._erased_to, until - self._erased_to)
            self._erased_to = until
        self._flash.program(self._at, data)
        self._at += len(data)


def _payload(body: bytes, check: int) -> bytes:
    """The data of a block, after its header. Raises Refusal."""
    size = struct.unpack("<I", body[:4])[0]
    data = body[16:]
    if len(data) != size:
        raise Refusal(BAD_LENGTH)
    seen = CHECK_SEED
    for byte in data:
        seen ^= byte
    if seen != check & 0xFF:
        raise Refusal(BAD_CHECK)
    return data
