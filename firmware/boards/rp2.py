# What the RP2 chips share.
#
# 1. MicroPython reserves one region of the flash for files. Its first part is the system volume, its second part the
#    spool: rp2.Flash counts from the region's start.
# 2. MicroPython's stock `_boot.py` must not be used with that: it mounts the whole region, and where that fails for any
#    reason it formats it, spool and all, without a word. hardware/boot/<board>/_boot.py is to be frozen instead: it
#    mounts the first part only and formats nothing. Where the stock one was at work, the spool is not opened.
# 3. A write to the flash masks all interrupts (an erase for 45 ms or more), and the UART keeps 32 bytes meanwhile.
# 4. machine.reset() is done by the watchdog too; a watchdog that ran out leaves its mark in a scratch register.

import os

import machine
import network
import rp2

from .chip import ChipBoard
from .errors import BoardError
from .port import RECEIVE_BYTES, SEND_BYTES
from .wifi import Wifi

_SCRATCH4 = 0x1C
_RAN_OUT = 0x6AB73121  # pico-sdk, watchdog.c: WATCHDOG_NON_REBOOT_MAGIC
WATCHDOG_MOST_MS = 8388  # 24 bits that count down by two each microsecond


class Rp2Board(ChipBoard):
    masks_interrupts = True
    wifi_words = {0: "idle", 1: "connecting", 2: "joined", 3: "up", -2: "away", -3: "password"}
    uart_again = {"rxbuf": RECEIVE_BYTES, "txbuf": SEND_BYTES, "timeout": 0}
    watchdog_register = 0

    def __init__(self, pins):
        super().__init__(pins)
        self._gate = machine.Pin(pins.GATE, machine.Pin.OUT, value=0)
        self._heat = machine.ADC(machine.ADC.CORE_TEMP)

    def read_cause(self):
        if machine.reset_cause() != machine.WDT_RESET:
            return "power"
        mark = machine.mem32[self.watchdog_register + _SCRATCH4] & 0xFFFFFFFF
        return "watchdog" if mark == _RAN_OUT else "soft"

    def open_flash(self, settings):
        volume = os.statvfs("/")
        if volume[1] * volume[2] > self.pins.SYSTEM_BYTES:
            raise BoardError("board_boot", "the file system lies over the spool: the stock _boot.py was at work")
        try:
            return rp2.Flash(start=self.pins.SPOOL_START, len=self.pins.SPOOL_BYTES)  # type: ignore[call-arg]
        except ValueError:
            raise BoardError("board_spool", "this MicroPython reserves less flash for files")

    def open_wifi(self):
        return Wifi(pm=network.WLAN.PM_NONE)

    def gate_reader(self, closed):
        self._gate.value(1 if closed else 0)

    def watchdog(self, timeout_ms):
        return machine.WDT(timeout=min(timeout_ms, WATCHDOG_MOST_MS))

    def temperature_c(self):
        # RP2040 datasheet 4.9.5, RP2350 datasheet 12.4.6
        volts = self._heat.read_u16() * 3.3 / 65535
        return round(27 - (volts - 0.706) / 0.001721)
