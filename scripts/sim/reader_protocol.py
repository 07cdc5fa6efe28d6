"""The command side of a simulated GM65: bytes in, commands out; and how its answers look. Pure.

1. A command is `7E 00 type len addr16 data crc16`; the checksum may be `AB CD`, which is not checked.
2. It must be whole within 400 ms of its first byte. What is not, or has a bad checksum or form, gets no answer at all.
3. Anything else on the line is passed over.
Written from the manuals alone, sharing no code with the firmware that talks to it, so that one checks the other.
"""

from dataclasses import dataclass

COMMAND_MS = 400
READ, WRITE, SAVE, HEARTBEAT, ERASE = 0x07, 0x08, 0x09, 0x0A, 0x05
HEARTBEAT_REPLY = bytes.fromhex("03000001003331")
_HEAD = b"\x7e\x00"
_UNCHECKED = b"\xab\xcd"


@dataclass(frozen=True)
class Command:
    kind: int
    zone: int
    data: bytes


def crc16(data: bytes) -> int:
    """CRC-16/XMODEM, bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def reply(data: bytes) -> bytes:
    body = bytes((0, len(data) & 0xFF)) + data
    return b"\x02\x00" + body + crc16(body).to_bytes(2, "big")


class CommandParser:
    """Feed it what came in and when; it returns the commands that are to be obeyed."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._began_ms = 0
        self.refused = 0

    def feed(self, data: bytes, now_ms: int) -> list[Command]:
        if self._buffer and now_ms - self._began_ms > COMMAND_MS:
            self._refuse()
        if not self._buffer:
            self._began_ms = now_ms
        self._buffer += data
        commands = []
        while (size := self._size()) and len(self._buffer) >= size:
            command = self._whole(bytes(self._buffer[:size]))
            del self._buffer[:size]
            self._began_ms = now_ms
            if command:
                commands.append(command)
            else:
                self.refused += 1
        return commands

    def reset(self) -> None:
        self._buffer.clear()

    def _refuse(self) -> None:
        self._buffer.clear()
        self.refused += 1

    def _size(self) -> int:
        """Bytes of the command that the buffer begins with; 0: not known yet. Drops what cannot begin one."""
        while self._buffer and not _HEAD.startswith(bytes(self._buffer[:2])):
            del self._buffer[0]
        return 8 + self._buffer[3] if len(self._buffer) > 3 else 0

    def _whole(self, frame: bytes) -> Command | None:
        if frame[-2:] != _UNCHECKED and crc16(frame[2:-2]) != int.from_bytes(frame[-2:], "big"):
            return None
        kind, data = frame[2], frame[6:-2]
        if kind not in (READ, WRITE, SAVE, HEARTBEAT, ERASE) or not data:
            return None
        if kind != WRITE and len(data) != 1:
            return None
        return Command(kind, int.from_bytes(frame[4:6], "big"), data)
