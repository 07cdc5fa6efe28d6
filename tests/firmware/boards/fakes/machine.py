import io

from chipside import ASKED, CHIP, INPUT_ONLY, IS_RP2, PINS, UARTS, given

PWRON_RESET = 1
WDT_RESET = 3
if not IS_RP2:
    HARD_RESET, DEEPSLEEP_RESET, SOFT_RESET = 2, 4, 5

_POLL, _POLL_READ, _POLL_WRITE = 3, 1, 4


class _Memory:
    def __getitem__(self, address):
        assert address == {"rp2040": 0x40058000, "rp2350": 0x400D8000}[CHIP] + 0x1C
        return 0x6AB73121 if WDT.started else given("SCRATCH4", 0)  # starting the watchdog leaves its mark too


if IS_RP2:
    mem32 = _Memory()


def reset_cause():
    return given("RESET", 1)


def reset():
    ASKED.append(("reset",))


def unique_id():
    return b"\xe6\x61\x64\x08\x43\x2a\x8b\x2c" if IS_RP2 else b"\x24\x0a\xc4\x00\x01\x02"


class Pin:
    IN, OUT = (0, 1) if IS_RP2 else (1, 3)
    PULL_UP = 1 if IS_RP2 else 2
    levels = {}

    def __init__(self, number, mode=-1, pull=None, *, value=None):
        if number not in PINS:
            raise ValueError("invalid pin")
        self.number = number
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=None, *, value=None):
        if mode == self.OUT and self.number in INPUT_ONLY:
            raise ValueError("pin can only be input")
        if mode != -1:
            ASKED.append(("pin", self.number, "out" if mode == self.OUT else "in", pull == self.PULL_UP))
        if pull == self.PULL_UP:
            self.levels.setdefault(self.number, 1)
        if value is not None:
            self.levels[self.number] = value

    def value(self, level=None):
        if level is None:
            return self.levels.get(self.number, 0)
        self.levels[self.number] = level
        ASKED.append(("level", self.number, level))


class PWM:
    slices = {}  # RP2: both pins of a slice have one frequency
    timers = {}  # ESP32: four frequencies at a time

    def __init__(self, pin, *, freq=None, duty_u16=None):
        assert isinstance(pin, Pin)
        self._pin = pin.number
        self.freq(freq)
        self.duty_u16(duty_u16)

    def freq(self, hz=None):
        if hz is None:
            return self._hz
        if not (8 if IS_RP2 else 1) <= hz <= 40000000:
            raise ValueError("freq too small")
        self._hz = hz
        if IS_RP2:
            others = self.slices.setdefault((self._pin >> 1) & 7, {})
            others[self._pin] = hz
            assert len(set(others.values())) == 1, "a slice has one frequency"
        else:
            self.timers[self._pin] = hz
            if len(set(self.timers.values())) > 4:
                raise ValueError("out of PWM timers")

    def duty_u16(self, duty=None):
        if not 0 <= duty <= 65535:
            raise ValueError("duty_u16")
        ASKED.append(("pwm", self._pin, self._hz, duty))


class WDT:
    started = False

    def __init__(self, *, id=0, timeout=5000):
        if IS_RP2 and timeout > given("WATCHDOG_MOST", 8388):
            raise ValueError("timeout exceeds 8388")
        WDT.started = True
        ASKED.append(("watchdog", timeout))

    def feed(self):
        ASKED.append(("fed",))


class ADC:
    if IS_RP2:
        CORE_TEMP = 4

    def __init__(self, channel):
        assert channel == self.CORE_TEMP

    def read_u16(self):
        return given("ADC", 14000)


class UART(io.IOBase):
    _RP2_TX = {0: (0, 12, 16, 28), 1: (4, 8, 20, 24)}
    _RP2_RX = {0: (1, 13, 17, 29), 1: (5, 9, 21, 25)}
    made = []

    def __init__(self, number, baudrate=9600, bits=8, parity=None, stop=1, *, tx=None, rx=None, **others):
        if number not in UARTS:
            raise ValueError("UART doesn't exist")
        if IS_RP2 and (tx.number not in self._RP2_TX[number] or rx.number not in self._RP2_RX[number]):
            raise ValueError("bad pin")
        ASKED.append(("uart", number, tx.number, rx.number))
        self._size = 256
        self._came = b""
        self.sent = b""
        self.made.append(self)
        self.init(baudrate=baudrate, **others)

    def init(self, baudrate=9600, *, rxbuf=-1, txbuf=-1, timeout=0):
        assert timeout == 0, "a read must not wait"
        if IS_RP2 or rxbuf >= 0:  # RP2 makes new buffers at each init, of 256 bytes unless it is told otherwise
            self._size = rxbuf if rxbuf >= 0 else 256
            self._came = b""
        ASKED.append(("uart_init", baudrate, self._size))

    def come(self, data):
        self._came = (self._came + data)[: self._size]  # what does not fit is gone

    def read(self, most=-1):
        data, self._came = self._came[:most], self._came[most:]
        return data or None

    def write(self, data):
        self.sent += data
        return len(data)

    def ioctl(self, request, argument):
        if request != _POLL:
            return -1
        return (_POLL_READ if self._came and argument & _POLL_READ else 0) | (argument & _POLL_WRITE)


class I2C:
    # With an SSD1306 on it, unless there is none: it keeps the picture that it was sent.
    present = given("SCREEN", 1)
    picture = bytearray(1024)
    messages = 0

    def __init__(self, number, *, scl=None, sda=None, freq=400000):
        if IS_RP2 and (sda.number // 2 % 2 != number or scl.number != sda.number + 1):
            raise ValueError("bad SCL pin")
        ASKED.append(("i2c", number, sda.number, scl.number, freq))
        self._at = 0

    def writeto(self, address, data):
        if not I2C.present or address != 0x3C:
            raise OSError(5 if IS_RP2 else 19)
        I2C.messages += 1
        if data[0] == 0x40:
            I2C.picture[self._at : self._at + len(data) - 1] = data[1:]
        elif data[1] == 0x21:
            assert tuple(data[2:5]) == (0, 127, 0x22)
            assert data[5] == data[6] < 8
            self._at = 128 * data[5]
        else:
            I2C.picture[:] = bytes(1024)
            assert (data[1], data[-1]) == (0xAE, 0xAF)
            assert b"\x8d\x14" in data
