"""`tram box list`: every box that the known gateways know, and those on cables of this laptop."""

from typing import Any

from scripts.tram import exits, out
from scripts.tram.box.access import chosen
from scripts.tram.box.words import SAY
from scripts.tram.gateways import cards
from scripts.tram.lang import lang
from scripts.tram.trouble import Trouble

_GAP = "  "


def show(gateway: str | None, with_cables: bool) -> int:
    """-> the exit code: FOUND where a box or a gateway is not as it should be."""
    boxes: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    for card in chosen(gateway) if gateway is not None or not with_cables else cards():
        _ask(card, boxes, left_out)
    if with_cables and gateway is None:
        _look_at_cables(boxes, left_out)
    lines = _table(boxes) if boxes else [SAY("no_boxes" if cards() else "none_known")]
    out.result({"boxes": boxes, "left_out": left_out}, *lines, *[one["sentence"] for one in left_out])
    is_well = not left_out and all(one["state"] in ("ok", "box") for one in boxes)
    return exits.OK if is_well else exits.FOUND


def _ask(card: Any, boxes: list[dict[str, Any]], left_out: list[dict[str, str]]) -> None:
    from scripts.tram.gateways.client import Client

    try:
        found = Client(card).boxes()
    except Trouble as trouble:
        said = SAY("gateway_left_out", gateway=card.gateway, text=trouble.sentence)
        left_out.append({"gateway": card.gateway, "code": trouble.code, "sentence": said})
        return
    boxes += [{"gateway": card.gateway, **one} for one in found]


def _look_at_cables(boxes: list[dict[str, Any]], left_out: list[dict[str, str]]) -> None:
    from scripts.tram.box.cable import on_cables

    known = {one["box"]: one for one in boxes}
    for port, said in on_cables():
        if isinstance(said, Trouble):
            sentence = SAY("port_left_out", port=port, text=said.sentence)
            left_out.append({"port": port, "code": said.code, "sentence": sentence})
            continue
        firmware = said.get("firmware") or {}
        box = known.setdefault(str(said.get("box_id")), {"box": said.get("box_id"), "state": said.get("program")})
        box |= {"port": port, "program": said.get("program"), "board": said.get("board"), "on_cable": firmware}
        if box not in boxes:
            boxes.append(box)


def _table(boxes: list[dict[str, Any]]) -> list[str]:
    rows = [SAY("head").split("|"), *[_row(one) for one in boxes]]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    said = {one["box"]: one["why"][lang()] for one in boxes if isinstance(one.get("why"), dict)}
    return lines + [f"{box}: {why}" for box, why in said.items()]


def _row(one: dict[str, Any]) -> list[str]:
    said = one.get("said") or {}
    where = [one.get("gate") or one.get("gateway") or "", SAY("usb", port=one["port"]) if "port" in one else ""]
    state = f"state_{one['state']}"
    signal = f"{said.get('ssid', '')} {said['rssi']} dBm" if "rssi" in said else ""
    firmware = said.get("firmware") or said.get("firmware_version") or (one.get("on_cable") or {}).get("version") or ""
    waiting = one.get("waiting")
    return [
        plain(str(one["box"])),
        plain(", ".join(part for part in where if part)),
        SAY(state) if state in SAY else plain(str(one["state"])),
        "?" if waiting is None else str(waiting),
        plain(str(firmware)),
        plain(signal.strip()),
    ]


def plain(text: str) -> str:
    """What a box says may be anything: nothing that moves the cursor or turns the line around gets to a terminal."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
