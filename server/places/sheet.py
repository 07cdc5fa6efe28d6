"""Tables as files: CSV as spreadsheets write it, and as they may open it without harm.

1. UTF-8 with or without BOM, or UTF-16 with one. Separators `,`, `;` or tab: the one that the first line has most of,
   or that a line `sep=;` says. Which table it is, its columns say; they may be named in Vietnamese.
2. Rows are numbered as in the file: the line on which a row ends. Empty rows are left out.
3. What goes out is UTF-8 with BOM, lines end in CRLF. A cell that a spreadsheet would take for a formula (it begins
   with = + - @, one of their wide forms, tab or CR) gets an apostrophe before it; coming in, it is taken away again.
Source of 3: OWASP, CSV Injection.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.errors import Refused

MOST_BYTES, MOST_ROWS, MOST_CELL = 16 << 20, 50_000, 4000
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
SEPARATORS = (",", ";", "\t")

COLUMNS: dict[str, tuple[str, ...]] = {
    "areas": ("code", "name", "level", "parent", "since", "until", "successor"),
    "places": (
        "place_id",
        "name",
        "kind",
        "area",
        "address",
        "opening",
        "capacity",
        "stay_min",
        "day_begins",
        "operators",
    ),
    "gates": ("place_id", "gate_id", "name", "zone", "direction"),
    "purposes": ("place_id", "since", "until", "mode", "basis"),
    "gateways": ("gateway_id", "since", "place_id"),
    "boxes": ("box_id", "since", "place_id", "gate_id"),
}
NEEDED: dict[str, tuple[str, ...]] = {
    "areas": ("code", "name"),
    "places": ("place_id", "name"),
    "gates": ("place_id", "gate_id"),
    "purposes": ("place_id", "since", "mode"),
    "gateways": ("gateway_id", "place_id"),
    "boxes": ("box_id", "place_id"),
}
VIETNAMESE = {
    "mã": "code",
    "cấp": "level",
    "thuộc": "parent",
    "chuyển vào": "successor",
    "mã địa điểm": "place_id",
    "tên": "name",
    "loại": "kind",
    "khu vực": "area",
    "địa chỉ": "address",
    "giờ mở cửa": "opening",
    "sức chứa": "capacity",
    "thời gian lưu (phút)": "stay_min",
    "giờ bắt đầu ngày": "day_begins",
    "người vận hành": "operators",
    "mã cổng": "gate_id",
    "khu": "zone",
    "chiều": "direction",
    "mã hộp": "box_id",
    "mã trạm": "gateway_id",
    "từ": "since",
    "đến": "until",
    "mục đích": "mode",
    "căn cứ": "basis",
}


class Cells(NamedTuple):
    """A row of a table as it was written. `is_long`: it has more cells than there are columns."""

    row: int
    cells: Mapping[str, str]
    is_long: bool


class Table(NamedTuple):
    """A file that was read. `name` is one of `COLUMNS`; `is_plain`: it is ASCII and no more."""

    name: str
    columns: tuple[str, ...]
    rows: list[Cells]
    is_plain: bool


def read(data: bytes, name: str | None = None) -> Table:
    """`name`: the table it has to be. Raises `Refused`: `csv_…`."""
    lines = csv.reader(io.StringIO(*_text(data)), delimiter=_separator(data), strict=True)
    rows: list[Cells] = []
    columns: tuple[str, ...] = ()
    try:
        for line in lines:
            if not any(cell.strip() for cell in line) or (not columns and line[0].startswith("sep=")):
                continue
            if not columns:
                columns = _columns(line)
                continue
            if len(rows) == MOST_ROWS:
                raise Refused("csv_rows", f"more than {MOST_ROWS} rows")
            cells = {column: _taken(cell) for column, cell in zip(columns, line, strict=False)}
            rows.append(Cells(lines.line_num, cells, any(cell.strip() for cell in line[len(columns) :])))
    except csv.Error as err:
        raise Refused("csv_form", f"line {lines.line_num}: {err}") from err
    if not rows:
        raise Refused("csv_rows", "no rows")
    return Table(_name(columns, name), columns, rows, data.isascii())


def written(name: str, rows: Iterable[Mapping[str, str]]) -> bytes:
    """The file of a table; what is missing in a row is empty."""
    out = io.StringIO()
    to = csv.writer(out, lineterminator="\r\n")
    to.writerow(COLUMNS[name])
    to.writerows([safe(row.get(column, "")) for column in COLUMNS[name]] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if FORMULA.match(cell) else cell


def _taken(cell: str) -> str:
    cell = cell[: MOST_CELL + 1].strip(" ")
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def _text(data: bytes) -> tuple[str, str]:
    """The text, and how `StringIO` is to take its lines. Raises `Refused`: `csv_bytes`, `csv_encoding`."""
    if len(data) > MOST_BYTES:
        raise Refused("csv_bytes", f"more than {MOST_BYTES} bytes")
    encoding = next((name for bom, name in BOMS if data.startswith(bom)), "utf-8")
    try:
        return data.decode(encoding), ""
    except UnicodeDecodeError as err:
        raise Refused("csv_encoding", f"byte {err.start}") from err


def _separator(data: bytes) -> str:
    first = _text(data)[0].lstrip("\r\n").partition("\n")[0].rstrip("\r")
    if first.startswith("sep=") and first[4:5] in SEPARATORS:
        return first[4]
    return max(SEPARATORS, key=first.count)


def _columns(line: list[str]) -> tuple[str, ...]:
    names = [unicodedata.normalize("NFC", cell).strip().lower() for cell in line]
    while names and not names[-1]:
        names.pop()
    found = tuple(VIETNAMESE.get(name, name.replace(" ", "_")) for name in names)
    if len(set(found)) < len(found):
        raise Refused("csv_column", "a column is there twice")
    return found


def _name(columns: tuple[str, ...], wanted: str | None) -> str:
    for name, known in COLUMNS.items():
        if wanted in (None, name) and set(NEEDED[name]) <= set(columns) <= set(known):
            return name
    every = {column for known in COLUMNS.values() for column in known}
    odd = [column for column in columns if column not in every]
    if odd:
        shown = "".join(letter if letter.isprintable() else "?" for letter in odd[0][:40])
        raise Refused("csv_column", f"{shown}: no such column")
    raise Refused("csv_sheet", "columns of none of: " + ", ".join(COLUMNS if wanted is None else [wanted]))
