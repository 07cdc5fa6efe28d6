"""A table of all boxes: what each said of itself last."""

from argparse import Namespace
from typing import Any

from gateway.admission import Admission
from gateway.cli.show import EXIT_OK, age, note, say_json, table
from gateway.cli.texts import text
from gateway.clock import KernelClock
from gateway.config import Config
from gateway.downlink.roster import read
from gateway.downlink.store import Store, Wishes

COLUMNS = ["box", "state", "firmware", "settings", "reader", "waiting", "Wi-Fi", "heard", "refused"]


def show(settings: Config, options: Namespace) -> int:
    data_dir = settings.path(settings.data_dir)
    rows = read(data_dir / "boxes.json")
    for box in Admission(settings).registry.hashes()[1] & rows.keys():  # its last word may have been that it is there
        rows[box]["state"] = "revoked"
    if options.json:
        say_json(rows)
        return EXIT_OK
    clock = KernelClock(settings.time.trust, settings.time.bound_ms)
    wishes = Store(data_dir / "downlink", None, settings.gateway_id).wishes()
    table(COLUMNS, [_line(box, row, wishes, clock) for box, row in sorted(rows.items())])
    if not rows:
        note(text("no_box"))
    return EXIT_OK


def _line(box: str, row: dict[str, Any], wishes: Wishes, clock: KernelClock) -> list[object]:
    wished = wishes.settings.get(box)
    return [
        box,
        row.get("state", "?"),
        _version(row.get("firmware_version"), wishes.wanted_by(box) or None, str(row.get("firmware", ""))),
        _version(row.get("settings_version"), None if wished is None else wished.version),
        row.get("reader", "?"),
        row.get("waiting", "?"),
        " ".join(str(row[key]) + unit for key, unit in (("ssid", ""), ("rssi", " dBm")) if key in row) or "?",
        _heard(row, clock),
        "; ".join(_refused(row, what) for what in ("settings", "firmware") if f"{what}_refused" in row) or "-",
    ]


def _version(has: object, wanted: int | None, name: str = "") -> str:
    """ "7", "7 (name)", "6 → 7" """
    text = "?" if has is None else str(has)
    if name:
        text += f" ({name})"
    return text if wanted is None or wanted == has else f"{text} → {wanted}"


def _heard(row: dict[str, Any], clock: KernelClock) -> str:
    mono_ms = row.get("heard_mono_ms")
    if row.get("heard_boot") == clock.boot and isinstance(mono_ms, int):
        return age((clock.mono_ms() - mono_ms) / 1000) + " ago"
    utc, then = clock.utc(), row.get("heard_utc_ms")
    if utc is not None and isinstance(then, int):
        return age(((utc.earliest_ms + utc.latest_ms) / 2 - then) / 1000) + " ago"
    return "before a restart"


def _refused(row: dict[str, Any], what: str) -> str:
    refused = row[f"{what}_refused"]
    if not isinstance(refused, dict):
        return what
    return f"{what} {refused.get('version')}: {refused.get('code')} {refused.get('key') or ''}".rstrip()
