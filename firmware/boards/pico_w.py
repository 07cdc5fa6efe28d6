# Raspberry Pi Pico W.

from . import pins_pico_w
from .rp2 import Rp2Board


class Board(Rp2Board):
    name = "pico_w"
    watchdog_register = 0x40058000  # RP2040 datasheet 4.7.6

    def __init__(self):
        super().__init__(pins_pico_w)
