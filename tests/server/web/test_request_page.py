"""The page of requests: what is due, taken in, opened by another, ended with its outcome."""

import re
from datetime import timedelta

import pytest

from server.access import working_days
from server.access.chain import Told
from server.access.rights import Asked
from server.app import utc_ms
from server.web.doors import COOKIE
from tests.server.access.conftest import fast_hashing  # noqa: F401 - a fixture
from tests.server.access.users_in import BY, OURS, enter, make
from tests.server.web.test_subjects import ONE, keep

HEADERS = {"Content-Type": "application/x-www-form-urlencoded", **OURS}
DAY_MS = 86_400_000


@pytest.fixture
def more_settings():
    return {"more": "[deriving]\nenabled = false"}


class Visitor:
    """Somebody with a session of their own."""

    def __init__(self, client):
        self._client = client
        self.cookie = client.cookies[COOKIE]

    async def get(self, path, lang="vi", **params):
        self._client.cookies.set(COOKIE, self.cookie, domain="testserver.local")
        return await self._client.get(path, params={"lang": lang, **params}, follow_redirects=False)

    async def post(self, path, lang="vi", headers=OURS, **form):
        self._client.cookies.clear()
        self._client.cookies.set(COOKIE, self.cookie, domain="testserver.local")
        return await self._client.post(
            f"{path}?lang={lang}", data=form, headers=HEADERS | headers, follow_redirects=False
        )


async def come_in(server, client, name, roles, **more):
    client.cookies.clear()
    await enter(client, await make(server, name, roles, **more))
    return Visitor(client)


@pytest.fixture
async def officer(server, client):
    return await come_in(server, client, "officer", ["administrator"])


@pytest.fixture
async def other(server, client, officer):
    return await come_in(server, client, "other", ["administrator"])


@pytest.fixture
async def clerk(server, client):
    return await come_in(server, client, "clerk", ["supervisor"], areas=["79"])


def today():
    return working_days.local_date(utc_ms())


async def put(server, number, kind, days_ago, **more):
    """A request as it stands in the database."""
    facts = {"state": "received", "answered_ms": None, "ended_ms": None, "extended": 0, "ground": "", "version": 1}
    asked = Asked(
        id=f"{number:016x}",
        kind=kind,
        subject="",
        reference=f"YC-{number}",
        with_processors=False,
        received_ms=utc_ms() - days_ago * DAY_MS,
        taken_by=BY,
        **facts | more,
    )
    await server.shelf.access.add_request(asked, Told(BY, "request_added", (f"request:{asked.id}",), {"kind": kind}))
    return f"/requests/{asked.id}"


async def take_in(visitor, kind="access", **more):
    form = {"kind": kind, "reference": "YC-2026/15", "received": today().isoformat()} | more
    answer = await visitor.post("/requests", **form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


async def step(visitor, path, name, **more):
    version = re.search(r'name="version" value="(\d+)"', (await visitor.get(path)).text)[1]
    return await visitor.post(path, step=name, **{"version": version} | more)


async def test_without_requests_a_sentence_says_so_and_a_form_takes_one_in(officer):
    page = (await officer.get("/requests")).text
    assert "Không có yêu cầu nào đang mở" in page
    for field in ("kind", "reference", "received"):
        assert f'<label for="{field}">' in page
    assert not re.search(r"<script|style=", page)


async def test_what_is_overdue_is_said_plainly_and_comes_first(server, officer):
    before = today()
    await put(server, 1, "deletion", 1, state="answered")
    await put(server, 2, "access", 60)
    await put(server, 3, "correction", 0)
    await put(server, 4, "access", 90, state="done", ended_ms=utc_ms())
    page, english = (await officer.get("/requests")).text, (await officer.get("/requests", lang="en")).text
    later = [days.days for days in (timedelta(0), today() - before)]  # midnight may have passed meanwhile
    assert any(f"Quá hạn làm xong {50 + days} ngày" in page for days in later)
    assert any(f"Còn {19 - days} ngày để làm xong" in page for days in later)
    assert any(f"Overdue by {50 + days} days" in english for days in later)
    assert "1 yêu cầu đã quá hạn" in page
    assert [int(one) for one in re.findall(r"YC-(\d)\b", page)][:3] == [2, 3, 1]
    assert "YC-4" not in page
    assert "YC-4" in (await officer.get("/requests", ended="true")).text


async def test_a_request_is_taken_in_with_the_day_on_which_it_came(server, officer):
    came = today() - timedelta(days=4)
    path = await take_in(officer, "correction", received=came.isoformat(), processors="yes")
    asked = await server.shelf.access.request(path.rpartition("/")[2])
    assert (asked.kind, asked.reference, asked.with_processors) == ("correction", "YC-2026/15", True)
    assert working_days.local_date(asked.received_ms) == came
    page = (await officer.get(path)).text
    assert came.strftime("%d/%m/%Y") in page
    assert "officer" in page


@pytest.mark.parametrize(
    ("how", "field", "said"),
    [
        ({"kind": "soul"}, "kind", "Không có loại yêu cầu này"),
        ({"reference": "Nguyễn Văn An"}, "reference", "Số phiếu chỉ gồm chữ không dấu"),
        ({"reference": "079199001234"}, "reference", "không ghi số giấy tờ"),
        ({"reference": "a" * 65}, "reference", "Số phiếu chỉ gồm"),
        ({"reference": '"><script>'}, "reference", "Số phiếu chỉ gồm"),
        ({"received": "2999-01-01"}, "received", "Ngày nhận phải là hôm nay"),
        ({"received": "hôm qua"}, "received", "Ngày nhận phải là"),
        ({"received": "1969-12-31"}, "received", "Ngày nhận phải là"),
        ({"received": "20260101"}, "received", "Ngày nhận phải là"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(server, officer, how, field, said):
    form = {"kind": "deletion", "reference": "YC-9", "received": today().isoformat()} | how
    answer = await officer.post("/requests", **form)
    assert answer.status_code == 400
    assert re.search(rf'id="{field}"[^>]* aria-invalid="true"', answer.text)
    assert said in answer.text
    assert "<script>" not in answer.text
    if field != "reference":
        assert 'value="YC-9"' in answer.text
    assert await server.shelf.access.requests(False, "", 10) == []


@pytest.mark.parametrize("kind", ["access", "correction", "deletion", "restriction", "objection", "withdrawal"])
async def test_of_every_kind_it_is_said_what_can_be_done_and_what_cannot(officer, kind):
    page = (await officer.get(await take_in(officer, kind))).text
    assert "Ở đây làm được gì" in page
    if kind == "correction":
        assert "không sửa được" in page


async def test_it_is_answered_extended_once_and_ended_and_then_there_is_no_step_left(server, officer):
    path = await take_in(officer, "correction")
    assert (await step(officer, path, "answer")).status_code == 303
    assert (await step(officer, path, "extend")).status_code == 303
    page = (await officer.get(path)).text
    assert "đã gia hạn 15 ngày" in page
    assert 'value="extend"' not in page
    assert (await step(officer, path, "done")).status_code == 303
    page = (await officer.get(path)).text
    assert "không còn bước nào" in page
    assert "Đã xong" in page


async def test_a_refusal_names_its_ground_and_the_page_says_where_it_is_missing(officer):
    path = await take_in(officer)
    answer = await step(officer, path, "refuse")
    assert answer.status_code == 400
    assert re.search(r'id="ground"[^>]* aria-invalid="true"', answer.text)
    assert (await step(officer, path, "refuse", ground="no_data")).status_code == 303
    assert "không giữ dữ liệu nào" in (await officer.get(path)).text


@pytest.mark.parametrize("version", ["9", "", "x", "-1", "٣", "1" * 30])
async def test_who_looked_at_another_version_changes_nothing(officer, version):
    path = await take_in(officer)
    answer = await step(officer, path, "answer", version=version)
    assert answer.status_code == 412
    assert "vừa được người khác sửa" in answer.text
    assert "Mới nhận, chưa trả lời" in answer.text


async def test_another_administrator_shows_what_is_known_and_the_one_who_answered_cannot(server, send, officer, other):
    await keep(server, send)
    path = await take_in(officer)
    await step(officer, path, "answer")
    assert "một quản trị viên khác phải mở nó" in (await officer.get(path)).text
    form = {"type1": "citizen", "value1": ONE.number, "act": "show"}
    own = await officer.post(path + "/subject", **form)
    assert own.status_code == 403
    told = await other.post(path + "/subject", **form)
    assert told.status_code == 200
    assert told.headers["cache-control"] == "no-store"
    assert told.text.count("<td>") >= 5
    assert "Chưa có ai xem dữ liệu của người này" in told.text
    assert ONE.number not in told.text
    again = await other.post(path + "/subject", **form)
    assert "mở theo yêu cầu của người dân" in again.text
    assert "<td>other</td>" in again.text


async def test_a_deletion_takes_a_tick_is_certified_and_only_then_called_done(server, send, officer, other):
    await keep(server, send)
    path = await take_in(officer, "deletion")
    await step(officer, path, "answer")
    assert "Chưa xóa gì theo yêu cầu này" in (await officer.get(path)).text
    form = {"type1": "citizen", "value1": ONE.number, "act": "forget"}
    unsure = await other.post(path + "/subject", **form)
    assert (unsure.status_code, "Việc này chưa được xác nhận" in unsure.text) == (409, True)
    gone = await other.post(path + "/subject", **form, sure="yes")
    assert "Đã xóa. Biên bản số 1." in gone.text
    page = (await officer.get(path)).text
    assert "Đã xóa theo biên bản số 1" in page
    assert "Chưa xóa gì" not in page
    assert "Không biết gì về giấy tờ này" in (await other.post(path + "/subject", **form, sure="yes")).text


@pytest.mark.parametrize(
    ("form", "row", "said"),
    [
        ({"type1": "citizen", "value1": "12"}, 1, "12 chữ số"),
        ({"type1": "citizen", "value1": ONE.number, "type3": "phone", "value3": "84"}, 3, "10 chữ số bắt đầu bằng 0"),
        ({"type1": "citizen", "value1": "' OR 1=1 --"}, 1, "12 chữ số"),
        ({"type1": "soul", "value1": "1"}, 0, "Một giấy tờ không đúng dạng"),
        ({}, 0, "Một giấy tờ không đúng dạng"),
        ({"type1": "citizen", "value1": "  "}, 0, "Một giấy tờ không đúng dạng"),
    ],
)
async def test_a_mistyped_document_is_said_beside_it_in_one_language(officer, other, form, row, said):
    path = await take_in(officer)
    await step(officer, path, "answer")
    answer = await other.post(path + "/subject", act="show", **form)
    assert answer.status_code == 400
    assert said in answer.text
    assert "digits" not in answer.text
    marked = re.findall(r'name="value(\d)"[^>]* aria-invalid="true"', answer.text)
    assert marked == ([str(row)] if row else [])


async def test_a_clerk_takes_in_and_answers_and_is_shown_no_way_to_open_anybody(clerk):
    path = await take_in(clerk)
    assert (await step(clerk, path, "answer")).status_code == 303
    page = (await clerk.get(path)).text
    assert "value1" not in page
    refused = await clerk.post(path + "/subject", type1="citizen", value1=ONE.number, act="show")
    assert refused.status_code == 403
    assert "Vai trò của bạn không được làm việc này" in refused.text


@pytest.mark.parametrize("role", ["tracer", "ops", "operator", "technician"])
async def test_whose_role_does_not_answer_requests_is_told_so_on_a_page(server, client, role):
    visitor = await come_in(server, client, "lan", [role])
    answer = await visitor.get("/requests")
    assert answer.status_code == 403
    assert "Vai trò của bạn không được làm việc này" in answer.text
    assert "/requests" not in (await visitor.get("/")).text


async def test_another_sites_page_changes_no_request(server, officer):
    path = await take_in(officer)
    for where, form in ((path, {"step": "answer", "version": "1"}), ("/requests", {"kind": "access"})):
        answer = await officer.post(where, headers={"Sec-Fetch-Site": "cross-site"}, **form)
        assert answer.status_code == 403
    asked = await server.shelf.access.request(path.rpartition("/")[2])
    assert asked.state == "received"


async def test_the_number_of_a_document_is_in_no_address_and_no_entry_of_the_record(server, send, officer, other):
    await keep(server, send)
    path = await take_in(officer)
    await step(officer, path, "answer")
    answer = await other.post(path + "/subject", type1="citizen", value1=ONE.number, act="show")
    assert ONE.number not in str(answer.url)
    for entry in await server.shelf.access.entries(0, 500, None, None):
        assert ONE.number not in str(entry)


async def test_a_request_that_is_not_there_is_said_on_a_page(officer):
    answer = await officer.get("/requests/0123456789abcdef")
    assert answer.status_code == 404
    assert "<!doctype html>" in answer.text
