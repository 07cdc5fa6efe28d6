# Which chip the stand-ins of this folder play, and what they were asked to do. The chip is named by the environment.
#
# They are as awkward as the real modules of MicroPython 1.25 where the boards' code could trip: what a port does not
# have is not there, arguments that it refuses are refused, and what it forgets is forgotten.

import uos as os

CHIP = os.getenv("FAKE_CHIP") or "esp32"
IS_RP2 = CHIP.startswith("rp2")
ASKED = []  # what was asked, in order: (what, …)

PINS = {
    "esp32": [n for n in range(40) if n not in (20, 24, 28, 29, 30, 31)],
    "esp32s3": [n for n in range(49) if not 21 < n < 26],
    "esp32c3": range(22),
    "rp2040": range(30),
    "rp2350": range(30),
}[CHIP]
INPUT_ONLY = range(34, 40) if CHIP == "esp32" else ()
UARTS = {"esp32": (1, 2), "esp32s3": (1, 2), "esp32c3": (1,), "rp2040": (0, 1), "rp2350": (0, 1)}[CHIP]


def given(name, otherwise):
    value = os.getenv("FAKE_" + name)
    return otherwise if value is None else int(value)
