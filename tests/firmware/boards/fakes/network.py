from chipside import ASKED, IS_RP2

STA_IF = 0
_COUNTRY = ["XX"]


def country(code=None):
    if code is None:
        return _COUNTRY[0]
    assert len(code) == 2
    _COUNTRY[0] = code


class WLAN:
    PM_NONE = 16 if IS_RP2 else 0
    _one = []

    def __new__(cls, interface=STA_IF):  # there is one, whoever asks
        if not cls._one:
            cls._one.append(object.__new__(cls))
        return cls._one[0]

    def __init__(self, interface=STA_IF):
        assert interface == STA_IF
        self.on = self.joined = False
        self.pm = 10555714 if IS_RP2 else 1
        self.reconnects = -1

    def active(self, on=None):
        if on is None:
            return self.joined if IS_RP2 else self.on  # the CYW43 tells of its link
        self.on = on
        if on:
            ASKED.append(("country", _COUNTRY[0]))
            if IS_RP2:
                self.pm = 10555714  # starting it sets this again

    def config(self, *names, **values):
        for name, value in values.items():
            if name == "pm" and (self.on or not IS_RP2):
                self.pm = value
            elif name == "reconnects" and not IS_RP2:
                self.reconnects = value
            else:
                raise ValueError("unknown config param")

    def connect(self, ssid, key=None):
        assert key is None or key, "an empty key is no open network"
        self.joined = True
        ASKED.append(("connect", ssid, key))

    def scan(self):
        return [(b"Cho Ben Thanh", b"\x02\x00\x00\x00\x00\x02", 6, -61, 3, False)]

    def disconnect(self):
        self.joined = False

    def isconnected(self):
        return self.joined

    def status(self, what=None):
        return -61 if what == "rssi" else (3 if IS_RP2 else 1010) if self.joined else (0 if IS_RP2 else 1000)

    def ifconfig(self):
        return ("10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.1") if self.joined else ("0.0.0.0",) * 4
