"""Which Wi-Fi goes into a code: from this laptop, typed in, or out of a file. A password is never in a command line."""

import json
import sys
from pathlib import Path

from firmware.wire import provisioning
from scripts.tram import exits, out
from scripts.tram.provision import wifi
from scripts.tram.provision.words import WORDS
from scripts.tram.trouble import Trouble

_MOST_BYTES = 4096


def chosen(is_laptop: bool, is_typed: bool, file: Path | None) -> list[list[str]]:
    """-> pairs [name, password], as a code has them."""
    found: list[wifi.Network] = []
    if file is not None:
        found += _in_file(file)
    if is_laptop:
        found += _of_laptop(wifi.system())
    if is_typed:
        found.append(typed())
    if len(found) > provisioning.MAX_NETWORKS:
        raise Trouble("wifi_many", exits.USAGE, WORDS, most=provisioning.MAX_NETWORKS)
    for network in found:
        _check(network)
    return [[network.ssid, network.password] for network in found]


def _of_laptop(system: wifi.System) -> list[wifi.Network]:
    found = system.network()
    if found.only_5_ghz:
        raise Trouble("wifi_5_ghz", exits.REFUSED, WORDS, ssid=found.ssid)
    if not out.confirm(WORDS("wifi_ask", ssid=found.ssid)):
        raise Trouble("wifi_no", exits.CUT, WORDS)
    password = system.password(found)
    out.event("wifi", WORDS("wifi_taken", ssid=found.ssid), ssid=found.ssid, is_open=not password)
    return [wifi.Network(found.ssid, password)]


def typed() -> wifi.Network:
    """Trouble wifi_nobody: there is nobody to ask."""
    if out.is_json or not sys.stdin.isatty():
        raise Trouble("wifi_nobody", exits.USAGE, WORDS)
    import getpass

    print(WORDS("wifi_name"), end="", file=sys.stderr, flush=True)
    ssid = sys.stdin.readline().rstrip("\r\n")
    return wifi.Network(ssid, getpass.getpass(WORDS("wifi_password", ssid=ssid)))


def _in_file(file: Path) -> list[wifi.Network]:
    with open(file, "rb") as opened:
        content = opened.read(_MOST_BYTES + 1)
    try:
        pairs = json.loads(content.decode("utf-8-sig"))
        networks = [wifi.Network(*pair) for pair in pairs]
        is_right = all(isinstance(text, str) for network in networks for text in network)
    except (ValueError, TypeError, RecursionError):
        is_right, networks = False, []
    if not is_right or not networks or len(content) > _MOST_BYTES:
        raise Trouble("wifi_file", exits.REFUSED, WORDS, file=str(file))
    return networks


def _check(network: wifi.Network) -> None:
    """Trouble wifi_wrong: no box could use it. The password is not shown."""
    for key, text, least, most in (("ssid", network.ssid, 1, 32), ("password", network.password, 8, 63)):
        try:
            count = len(text.encode())
        except UnicodeEncodeError:
            count = -1
        is_open = key == "password" and not text
        if (not is_open and not least <= count <= most) or any(ord(char) < 32 for char in text):
            raise Trouble(
                "wifi_ssid" if key == "ssid" else "wifi_password_wrong",
                exits.REFUSED,
                WORDS,
                ssid=network.ssid[:40],
                most=most,
            )
