# Raspberry Pi Pico 2 W.

import machine

from . import pins_pico2_w
from .rp2 import WATCHDOG_MOST_MS, Rp2Board

_MOST_MS = 16777  # its watchdog counts by one, not by two; MicroPython knows that from 1.29 on


class Board(Rp2Board):
    name = "pico2_w"
    watchdog_register = 0x400D8000  # RP2350 datasheet 12.9.7

    def __init__(self):
        super().__init__(pins_pico2_w)

    def watchdog(self, timeout_ms):
        try:
            return machine.WDT(timeout=min(timeout_ms, _MOST_MS))
        except ValueError:
            return machine.WDT(timeout=min(timeout_ms, WATCHDOG_MOST_MS))
