"""An answer on its way out: CSV as it is read, XLSX through a file that goes with the answer.

What is in it comes a page at a time; memory does not grow with the answer. The file of an XLSX has no name; the parts
that it is put together from have, in a private folder that is gone before the first byte leaves (`trace_folder`).
"""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import xlsxwriter

from server.codes.types import PHONE, Document
from server.tracing import sheets
from server.tracing.sheets import Cell, Person
from server.tracing.told import Kept
from server.web.trace_folder import private_folder, sweep
from server.web.trace_store import TraceStore
from server.web.trace_work import Identity, Work

PAGE_CONTACTS = 200
CHUNK_BYTES = 1 << 16
CSV_TYPE = "text/csv"  # the framework says the character set of what is text
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Taken(NamedTuple):
    """What is taken out. `facts`: lines about the question; `with_identities`: with who the contacts are."""

    question_id: str
    facts: Sequence[tuple[str, str]]
    holes: Sequence[dict[str, Any]]
    with_identities: bool

    def headers(self) -> list[str]:
        """Of the contacts."""
        pairs = sheets.HEADERS + (sheets.IDENTITY_HEADERS if self.with_identities else ())
        return sheets.headers(pairs)


async def pages(store: TraceStore, work: Work, taken: Taken) -> AsyncIterator[list[list[Cell]]]:
    """The rows of the contacts."""
    after = 0
    while found := await store.contacts(taken.question_id, after, PAGE_CONTACTS):
        after = found[-1][0]
        kept = [one for _, one in found]
        place_ids = sorted({stay.place_id for one in kept for stay in one.contact.meetings})
        names = {place_id: facts.name for place_id, facts in (await store.places(place_ids)).items()}
        people = await _people(work, kept) if taken.with_identities else {}
        yield [row for one in kept for row in sheets.rows(one.contact, names, people.get(one.pseudonym))]


async def as_csv(store: TraceStore, work: Work, taken: Taken) -> AsyncIterator[bytes]:
    """UTF-8 with a mark at its beginning, for Excel."""
    yield "\ufeff".encode() + _lines([taken.headers()])
    async for page in pages(store, work, taken):
        yield _lines(page)
    yield _lines([[], ["Những gì kết quả này không biết / What this answer does not know"]])
    yield _lines([sheets.headers(sheets.HOLE_HEADERS), *(sheets.hole_row(one) for one in taken.holes)])
    yield _lines([[], *([vi, sheets.clean(value)] for vi, value in taken.facts)])


async def as_xlsx(store: TraceStore, work: Work, taken: Taken) -> AsyncIterator[bytes]:
    """Three sheets: contacts, holes, the question."""
    await asyncio.to_thread(sweep)
    with tempfile.TemporaryFile() as file:
        with private_folder() as folder:
            await _write(file, folder, store, work, taken)
        file.seek(0)
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


async def _write(file: IO[bytes], folder: Path, store: TraceStore, work: Work, taken: Taken) -> None:
    plain = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": str(folder), **plain})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    sheet = _sheet(book, "Tiếp xúc", taken.headers(), bold)
    number = 0
    async for page in pages(store, work, taken):
        for row in page:
            number += 1
            _put(sheet, number, row)
    sheet = _sheet(book, "Không biết", sheets.headers(sheets.HOLE_HEADERS), bold)
    for number, hole in enumerate(taken.holes, 1):
        _put(sheet, number, sheets.hole_row(hole))
    sheet = book.add_worksheet("Câu hỏi")
    sheet.set_column(0, 1, 40)
    for number, (what, value) in enumerate(taken.facts):
        _put(sheet, number, [what, sheets.clean(value)])
    await _to_its_end(book.close)


async def _to_its_end(act: Callable[[], object]) -> None:
    """In a thread, and never left alone: whoever breaks off waits, as the thread writes into the folder."""
    task = asyncio.ensure_future(asyncio.to_thread(act))
    try:
        await asyncio.shield(task)
    finally:
        await asyncio.wait({task})


def _sheet(book: Any, name: str, titles: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(titles) - 1, 18)
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, bold)
    return sheet


def _put(sheet: Any, number: int, row: Sequence[Cell]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, int):
            sheet.write_number(number, column, cell)
        else:
            sheet.write_string(number, column, cell)


def _lines(rows: Sequence[Sequence[Cell]]) -> bytes:
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerows(sheets.inert(row) for row in rows)
    return made.getvalue().encode("utf-8", "replace")


async def _people(work: Work, kept: Sequence[Kept]) -> dict[str, Person]:
    found = await work.identities([(one.pseudonym, one.person) for one in kept])
    return {one.pseudonym: _person(one) for one in found}


def _person(one: Identity) -> Person:
    if one.is_gone:
        return Person(sheets.GONE)
    return Person(
        "; ".join(one.names),
        "; ".join(one.born),
        "; ".join(one.sex),
        "; ".join(_shown(document) for document in one.documents if document.type != PHONE),
        "; ".join(document.value for document in one.documents if document.type == PHONE),
        "; ".join(_shown(document) for document in one.guardian),
    )


def _shown(document: Document) -> str:
    return f"{document.type} {document.value}"
