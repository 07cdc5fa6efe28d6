# ESP32-C3-DevKitM-1.

from . import pins_esp32c3
from .esp import EspBoard


class Board(EspBoard):
    name = "esp32c3"

    def __init__(self):
        super().__init__(pins_esp32c3)
