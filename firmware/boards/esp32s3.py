# ESP32-S3-DevKitC-1.

from . import pins_esp32s3
from .esp import EspBoard


class Board(EspBoard):
    name = "esp32s3"

    def __init__(self):
        super().__init__(pins_esp32s3)
