# Commands of the GM65/GM861 family, and what their answers look like.
#
# 1. A command is `7E 00 type len addr16 data crc16`. The checksum is CRC-16/XMODEM over type..data, always the true
#    one, though the module also takes `AB CD` for "do not check".
# 2. An answer is `02 00 00 len data crc16`, with the checksum over `00 len data`. One whose checksum is wrong is none.
# 3. A write, a save and a trigger are answered by `02 00 00 01 00 33 31`; a heartbeat by `03 00 00 01 00 33 31`.
# 4. Type 05 erases the module's firmware. Nothing here can build it.
# 5. Every read here asks for a number of zones that no other read asks for, and never for one: a late answer to one
#    command cannot be taken for the answer to another.
# Source: GM65 user manual V1.3 ch. 8 and app. A; zone 001A: GM60 user manual ch. 2.1; zones of the GM861 from captures.

READ = 0x07
WRITE = 0x08
SAVE = 0x09
HEARTBEAT = 0x0A

ZONE_MODE = 0x0000
ZONE_TRIGGER = 0x0002
ZONE_SETUP_CODES = 0x0003
ZONE_INTERVAL = 0x0005
ZONE_SLEEP = 0x0007
ZONE_OUTPUT = 0x000D
ZONE_SAME_CODE = 0x0013
ZONE_HEADER = 0x001A
ZONE_BAUD = 0x002A
ZONE_FORMAT = 0x0060
ZONE_SPECIAL = 0x00D9
ZONE_MODEL = 0x00E0

# (first zone, how many): see rule 5.
BLOCK_SETTINGS = (0x0000, 20)
BLOCK_FORMAT = (ZONE_FORMAT, 3)
BLOCK_HEADER = (ZONE_HEADER, 4)
BLOCK_BAUD = (ZONE_BAUD, 2)
BLOCK_MODEL = (ZONE_MODEL, 6)

MODEL_GM65 = 0x05
ACK_BYTES = 1
REPLY_HEAD = b"\x02\x00\x00"
REPLY_EXTRA_BYTES = 6
HEARTBEAT_REPLY = b"\x03\x00\x00\x01\x00\x33\x31"

# What zone 002A holds for each speed, low byte first on the line.
BAUD_DIVISORS = {
    1200: 0x09C4,
    4800: 0x0271,
    9600: 0x0139,
    14400: 0x00D0,
    19200: 0x009C,
    38400: 0x004E,
    57600: 0x0034,
    115200: 0x001A,
}

_NIBBLES = (
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
    0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
)  # fmt: skip


def crc16(data: bytes, crc: int = 0) -> int:
    for byte in data:
        crc = ((crc << 4) & 0xFFFF) ^ _NIBBLES[(crc >> 12) ^ (byte >> 4)]
        crc = ((crc << 4) & 0xFFFF) ^ _NIBBLES[(crc >> 12) ^ (byte & 15)]
    return crc


def _command(kind: int, zone: int, data: bytes) -> bytes:
    body = bytes((kind, len(data), zone >> 8, zone & 0xFF)) + data
    crc = crc16(body)
    return b"\x7e\x00" + body + bytes((crc >> 8, crc & 0xFF))


def read(zone: int, count: int) -> bytes:
    if not 1 <= count <= 255:
        raise ValueError("count")
    return _command(READ, zone, bytes((count,)))


def write(zone: int, data: bytes) -> bytes:
    if not 1 <= len(data) <= 245:
        raise ValueError("length")
    return _command(WRITE, zone, data)


def save() -> bytes:
    return _command(SAVE, 0, b"\x00")


def heartbeat() -> bytes:
    return _command(HEARTBEAT, 0, b"\x00")


def trigger(on: bool = True) -> bytes:
    return write(ZONE_TRIGGER, b"\x01" if on else b"\x00")


def baud(value: int) -> bytes:
    divisor = BAUD_DIVISORS[value]
    return write(ZONE_BAUD, bytes((divisor & 0xFF, divisor >> 8)))


def is_reply(frame: bytes) -> bool:
    # The whole of an answer, nothing before and nothing behind.
    if len(frame) < REPLY_EXTRA_BYTES + 1 or bytes(frame[:3]) != REPLY_HEAD:
        return False
    if len(frame) != frame[3] + REPLY_EXTRA_BYTES:
        return False
    return crc16(frame[2:-2]) == frame[-2] << 8 | frame[-1]
