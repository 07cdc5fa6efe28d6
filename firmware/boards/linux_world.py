# What surrounds the linux board in a test: its button, its temperature, the networks that its Wi-Fi could join.
#
# 1. The world is a JSON file, replaced whole by whoever plays the world, and read again when a look at it is older than
#    50 ms. A file that cannot be read changes nothing.
# 2. {"button": true, "temperature_c": 41, "wifi": {"networks": {"<ssid>": {"password": "...", "state": "up"}}}};
#    further keys of wifi: "rssi", "faster" (by how much delays are shortened, 20), "chip" (esp32 or cyw43).

import json
import time

_LOOK_EVERY_MS = 50


class World:
    def __init__(self, path):
        self._path = path
        self._text = None
        self._facts = {}
        self._looked_ms = time.ticks_add(time.ticks_ms(), -_LOOK_EVERY_MS)

    def get(self, name, default=None):
        self._look()
        return self._facts.get(name, default)

    def _look(self):
        now_ms = time.ticks_ms()
        if time.ticks_diff(now_ms, self._looked_ms) < _LOOK_EVERY_MS:
            return
        self._looked_ms = now_ms
        try:
            with open(self._path) as file:
                text = file.read()
            if text != self._text:
                facts = json.loads(text)
                if isinstance(facts, dict) and text.rstrip()[-1] == "}":  # half an object would be read as one
                    self._text, self._facts = text, facts
        except (OSError, ValueError):
            pass  # not there (yet): nothing has changed

    def button(self):
        return bool(self.get("button"))

    def temperature_c(self):
        return self.get("temperature_c")

    def wlan(self):
        # -> what stands for network.WLAN, or None where this world knows no Wi-Fi
        if self.get("wifi") is None:
            return None
        from .linux_wlan import Wlan

        return Wlan(self)
