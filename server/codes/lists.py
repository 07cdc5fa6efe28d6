"""A file with one list in it, JSON: {"<name>": [{…}, …]}. Every entry is handed out with the line that it begins on.

1. Nothing stands beside the list but `source` and `note`, for people. An entry is an object; a key that is not
   known is refused.
2. What is wrong is `Unusable` with a stable code, and says file, line and key; never a value.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from server.codes.dates import DAY_MS, OFFSET_MS, day_of
from server.errors import Unusable

MOST_CHARACTERS = 16 * 1024 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")
_FOR_PEOPLE = {"source", "note"}


class Entry:
    """One object of the list."""

    def __init__(self, file: str, line: int, code: str, values: dict[str, Any]) -> None:
        self._file, self._line, self._code = file, line, code
        self.values = values

    def wrong(self, key: str, what: str, code: str | None = None) -> Unusable:
        """The error to raise about a key of this entry."""
        return Unusable(code or self._code, f"{self._file}, line {self._line}: {key}: {what}")

    def only(self, *keys: str) -> None:
        """Refuse any other key."""
        for key in self.values:
            if key not in keys:
                raise self.wrong(key[:40], "is not known")

    def text(self, key: str, most: int = 200, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or not 0 < len(value) <= most:
            raise self.wrong(key, f"has to be a text of 1 to {most} characters")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; absent: none."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and 0 < len(one) <= 100 for one in value):
            raise self.wrong(key, "has to be a list of texts")
        return tuple(value)

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value = self.values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, f"has to be a whole number from {least} to {most}")
        return value

    def day(self, key: str) -> int | None:
        """A date yyyy-mm-dd as a local day; absent or null: None."""
        value = self.values.get(key)
        if value is None:
            return None
        try:
            return day_of(value)
        except (TypeError, ValueError) as err:
            raise self.wrong(key, "has to be a date, yyyy-mm-dd") from err

    def start_ms(self, key: str) -> int | None:
        """When a local day begins."""
        day = self.day(key)
        return None if day is None else day * DAY_MS - OFFSET_MS


def entries(text: str, file: str, name: str, code: str) -> list[Entry]:
    """The entries of the list `name`; `code` is that of errors in them. Raises `Unusable`: `code`."""
    if len(text) > MOST_CHARACTERS:
        raise Unusable(code, f"{file}: is too long")
    try:
        return [Entry(file, line, code, one) for line, one in _walk(text, name)]
    except json.JSONDecodeError as err:
        raise Unusable(code, f"{file}, line {err.lineno}: {err.msg}") from None
    except RecursionError:
        raise Unusable(code, f"{file}: is nested too deeply") from None


def _walk(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # the object's keys by hand, so that each entry's place is known
    decoder, at, is_found = json.JSONDecoder(object_pairs_hook=_object), _over(text, 0, "{"), False
    while True:
        key, at = decoder.raw_decode(text, _skip(text, at))
        if not isinstance(key, str):
            raise json.JSONDecodeError("Expecting a key", text, at)
        at = _over(text, at, ":")
        if key == name and not is_found:
            is_found = True
            found, at = _listed(text, at, decoder)
            yield from found
        elif key in _FOR_PEOPLE:
            _, at = decoder.raw_decode(text, _skip(text, at))
        else:
            raise json.JSONDecodeError(f"Only {name!r}, 'source' and 'note' stand here, once", text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ",":
            break
        at += 1
    at = _skip(text, _over(text, at, "}"))
    if at != len(text) or not is_found:
        raise json.JSONDecodeError("Extra data" if is_found else f"No list {name!r}", text, at)


def _listed(text: str, at: int, decoder: json.JSONDecoder) -> tuple[list[tuple[int, dict[str, Any]]], int]:
    found: list[tuple[int, dict[str, Any]]] = []
    at = _skip(text, _over(text, at, "["))
    line, counted_to = text.count("\n", 0, at) + 1, at
    while text[at : at + 1] != "]":
        at = _skip(text, at if not found else _over(text, at, ","))
        line, counted_to = line + text.count("\n", counted_to, at), at
        value, at = decoder.raw_decode(text, at)
        if not isinstance(value, dict):
            raise json.JSONDecodeError("Expecting an object", text, counted_to)
        found.append((line, value))
        at = _skip(text, at)
    return found, at + 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise json.JSONDecodeError("A key stands twice", "", 0)
    return made


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _over(text: str, at: int, what: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != what:
        raise json.JSONDecodeError(f"Expecting {what!r}", text, at)
    return at + 1
