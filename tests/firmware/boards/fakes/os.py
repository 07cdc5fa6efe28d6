from uos import *  # noqa: F403
from uos import getenv
from uos import statvfs as _statvfs

_MACHINES = {
    "esp32": "Generic ESP32 module with ESP32",
    "esp32s3": "Generic ESP32S3 module with ESP32S3",
    "esp32c3": "ESP32C3 module with ESP32C3",
    "rp2040": "Raspberry Pi Pico W with RP2040",
    "rp2350": "Raspberry Pi Pico 2 W with RP2350",
}


class _Uname:
    machine = getenv("FAKE_MACHINE") or _MACHINES[getenv("FAKE_CHIP") or "esp32"]


def uname():
    return _Uname


def statvfs(path):
    # The system volume as littlefs tells of it, in blocks of 4 KiB.
    if getenv("FAKE_VOLUME_BYTES"):
        return (4096, 4096, int(getenv("FAKE_VOLUME_BYTES")) // 4096, 1, 1, 0, 0, 0, 0, 255)
    return _statvfs(path)
