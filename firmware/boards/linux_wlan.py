# What stands for network.WLAN where the world of a test says which networks there are: the same methods, the same
# numbers, the same awkwardness as the two chips. Nothing of the machine's own network changes.
#
# 1. Time passes `faster` than it would (20 times, unless the world says otherwise). Nothing here waits: each question
#    is answered from how long ago the last thing happened. Only scan() holds everything up, as theirs does.
# 2. A network is up, captive (joined as if it were up: what lies behind it is another matter), away, no_dhcp (joined,
#    never an address) or hang (never an answer). One that the world does not name is away.
# 3. The ESP32 goes on by itself after a failure or a loss and says "connecting" all the while, unless
#    config(reconnects=n) ends that; a connect while it is connecting is an OSError. The CYW43 gives up and says why; a
#    connect begins anew.
# 4. A link that is up stays up until its network is away, hangs or has another password, and for as long again as it
#    takes to notice.

import time

_SCAN_MS = 2500  # until it is sure that a network is not there
_PASSWORD_MS = 4000  # until a wrong password is one
_JOIN_MS = 1200
_ADDRESS_MS = 1000
_BEACON_MS = 6000  # without a beacon, until a link counts as lost

# What each state is called by status(), for the chips of rule 3. "joined" (no address yet) is 2 on the CYW43.
_NUMBERS = {
    "esp32": {"idle": 1000, "connecting": 1001, "joined": 1001, "up": 1010, "lost": 200, "away": 201, "password": 202},
    "cyw43": {"idle": 0, "connecting": 1, "joined": 2, "up": 3, "lost": 0, "away": -2, "password": -3},
}
_NO_ADDRESS = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")  # noqa: S104  (nothing is bound to it)


def word_of(status):
    for word in ("idle", "connecting", "joined", "up", "lost", "away", "password"):
        if status in (_NUMBERS["esp32"][word], _NUMBERS["cyw43"][word]):
            return word
    return "failed"


class Wlan:
    def __init__(self, world, ticks_ms=time.ticks_ms):
        self._world = world
        self._ticks_ms = ticks_ms
        self._active = False
        self._values = {"pm": 1, "reconnects": -1, "hostname": "box", "mac": b"\x02\x00\x00\x00\x00\x01", "ssid": ""}
        self._forget()

    def _forget(self):
        self._ssid = None
        self._state = "idle"
        self._begun_ms = 0
        self._missed_ms = None  # since when its network has not been heard
        self._failures = 0

    # The methods of network.WLAN

    def active(self, on=None):
        if on is None:
            return self._active
        if bool(on) != self._active:
            self._active = bool(on)
            self._forget()
        return self._active

    def connect(self, ssid=None, key=None, bssid=None):
        if not self._active:
            raise OSError("Wifi Not Started")
        if self._is_esp32() and self._step() in ("connecting", "joined"):
            raise OSError("Wifi Internal Error")
        self._forget()
        self._ssid, self._key = ssid, key or ""
        self._values["ssid"] = ssid
        self._begin()

    def disconnect(self):
        self._forget()

    def isconnected(self):
        return self._step() == "up"

    def status(self, what=None):
        if what is None:
            return _NUMBERS[self._chip()][self._step()]
        if what != "rssi":
            raise ValueError("unknown status param")
        if self._step() not in ("up", "joined"):
            if self._is_esp32():
                raise OSError(-1, "ESP_FAIL")
            return 0
        return self._wifi().get("rssi", -60)

    def config(self, *names, **values):
        if names:
            if names[0] not in self._values:
                raise ValueError("unknown config param")
            return self._values[names[0]]
        for name, value in values.items():
            if name not in self._values or (name == "reconnects" and not self._is_esp32()):
                raise ValueError("unknown config param")
            self._values[name] = value

    def scan(self):
        # Holds everything up, as on the chips.
        if not self._active:
            raise OSError("STA must be active")
        wifi = self._wifi()
        time.sleep_ms(_SCAN_MS // wifi.get("faster", 20))
        found = []
        for ssid, network in wifi.get("networks", {}).items():
            if network.get("state", "up") != "away":
                rssi = network.get("rssi", wifi.get("rssi", -60))
                found.append((ssid.encode(), b"\x02\x00\x00\x00\x00\x02", 6, rssi, 3, False))
        return found

    def ifconfig(self):
        if self._step() != "up":
            return _NO_ADDRESS
        return ("192.0.2.77", "255.255.255.0", "192.0.2.1", "192.0.2.1")

    # What is behind them

    def _wifi(self):
        return self._world.get("wifi") or {}

    def _chip(self):
        return self._wifi().get("chip", "esp32")

    def _is_esp32(self):
        return self._chip() == "esp32"

    def _since_ms(self, instant_ms):
        return time.ticks_diff(self._ticks_ms(), instant_ms) * self._wifi().get("faster", 20)

    def _begin(self):
        self._state = "connecting"
        self._begun_ms = self._ticks_ms()
        self._missed_ms = None

    def _step(self):
        if self._ssid is not None:
            network = self._wifi().get("networks", {}).get(self._ssid, {})
            state = network.get("state", "up" if network else "away")
            fits = network.get("password", "") == self._key
            if self._state == "up":
                self._keep(state in ("up", "captive", "no_dhcp") and fits)
            elif self._state in ("connecting", "joined"):
                self._try(state, fits, self._since_ms(self._begun_ms))
        return self._state

    def _keep(self, is_heard):
        if is_heard:
            self._missed_ms = None
        elif self._missed_ms is None:
            self._missed_ms = self._ticks_ms()
        elif self._since_ms(self._missed_ms) >= _BEACON_MS:
            self._failed("lost")

    def _try(self, state, fits, since_ms):
        if state == "hang":
            return
        if state == "away":
            if since_ms >= _SCAN_MS:
                self._failed("away")
        elif not fits:
            if since_ms >= _PASSWORD_MS:
                self._failed("password")
        elif since_ms >= _JOIN_MS + _ADDRESS_MS and state != "no_dhcp":
            self._state, self._failures = "up", 0
        elif since_ms >= _JOIN_MS:
            self._state = "joined"

    def _failed(self, reason):
        self._failures += 1
        most = self._values["reconnects"]
        if self._is_esp32() and (most < 0 or self._failures <= most):
            self._begin()
        else:
            self._state = reason
