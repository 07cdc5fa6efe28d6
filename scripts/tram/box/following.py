"""`tram box follow-key`: boxes are told the document by which the fleet's key hands over to another (SPEC §12).

1. Without a box that is named, and without --all, it says who trusts which key, and tells nobody.
2. Who trusts the new key is not told again. The gateway goes on telling it to who is away for WITHIN_S.
3. The box judges: what it refuses it refuses by name, and keeps its key.
"""

import time
from pathlib import Path
from typing import Any

from firmware.wire import succession
from firmware.wire.errors import WireError
from firmware.wire.succession import Succession
from scripts.provisioning.key import fingerprint_of
from scripts.tram import exits, out
from scripts.tram.box.access import of_box
from scripts.tram.box.listing import plain
from scripts.tram.box.words import SAY
from scripts.tram.gateways import card as card_of
from scripts.tram.gateways.client import Client
from scripts.tram.trouble import Trouble

WITHIN_S = 600
POLL_S = 1.0
DIGITS = 16
"""So many digits of its key's fingerprint a box says."""


def follow(file: Path, boxes: list[str], is_for_all: bool, gateway: str | None, watch_s: int) -> int:
    """-> the exit code. Trouble succession_wrong, and those of the gateway."""
    text, said = _read(file)
    card = of_box(boxes[0], gateway) if boxes else card_of(gateway)
    client, wanted = Client(card), fingerprint_of(said.new)[:DIGITS]
    rows = [client.box(box) for box in boxes] if boxes else client.boxes()
    ends = {str(row["box"]): _now(row, wanted, said.old.hex()[:DIGITS]) for row in rows if row["state"] != "revoked"}
    facts: dict[str, Any] = {"gateway": card.gateway, "new_fleet": wanted, "serial": said.serial}
    left = [box for box, end in ends.items() if end != "moved"]
    if (boxes or is_for_all) and left:
        if is_for_all and not out.confirm(SAY("sure_follow", count=len(left), gateway=card.gateway, fleet=wanted)):
            left = []
        orders = {box: client.command(box, "succession", {"text": text}, WITHIN_S) for box in left}
        _watched(client, orders, ends, watch_s)
    lines = [SAY(_key_of(end), box=box, fleet=wanted, code=plain(end.partition(" ")[2])) for box, end in ends.items()]
    out.result({**facts, "ends": ends}, *(lines or [SAY("no_boxes")]))
    return exits.OK if all(end == "moved" for end in ends.values()) else exits.FOUND


def _read(file: Path) -> tuple[str, Succession]:
    with open(file, "rb") as source:
        data = source.read(succession.MAX_SUCCESSION_BYTES + 1)
    try:
        return data.decode(), succession.decode(data)[0]
    except (WireError, UnicodeError):
        raise Trouble("succession_wrong", exits.REFUSED, SAY, file=str(file)) from None


def _now(row: dict[str, Any], new: str, old: str) -> str:
    """`moved`, `before`, `other` or `unknown`: which key it said last that it trusts."""
    said = row.get("said")
    trusts = said.get("fleet_key") if isinstance(said, dict) else None
    return {new: "moved", old: "before", None: "unknown"}.get(trusts, "other")


def _watched(client: Client, orders: dict[str, str], ends: dict[str, str], watch_s: int) -> None:
    """`ends` of who was told: `moved`, `refused CODE`, or `told` where there is no answer yet."""
    until_s = time.monotonic() + watch_s
    ends.update(dict.fromkeys(orders, "told"))
    left = dict(orders)
    while left:
        for box, order in list(left.items()):
            found = client.result(order, 0)
            if found is None:
                continue
            del left[box]
            said = found.get("said")
            code = said.get("code") if isinstance(said, dict) else None
            ends[box] = "moved" if found["outcome"] == "done" else f"refused {code or found['outcome']}"
            out.event("answered", box=box, end=ends[box])
        if not left or time.monotonic() >= until_s:
            return
        time.sleep(POLL_S)


def _key_of(end: str) -> str:
    return f"follow_{end.partition(' ')[0]}"
