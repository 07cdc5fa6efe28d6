"""Simulated readers that speak plain text: the SparkFun DE2120 and the M5Stack Unit QRCode. Pure.

1. A code goes out as it is, with the tail of the model, if any: neither length nor checksum.
2. What a DE2120 answers to the question for its version takes 430 ms, and its form is not published: here it differs
   with the seed. Whether a unit of M5Stack puts a 00 behind the answer to a question differs too.
3. Neither has a command to save, none here to switch printed set-up codes off. What was set goes with the power,
   but for what a test saves.
4. A printed set-up code of the DE2120 holds the very text of the command. What is on M5Stack's sheets is not public:
   here it reads `TRAM-SIM-SETUP 6141=00 BAUD=9600 PORT=USB SLEEP DEFAULTS`.
5. A DE2120 set to USB neither hears nor speaks on the UART, and only a printed code brings it back.
Written from the reference alone, sharing no code with the firmware that talks to it, so that one checks the other.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

ACK, NAK = b"\x06", b"\x15"
COMMAND_MS = 400
VERSION_S = 0.43
SETUP_CODE = b"TRAM-SIM-SETUP "
_FOREVER_S = float("inf")
_MOST_BYTES = 64


@dataclass(frozen=True)
class TextCommand:
    data: bytes


class TextModule:
    """What all have: settings by name, `now` in force, `saved` what comes back with the power."""

    name = ""
    factory: ClassVar[dict[str, str]] = {}
    tail = b""
    interval_s = 0.05
    single_read_s = 5.0
    gives_setup_codes = False
    takes_setup_codes = True
    defaults_command = -1

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._saved = dict(self.factory)
        self._now = dict(self.factory)
        self._buffer = b""
        self._began_ms = 0
        self.baud = self.wanted_baud()

    @property
    def now(self) -> bytes:
        return repr(sorted(self._now.items())).encode()

    @property
    def saved(self) -> bytes:
        return repr(sorted(self._saved.items())).encode()

    def get(self, key: str) -> str:
        return self._now[key]

    def set(self, key: str, value: str) -> None:
        self._now[key] = value

    def save(self) -> None:
        self._saved = dict(self._now)

    def ship(self) -> None:
        self._now = dict(self.factory)
        self._saved = dict(self.factory)

    def power_on(self) -> None:
        self._now = dict(self._saved)
        self.baud = self.wanted_baud()
        self.reset()

    def wanted_baud(self) -> int:
        return int(self._now["baud"])

    @property
    def is_deaf(self) -> bool:
        return self._now["port"] != "uart"

    @property
    def hears(self) -> bool:
        return True

    def output(self, code: bytes, counts_tail: bool = False) -> bytes:
        return code + self.tail

    def reset(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes, now_ms: int) -> list[TextCommand]:
        """The commands that are whole now; what takes too long, or makes no sense, is forgotten."""
        if self._buffer and now_ms - self._began_ms > COMMAND_MS:
            self._buffer = b""
        if not self._buffer:
            self._began_ms = now_ms
        self._buffer += data
        commands = []
        while found := self._next():
            start, end = found
            commands.append(TextCommand(self._buffer[start:end]))
            self._buffer = self._buffer[end:]
        self._buffer = self._buffer[-_MOST_BYTES:]
        return commands

    def _next(self) -> tuple[int, int] | None:
        raise NotImplementedError

    def obey(self, command: TextCommand) -> tuple[bytes, float, str]:
        """-> the answer, after how many seconds, and what else is to happen: trigger, stop, or nothing."""
        raise NotImplementedError

    @property
    def reading(self) -> str:
        raise NotImplementedError

    @property
    def same_code_s(self) -> float:
        raise NotImplementedError

    def is_setup_code(self, code: bytes) -> bool:
        raise NotImplementedError

    def set_up(self, code: bytes) -> str:
        """Obeys a printed set-up code -> what else is to happen: sleep, or nothing."""
        raise NotImplementedError


class De2120(TextModule):
    name = "de2120"
    tail = b"\r"
    factory: ClassVar[dict[str, str]] = {
        "baud": "115200", "port": "uart", "mode": "MAN", "again": "2", "utf": "0", "code_id": "0", "beep": "1",
        "light": "1", "aim": "1", "motion": "20",
    }  # fmt: skip
    _BAUDS: ClassVar[dict[str, int]] = {
        "2": 1200,
        "3": 2400,
        "4": 4800,
        "5": 9600,
        "6": 19200,
        "7": 38400,
        "8": 57600,
        "9": 115200,
    }
    _PORTS: ClassVar[dict[str, str]] = {"232": "uart", "KBD": "usb", "HID": "usb", "VIC": "usb"}
    _KEYS: ClassVar[dict[str, str]] = {
        "POR": "port", "232BAD": "baud", "SCM": "mode", "CNTALW": "again", "MDTTHR": "motion", "BEPSUC": "beep",
        "LAMENA": "light", "AIMENA": "aim", "232UTF": "utf", "CIDENA": "code_id",
    }  # fmt: skip
    _ALLOWED: ClassVar[dict[str, tuple[str, ...]]] = {
        "port": tuple(_PORTS), "baud": tuple(_BAUDS), "mode": ("MAN", "CNT", "MDH"), "again": ("0", "1", "2", "3"),
        "motion": ("15", "20", "30", "50", "100"), "beep": ("0", "1"), "light": ("0", "1"), "aim": ("0", "1"),
        "utf": ("0", "1", "2", "3"), "code_id": ("0", "1"),
    }  # fmt: skip
    _COMMAND = re.compile(rb"\^_\^([A-Z0-9]+)\.")

    @property
    def hears(self) -> bool:
        return not self.is_deaf

    @property
    def reading(self) -> str:
        return {"MAN": "command", "CNT": "continuous", "MDH": "sensing"}[self.get("mode")]

    @property
    def same_code_s(self) -> float:
        return {"0": _FOREVER_S, "1": 0.0, "2": 0.5, "3": 1.0}[self.get("again")]

    def output(self, code: bytes, counts_tail: bool = False) -> bytes:
        head = b"Q" if self.get("code_id") == "1" else b""
        if self.get("utf") == "0":
            code = code.decode("utf-8", "surrogateescape").encode("gbk", "replace")
        return head + code + self.tail

    def _next(self) -> tuple[int, int] | None:
        found = self._COMMAND.search(self._buffer)
        return found.span() if found else None

    def obey(self, command: TextCommand) -> tuple[bytes, float, str]:
        words = command.data[3:-1].decode()
        if words == "DSPYFW":
            text = b"DE2120 V1.03"
            return (ACK + text + b"\r", text + ACK, ACK)[self.seed % 3], VERSION_S, ""
        if words in ("SCAN", "SLEEP"):
            return ACK, 0.0, "trigger" if words == "SCAN" else "stop"
        return (ACK if self._change(words) else NAK), 0.0, ""

    def _change(self, words: str) -> bool:
        if words == "DEFALT":
            self.ship()
            return True
        for start, key in self._KEYS.items():
            value = words[len(start) :]
            if words.startswith(start) and value in self._ALLOWED[key]:
                self.set(key, {"port": self._PORTS.get(value), "baud": str(self._BAUDS.get(value))}.get(key) or value)
                return True
        return False

    def is_setup_code(self, code: bytes) -> bool:
        return self._COMMAND.fullmatch(code) is not None

    def set_up(self, code: bytes) -> str:
        words = code[3:-1].decode()
        self._change(words)
        self.baud = self.wanted_baud()
        return ""


class M5Qr(TextModule):
    name = "m5qr"
    factory: ClassVar[dict[str, str]] = {"baud": "115200", "port": "uart", "6141": "00"}
    interval_s = 0.1
    same_code_s = 0.5  # it does not change

    @property
    def reading(self) -> str:
        return "command" if self.get("6141") == "00" else "sensing"

    def _next(self) -> tuple[int, int] | None:
        at = next((at for at, byte in enumerate(self._buffer) if byte in b"\x21\x23\x32"), -1)
        if at < 0:
            return None
        end = at + (4 if self._buffer[at] == 0x21 else 3)
        return (at, end) if len(self._buffer) >= end else None

    def obey(self, command: TextCommand) -> tuple[bytes, float, str]:
        kind, key = command.data[0], command.data[1:3].hex()
        if kind == 0x32:
            start = command.data[2] == 1
            return (b"" if start else b"\x33\x75\x02\x00\x00"), 0.0, "trigger" if start else "stop"
        if kind == 0x23:
            if key not in self._now:
                return b"", 0.0, ""
            value = bytes.fromhex(self.get(key))
            return b"\x24" + command.data[1:3] + value + (b"\0" if self.seed % 2 else b""), 0.0, ""
        is_known = key in self._now and command.data[3] in (0, 5)
        if is_known:
            self.set(key, command.data[3:].hex())
        return b"\x22" + command.data[1:] + (b"\0" if is_known else b"\x01"), 0.0, ""

    def is_setup_code(self, code: bytes) -> bool:
        return code.startswith(SETUP_CODE)

    def set_up(self, code: bytes) -> str:
        happens = ""
        for word in code[len(SETUP_CODE) :].decode("ascii", "replace").split():
            key, _, value = word.partition("=")
            if word == "SAVE":
                self.save()
            elif word == "SLEEP":
                happens = "sleep"
            elif word == "DEFAULTS":
                self.ship()
            elif key in ("BAUD", "PORT"):
                self.set(key.lower(), value.lower())
            else:
                self.set(key, value)
        self.baud = self.wanted_baud()
        return happens


TEXT_MODELS: dict[str, type[TextModule]] = {"de2120": De2120, "m5qr": M5Qr}
