# A board with a chip of its own: what all of them share. What differs is in esp.py and rp2.py, the pins in pins_*.py.
#
# 1. A new Board touches what is soldered on (light, buzzer, button, screen) and nothing else: with an empty flash and
#    no reader it still starts, and can say what is wrong.
# 2. The cause of the last reset is asked for at once: starting the watchdog overwrites it on RP2.
# 3. What happens is printed only while somebody has typed at the console within ten minutes: a serial line at 115,200
#    takes 9 ms for a line that nobody reads, and USB may take longer.

import asyncio
import gc
import json
import os
import time

import machine

from firmware.files import Files

from .button import Button
from .buzzer import Buzzer
from .light import light_of
from .port import UartPort
from .root import Root
from .screen import Screen

_CONFIG = "/config.json"
_NO_ADDRESS = "0.0.0.0"  # noqa: S104  (nothing is bound to it)


class ChipBoard:
    name = ""
    ticks_ms = time.ticks_ms
    ticks_diff = time.ticks_diff
    random_bytes = os.urandom
    masks_interrupts = False  # does a write to the flash deafen the UART?
    wifi_words: dict = {}
    uart_again: dict = {}

    def __init__(self, pins):
        self.pins = pins
        self.config_path = _CONFIG if _is_there(_CONFIG) else ""
        self._cause = self.read_cause()
        self._light = light_of(pins)
        self._buzzer = Buzzer(pins.BUZZER)
        self._button = Button(pins.BUTTON)
        self._screen = Screen(pins.I2C, pins.DISPLAY_SDA, pins.DISPLAY_SCL)
        self._wifi = self._console = self._system = None
        gc.collect()
        self.heap_limit = gc.mem_alloc() + gc.mem_free()

    # What the families differ in, besides open_flash(settings) and temperature_c()

    def read_cause(self):
        return "other"

    def open_wifi(self):
        return None

    # Settings

    def overlay(self):
        return {}

    def adopt(self, config):
        pass  # nothing in the settings is the board's

    # Parts

    def open_uart(self):
        pins = self.pins
        return UartPort(pins.UART, pins.UART_TX, pins.UART_RX, self.uart_again)

    def system(self):
        self._system = self._system or Files(Root)
        return self._system

    def wlan(self):
        self._wifi = self._wifi or self.open_wifi()
        return self._wifi

    def wifi_word(self, status):
        # idle, connecting, joined (no address yet), up, lost, away, password or failed
        return self.wifi_words.get(status, "failed")

    def hosts(self, name):
        return None

    def name_servers(self):
        server = self._wifi.ifconfig()[3] if self._wifi else _NO_ADDRESS
        return [] if server == _NO_ADDRESS else [(server, 53)]

    def unique_id(self):
        return machine.unique_id()

    def console(self):
        if self._console is None:
            from .console import Console

            self._console = Console()
        return self._console

    def gate_reader(self, closed):
        pass

    # What it shows

    @property
    def has_screen(self):
        return self._screen.is_there

    def light(self, red, green, blue):
        self._light.set(red, green, blue)

    def tone(self, hz):
        self._buzzer.set(hz)

    def show(self, picture):
        self._screen.show(picture)

    def display(self, lines):
        self._screen.show_lines(lines)

    def draw(self, outcome, signal, facts):
        facts["face"] = outcome
        self._line(facts)

    def say(self, event, facts):
        facts["event"] = event
        self._line(facts)

    def _line(self, facts):
        if self._console and self._console.is_used:
            self._console.tell(json.dumps(facts) + "\n")

    def button(self):
        return self._button.held()

    def counters(self):
        return {}

    # What ends it and starts it

    def reset(self):
        machine.reset()

    def reset_cause(self):
        return self._cause

    def watchdog(self, timeout_ms):
        return machine.WDT(timeout=timeout_ms)

    async def stopped(self):
        await asyncio.Event().wait()  # a box that hangs on a wall is never asked to end

    def tasks(self):
        return {}


def _is_there(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True
