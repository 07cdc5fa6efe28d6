# The name of the board that this is: from the file /board where there is one, or else from what the chip is called.

import os

from .errors import BoardError

_BY_CHIP = {"ESP32": "esp32", "ESP32S3": "esp32s3", "ESP32C3": "esp32c3", "RP2040": "pico_w", "RP2350": "pico2_w"}


def board_name(path="/board"):
    # -> a name, or "" where it cannot be told: a Pico without Wi-Fi, say
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        pass
    machine = os.uname().machine  # "Raspberry Pi Pico 2 W with RP2350"
    board, _, chip = machine.rpartition(" with ")
    name = _BY_CHIP.get(chip, "")
    return "" if name.startswith("pico") and not board.endswith(" W") else name


def board_of(name):
    # Loads that board's module and no other.
    if name == "esp32":
        from . import esp32

        return esp32.Board
    if name == "esp32s3":
        from . import esp32s3

        return esp32s3.Board
    if name == "esp32c3":
        from . import esp32c3

        return esp32c3.Board
    if name == "pico_w":
        from . import pico_w

        return pico_w.Board
    if name == "pico2_w":
        from . import pico2_w

        return pico2_w.Board
    raise BoardError("board_unknown", name or "no file /board, and the chip's name says nothing")
