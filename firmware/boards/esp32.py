# ESP32-DevKitC.

import esp32

from . import pins_esp32
from .esp import EspBoard


class Board(EspBoard):
    name = "esp32"

    def __init__(self):
        super().__init__(pins_esp32)

    def temperature_c(self):
        return (esp32.raw_temperature() - 32) * 5 // 9
