"""What comes as JSON from outside, in its form: whole numbers, short texts, ids; nothing too deep or too large."""

import re
from typing import Any

import msgspec

from server.errors import Refused

ID = re.compile(r"[a-z0-9][a-z0-9-]{2,31}\Z")
HEX12 = re.compile(r"[0-9a-f]{12}\Z")
NAME = re.compile(r"[a-z0-9_]{1,32}\Z")
DIGEST = re.compile(r"[0-9a-f]{64}\Z")
MS_MAX = (1 << 53) - 1
U32_MAX = (1 << 32) - 1


def read(data: bytes) -> Any:
    """JSON. Raises `Refused`: `json`."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise Refused("json", "not JSON") from err


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises `Refused`: `json`."""
    found = read(data)
    if not isinstance(found, dict):
        raise Refused("json", "not a JSON object")
    return found


def write(value: object) -> bytes:
    """As short as it goes."""
    return msgspec.json.encode(value)


def whole(value: object, least: int = 0, most: int = MS_MAX) -> int | None:
    """A whole number within its limits, or None."""
    is_one = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    return value if is_one and isinstance(value, int) else None


def text(value: object, most: int) -> str:
    """A text of at most that many characters, without control characters; "" for what is none."""
    if not isinstance(value, str):
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in value[:most])


def matching(value: object, pattern: re.Pattern[str]) -> str | None:
    """A text of that form, or None."""
    return value if isinstance(value, str) and pattern.match(value) else None
