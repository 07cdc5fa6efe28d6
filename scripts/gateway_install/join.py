"""What a new gateway is told by those who run the server: the join file, TOML.

    [join]
    gateway_id = "gw-cho-01"
    url = "https://tram.example.vn"
    more_urls = []
    token = "…"                what this gateway shows to the server; a secret
    ca_pem = "…"               the server's authority; "" or absent: what the system trusts
    sealing_key = "…"          64 hexadecimal digits: what scans are sealed to
    fleet_key = "…"            512 hexadecimal digits: whose signatures new boxes show

Nothing of it is taken that the gateway would not start with, and no key is read that is not named here.
"""

import getpass
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

_PORT = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_FORMS = {
    "gateway_id": r"[a-z0-9][a-z0-9-]{2,31}",
    "url": r"https?://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:(" + _PORT + r"))?(/[^\s\"\\?#@]{0,400})?",
    "token": r"[\x21-\x7e]{8,500}",
    "ca_pem": r"(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,20000}-----END CERTIFICATE-----\s*)*",
    "sealing_key": r"[0-9a-f]{64}",
    "fleet_key": r"([0-9a-f]{512})?",
}
_OPTIONAL = {"ca_pem", "fleet_key", "more_urls"}
_MOST_BYTES = 256 * 1024


class JoinError(Exception):
    """What is wrong with it; never the value itself."""


class Join(NamedTuple):
    gateway_id: str
    url: str
    token: str
    sealing_key: str
    ca_pem: str = ""
    fleet_key: str = ""
    more_urls: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Join({self.gateway_id}, {self.url}, …)"


def read(path: Path) -> Join:
    try:
        with open(path, "rb") as file:
            tree = tomllib.loads(file.read(_MOST_BYTES).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise JoinError(f"{path}: {error}") from error
    if set(tree) != {"join"} or not isinstance(tree["join"], dict):
        raise JoinError(f"{path}: [join]")
    return of(tree["join"])


def of(given: dict[str, object]) -> Join:
    unknown = set(given) - {*_FORMS, "more_urls"}
    missing = {*_FORMS} - _OPTIONAL - set(given)
    if unknown or missing:
        raise JoinError(", ".join(sorted([f"? {one}" for one in unknown] + [f"- {one}" for one in missing])))
    urls = given.get("more_urls", [])
    if not isinstance(urls, list) or not all(_fits("url", one) for one in urls):
        raise JoinError("more_urls")
    for key, value in given.items():
        if key != "more_urls" and not _fits(key, value):
            raise JoinError(key)
    words = {key: str(value).strip() for key, value in given.items() if key != "more_urls"}
    return Join(**words, more_urls=tuple(urls))


def ask() -> Join:
    """From the keyboard, until each one fits."""
    given: dict[str, object] = {}
    for key in ("gateway_id", "url", "token", "sealing_key", "fleet_key"):
        while not _fits(key, given.get(key)):
            given[key] = (getpass.getpass if key == "token" else input)(f"  {key}: ").strip()
    return of(given)


def _fits(key: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(_FORMS[key], value.strip()) is not None
