"""A judged file into the register, in the transaction of whoever asks: all of it, or what is good of it, or nothing."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from server.places import opening
from server.places.forms import local
from server.places.importing import Known, Problem, Row, Sheet, beside
from server.places.types import Area, BoxSeat, Gate, GatewaySeat, Period, Place
from server.store import place_register as rows_of
from server.store.place_seats import all_periods

PAGE = 400


class Imported(NamedTuple):
    """What came of a file. `is_kept` false: nothing was kept."""

    sheet: str
    rows: int
    added: int
    changed: int
    same: int
    is_kept: bool
    problems: list[Problem]
    place_ids: list[str]
    """Whose gateways are to hear of it."""


def put(connection: Connection, asked: Sheet, partial: bool, dry: bool, by: str, now_ms: int) -> Imported:
    """Judge it beside what is there; keep it where nothing is wrong, or where `partial` says so."""
    rows_of.hold(connection)
    sheet = beside(asked, _known(connection, asked))
    total = len(sheet.rows) + len(sheet.problems)
    if sheet.name == "purposes":
        changes = _purposes(connection, sheet.rows)
    else:
        changes = _entries(connection, sheet)
    added, changed, same, entries = changes
    is_kept = not dry and (partial or not sheet.problems)
    if is_kept and entries:
        _keep(connection, sheet.name, entries, by, now_ms)
    touched = sorted({_place_of(one) for one in entries} - {""}) if is_kept else []
    return Imported(sheet.name, total, added, changed, same, is_kept, sheet.problems, touched)


def _known(connection: Connection, sheet: Sheet) -> Known:
    ids = {str(row.key[0]) if sheet.name == "purposes" else getattr(row.entry, "place_id", "") for row in sheet.rows}
    wanted = sorted(ids - {""})
    there = frozenset(rows_of.places_of(connection, wanted)) if sheet.name != "places" else frozenset[str]()
    gates = {one[:2] for one in _pages(rows_of.gates_of, connection, wanted)} if sheet.name == "boxes" else set()
    areas = rows_of.all_areas(connection) if sheet.name in ("areas", "places") else []
    return Known(areas, there, frozenset(gates))


def _entries(connection: Connection, sheet: Sheet) -> tuple[int, int, int, list[Any]]:
    """(added, changed, same, what is to be written): a cell that a row lacks stays as it is."""
    before = _before(connection, sheet)
    added = changed = same = 0
    entries: list[Any] = []
    for row in sheet.rows:
        was = before.get(row.key)
        entry = row.entry if was is None else was._replace(**_said(sheet.name, row))
        added += was is None
        same += was == entry
        changed += was is not None and was != entry
        if was != entry:
            entries.append(entry)
    return added, changed, same, entries


def _said(table: str, row: Row) -> dict[str, Any]:
    fields = {"since": "since_ms"} if table in ("boxes", "gateways") else {}
    return {field: getattr(row.entry, field) for field in (fields.get(one, one) for one in row.columns)}


def _before(connection: Connection, sheet: Sheet) -> dict[tuple[str | int, ...], Any]:
    firsts = sorted({str(row.key[0]) for row in sheet.rows})
    if sheet.name == "areas":
        return {(one.code, one.since): one for one in rows_of.all_areas(connection)}
    if sheet.name == "places":
        return {(key,): one for key, one in rows_of.places_of(connection, firsts).items()}
    read: Any = {"gates": rows_of.gates_of, "boxes": rows_of.box_seats, "gateways": rows_of.gateway_seats}[sheet.name]
    return {one[:2]: one for one in _pages(read, connection, firsts)}


def _purposes(connection: Connection, rows: Sequence[Row]) -> tuple[int, int, int, list[Any]]:
    made: dict[str, tuple[Period, ...]] = {}
    for row in rows:
        made[str(row.key[0])] = (*made.get(str(row.key[0]), ()), row.entry)
    before: dict[str, tuple[Period, ...]] = {}
    for at in range(0, len(made), PAGE):
        before.update(all_periods(connection, list(made)[at : at + PAGE]))
    new = [(key, periods) for key, periods in made.items() if before.get(key) != periods]
    added = sum(len(periods) for key, periods in new if key not in before)
    changed = sum(len(periods) for key, periods in new if key in before)
    return added, changed, len(rows) - added - changed, new


def _keep(connection: Connection, name: str, entries: list[Any], by: str, now_ms: int) -> None:
    if name == "areas":
        rows_of.put_areas(connection, entries)
    elif name == "places":
        rows_of.put_places(connection, entries, now_ms)
    elif name == "gates":
        rows_of.put_gates(connection, entries, now_ms)
    elif name == "purposes":
        rows_of.put_periods(connection, dict(entries), now_ms)
    elif name == "gateways":
        rows_of.put_gateway_seats(connection, entries, by, now_ms)
    else:
        rows_of.put_box_seats(connection, entries, by, now_ms)


def _place_of(entry: Any) -> str:
    if isinstance(entry, Area):
        return ""
    return entry[0] if isinstance(entry, tuple) and not hasattr(entry, "_fields") else str(entry.place_id)


def _pages(read: Any, connection: Connection, ids: Sequence[str]) -> list[Any]:
    return [one for at in range(0, len(ids), PAGE) for one in read(connection, ids[at : at + PAGE])]


def cells_of(entry: Any, place_id: str = "") -> dict[str, str]:
    """A row of the file that the import reads as this; a Period's place is said."""
    made: dict[str, str] = {key: "" if one is None else str(one) for key, one in entry._asdict().items()}
    if isinstance(entry, Place):
        made.update(opening=opening.text_of(entry.opening), operators=" ".join(entry.operators))
    elif isinstance(entry, Period):
        until_ms = entry.until_ms
        made.update(place_id=place_id, since=local(entry.since_ms), until=local(until_ms) if until_ms else "")
    elif isinstance(entry, BoxSeat | GatewaySeat):
        made["since"] = local(entry.since_ms)
    elif not isinstance(entry, Area | Gate):
        raise TypeError(type(entry))
    return made
