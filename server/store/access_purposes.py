"""Changes of what scans are kept for, with their lines in the record of looks: both in one transaction, or neither.

1. A line is of one place (`place:…`, or `gateway:…` where rules were wished of a gateway by hand): `old` and `new` are
   the periods that went and that came, each as `2026-01-31T00:00/2026-03-01T00:00 identified 0f1e2d3c QD 12/QD-UBND`:
   local times, the mode, and the legal basis as eight digits of its SHA-256 and in plain letters, cut short.
2. What stays as it was leaves no line.
Whoever asks has locked the record as the first act of its job.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeVar

from sqlalchemy import Connection, select

from server.access.chain import Told
from server.errors import Refused
from server.fleet import forms as fleet_forms
from server.places import forms
from server.places.importing import Sheet
from server.places.register import wished_periods
from server.places.types import Period
from server.store import place_import, place_register, place_wishes, wishes
from server.store.fleet_tables import gateways
from server.store.place_import import Imported
from server.store.place_seats import all_periods

PUT = "purposes_put"
CHUNK = 400
MOST_BASIS = 56
DIGITS = re.compile(r"[0-9]{9,}")
T = TypeVar("T")
Periods = tuple[Period, ...]


def put(
    connection: Connection, place_id: str, periods: Periods, seen: int, by: str, now_ms: int
) -> tuple[int, list[Told]]:
    """All purposes of a place; returns its version, and what the record is to say. Raises `Refused`: `not_found`,
    `changed_meanwhile`."""

    def job() -> int:
        _must_be(connection, place_id, seen)
        number = place_register.put_periods(connection, {place_id: periods}, now_ms)
        place_wishes.apply(connection, [place_id], now_ms)
        return number

    return _told(connection, [place_id], by, job)


def drop_place(connection: Connection, place_id: str, seen: int, by: str) -> list[Told]:
    """Take a place out, with its purposes. Raises `Refused`: `changed_meanwhile`, `place_used`."""

    def job() -> None:
        _must_be(connection, place_id, seen)
        place_register.drop_place(connection, place_id)

    return _told(connection, [place_id], by, job)[1]


def take_in(
    connection: Connection, sheet: Sheet, partial: bool, dry: bool, by: str, now_ms: int
) -> tuple[Imported, list[Told]]:
    """A judged file, as `place_shelf.take_in`."""

    def job() -> Imported:
        made = place_import.put(connection, sheet, partial, dry, by, now_ms)
        place_wishes.apply(connection, made.place_ids, now_ms)
        return made

    ids = sorted({str(row.key[0]) for row in sheet.rows}) if sheet.name == "purposes" else []
    return _told(connection, ids, by, job)


def wish_place(
    connection: Connection, gateway_id: str, place: bytes | None, seen: int | None, by: str
) -> tuple[int, list[Told]]:
    """The rules of a place, wished of a gateway; returns the version of its wishes. Raises `Refused`:
    `changed_meanwhile`."""
    wishes.must_be(connection, gateway_id, seen)
    kept = connection.execute(select(gateways.c.place).where(gateways.c.gateway_id == gateway_id)).scalar()
    old, new = (wished_periods(None if one is None else fleet_forms.read(one)) for one in (kept, place))
    wishes.wish_place(connection, gateway_id, place)
    told = [_line(by, f"gateway:{gateway_id}", old, new)] if old != new else []
    return wishes.touch(connection, gateway_id), told


def _told(connection: Connection, place_ids: Sequence[str], by: str, job: Callable[[], T]) -> tuple[T, list[Told]]:
    place_register.hold(connection)
    before = _periods(connection, place_ids)
    made = job()
    after = _periods(connection, place_ids)
    changed = [one for one in place_ids if before.get(one, ()) != after.get(one, ())]
    return made, [_line(by, f"place:{one}", before.get(one, ()), after.get(one, ())) for one in changed]


def _periods(connection: Connection, place_ids: Sequence[str]) -> dict[str, Periods]:
    found: dict[str, Periods] = {}
    for at in range(0, len(place_ids), CHUNK):
        found.update(all_periods(connection, place_ids[at : at + CHUNK]))
    return found


def _line(by: str, subject: str, old: Iterable[Period], new: Iterable[Period]) -> Told:
    was, is_now = list(old), list(new)
    detail = {
        "old": [_text(one) for one in was if one not in is_now],
        "new": [_text(one) for one in is_now if one not in was],
    }
    return Told(by, PUT, (subject,), detail)


def _text(one: Period) -> str:
    since = forms.local(one.since_ms, "T") or "always"
    until = forms.local(one.until_ms, "T") if one.until_ms is not None else ""
    digest = sha256(one.basis.encode()).hexdigest()[:8] if one.basis else "-"
    return f"{since}/{until} {one.mode} {digest} {_plain(one.basis)}".strip()


def _plain(text: str) -> str:
    """In letters that the record takes; a long number, which could be a person's, is left out."""
    parted = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    found = "".join(one if one.isascii() else "?" for one in parted if not unicodedata.combining(one))
    return DIGITS.sub("#", "".join(one for one in found if one.isprintable()))[:MOST_BASIS]


def _must_be(connection: Connection, place_id: str, seen: int) -> None:
    found = place_register.entry(connection, place_id)
    if found is None:
        raise Refused("not_found", "no such place")
    if found.version != seen:
        raise Refused("changed_meanwhile", "the place was changed by somebody else")
