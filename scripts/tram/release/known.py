"""Which MicroPython goes onto which board, and where it is to be had: it is not ours to hand out, and never fetched.

What is counted on: the ports of MicroPython 1.25 and later. The hash of a file is in the release that ops made with it.
The ESP32-S3 takes the stock build. The others want one of ops' own: with our firmware frozen in where the memory does
not hold it, or, on a Pico 2 W, with our _boot.py alone (scripts/bundle/frozen.py; firmware/README.md).
"""

import re
from typing import NamedTuple

LEAST_VERSION = (1, 25)


class Known(NamedTuple):
    pattern: str
    """What its file is called: a regular expression, the version in its first group."""
    example: str
    where: str
    """The page to get it from; of one that ops build, how."""
    command: str = ""
    built: str = ""
    """What the command makes, below the port's folder."""

    @property
    def is_own(self) -> bool:
        return bool(self.command)


def _stock(name: str) -> Known:
    page = f"https://micropython.org/download/{name}/"
    return Known(rf"{name}-\d{{8}}-v(\d+\.\d+\.\d+)\.bin", f"{name}-20260406-v1.28.0.bin", page)


def _own(board: str, name: str, port: str = "rp2") -> Known:
    suffix = "uf2" if port == "rp2" else "bin"
    command = f"make -C ports/{port} BOARD={name} FROZEN_MANIFEST=OUT/{board}-N-frozen/manifest.py"
    built = f"ports/{port}/build-{name}/firmware.{suffix}"
    where = f"{command}, by ops (firmware/README.md)"
    return Known(rf"tram-{board}-v(\d+\.\d+\.\d+)\.{suffix}", f"tram-{board}-v1.28.0.{suffix}", where, command, built)


KNOWN = {
    "esp32": _own("esp32", "ESP32_GENERIC", "esp32"),
    "esp32s3": _stock("ESP32_GENERIC_S3"),
    "esp32c3": _own("esp32c3", "ESP32_GENERIC_C3", "esp32"),
    "pico_w": _own("pico_w", "RPI_PICO_W"),
    "pico2_w": _own("pico2_w", "RPI_PICO2_W"),
}


def version_in(board: str, name: str) -> str:
    """The version that a file's name tells, "" where it is not called as that board's should be."""
    found = re.fullmatch(KNOWN[board].pattern, name) if board in KNOWN else None
    return found[1] if found else ""


def is_recent(version: str) -> bool:
    return tuple(int(word) for word in version.split(".")[:2]) >= LEAST_VERSION
