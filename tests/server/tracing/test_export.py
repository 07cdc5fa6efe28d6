"""Opening one contact and taking an answer out: what is put down, what needs a second person, what is in a sheet."""

import asyncio
import csv
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from server.tracing import sheets
from server.web import trace_export, trace_folder, tracing
from server.web.trace_export import Taken
from tests.server.access import users_in
from tests.server.tracing.conftest import MARKET
from tests.server.tracing.test_cases_web import CASES, WHO, answer_to, looks

HOSTILE = ["=1+1", "+84", "-2", "@SUM(A1)", "\t=1", "=cmd|'/c calc'!A0", "＝1", "Ổ\n=2", "a\x00b", '"quoted"', "x;y,z"]


def citizen_code(number, name="Nguyễn Thị Hoa"):
    """What stands in the QR code of a citizen card; the name may be anything."""
    return f"0010990{number:05}|012345678|{name}|01011990|Nữ|Chợ Bến Xe|01012021".encode()


@pytest.fixture
async def met(town):
    """Two who met; who the other is stands in a sealed scan. -> their macs"""
    await town.place(name="=HYPERLINK(0)")
    me, other = await town.person(1), await town.person(2, phone="0912000002")
    await town.sealed_scan(other, citizen_code(2), 5)
    for who in (me, other):
        await town.visit(who, 0, 60, has_phone=True)
    return me, other


@pytest.fixture
async def answered(ask, case, met):
    """-> the path of an answer, and the answer."""
    found = await answer_to(ask, case, **WHO)
    return f"{CASES}/{case}/questions/{found['question']['id']}", found


async def test_a_contact_is_opened_by_itself_and_the_look_is_put_down_first(ask, answered, met, server):
    path, found = answered
    name = found["contacts"][0]["contact"]["pseudonym"]
    who = await ask("POST", f"{path}/contacts/{name}/open")
    assert who["documents"][0] == {"type": "citizen", "value": "001099000002", "masked": False}
    assert who["names"] == ["Nguyễn Thị Hoa"]
    (look,) = await looks(server, "contact_opened")
    assert met[1].hex() in look.subjects


async def test_where_the_look_cannot_be_put_down_nothing_is_told(ask, answered, server, monkeypatch):
    path, found = answered
    name = found["contacts"][0]["contact"]["pseudonym"]

    async def full(*what):
        from server.errors import Unavailable

        raise Unavailable("store_full", "")

    monkeypatch.setattr(server.shelf.access, "record", full)
    for method, where in (("POST", f"{path}/contacts/{name}/open"), ("GET", f"{path}/export.csv?identities=true")):
        answer = await ask(method, where, 503)
        assert "001099000002" not in str(answer)


@pytest.mark.parametrize("name", ["00000-00000", "0000000000", "ILOU0-00000", "..%2f..-00000"])
async def test_a_pseudonym_that_is_not_in_the_answer_opens_nobody(client, tracer, answered, name):
    answer = await client.post(f"{answered[0]}/contacts/{name}/open", headers=tracer)
    assert answer.status_code in (400, 404)


async def test_a_key_that_was_destroyed_leaves_an_identity_that_says_so(ask, answered, server):
    path, found = answered
    for one in await server.holder.days():
        await server.holder.destroy(one.day, one.class_)
    name = found["contacts"][0]["contact"]["pseudonym"]
    who = await ask("POST", f"{path}/contacts/{name}/open")
    assert (who["documents"], who["names"], who["unreadable"]) == ([], [], 1)


async def test_csv_has_vietnamese_headers_local_times_and_the_holes(ask, answered, town):
    path, _ = answered
    answer = await ask("GET", f"{path}/export.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    row = dict(zip(lines[0], lines[1], strict=True))
    assert row["Vào lúc / In"] == sheets.local(town.base_ms)
    assert row["Mã địa điểm / Place"] == MARKET
    assert row["Tên địa điểm / Name of the place"] == "'=HYPERLINK(0)"
    assert ["Loại / Code", "Mã địa điểm / Place"] in [line[:2] for line in lines]
    assert "Họ tên / Name" not in lines[0]
    assert "001099000002" not in answer.text


async def test_xlsx_reads_back_with_identities_only_where_they_were_asked_for(ask, answered, server, met):
    path, _ = answered
    for identities in (False, True):
        answer = await ask("GET", f"{path}/export.xlsx", params={"identities": identities})
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        assert book.sheetnames == ["Tiếp xúc", "Không biết", "Câu hỏi"]
        rows = list(book["Tiếp xúc"].values)
        row = dict(zip(rows[0], rows[1], strict=True))
        assert row["Tên địa điểm / Name of the place"] == "=HYPERLINK(0)"
        assert {cell.data_type for line in book["Tiếp xúc"].rows for cell in line} <= {"s", "n"}
        assert ("Họ tên / Name" in row) is identities
        if identities:
            assert (row["Họ tên / Name"], row["Số giấy tờ / Documents"]) == (
                "Nguyễn Thị Hoa",
                "citizen 001099000002; old_citizen 012345678",
            )
    last = (await looks(server, "trace_exported"))[-1]
    assert met[1].hex() in last.subjects


async def test_more_than_a_few_identities_need_a_second_person(ask, answered, server, client, monkeypatch):
    monkeypatch.setattr(tracing, "MOST_ALONE", 0)
    path, found = answered
    whole = {"identities": True}
    refused = await ask("GET", f"{path}/export.csv", 403, params=whole)
    assert refused["code"] == "approval_needed"
    assert found["export_question"] in refused["detail"]
    assert (await ask("GET", f"{path}/export.csv", 404, params={**whole, "approval": "0" * 16}))["code"] == "not_found"
    form = {"action": "export", "question": found["export_question"], "about": "case", "people": 1}
    given = (await ask("POST", "/api/v1/approvals", 201, json=form))["id"]
    early = await ask("GET", f"{path}/export.csv", 409, params={**whole, "approval": given})
    assert early["code"] == "approval_state"
    other = await users_in.token(server, await users_in.make(server, "binh", ["tracer"]), ["tracer"])
    judged = await client.post(f"/api/v1/approvals/{given}", headers=other, json={"approve": True})
    assert judged.status_code in (200, 201), judged.text
    answer = await ask("GET", f"{path}/export.csv", params={**whole, "approval": given})
    assert "001099000002" in answer.text
    again = await ask("GET", f"{path}/export.csv", 409, params={**whole, "approval": given})
    assert again["code"] == "approval_state"
    assert not (await ask("GET", f"{path}/export.csv")).text.count("001099000002")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_csv_is_taken_for_a_formula(text):
    (cell,) = next(csv.reader(io.StringIO(trace_export._lines([[sheets.clean(text)]]).decode())))
    assert not cell.lstrip().startswith(sheets.FORMULA)
    assert not any(ord(letter) < 32 for letter in cell)


@given(st.lists(st.one_of(st.text(max_size=40), st.integers(-5, 5)), min_size=1, max_size=5))
def test_whatever_people_wrote_stays_one_inert_cell_each(cells):
    clean = [sheets.clean(one) for one in cells]
    (row,) = list(csv.reader(io.StringIO(trace_export._lines([clean]).decode(), newline=""))) or [[""]]
    assert len(row) == len(cells)
    for cell, before in zip(row, cells, strict=True):
        assert isinstance(before, int) or not cell.lstrip().startswith(sheets.FORMULA)


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_hostile_name_comes_back_from_xlsx_as_text(tmp_path, text):
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx", {"constant_memory": True})
    trace_export._put(book.add_worksheet(), 0, [sheets.clean(text), 7])
    book.close()
    cells = next(openpyxl.load_workbook(tmp_path / "a.xlsx").active.rows)
    assert (cells[0].value, cells[0].data_type, cells[1].value) == (sheets.clean(text), "s", 7)


def test_a_person_in_a_row_is_never_in_a_repr():
    assert repr(sheets.Person("Nguyễn Thị Hoa")) == "Person()"


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The system's temporary folder, empty."""
    found = tmp_path / "temporary"
    found.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(found))
    return found


def files_in(folder):
    return [one for one in folder.rglob("*") if one.is_file()]


async def rows_until(stop):
    """Two pages of contacts, and something in between."""
    yield [["Nguyễn Thị Hoa", 1]] * 500
    await stop()
    yield [["Trần Văn Bình", 2]]


async def test_an_xlsx_has_its_named_parts_in_a_private_folder_and_none_when_it_leaves(temporary, monkeypatch):
    seen = []

    async def look():
        seen.extend(files_in(temporary))
        (folder,) = temporary.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700

    monkeypatch.setattr(trace_export, "pages", lambda *_: rows_until(look))
    parts = trace_export.as_xlsx(None, None, Taken("q", [], [], False))
    first = await anext(parts)
    assert first.startswith(b"PK")
    assert seen
    assert list(temporary.iterdir()) == []
    await parts.aclose()


async def test_an_xlsx_that_is_broken_off_leaves_no_file(temporary, monkeypatch):
    reached = asyncio.Event()

    async def wait():
        reached.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(trace_export, "pages", lambda *_: rows_until(wait))
    task = asyncio.ensure_future(anext(trace_export.as_xlsx(None, None, Taken("q", [], [], False))))
    await reached.wait()
    assert files_in(temporary)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(temporary.iterdir()) == []


async def test_an_xlsx_broken_off_while_it_is_put_together_waits_for_the_thread(temporary, monkeypatch):
    loop, begun, go_on, over = asyncio.get_running_loop(), asyncio.Event(), threading.Event(), threading.Event()
    close = xlsxwriter.Workbook.close

    async def nothing():
        pass

    def slow(book):
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(10)
        close(book)
        over.set()

    monkeypatch.setattr(trace_export, "pages", lambda *_: rows_until(nothing))
    monkeypatch.setattr(xlsxwriter.Workbook, "close", slow)
    task = asyncio.ensure_future(anext(trace_export.as_xlsx(None, None, Taken("q", [], [], False))))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert files_in(temporary)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert over.is_set()
    assert list(temporary.iterdir()) == []


async def test_an_xlsx_whose_rows_cannot_be_read_leaves_no_file(temporary, monkeypatch):
    async def fail():
        raise OSError("disk")

    monkeypatch.setattr(trace_export, "pages", lambda *_: rows_until(fail))
    with pytest.raises(OSError, match="disk"):
        await anext(trace_export.as_xlsx(None, None, Taken("q", [], [], False)))
    assert list(temporary.iterdir()) == []


KILLED = """
import sys, tempfile, time
tempfile.tempdir = sys.argv[1]
from server.web.trace_folder import private_folder
with private_folder() as folder:
    (folder / "rows").write_text("a name")
    print("ready", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_export_left_is_swept_and_a_living_one_is_not(temporary):
    with subprocess.Popen([sys.executable, "-c", KILLED, temporary], stdout=subprocess.PIPE) as killed:
        assert killed.stdout.readline() == b"ready\n"
        (left,) = temporary.iterdir()
        (temporary / (trace_folder.PREFIX + "file")).write_text("no folder")
        os.symlink(temporary, temporary / (trace_folder.PREFIX + "link"))
        assert trace_folder.sweep() == 0
        assert (left / "rows").exists()
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert (left / "rows").exists()
        assert trace_folder.sweep() == 1
        assert not left.exists()
        assert len(list(temporary.iterdir())) == 2
