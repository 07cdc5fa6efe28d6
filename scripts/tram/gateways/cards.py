"""One card for each gateway: TRAM_HOME/gateways/<gateway id>.json, readable by its owner alone.

What stands in it is what a set-up code needs to name the gateway, and what `tram` needs to speak with it:

    {"gateway": "cho-01", "host": "tram-cho-01.local", "port": 8883, "enrol_port": 8884, "ca": "<43 characters>",
     "place": "cho-moi", "url": "https://192.168.1.20:8443", "token": "…", "ends": "2027-02-20"}

`host`, `port`, `enrol_port`: where boxes find it. `ca`: the SHA-256 of its authority's certificate, base64url, as in a
set-up code. `token` is a secret: it is in this file, in the header of requests to that very gateway, and nowhere else.
"""

import json
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from scripts.tram import exits
from scripts.tram.gateways.words import WORDS
from scripts.tram.home import home, write_whole
from scripts.tram.trouble import Trouble

ID = re.compile(r"[a-z0-9][a-z0-9-]{2,31}")
CA = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_MOST_BYTES = 16 * 1024


@dataclass(frozen=True)
class Card:
    """A gateway, as this laptop knows it."""

    gateway: str
    ca: str
    url: str = ""
    """Where the technician's API is: https://host:port, or http:// on the loopback."""
    host: str = ""
    """Where boxes find the gateway."""
    port: int = 8883
    enrol_port: int = 8884
    place: str = ""
    token: str = field(default="", repr=False)
    ends: str = ""
    """The day on which the token ends."""
    next_ca: str = ""
    """The authority that the gateway said will follow, while it said so over a line that was known to be its own."""


def cards() -> list[Card]:
    """All of them, by the gateway's id. Trouble card_broken: one cannot be read; it is named."""
    return [_read(path) for path in sorted(_folder().glob("*.json"))]


def card(name: str | None = None) -> Card:
    """The gateway of that id; without a name the only one. Trouble no_gateway, two_gateways, gateway_unknown."""
    if name is not None:
        path = _path(name) if ID.fullmatch(name) else None
        if path is None or not path.is_file():
            raise Trouble("gateway_unknown", exits.REFUSED, WORDS, name=name)
        return _read(path)
    known = cards()
    if not known:
        raise Trouble("no_gateway", exits.REFUSED, WORDS)
    if len(known) > 1:
        raise Trouble("two_gateways", exits.USAGE, WORDS, names=", ".join(one.gateway for one in known))
    return known[0]


def save(card: Card) -> Path:
    """Write it, in the place of the one before. Trouble card_broken: it is none. -> its file."""
    path = _path(card.gateway) if ID.fullmatch(card.gateway) else _folder() / "?"
    facts = {one.name: getattr(card, one.name) for one in fields(card) if getattr(card, one.name) != ""}
    _check(facts, path)
    write_whole(path, json.dumps(facts, ensure_ascii=False, indent=1).encode() + b"\n", 0o600)
    return path


def forget(name: str) -> None:
    """Delete the card of that gateway. Trouble gateway_unknown."""
    if not ID.fullmatch(name) or not _path(name).is_file():
        raise Trouble("gateway_unknown", exits.REFUSED, WORDS, name=name)
    _path(name).unlink()
    _path(name).with_suffix(".der").unlink(missing_ok=True)


def authority_file(card: Card) -> Path:
    """Where the authority's certificate is kept, once it was fetched; its SHA-256 is looked at each time."""
    return _path(card.gateway).with_suffix(".der")


def _folder() -> Path:
    return home() / "gateways"


def _path(gateway: str) -> Path:
    return _folder() / f"{gateway}.json"


def _read(path: Path) -> Card:
    try:
        with open(path, "rb") as file:
            facts = json.loads(file.read(_MOST_BYTES).decode())
    except (ValueError, RecursionError) as bad:
        raise Trouble("card_broken", exits.REFUSED, WORDS, file=str(path), what="JSON") from bad
    if not isinstance(facts, dict):
        raise Trouble("card_broken", exits.REFUSED, WORDS, file=str(path), what="JSON")
    known = {one.name for one in fields(Card)}
    facts = {key: value for key, value in facts.items() if key in known}
    _check(facts, path)
    return Card(**facts)


def _check(facts: dict[str, Any], path: Path) -> None:
    """Nothing of a wrong value is shown: it may be a secret in the wrong line."""
    wrong = next((key for key, is_right in _rules(facts).items() if not is_right), None)
    if wrong is None and facts["gateway"] != path.stem:
        wrong = "gateway"
    if wrong is not None:
        raise Trouble("card_broken", exits.REFUSED, WORDS, file=str(path), what=wrong)


def _rules(facts: dict[str, Any]) -> dict[str, bool]:
    found = {
        "gateway": _is_text(facts.get("gateway"), ID),
        "ca": _is_text(facts.get("ca"), CA),
        "next_ca": facts.get("next_ca", "") == "" or _is_text(facts["next_ca"], CA),
        "token": facts.get("token", "") == "" or _is_text(facts["token"], _TOKEN),
    }
    for key in ("url", "host", "place", "ends"):
        value = facts.get(key, "")
        found[key] = isinstance(value, str) and len(value) <= 255 and value.isprintable()
    for key in ("port", "enrol_port"):
        value = facts.get(key, 1)
        found[key] = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535
    return found


def _is_text(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None
