"""Contacts and holes of an answer as lines for people, in Vietnamese and English. Times are those of Vietnam."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
LABELS = {"measured": "đo được", "bounded": "có giới hạn", "assumed": "ước đoán"}
ROUTES = {"phone": "có điện thoại / phone", "none": "không có điện thoại / no phone"}
NOT_SEEN = "?"


def told_contact(contact: Mapping[str, Any]) -> list[str]:
    """A line for each meeting."""
    return [
        f"{contact['pseudonym']}  {one['gate_in'] or NOT_SEEN} {_instant(one['in_ms'])} → "
        f"{one['gate_out'] or NOT_SEEN} {_instant(one['out_ms'])}  {LABELS[one['label']]} / {one['label']}  "
        f"{'–'.join(map(str, one['overlap_min']))}  {ROUTES[contact['route']]}"
        for one in contact["meetings"]
    ]


def told_hole(hole: Mapping[str, Any]) -> list[str]:
    """Its sentence twice, and how many scans it may hide at most."""
    most = hole["most_scans"]
    vi, en = (
        ("không ai biết bao nhiêu", "nobody knows how many")
        if most is None
        else (f"nhiều nhất {most}", f"{most} at most")
    )
    return [f"- {hole['vi']} ({vi})", f"  {hole['en']} ({en})"]


def _instant(bounds: list[int]) -> str:
    """The best instant; where the bounds are wider than a minute, these beside it."""
    low, best, high = (datetime.fromtimestamp(ms / 1000, LOCAL).strftime("%H:%M:%S") for ms in bounds)
    return best if bounds[2] - bounds[0] < 60_000 else f"{best} ({low}–{high})"
