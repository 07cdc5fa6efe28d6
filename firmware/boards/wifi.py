# network.WLAN as a box uses it: the same methods, and what both chips forget over active() is set again.
#
# 1. The country is set before the chip starts, or it keeps to what all countries allow.
# 2. With power saving a chip sleeps between beacons and answers up to a second late: it is off.
# 3. active() without an argument tells of the CYW43 whether it is linked, not whether it is on: we remember.
# 4. An open network is joined without a key: an empty one would be a wrong password.

import network

COUNTRY = "VN"


class Wifi:
    def __init__(self, **settings):
        network.country(COUNTRY)
        self._nic = network.WLAN(network.STA_IF)
        self._settings = settings
        self._on = False
        self.disconnect = self._nic.disconnect
        self.isconnected = self._nic.isconnected
        self.status = self._nic.status
        self.config = self._nic.config
        self.ifconfig = self._nic.ifconfig
        self.scan = self._nic.scan

    def active(self, on=None):
        if on is not None and bool(on) != self._on:
            self._nic.active(bool(on))
            self._on = bool(on)
            if on:
                for name, value in self._settings.items():
                    self._nic.config(**{name: value})
        return self._on

    def connect(self, ssid, key=""):
        if key:
            self._nic.connect(ssid, key)
        else:
            self._nic.connect(ssid)
