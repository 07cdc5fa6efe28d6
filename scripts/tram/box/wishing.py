"""`tram box settings`: what is wished for a box at its gateway, shown and changed. Secrets are `***` all the way."""

import json
import sys
from pathlib import Path
from typing import Any

from scripts.tram import exits, out
from scripts.tram.box.access import of_box
from scripts.tram.box.listing import plain
from scripts.tram.box.words import SAY
from scripts.tram.trouble import Trouble

MOST_BYTES = 64 * 1024
_MASK = "***"
_SECRET = ("wifi", "password", "gate.control_key")


def show(box: str | None, port: str | None, gateway: str | None) -> int:
    if port is not None or box is None:
        from scripts.tram.box.cable import met

        with met(port, box) as (console, hello):
            facts = console.ask("settings", timeout_s=15)
        out.result({"box": hello["box_id"], "settings": facts}, _pretty(facts))
        return exits.OK
    from scripts.tram.gateways.client import Client

    found = Client(of_box(box, gateway)).settings(box)
    wished, refused = found.get("wished"), found.get("refused")
    if wished is None:
        out.result({"box": box, **found}, SAY("none_wished", box=box))
        return exits.OK
    in_use = found.get("in_use")
    lines = [SAY("wished", box=box, version=wished["version"], in_use="?" if in_use is None else in_use)]
    is_refused = isinstance(refused, dict) and refused.get("version") == wished["version"]
    if isinstance(refused, dict) and is_refused:
        why = {"version": wished["version"], "code": refused.get("code", "?"), "setting": refused.get("key") or ""}
        lines.append(plain(SAY("settings_refused", **why).strip()))
    out.result({"box": box, **found}, *lines, _pretty(wished["settings"]))
    return exits.FOUND if is_refused else exits.OK


def change(box: str, given: list[str], gateway: str | None) -> None:
    """`given`: one file or `-` with all settings, or KEY=VALUE that are put over those that are wished already."""
    from scripts.tram.gateways.client import Client

    client = Client(of_box(box, gateway))
    if any("=" in one for one in given):
        wished = client.settings(box).get("wished")
        settings = over(wished["settings"] if wished else {}, given)
    elif len(given) == 1:
        settings = _from(given[0])
    else:
        raise Trouble("settings_wrong", exits.USAGE, SAY, what=" ".join(given)[:80])
    judge(box, settings)
    version = client.wish(box, settings)
    out.result({"box": box, "version": version}, SAY("set", box=box, version=version))


def judge(box: str, settings: dict[str, Any]) -> None:
    """As the box itself judges them, before they are sent. Trouble settings_wrong names the key."""
    from firmware.config import ConfigError, settle

    shown = json.loads(json.dumps(settings))
    gate, wifi = shown.get("gate"), shown.get("wifi")
    if isinstance(gate, dict) and gate.get("control_key") == _MASK:
        del gate["control_key"]
    if isinstance(wifi, list):
        shown["wifi"] = [
            [one[0], "x" * 8] if isinstance(one, list) and len(one) == 2 and one[1] == _MASK else one for one in wifi
        ]
    try:
        settle({"box_id": box, "password": "-"}, json.dumps(shown))
    except ConfigError as bad:
        raise Trouble("settings_wrong", exits.REFUSED, SAY, what=f"{bad.key or '?'} ({bad.code})") from None


def over(settings: dict[str, Any], given: list[str]) -> dict[str, Any]:
    """A copy with each `section.key=value` or `key=value` in it; a value is JSON where it is, else text."""
    made: dict[str, Any] = json.loads(json.dumps(settings))
    for one in given:
        name, equals, text = one.partition("=")
        if name in _SECRET or name.partition(".")[0] in ("wifi", "password"):
            raise Trouble("secret_in_line", exits.USAGE, SAY, setting=name)
        parts = name.split(".")
        if not equals or len(parts) > 2 or not all(part.isidentifier() for part in parts):
            raise Trouble("settings_wrong", exits.USAGE, SAY, what=one[:80])
        section = made if len(parts) == 1 else made.setdefault(parts[0], {})
        if not isinstance(section, dict):
            raise Trouble("settings_wrong", exits.USAGE, SAY, what=name)
        section[parts[-1]] = _value(text)
    return made


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _from(file: str) -> dict[str, Any]:
    if file == "-":
        data = sys.stdin.buffer.read(MOST_BYTES + 1)
    else:
        with open(Path(file), "rb") as source:
            data = source.read(MOST_BYTES + 1)
    try:
        found = json.loads(data.decode("utf-8-sig")) if len(data) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Trouble("settings_wrong", exits.REFUSED, SAY, what=f"{file}: JSON")
    return found


def _pretty(settings: Any) -> str:
    return "\n".join(plain(line) for line in json.dumps(settings, ensure_ascii=False, indent=1).splitlines())
