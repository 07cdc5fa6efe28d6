"""Every path: who gets what, and what is said to those who do not."""

import asyncio
import json
import re

import pytest

from gateway.panel import Day
from gateway.panel.headers import HEADERS
from tests.gateway.panel.rig import HOST, Desk, text

PAGES = ("/", "/big", "/day.csv", "/live")
SAME = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def desk():
    return Desk(token="token of the test")


# --- nobody is in by default


@pytest.mark.parametrize("path", [*PAGES, "/nothing", "/../etc/passwd", "/static/", "/static/../site.py", "//", ""])
async def test_without_a_session_there_is_only_the_log_in(desk, path):
    answer = await desk.ask(path, query={"page": "home"})
    assert answer.status in (303, 401)
    if answer.status == 303:
        assert answer.headers["Location"].startswith("/login")
    assert b"789" not in (answer.body if isinstance(answer.body, bytes) else b"")
    assert desk.town.asked == 0


@pytest.mark.parametrize("cookies", [{"tram_panel": "x"}, {"tram_panel": ""}, {"__Host-tram_panel": "y"}])
async def test_an_invented_cookie_opens_nothing(desk, cookies):
    assert (await desk.ask("/", cookies=cookies)).status == 303


async def test_over_tls_a_cookie_has_the_name_that_nobody_else_can_set(desk):
    cookies = await desk.cookies(is_tls=True)
    assert list(cookies) == ["__Host-tram_panel"]
    assert (await desk.ask("/", cookies=cookies, is_tls=True)).status == 200
    assert (await desk.ask("/", cookies={"tram_panel": cookies["__Host-tram_panel"]}, is_tls=True)).status == 303


async def test_the_cookie_is_hidden_from_scripts_and_other_sites(desk):
    for is_tls in (False, True):
        (cookie,) = (await desk.try_password(is_tls=is_tls)).cookies
        assert "; HttpOnly; SameSite=Strict" in cookie
        assert "; Path=/; Max-Age=43200" in cookie
        assert cookie.endswith("; Secure") == is_tls


async def test_every_page_is_there_for_who_is_in(desk):
    cookies = await desk.cookies()
    for path in ("/", "/big", "/day.csv"):
        answer = await desk.ask(path, cookies=cookies)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
    assert (await desk.ask("/nothing", cookies=cookies)).status == 404


@pytest.mark.parametrize("path", ["/", "/login", "/nothing", "/metrics", "/static/panel.css", "/health.json"])
async def test_every_answer_has_the_headers_that_keep_others_out(desk, path):
    answer = await desk.ask(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value or (name == "Cache-Control" and path.startswith("/static"))
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "http:" not in answer.headers["Content-Security-Policy"]


async def test_no_page_has_anything_inline_or_from_elsewhere(desk):
    cookies = await desk.cookies()
    for path in ("/", "/big", "/login", "/nothing"):
        page = text(await desk.ask(path, cookies=cookies if path != "/login" else None))
        assert not re.search(r"<[^>]+ (style|on[a-z]+)=", page)
        assert "<style" not in page
        assert not re.search(r"<script(?![^>]* src=\"/static/)", page)
        assert not re.search(r'(src|href|action)="(?!/)', page.replace('href="#main"', ""))


# --- the host, and other sites


@pytest.mark.parametrize(
    "host", ["evil.example", "", "192.168.1.6", "localhost", f"{HOST}.evil.example", "127.0.0.1:80"]
)
@pytest.mark.parametrize("path", ["/", "/login", "/static/panel.js", "/health.json", "/metrics"])
async def test_a_host_that_is_not_ours_gets_nothing(desk, host, path):
    cookies = await desk.cookies()
    answer = await desk.ask(path, cookies=cookies, headers={"host": host}, peer="127.0.0.1")
    assert answer.status == 421


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}:8443", "192.168.1.5", "192.168.1.5:8443"])
async def test_our_names_and_addresses_are_ours(desk, host):
    assert (await desk.ask("/login", headers={"host": host})).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
async def test_other_methods_are_refused(desk, method):
    assert (await desk.ask("/", method, cookies=await desk.cookies(), headers=SAME)).status == 405


@pytest.mark.parametrize("path", ["/", "/big", "/day.csv", "/metrics"])
async def test_posting_anywhere_else_is_refused(desk, path):
    assert (await desk.ask(path, "POST", cookies=await desk.cookies(), headers=SAME)).status == 405


# --- what the pages say


async def test_the_page_has_everything_that_is_to_be_seen(desk):
    page = text(await desk.ask("/", cookies=await desk.cookies()))
    for said in ("Chợ Mẫu Đồng Xuân", ">341<", "trong khoảng 212 đến 398", ">789<", ">230<", "T.T.B.N. 1999"):
        assert said in page, said
    for said in ("1.284 lượt quét đang chờ gửi", "Mất liên lạc", "còn chỗ cho 59 người", "tối đa 2 lượt vào mỗi ngày"):
        assert said in page, said
    for said in ("Chứng chỉ của trạm còn 12 ngày", "22/11/2026 (hôm nay)", '<option value="2026-11-21">', 'role="img"'):
        assert said in page, said


async def test_what_a_box_calls_itself_is_text_and_nothing_else(desk):
    evil = '<img src=x onerror="alert(1)">'
    look = desk.town.now
    cells = [one._replace(gate=evil) for one in look.day.cells]
    desk.town.change(
        day=look.day._replace(cells=cells),
        boxes=[one._replace(box_id=evil, gate=evil, reason=evil, state=evil) for one in look.boxes],
        scans=[one._replace(who=evil, kind=evil, gate=evil, outcome=evil) for one in look.scans],
        parts=[one._replace(part=evil, state=evil, reason=evil) for one in look.parts],
        place=look.place._replace(name=evil),
        waiting=look.waiting._replace(reason=evil),
    )
    cookies = await desk.cookies()
    for path in ("/", "/big"):
        answer = await desk.ask(path, cookies=cookies)
        assert answer.status == 200
        assert "<img src=x" not in text(answer)
        assert "&lt;img" in text(answer)


async def test_a_source_that_fails_is_said_and_not_shown(desk):
    cookies = await desk.cookies()
    desk.town.fails = ValueError("secret inside")
    answer = await desk.ask("/", cookies=cookies)
    assert answer.status == 503
    assert "secret inside" not in text(answer)


async def test_a_mistake_ends_one_request_and_tells_nothing(desk, monkeypatch):
    cookies = await desk.cookies()
    desk.town.change(day=None)
    answer = await desk.ask("/", cookies=cookies)
    assert answer.status == 500
    assert "NoneType" not in text(answer)


# --- language


async def test_the_language_is_switched_and_remembered(desk):
    assert 'lang="vi"' in text(await desk.ask("/login", headers={"accept-language": "en"}))
    answer = await desk.ask("/login", query={"lang": "en", "next": "/big"})
    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=%2Fbig")
    assert answer.cookies[0].startswith("tram_lang=en; Path=/; Max-Age=31536000")
    assert "Sign in" in text(await desk.ask("/login", cookies={"tram_lang": "en"}))


@pytest.mark.parametrize("lang", ["", "xx", "en\r\nSet-Cookie: a=b", "<b>"])
async def test_a_language_that_we_do_not_speak_is_let_be(desk, lang):
    answer = await desk.ask("/login", query={"lang": lang}, cookies={"tram_lang": lang})
    assert answer.status == 200
    assert 'lang="vi"' in text(answer)


async def test_switching_leads_to_no_other_place(desk):
    answer = await desk.ask("//evil.example", query={"lang": "en"})
    assert answer.headers["Location"] == "/"


# --- files and downloads


async def test_files_come_with_a_tag_and_not_twice(desk):
    answer = await desk.ask("/static/panel.css")
    assert answer.status == 200
    again = await desk.ask("/static/panel.css", headers={"if-none-match": answer.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert (await desk.ask("/favicon.ico")).headers["Content-Type"] == "image/svg+xml"


async def test_a_day_is_downloaded_under_its_name(desk):
    cookies = await desk.cookies()
    answer = await desk.ask("/day.csv", cookies=cookies)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tram-gw-cho-mau-2026-11-22.csv"'
    assert answer.body.startswith(b"\xef\xbb\xbf")
    assert b",789,230," in answer.body
    kept = await desk.ask("/day.csv", cookies=cookies, query={"date": "2026-11-21", "sep": "semicolon"})
    assert b"2026-11-21;08:00;cong-bac;3;2;0" in kept.body


@pytest.mark.parametrize("date", ["2026-11-01", "x", "../2026-11-21", "2026-11-21\r\nA: b", "２０２６-11-21"])
async def test_a_day_that_is_not_kept_is_no_file(desk, date):
    desk.town.change(kept_days=("2026-11-21", "../2026-11-21"))
    assert (await desk.ask("/day.csv", cookies=await desk.cookies(), query={"date": date})).status == 404


async def test_a_day_without_a_date_is_downloaded_too(desk):
    desk.town.change(day=Day(None, []), utc_ms=None)
    answer = await desk.ask("/day.csv", cookies=await desk.cookies())
    assert 'filename="tram-gw-cho-mau-today.csv"' in answer.headers["Content-Disposition"]


# --- live


async def test_the_live_stream_is_for_one_page_and_for_who_is_in(desk):
    cookies = await desk.cookies()
    assert (await desk.ask("/live", query={"page": "nothing"}, cookies=cookies)).status == 404
    answer = await desk.ask("/live", query={"page": "home"}, cookies=cookies)
    assert answer.headers["Content-Type"] == "text/event-stream"
    task = asyncio.create_task(desk.site.live.run())
    try:
        async with asyncio.timeout(5):
            assert (await anext(answer.body)).startswith(b"event: pulse")
            pieces = json.loads((await anext(answer.body)).partition(b"data: ")[2])
        assert ">341<" in pieces["numbers"]
        await desk.ask("/logout", "POST", cookies=cookies, headers=SAME)
        async with asyncio.timeout(5):
            async for message in answer.body:
                assert message.startswith(b"event: ended")
    finally:
        task.cancel()


async def test_a_page_without_scripts_says_that_it_does_not_change_by_itself(desk):
    page = text(await desk.ask("/", cookies=await desk.cookies()))
    assert 'data-state="still"' in page
    assert "Tải lại trang để xem số mới." in page
    assert 'http-equiv="refresh"' not in page
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in text(
        await desk.ask("/big", cookies=await desk.cookies())
    )
