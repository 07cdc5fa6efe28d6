"""What each box said of itself last, for who asks at this machine: `boxes.json`.

1. A box that is gone keeps what it said before it went.
2. "When" is on this machine's monotonic clock with its boot, and in UTC where that is known.
3. The file is replaced as a whole and not synced: after a power cut the boxes say it again. It is written when
   something is new, and for what changes with every status (when it came, how strong the Wi-Fi is) every few minutes at
   most: written each time it would wear a card out faster than the scans do.
4. What a box says may be anything: only what has the right form is taken over, and no more of it than a line can show.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from firmware.wire import fields
from firmware.wire.errors import WireError
from gateway import files

MOST_BOXES = 5_000
_TEXT = 64
_MOST_TRUSTED = 4
"""Authorities that a box says it believes: the first 8 hex digits of the SHA-256 of each."""
WRITE_EVERY_MS = 240_000
_PASSING = ("heard_boot", "heard_mono_ms", "heard_utc_ms", "uptime_ms", "rssi", "temperature_c", "waiting")
_NUMBERS = ("boot", "session", "settings_version", "firmware_version", "rssi", "temperature_c", "uptime_ms")
_TEXTS = ("firmware", "reader", "state", "reset_cause")


class Roster:
    """heard() takes a status; write() puts all of them into the file."""

    def __init__(self, path: Path, boot: str, mono_ms: Callable[[], int], utc_ms: Callable[[], int | None]) -> None:
        self._path = path
        self._boot = boot
        self._mono_ms = mono_ms
        self._utc_ms = utc_ms
        self._rows: dict[str, dict[str, Any]] = read(path)
        self._changed = False
        self._is_new = False
        self._written_ms = mono_ms()

    def heard(self, box_id: str, said: dict[str, Any]) -> None:
        """A status that is not out of date."""
        row = dict(self._rows.get(box_id, {}))
        row.update({"state": said["state"], "heard_boot": self._boot, "heard_mono_ms": self._mono_ms()})
        row["heard_utc_ms"] = self._utc_ms()
        if said["state"] == "online":
            row = {key: row[key] for key in ("heard_boot", "heard_mono_ms", "heard_utc_ms")} | row_of(said)
        if box_id in self._rows or len(self._rows) < MOST_BOXES:
            self._changed = True
            self._is_new |= _lasting(row) != _lasting(self._rows.get(box_id, {}))
            self._rows[box_id] = row

    def rows(self) -> Mapping[str, dict[str, Any]]:
        """box_id -> what it said last; not to be changed."""
        return self._rows

    def reported(self, box_id: str, key: str) -> int:
        """A version that the box has named; 0: none."""
        value = self._rows.get(box_id, {}).get(key, 0)
        return value if isinstance(value, int) else 0

    def write(self) -> None:
        """Raises OSError where it cannot be written."""
        now_ms = self._mono_ms()
        if not self._is_new and not (self._changed and now_ms - self._written_ms >= WRITE_EVERY_MS):
            return
        fresh = self._path.with_name(self._path.name + files.FRESH)
        fresh.write_text(json.dumps({"v": 1, "boxes": self._rows}, ensure_ascii=False, sort_keys=True))
        fresh.replace(self._path)
        self._changed = self._is_new = False
        self._written_ms = now_ms


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _PASSING}


def read(path: Path) -> dict[str, dict[str, Any]]:
    """box_id -> row, as last written; empty where there is nothing to be read."""
    found = files.read_json(path) or {}
    boxes = found.get("boxes")
    rows = {}
    for box_id, row in boxes.items() if isinstance(boxes, dict) else ():
        if isinstance(row, dict) and _is_box_id(box_id):
            rows[box_id] = row
    return rows


def row_of(said: dict[str, Any]) -> dict[str, Any]:
    """What of a status goes into the file."""
    row: dict[str, Any] = {key: said[key] for key in _NUMBERS if _is_number(said.get(key))}
    row |= {key: said[key][:_TEXT] for key in _TEXTS if isinstance(said.get(key), str)}
    row["waiting"] = said["last_seq"] - said["first_held"] + 1
    for key in ("settings_refused", "firmware_refused"):
        refused = refusal_of(said, key)
        if refused is not None:
            row[key] = refused
    trust = said.get("trust")
    if isinstance(trust, list) and len(trust) <= _MOST_TRUSTED and all(_is_short_hash(one) for one in trust):
        row["trust"] = trust
    if _is_short_hash(said.get("fleet_key"), 16):
        row["fleet_key"] = said["fleet_key"]
    if _is_short_hash(said.get("trust_used")):
        row["trust_used"] = said["trust_used"]
    wifi = said.get("wifi")
    if isinstance(wifi, dict):
        if isinstance(wifi.get("ssid"), str):
            row["ssid"] = wifi["ssid"][:_TEXT]
        if _is_number(wifi.get("rssi")):
            row["rssi"] = wifi["rssi"]
    return row


def refusal_of(said: dict[str, Any], key: str) -> dict[str, Any] | None:
    """{"version", "code", "key"} of what the box says that it refused."""
    refused = said.get(key)
    if not isinstance(refused, dict) or not _is_number(refused.get("version")):
        return None
    words = {name: refused[name][:_TEXT] for name in ("code", "key") if isinstance(refused.get(name), str)}
    return {"version": refused["version"], "code": words.get("code", "?"), "key": words.get("key", "")}


def _is_short_hash(value: object, digits: int = 8) -> bool:
    return isinstance(value, str) and len(value) == digits and not value.strip("0123456789abcdef")


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= fields.MS_MAX


def _is_box_id(text: str) -> bool:
    try:
        fields.box_id(fields.to_bytes(text))
    except WireError:
        return False
    return True
