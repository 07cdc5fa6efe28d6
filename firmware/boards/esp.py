# What the ESP32 chips share. The system volume is the partition "vfs", which MicroPython's own start mounts at "/" and
# does not format once there is something on it; the spool has a partition of its own.

import esp32
import machine
import network

from .chip import ChipBoard
from .errors import BoardError
from .wifi import Wifi

SPOOL = "spool"

_CAUSES = {
    machine.PWRON_RESET: "power",
    machine.HARD_RESET: "button",
    machine.WDT_RESET: "watchdog",
    machine.SOFT_RESET: "soft",
}


class EspBoard(ChipBoard):
    # 15 and 204 are what a wrong password mostly looks like here: the handshake comes to no end.
    wifi_words = {
        1000: "idle", 1001: "connecting", 1010: "up", 200: "lost", 201: "away", 210: "away", 211: "away", 212: "away",
        202: "password", 204: "password", 15: "password",
    }  # fmt: skip

    def read_cause(self):
        return _CAUSES.get(machine.reset_cause(), "other")

    def open_flash(self, settings):
        found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=SPOOL)
        if not found:
            raise BoardError("board_spool", "the partition table names no partition " + SPOOL)
        return found[0]

    def open_wifi(self):
        # Left alone, it connects again and again by itself, and its status says "connecting" all the while.
        return Wifi(pm=network.WLAN.PM_NONE, reconnects=0)

    def temperature_c(self):
        return int(esp32.mcu_temperature())  # type: ignore[attr-defined]  # newer chips: esp32s3, esp32c3
