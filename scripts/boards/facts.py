"""What each chip's pins can and cannot do, as far as a box is concerned.

Sources: the chips' datasheets (Espressif: the chapters on pins and on strapping pins of ESP32, ESP32-S3, ESP32-C3;
Raspberry Pi: RP2040 1.4.3 "GPIO Functions" and 4.5.2 "PWM", RP2350 9.4, Pico W and Pico 2 W 2.1), and MicroPython's
quick references for both ports.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Chip:
    """`family` is the port; pins in `barred` must not be used at all, with the reason; `input_only` have no output."""

    family: str
    pins: frozenset[int]
    uarts: tuple[int, ...]  # which may be used for a reader
    i2cs: tuple[int, ...]
    barred: dict[int, str] = field(default_factory=dict)
    input_only: frozenset[int] = frozenset()  # and on the ESP32 without a pull-up: no good for a button either
    machine: str = ""  # the last word of os.uname().machine


def _span(first: int, last: int) -> frozenset[int]:
    return frozenset(range(first, last + 1))


def _barred(*groups: tuple[str, frozenset[int] | tuple[int, ...]]) -> dict[int, str]:
    return {pin: reason for reason, pins in groups for pin in pins}


CHIPS = {
    "esp32": Chip(
        family="esp",
        # 20 exists on the PICO package alone; 24 and 28 to 31 not at all.
        pins=_span(0, 39) - {20, 24, 28, 29, 30, 31},
        uarts=(1, 2),  # 0 is the console
        i2cs=(0, 1),
        barred=_barred(
            ("flash", _span(6, 11)),
            ("strapping", (0, 2, 5, 12, 15)),
            ("console", (1, 3)),
            ("PSRAM of a WROVER module", (16, 17)),
        ),
        input_only=_span(34, 39),
        machine="ESP32",
    ),
    "esp32s3": Chip(
        family="esp",
        pins=_span(0, 21) | _span(26, 48),  # 22 to 25 do not exist
        uarts=(1, 2),
        i2cs=(0, 1),
        barred=_barred(
            ("strapping", (0, 3, 45, 46)),
            ("USB", (19, 20)),
            ("flash and PSRAM", _span(26, 37)),  # 33 to 37 where the PSRAM is octal
            ("console", (43, 44)),
        ),
        machine="ESP32S3",
    ),
    "esp32c3": Chip(
        family="esp",
        pins=_span(0, 21),
        uarts=(1,),
        i2cs=(0,),
        barred=_barred(
            ("strapping", (2, 8, 9)),
            ("flash", _span(11, 17)),
            ("USB", (18, 19)),
            ("console", (20, 21)),
        ),
        machine="ESP32C3",
    ),
    "rp2040": Chip(
        family="rp2",
        pins=_span(0, 29),
        uarts=(0, 1),
        i2cs=(0, 1),
        barred=_barred(("the Wi-Fi chip (CYW43)", (23, 24, 25, 29))),
        machine="RP2040",
    ),
    "rp2350": Chip(
        family="rp2",
        pins=_span(0, 29),  # RP2350A, as on the Pico 2 W
        uarts=(0, 1),
        i2cs=(0, 1),
        barred=_barred(("the Wi-Fi chip (CYW43)", (23, 24, 25, 29))),
        machine="RP2350",
    ),
}

# RP2: a UART or an I2C controller reaches certain pins only (function F2 and F3 of the tables named above).
RP2_UART_TX = {0: {0, 12, 16, 28}, 1: {4, 8, 20, 24}}
RP2_UART_RX = {0: {1, 13, 17, 29}, 1: {5, 9, 21, 25}}
RP2_I2C_SDA = {0: set(range(0, 30, 4)), 1: set(range(2, 30, 4))}
RP2_I2C_SCL = {0: set(range(1, 30, 4)), 1: set(range(3, 30, 4))}


def rp2_pwm_slice(pin: int) -> int:
    """Two pins of a slice share one frequency: a buzzer must not share its slice with a light."""
    return (pin >> 1) & 7
