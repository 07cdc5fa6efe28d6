"""`python -m server fleet WORD`: how gateways and boxes are, and what is wished of them. Asks a running server."""

import json
import sys
import time
import tomllib
from argparse import Namespace
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from server.cli.asking import Api, api, options
from server.errors import Unusable
from server.fleet.health import ORDER

BASE = "/api/v1/fleet"
LOOK_S = 0.5
NOT_YET = 1
Add = Callable[..., Any]

GATEWAY = ("gateway", {"metavar": "GATEWAY", "help": "a gateway's id"})
BOX = ("box", {"metavar": "BOX", "help": "a box's id"})


def add(words: Any, add_word: Add) -> None:
    """Put the words under `fleet`."""
    what = "how gateways and boxes are, and what is wished of them (asks a running server)"
    inner = words.add_parser("fleet", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    where = options()

    def word(
        name: str, act: Callable[[Namespace], int | None], help_: str, *arguments: tuple[str, dict[str, Any]]
    ) -> Any:
        made = add_word(inner, name, act, help_, where)
        for argument, how in arguments:
            made.add_argument(argument, **how)
        return made

    file = ("file", {"type": Path, "metavar": "FILE"})
    as_json = ("--json", {"action": "store_true", "help": "for machines"})
    word("list", _list, "every gateway, those first that need somebody", as_json)
    word("show", _show, "one gateway: its boxes, parts, events, and what is wished of it (JSON)", GATEWAY)
    word("settings", _settings, "wish all settings of a box: a JSON object", GATEWAY, BOX, file)
    version = ("version", {"type": int, "metavar": "VERSION", "help": "0: none any more"})
    word("firmware", _firmware, "wish firmware on a box", GATEWAY, BOX, version)
    made = word("command", _command, "give a box a command", GATEWAY, BOX, ("name", {"metavar": "NAME"}))
    made.add_argument("--arg", metavar="JSON", help="its argument, a JSON object")
    made.add_argument("--within-s", type=int, default=300, metavar="S", help="how long it may take to begin (300)")
    made.add_argument("--wait-s", type=float, default=0, metavar="S", help="wait so long for what comes of it")
    word("result", _result, "what came of a command", GATEWAY, ("id", {"metavar": "ID"}))
    word("place", _place, "wish the rules of a place: a TOML or JSON file; `none`: the gateway's own", GATEWAY, file)
    word("bundle", _bundle, "take in a bundle of firmware: the .tar of scripts/build-firmware", file)
    word("bundles", _bundles, "every bundle")
    word("sealing-key", _sealing_key, "every gateway seals to this public key; `none`", ("key", {"metavar": "KEY"}))
    word("give", _give, "this gateway speaks for this box from now on", GATEWAY, BOX)
    word("take", _take, "this gateway speaks for this box no longer", GATEWAY, BOX)
    made = word("settle", _settle, "a finding is settled", GATEWAY, ("code", {"metavar": "CODE"}))
    made.add_argument("--box", default="", metavar="BOX")


def _every_gateway(server: Any) -> dict[str, Any]:
    """All pages; those first that need somebody."""
    pages = [server.get(BASE + "/gateways")]
    while pages[-1]["next"] is not None:
        pages.append(server.get(BASE + "/gateways", after=pages[-1]["next"]))
    found = [one for page in pages for one in page["gateways"]]
    found.sort(key=lambda one: (ORDER.index(one["state"]), -one["boxes_away"], one["gateway_id"]))
    return {"gateways": found, "findings": [one for page in pages for one in page["findings"]]}


def _list(asked: Namespace) -> None:
    with api(asked) as server:
        found = _every_gateway(server)
    if asked.json:
        _print(found)
        return
    table = Table("gateway", "state", "since", "reason", "boxes well/away/unknown", "waiting", "oldest", "software")
    for one in found["gateways"]:
        boxes = f"{one['boxes_well']}/{one['boxes_away']}/{one['boxes_unknown']}"
        oldest = "" if one["oldest_s"] is None or not one["waiting"] else f"{one['oldest_s']} s"
        waiting = "" if one["waiting"] is None else str(one["waiting"])
        facts = (one["gateway_id"], one["state"], _time(one["since_ms"]), one["reason"], boxes, waiting, oldest)
        table.add_row(*facts, one["software"])
    console = Console(file=sys.stdout)
    console.print(table)
    for one in found["findings"]:
        console.print(f"{one['code']}: {one['gateway_id']} {one['box_id']} {one['detail']} ({_time(one['since_ms'])})")


def _show(asked: Namespace) -> None:
    with api(asked) as server:
        _print(server.get(f"{BASE}/gateways/{asked.gateway}"))


def _settings(asked: Namespace) -> None:
    with api(asked) as server:
        path = f"{BASE}/gateways/{asked.gateway}/boxes/{asked.box}/settings"
        _print(server.ask("PUT", path, content=_file(asked.file)))


def _firmware(asked: Namespace) -> None:
    with api(asked) as server:
        path = f"{BASE}/gateways/{asked.gateway}/boxes/{asked.box}/firmware"
        _print(server.ask("PUT", path, json={"version": asked.version}))


def _command(asked: Namespace) -> int | None:
    wish = {"box_id": asked.box, "name": asked.name, "within_s": asked.within_s}
    if asked.arg is not None:
        try:
            wish["argument"] = json.loads(asked.arg)
        except ValueError as err:
            raise Unusable("argument", f"--arg: not JSON: {err}") from err
    with api(asked) as server:
        given = server.ask("POST", f"{BASE}/gateways/{asked.gateway}/commands", json=wish)
        if not asked.wait_s:
            _print(given)
            return None
        return _wait(server, f"{BASE}/gateways/{asked.gateway}/commands/{given['id']}", asked.wait_s)


def _wait(server: Api, path: str, wait_s: float) -> int:
    ends_s = time.monotonic() + wait_s
    found = server.get(path)
    while found["outcome"] is None and time.monotonic() < ends_s:
        time.sleep(LOOK_S)
        found = server.get(path)
    _print(found)
    return 0 if found["outcome"] == "done" else NOT_YET


def _result(asked: Namespace) -> int:
    with api(asked) as server:
        found = server.get(f"{BASE}/gateways/{asked.gateway}/commands/{asked.id}")
    _print(found)
    return 0 if found["outcome"] == "done" else NOT_YET


def _place(asked: Namespace) -> None:
    content = b"null"
    if str(asked.file) != "none":
        data = _file(asked.file)
        try:
            said = tomllib.loads(data.decode()) if asked.file.suffix == ".toml" else json.loads(data)
        except ValueError as err:
            raise Unusable("place", f"{asked.file}: {err}") from err
        content = json.dumps(said.get("place", said) if isinstance(said, dict) else said, default=str).encode()
    with api(asked) as server:
        _print(server.ask("PUT", f"{BASE}/gateways/{asked.gateway}/place", content=content))


def _bundle(asked: Namespace) -> None:
    data = _file(asked.file)
    # the version stands in the manifest, which is in the archive as it is
    start = data.find(b"1 manifest ")
    version = data[start + 11 : start + 22].split(b" ")[0].decode("ascii", "replace") if start >= 0 else "0"
    with api(asked) as server:
        _print(server.ask("PUT", f"{BASE}/bundles/{version if version.isdigit() else 0}", content=data))


def _bundles(asked: Namespace) -> None:
    with api(asked) as server:
        _print(server.get(BASE + "/bundles"))


def _sealing_key(asked: Namespace) -> None:
    key = None if asked.key == "none" else asked.key
    with api(asked) as server:
        headers = {"If-Match": f'"{server.get(BASE + "/sealing-key")["version"]}"'}
        _print(server.ask("PUT", BASE + "/sealing-key", json={"key": key}, headers=headers))


def _give(asked: Namespace) -> None:
    with api(asked) as server:
        _print(server.ask("PUT", f"{BASE}/gateways/{asked.gateway}/boxes/{asked.box}", headers=_seen(server, asked)))


def _take(asked: Namespace) -> None:
    with api(asked) as server:
        _print(server.ask("DELETE", f"{BASE}/gateways/{asked.gateway}/boxes/{asked.box}", headers=_seen(server, asked)))


def _seen(server: Api, asked: Namespace) -> dict[str, str]:
    """The version of what is wished of this gateway."""
    return {"If-Match": f'"{server.get(f"{BASE}/gateways/{asked.gateway}")["wishes"]["version"]}"'}


def _settle(asked: Namespace) -> None:
    with api(asked) as server:
        path = f"{BASE}/gateways/{asked.gateway}/findings/{asked.code}"
        _print(server.ask("DELETE", path, params={"box": asked.box}))


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        raise Unusable("file", f"{path}: {err.strerror}") from err


def _print(found: object) -> None:
    print(json.dumps(found, ensure_ascii=False, indent=2))


def _time(at_ms: int | None) -> str:
    return "" if at_ms is None else datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%d/%m %H:%M:%S")
