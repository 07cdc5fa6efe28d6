"""Rows of a file as entries of the register: each judged by itself, then beside the others, then beside what is there.

1. A row that is wrong is named by its number, with one code, and whatever else of the file is good stays good.
2. The same key twice: the first one counts, every later one is `row_duplicate`.
3. The periods of a place's purposes hold together: one wrong row takes the others of that place with it. They replace
   what was there for that place. Rows of the other tables add to, or replace, their own entry alone.
4. A column that the file does not have leaves what is there as it is; a new entry gets its default. So does a cell
   that a row does not have because it ends before it: spreadsheets leave out empty ones at the end, and files get torn.
5. In a file of plain ASCII, question marks within the words of a name are what a spreadsheet wrote for letters that
   its form of CSV lacks.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from server.errors import Refused
from server.places import areas, forms, opening, purpose, register
from server.places.areas import Areas
from server.places.sheet import Cells, Table
from server.places.types import MODES, Area, BoxSeat, Gate, GatewaySeat, Period, Place

Key = tuple[str | int, ...]
TELL_EACH = 200
LOST = re.compile(r"\w\?+\w|\w\?+\s|(?:^|\s)\?+\w")
WORDS = ("name", "address")


class Row(NamedTuple):
    """A good row. `entry`: Area, Place, Gate, BoxSeat, GatewaySeat, or Period; of a Period the place is in the key.
    `columns`: those that it has a cell in."""

    row: int
    key: Key
    entry: Any
    columns: frozenset[str]


class Problem(NamedTuple):
    """A row that is not taken, and why."""

    row: int
    key: str
    code: str
    detail: str


class Sheet(NamedTuple):
    """A file that was judged."""

    name: str
    columns: frozenset[str]
    rows: list[Row]
    problems: list[Problem]


class Known(NamedTuple):
    """What is in the register already, of what the rows name."""

    areas: list[Area]
    places: frozenset[str]
    gates: frozenset[tuple[str, str]]


def judged(table: Table, tell: Callable[[int], None] = lambda rows: None) -> Sheet:
    """Each row by itself and beside the others; `tell` hears how many are done."""
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: set[Key] = set()
    for at, cells in enumerate(table.rows):
        try:
            if cells.is_long:
                raise Refused("csv_cells", f"{len(table.columns)} columns")
            if table.is_plain and (lost := next((one for one in WORDS if LOST.search(cells.cells.get(one, ""))), "")):
                raise Refused("csv_letters", lost)
            key, entry = READ[table.name](_Filled(cells))
            if key in seen:
                raise Refused("row_duplicate", "this key is in a row above")
            seen.add(key)
            rows.append(Row(cells.row, key, entry, frozenset(cells.cells)))
        except Refused as err:
            problems.append(Problem(cells.row, _shown(table.name, cells), err.code, err.detail))
        if at % TELL_EACH == 0:
            tell(at + 1)
    tell(len(table.rows))
    sheet = Sheet(table.name, frozenset(table.columns), rows, problems)
    return _together(sheet) if table.name == "purposes" else sheet


def beside(sheet: Sheet, known: Known) -> Sheet:
    """The same, beside what is there."""
    tree = Areas([*known.areas, *(row.entry for row in sheet.rows if sheet.name == "areas")])
    rows: list[Row] = []
    problems = list(sheet.problems)
    for row in sheet.rows:
        code = _missing(sheet.name, row, known, tree)
        if code:
            problems.append(Problem(row.row, _key_of(row.key), code, ""))
        else:
            rows.append(row)
    made = sheet._replace(rows=rows, problems=sorted(problems))
    if sheet.name == "areas":
        return _in_order(made, known.areas)
    return _together(made) if sheet.name == "purposes" else made


class _Filled:
    """A row's cells, empty where there are none."""

    def __init__(self, cells: Cells) -> None:
        self._cells: Mapping[str, str] = cells.cells

    def __getitem__(self, column: str) -> str:
        return self._cells.get(column, "")


def _area(cells: _Filled) -> tuple[Key, Area]:
    code = forms.area_code(cells["code"])
    parent = forms.area_code(cells["parent"]) if cells["parent"] else ""
    successor = forms.area_code(cells["successor"]) if cells["successor"] else ""
    level: Any = cells["level"].lower() or areas.level_of(code)
    name = forms.text(cells["name"], register.MOST_NAME, 1)
    made = Area(code, name, level, parent, forms.day(cells["since"]), forms.day(cells["until"]), successor)
    return (code, made.since), areas.checked(made)


def _place(cells: _Filled) -> tuple[Key, Place]:
    made = register.place(
        Place(
            cells["place_id"],
            cells["name"],
            cells["kind"].lower() or "other",
            cells["area"],
            cells["address"],
            opening.parse(cells["opening"]),
            forms.whole(cells["capacity"], register.MOST_CAPACITY, "place_capacity"),
            forms.whole(cells["stay_min"], register.MOST_STAY_MIN, "place_stay"),
            cells["day_begins"] or "00:00",
            tuple(cells["operators"].replace(",", " ").split(" ")) if cells["operators"] else (),
        )
    )
    return (made.place_id,), made


def _gate(cells: _Filled) -> tuple[Key, Gate]:
    direction: Any = cells["direction"].lower() or "both"
    made = register.gate(Gate(cells["place_id"], cells["gate_id"], cells["name"], cells["zone"], direction))
    return (made.place_id, made.gate_id), made


def _period(cells: _Filled) -> tuple[Key, Period]:
    place_id = forms.matching(cells["place_id"], forms.ID, "place_id")
    mode: Any = cells["mode"].lower()
    if mode not in MODES:
        raise Refused("purpose_mode", f"{forms.printable(mode)}: one of {', '.join(MODES)}")
    since_ms = forms.instant_ms(cells["since"])
    until_ms = forms.instant_ms(cells["until"]) if cells["until"] else None
    made = Period(since_ms, mode, forms.text(cells["basis"], register.MOST_BASIS), until_ms)
    purpose.checked([made])
    return (place_id, since_ms), made


def _gateway(cells: _Filled) -> tuple[Key, GatewaySeat]:
    made = register.seat(GatewaySeat(cells["gateway_id"], forms.instant_ms(cells["since"]), cells["place_id"]))
    return made[:2], made


def _box(cells: _Filled) -> tuple[Key, BoxSeat]:
    since_ms = forms.instant_ms(cells["since"])
    made = register.seat(BoxSeat(cells["box_id"], since_ms, cells["place_id"], cells["gate_id"]))
    return made[:2], made


READ: dict[str, Callable[[_Filled], tuple[Key, Any]]] = {
    "areas": _area,
    "places": _place,
    "gates": _gate,
    "purposes": _period,
    "gateways": _gateway,
    "boxes": _box,
}


def _missing(name: str, row: Row, known: Known, tree: Areas) -> str:
    """The code of what it names and is not there; "" where all of it is."""
    entry = row.entry
    if name == "areas":
        if entry.parent and entry.parent not in tree:
            return "area_unknown"
        return "area_successor" if entry.successor and entry.successor not in tree else ""
    if name == "places":
        return "area_unknown" if entry.area and entry.area not in tree else ""
    place_id = str(row.key[0]) if name == "purposes" else entry.place_id
    if place_id and place_id not in known.places:
        return "place_unknown"
    gate_id = entry.gate_id if name == "boxes" else ""
    return "gate_unknown" if gate_id and (place_id, gate_id) not in known.gates else ""


def _together(sheet: Sheet) -> Sheet:
    """Periods of a place: in order as a whole, or none of them."""
    by_place: dict[str, list[Row]] = {}
    for row in sheet.rows:
        by_place.setdefault(str(row.key[0]), []).append(row)
    bad = {one.key.partition(" ")[0] for one in sheet.problems}
    problems: list[Problem] = []
    for place_id, rows in by_place.items():
        if place_id in bad:
            problems += [Problem(row.row, _key_of(row.key), "row_together", "") for row in rows]
            continue
        try:
            purpose.checked([row.entry for row in rows])
        except Refused as err:
            bad.add(place_id)
            problems += [Problem(row.row, _key_of(row.key), err.code, err.detail) for row in rows]
    rows_left = [row for row in sheet.rows if str(row.key[0]) not in bad]
    return sheet._replace(rows=rows_left, problems=sorted([*sheet.problems, *problems]))


def _in_order(sheet: Sheet, known: list[Area]) -> Sheet:
    """No two areas of the same code at once, those that are there among them."""
    rows, problems = list(sheet.rows), list(sheet.problems)
    new = {row.key for row in rows}
    by_code: dict[str, list[Area]] = {}
    for one in known:
        if (one.code, one.since) not in new:
            by_code.setdefault(one.code, []).append(one)
    kept: list[Row] = []
    for row in sorted(rows, key=lambda one: (str(one.key[0]), str(one.key[1]))):
        beside_it = by_code.setdefault(row.entry.code, [])
        if areas.disordered([*beside_it, row.entry]) is None:
            beside_it.append(row.entry)
            kept.append(row)
        else:
            problems.append(Problem(row.row, _key_of(row.key), "area_dates", ""))
    return sheet._replace(rows=sorted(kept, key=lambda one: one.row), problems=sorted(problems))


def _shown(name: str, cells: Cells) -> str:
    first = {"areas": "code", "gateways": "gateway_id", "boxes": "box_id"}.get(name, "place_id")
    return forms.printable(cells.cells.get(first, ""))


def _key_of(key: Key) -> str:
    return " ".join(str(one) for one in key)
