# A button to ground: it counts as held, or as let go, when it has been so for _STEADY_MS. What it does in between two
# looks goes unseen.

import time

import machine

_STEADY_MS = 30


class Button:
    def __init__(self, pin, ticks_ms=time.ticks_ms):
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._ticks_ms = ticks_ms
        self._held = self._last = self._pin.value() == 0
        self._since_ms = ticks_ms()

    def held(self):
        now_ms, level = self._ticks_ms(), self._pin.value() == 0
        if level != self._last:
            self._last, self._since_ms = level, now_ms
        elif time.ticks_diff(now_ms, self._since_ms) >= _STEADY_MS:
            self._held = level
        return self._held
