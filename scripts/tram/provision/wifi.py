"""The Wi-Fi that this laptop is on, from its own settings: its name first, the password only after a person said yes.

Linux: nmcli(1) of NetworkManager. Windows: `netsh wlan`, whose exported profile is the same in every language (the
WLAN_profile schema of Microsoft). macOS: ipconfig(8), networksetup(8), security(1), which asks its user itself.
A system that does not tell is no fault: a person can type it in.
"""

import os
import platform
import re
import subprocess
from collections.abc import Callable, Sequence
from typing import NamedTuple

from scripts.tram import exits
from scripts.tram.provision.words import WORDS
from scripts.tram.trouble import Trouble

Run = Callable[[Sequence[str]], tuple[int, bytes]]
"""A command line -> (exit code, standard output). FileNotFoundError: there is no such program."""
_WAIT_S = 120
"""macOS asks its user in a window."""
_LEAST_MHZ_OF_5_GHZ = 4000


class Network(NamedTuple):
    """A Wi-Fi as a set-up code has it."""

    ssid: str
    password: str

    def __repr__(self) -> str:
        return f"Network({self.ssid!r}, ***)"


class Found(NamedTuple):
    """The network that this laptop is on. `handle`: how its own settings call it. `only_5_ghz`: as far as is known."""

    ssid: str
    handle: str
    only_5_ghz: bool = False


def run(line: Sequence[str]) -> tuple[int, bytes]:
    """The real one."""
    done = subprocess.run(line, capture_output=True, timeout=_WAIT_S, check=False)
    return done.returncode, done.stdout


class System:
    """What one kind of system says. Trouble: wifi_no_tool, wifi_none, wifi_company, wifi_not_told."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def network(self) -> Found:
        """The network it is on."""
        raise NotImplementedError

    def password(self, found: Found) -> str:
        """Its password; empty where it is open."""
        raise NotImplementedError

    def _said(self, *line: str) -> str:
        """What a program prints; empty where it refuses."""
        try:
            code, output = self._run(line)
        except FileNotFoundError:
            raise Trouble("wifi_no_tool", exits.REFUSED, WORDS, tool=line[0]) from None
        except (OSError, subprocess.SubprocessError):
            raise Trouble("wifi_not_told", exits.REFUSED, WORDS) from None
        # Windows' own programs write in the console's code page.
        return output.decode("oem" if os.name == "nt" else "utf-8", "replace") if code == 0 else ""


class Linux(System):
    """NetworkManager."""

    _KEYS = ("802-11-wireless.ssid", "802-11-wireless-security.key-mgmt", "802-11-wireless-security.psk")

    def network(self) -> Found:
        rows = [_fields(line) for line in self._nmcli("-f", "UUID,TYPE", "connection", "show", "--active")]
        uuids = [row[0] for row in rows if len(row) == 2 and row[1] in ("802-11-wireless", "wifi")]
        if not uuids:
            raise Trouble("wifi_none", exits.REFUSED, WORDS)
        ssid = self._values(uuids[0], self._KEYS[:1]).get(self._KEYS[0], "")
        if not ssid:
            raise Trouble("wifi_not_told", exits.REFUSED, WORDS)
        seen = [_fields(line) for line in self._nmcli("-f", "SSID,FREQ", "device", "wifi", "list", "--rescan", "no")]
        mhz = [int(number[0]) for row in seen if row[0] == ssid and (number := re.findall(r"\d+", row[-1]))]
        return Found(ssid, uuids[0], bool(mhz) and min(mhz) > _LEAST_MHZ_OF_5_GHZ)

    def password(self, found: Found) -> str:
        values = self._values(found.handle, self._KEYS, "-s")
        if not values:
            raise Trouble("wifi_not_told", exits.REFUSED, WORDS)
        return _checked(values.get(self._KEYS[1], ""), values.get(self._KEYS[2], ""), ("wpa-psk", "sae"), ("", "owe"))

    def _values(self, uuid: str, keys: Sequence[str], *more: str) -> dict[str, str]:
        lines = self._nmcli(*more, "-f", ",".join(keys), "connection", "show", "uuid", uuid)
        return {row[0]: ":".join(row[1:]) for row in map(_fields, lines) if len(row) > 1}

    def _nmcli(self, *line: str) -> list[str]:
        return self._said("nmcli", "-t", "-e", "yes", *line).splitlines()


def _fields(line: str) -> list[str]:
    """nmcli's terse lines: a colon between fields, a backslash before one that belongs to a field."""
    return [re.sub(r"\\(.)", r"\1", part) for part in re.findall(r"(?:^|:)((?:[^:\\]|\\.)*)", line)]


class Windows(System):
    """The profile, as netsh exports it."""

    def network(self) -> Found:
        ssids = re.findall(r"(?m)^\s+SSID\s*: (.+?)\s*$", self._said("netsh", "wlan", "show", "interfaces"))
        if not ssids:
            raise Trouble("wifi_none", exits.REFUSED, WORDS)
        return Found(ssids[0], ssids[0])

    def password(self, found: Found) -> str:
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:  # only this person may read what is in it, and it is gone after
            self._said("netsh", "wlan", "export", "profile", f"name={found.handle}", "key=clear", f"folder={folder}")
            files = [file.read_bytes() for file in Path(folder).glob("*.xml")]
        if not files:
            raise Trouble("wifi_not_told", exits.REFUSED, WORDS)
        return _of_profile(files[0])


def _of_profile(content: bytes) -> str:
    from xml.etree import ElementTree

    try:
        # From a program of this very system, a moment ago: nobody else could put anything there.
        tree = ElementTree.fromstring(content)  # noqa: S314
    except ElementTree.ParseError:
        raise Trouble("wifi_not_told", exits.REFUSED, WORDS) from None
    found = {element.tag.split("}")[-1]: (element.text or "") for element in tree.iter()}
    if found.get("protected", "false").strip().lower() != "false":
        raise Trouble("wifi_not_told", exits.REFUSED, WORDS)
    kinds = ("WPAPSK", "WPA2PSK", "WPA3SAE")
    return _checked(found.get("authentication", "").strip(), found.get("keyMaterial", ""), kinds, ("open", "OWE"))


class Mac(System):
    """The newer it is, the less it tells: then the name is asked for."""

    def network(self) -> Found:
        ports = re.findall(
            r"Hardware Port: Wi-Fi\s*\nDevice: (\w+)", self._said("networksetup", "-listallhardwareports")
        )
        if not ports:
            raise Trouble("wifi_none", exits.REFUSED, WORDS)
        said = re.findall(r"(?m)^\s+SSID : (.+?)\s*$", self._said("ipconfig", "getsummary", ports[0]))
        if said and said[0] != "<redacted>":
            return Found(said[0], said[0])
        # The network it is on stands first among those that it prefers.
        listed = self._said("networksetup", "-listpreferredwirelessnetworks", ports[0]).splitlines()[1:2]
        if not listed or not listed[0].strip():
            raise Trouble("wifi_none", exits.REFUSED, WORDS)
        return Found(listed[0].strip(), listed[0].strip())

    def password(self, found: Found) -> str:
        line = ("security", "find-generic-password", "-D", "AirPort network password", "-wa", found.handle)
        secret = self._said(*line).rstrip("\n")
        if not secret:
            raise Trouble("wifi_not_told", exits.REFUSED, WORDS)
        return _fitting(secret)


def _checked(kind: str, secret: str, with_password: Sequence[str], without: Sequence[str]) -> str:
    if kind in without:
        return ""
    if kind not in with_password:
        raise Trouble("wifi_company", exits.REFUSED, WORDS, kind=kind)
    return _fitting(secret)


def _fitting(secret: str) -> str:
    if not 8 <= len(secret.encode()) <= 63:  # not stored, or not as a password
        raise Trouble("wifi_not_told", exits.REFUSED, WORDS)
    return secret


def system(run: Run = run, name: str | None = None) -> System:
    """This computer's."""
    kinds: dict[str, type[System]] = {"Windows": Windows, "Darwin": Mac}
    return kinds.get(name or platform.system(), Linux)(run)
