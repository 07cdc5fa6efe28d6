"""The settings of a simulated GM65 or GM861: what is in its zones, now and in its flash.

Zones, meanings and defaults are those of the manuals; where these say nothing (the model number of a GM861, say) the
value here is ours. A model differs in what it ships with and in what it ignores.
"""

from dataclasses import dataclass, field

MODE, TRIGGER, SETUP_CODES, INTERVAL, SINGLE_READ = 0x00, 0x02, 0x03, 0x05, 0x06
OUTPUT, SAME_CODE, BAUD, FORMAT, PREFIX_SUFFIX = 0x0D, 0x13, 0x2A, 0x60, 0x62
PREFIX, SUFFIX, SPECIAL, VERSION = 0x63, 0x72, 0xD9, 0xE0

DIVISORS = {
    0x09C4: 1200,
    0x0271: 4800,
    0x0139: 9600,
    0x00D0: 14400,
    0x009C: 19200,
    0x004E: 38400,
    0x0034: 57600,
    0x001A: 115200,
}
HEADER = 0x1A
HEADS = (b"\x03", b"\x04", b"", b"")
TAILS = (b"\r", b"\r\n", b"\t", b"")
READING = ("manual", "command", "continuous", "sensing")

_GM65 = {
    0x00: 0xD6,
    0x03: 0x01,
    0x04: 0x05,
    0x05: 0x0A,
    0x06: 0x32,
    0x07: 0x01,
    0x08: 0x2C,
    0x0B: 0x3C,
    0x0E: 0x04,
    0x2A: 0x39,
    0x2B: 0x01,
    0x2C: 0x02,
    0x60: 0x01,
    0xE0: 0x05,
    0xE1: 0x64,
    0xE2: 0x64,
    0xE3: 0x10,
    0xE4: 0x09,
    0xE5: 0x1C,
}
# Of the GM60's shipped settings one differs that matters: codes begin with 04, by the upper bits of zone 001A.
_GM60 = {**_GM65, 0x1A: 0x40, 0x60: 0x81, VERSION: 0x60}
_GM861 = {**_GM65, OUTPUT: 0xA1, VERSION: 0x15}


@dataclass(frozen=True)
class Model:
    """What sets one model apart."""

    name: str
    shipped: dict[int, int]
    kept_bits: dict[int, int] = field(default_factory=dict)
    """zone -> the bits that a write changes; all of them where a zone is not named."""
    has_heartbeat: bool = False
    defaults_command: int = 0x55
    """What written to zone 00D9 brings the shipped settings back."""


MODELS = {
    # The manual V1.3 calls bit 7 of zone 0060 reserved: no protocol mode.
    "gm65": Model("gm65", _GM65, kept_bits={FORMAT: 0x7F}),
    "gm60": Model("gm60", _GM60),
    # Ships set to USB: it hears on the UART, and says nothing there.
    "gm861": Model("gm861", _GM861, has_heartbeat=True, defaults_command=0x50),
    # A GM861 whose technician has switched it to UART.
    "gm861-uart": Model("gm861-uart", {**_GM861, OUTPUT: 0xA0}, has_heartbeat=True, defaults_command=0x50),
}


class Zones:
    """256 zones of one byte: `now` in force, `saved` what comes back with the power."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.saved = bytearray(256)
        for zone, value in model.shipped.items():
            self.saved[zone] = value
        self.now = bytearray(self.saved)
        self.baud = 9600
        self.power_on()

    def power_on(self) -> None:
        self.now[:] = self.saved
        self.baud = self.wanted_baud() or 9600

    def save(self) -> None:
        self.saved[:] = self.now

    def ship(self) -> None:
        """Everything as the factory sent it, in flash too."""
        self.saved[:] = Zones(self.model).saved
        self.now[:] = self.saved

    def read(self, zone: int, count: int) -> bytes:
        return bytes(self.now[(zone + at) & 0xFF] for at in range(count))

    def write(self, zone: int, data: bytes) -> None:
        for at, value in enumerate(data):
            self._write(zone + at, value)

    def _write(self, zone: int, value: int) -> None:
        if VERSION <= zone <= VERSION + 5 or zone > 0xFF or zone in (TRIGGER, SPECIAL):
            return
        kept = self.model.kept_bits.get(zone, 0xFF)
        self.now[zone] = self.now[zone] & ~kept & 0xFF | value & kept

    def wanted_baud(self) -> int | None:
        """What the baud zone says; None where it makes no sense, which the module then ignores."""
        return DIVISORS.get(self.now[BAUD] | self.now[BAUD + 1] << 8)

    @property
    def is_deaf(self) -> bool:
        """Set to USB: nothing comes out on the UART."""
        return bool(self.now[OUTPUT] & 3)

    @property
    def reading(self) -> str:
        return READING[self.now[MODE] & 3]

    @property
    def is_protocol(self) -> bool:
        return bool(self.now[FORMAT] & 0x80)

    @property
    def takes_setup_codes(self) -> bool:
        return not self.now[SETUP_CODES] & 2

    @property
    def gives_setup_codes(self) -> bool:
        return bool(self.now[SETUP_CODES] & 1)

    @property
    def interval_s(self) -> float:
        return self.now[INTERVAL] / 10

    @property
    def single_read_s(self) -> float:
        """0: without end."""
        return self.now[SINGLE_READ] / 10

    @property
    def same_code_s(self) -> float:
        """How long the same code is not given again; 0: given every time; infinity: never."""
        if not self.now[SAME_CODE] & 0x80:
            return 0.0
        return (self.now[SAME_CODE] & 0x7F) / 10 or float("inf")

    def output(self, code: bytes, counts_tail: bool = False) -> bytes:
        """The code as it goes out on the line: prefix, suffix, tail and head as the format zone says."""
        form = self.now[FORMAT]
        lengths = self.now[PREFIX_SUFFIX]
        prefix = bytes(self.now[PREFIX : PREFIX + (lengths >> 4)]) if form & 0x08 else b""
        suffix = bytes(self.now[SUFFIX : SUFFIX + (lengths & 15)]) if form & 0x02 else b""
        tail = TAILS[form >> 5 & 3] if form & 1 else b""
        data = prefix + code + suffix
        if not self.is_protocol:
            return data + tail
        counted = data + tail if counts_tail else data
        head = HEADS[self.now[HEADER] >> 6]
        if not head:
            return data + tail
        return head + len(counted).to_bytes(2, "big") + data + tail
