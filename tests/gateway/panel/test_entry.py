"""Logging in and out: for people at our own page, and for nobody else."""

import pytest

from tests.gateway.panel.rig import HOST, NAME, PASSWORD, Desk, text

SAME = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def desk():
    return Desk()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": f"http://{HOST}"},
        {"sec-fetch-site": "", "origin": "http://evil.example"},
        {"sec-fetch-site": "", "origin": f"https://{HOST}"},
        {"sec-fetch-site": "", "origin": "null"},
        {"sec-fetch-site": "", "origin": ""},
        {"sec-fetch-site": "", "referer": f"http://{HOST}/"},
    ],
)
async def test_another_site_can_neither_log_in_nor_out(desk, headers):
    assert (await desk.try_password(headers=headers)).status == 403
    cookies = await desk.cookies()
    assert (await desk.ask("/logout", "POST", cookies=cookies, headers=headers)).status == 403
    assert (await desk.ask("/", cookies=cookies)).status == 200
    assert desk.doors.failures.number == 0


async def test_a_browser_that_only_knows_origin_may(desk):
    headers = {"sec-fetch-site": "", "origin": f"http://{HOST}"}
    assert (await desk.try_password(headers=headers)).status == 303


@pytest.mark.parametrize(
    "name, password",
    [
        (NAME, "wrong-guess-77"),
        ("nobody", PASSWORD),
        ("", ""),
        (NAME, ""),
        ("", PASSWORD),
        ("<script>", "x"),
        ("a" * 900, "b" * 900),
    ],
)
async def test_what_is_wrong_is_said_the_same_way_to_everybody(desk, name, password):
    answer = await desk.try_password(name, password)
    assert answer.status == 401
    assert answer.cookies == ()
    assert "Tên hoặc mật khẩu không đúng." in text(answer)
    assert "<script>" not in text(answer)
    assert password not in text(answer) or not password or password == "x"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
async def test_a_body_that_is_no_form_is_no_log_in(desk, kind):
    assert (await desk.try_password(headers={"content-type": kind})).status == 401


async def test_too_many_tries_are_told_how_long_to_wait(desk):
    for _ in range(5):
        assert (await desk.try_password(password="wrong")).status == 401
    answer = await desk.try_password()
    assert (answer.status, answer.headers["Retry-After"]) == (429, "2")
    assert "Xin chờ 2 giây" in text(answer)


@pytest.mark.parametrize(
    "onward, where",
    [("/big", "/big"), ("/", "/"), ("", "/"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/logout", "/")],
)
async def test_after_the_log_in_it_goes_on_where_it_was_wanted_and_nowhere_else(desk, onward, where):
    assert (await desk.try_password(form={"next": onward})).headers["Location"] == where


async def test_who_wanted_the_big_screen_is_asked_to_log_in_for_it(desk):
    answer = await desk.ask("/big")
    assert answer.headers["Location"] == "/login?next=%2Fbig"
    assert 'name="next" value="/big"' in text(await desk.ask("/login", query={"next": "/big"}))


async def test_who_is_in_needs_no_log_in(desk):
    assert (await desk.ask("/login", cookies=await desk.cookies())).status == 303


async def test_logging_out_ends_the_session(desk):
    cookies = await desk.cookies()
    answer = await desk.ask("/logout", "POST", cookies=cookies, headers=SAME)
    assert answer.headers["Location"] == "/login"
    assert "Max-Age=0" in answer.cookies[0]
    assert (await desk.ask("/", cookies=cookies)).status == 303


async def test_failed_log_ins_are_shown_to_who_is_in(desk):
    await desk.try_password(password="wrong", peer="192.168.1.99")
    page = text(await desk.ask("/", cookies=await desk.cookies()))
    assert "1 lần đăng nhập sai, gần nhất lúc 09:41, từ 192.168.1.99." in page
