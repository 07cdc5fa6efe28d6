"""Lists out of CSV files as spreadsheets save them: commas, semicolons or tabs, with a mark of UTF-8 or without."""

import csv
import io
from pathlib import Path

MOST_ROWS = 2000
_MOST_BYTES = 4 * 1024 * 1024


class BadList(ValueError):
    """It cannot be used. `code`: text, empty, long, or no_column, twice with `column`."""

    def __init__(self, code: str, column: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.column = column


def rows_of(file: Path, needed: str, also: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """-> a dictionary for each row: column (small letters): value. Rows without a value in `needed` are left out.

    `also`: other names that the needed column may have. BadList; OSError.
    """
    with open(file, "rb") as opened:
        data = opened.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise BadList("long")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadList("text") from None
    if "\0" in text:
        raise BadList("text")
    try:
        return _rows(text, needed, also)
    except csv.Error:
        raise BadList("text") from None


def _rows(text: str, needed: str, also: tuple[str, ...]) -> list[dict[str, str]]:
    head = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter)
    names = [name.strip().lower() for name in next(reader, [])]
    column = next((name for name in (needed, *also) if name in names), None)
    if column is None:
        raise BadList("no_column", needed)
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise BadList("twice", twice[:40])
    found = []
    for row in reader:
        values = {name: value.strip() for name, value in zip(names, row)}
        if values.get(column):
            found.append({**values, needed: values[column]})
        if len(found) > MOST_ROWS:
            raise BadList("long")
    if not found:
        raise BadList("empty")
    return found
