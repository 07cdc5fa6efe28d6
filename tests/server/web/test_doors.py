"""Who is let in: tokens by their digest, people by a session, nobody by default."""

import pytest

from server.errors import Refused
from server.web.doors import Doors, Gateway, Operator, Reader, digest, new_token
from tests.server.rig import READER_TOKEN

HOUR_MS = 3_600_000


class Clock:
    now_ms = 0

    def __call__(self):
        return self.now_ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def doors(clock):
    gateways = [Gateway("gw-1", digest("one")), Gateway("gw-2", digest("two"))]
    gateways.append(Gateway("gw-3", digest("five"), certificate_required=True))
    return Doors(gateways, [Reader("ops", digest("three"))], [Operator("duty", digest("four"))], 12, clock)


def code(call, *arguments):
    with pytest.raises(Refused) as err:
        call(*arguments)
    return err.value.code


def test_each_token_opens_its_own_door(doors):
    assert doors.gateway("Bearer one").id == "gw-1"
    assert doors.gateway("bearer two").id == "gw-2"
    assert doors.reader("Bearer three", "").name == "ops"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "no_token"),
        ("Bearer", "no_token"),
        ("Bearer ", "no_token"),
        ("Basic one", "no_token"),
        ("one", "no_token"),
        ("Bearer three", "wrong_token"),
        ("Bearer One", "wrong_token"),
        ("Bearer " + digest("one"), "wrong_token"),
        ("Bearer \udcff", "wrong_token"),
        ("Bearer " + "x" * 100_000, "wrong_token"),
    ],
)
def test_anything_else_does_not(doors, header, expected):
    assert code(doors.gateway, header) == expected


def test_a_session_opens_reading_until_it_ends(doors, clock):
    cookie = doors.log_in("three")
    assert doors.reader("", cookie).name == "ops"
    assert code(doors.gateway, "Bearer " + cookie) == "wrong_token"
    clock.now_ms = 12 * HOUR_MS
    assert code(doors.reader, "", cookie) == "no_token"


def test_logging_out_ends_it_at_once(doors):
    cookie, other = doors.log_in("three"), doors.log_in("three")
    doors.log_out(cookie)
    assert code(doors.reader, "", cookie) == "no_token"
    assert doors.reader("", other).name == "ops"


@pytest.mark.parametrize("token", ["", "one", "wrong", digest("three")])
def test_only_a_readers_token_logs_in(doors, token):
    assert code(doors.log_in, token) == "wrong_token"


def test_a_wrong_token_is_not_helped_by_a_session(doors):
    cookie = doors.log_in("three")
    assert code(doors.reader, "Bearer wrong", cookie) == "wrong_token"


def test_tokens_and_sessions_never_repeat(doors):
    assert len({new_token() for _ in range(100)} | {doors.log_in("three") for _ in range(100)}) == 200


async def log_in(client, token=READER_TOKEN, **more):
    made = {"Content-Type": "application/x-www-form-urlencoded"} | more
    return await client.post("/login", content="token=" + token, headers=made, follow_redirects=False)


async def test_the_page_leads_to_the_log_in_and_the_log_in_to_the_page(client):
    response = await client.get("/", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/login?lang=vi")
    response = await log_in(client)
    cookie = response.headers["set-cookie"]
    assert response.status_code == 303
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert READER_TOKEN not in cookie
    assert (await client.get("/")).status_code == 200
    assert (await client.get("/api/v1/ledger")).status_code == 200
    await client.post("/logout", follow_redirects=False)
    assert (await client.get("/", follow_redirects=False)).status_code == 303


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver.local"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
    ],
)
async def test_another_site_cannot_log_anybody_in(client, more, status):
    assert (await log_in(client, **more)).status_code == status


async def test_another_site_cannot_log_anybody_out(client):
    await log_in(client)
    response = await client.post("/logout", headers={"Origin": "http://evil.example"}, follow_redirects=False)
    assert response.status_code == 403
    assert (await client.get("/", follow_redirects=False)).status_code == 200


TOKEN = ("Mã truy cập không đúng", "not right")
NAME = ("Tên đăng nhập, mật khẩu hoặc mã xác thực không đúng", "the password or the code is wrong")
FORM = ("sai định dạng", "not in its form")
LONG = ("quá dài", "too long")


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        ("token=wrong", 401, TOKEN),
        ("token=", 401, TOKEN),
        ("token=" + "x" * 4_000, 401, TOKEN),
        ("", 401, NAME),
        ("tok=x", 401, NAME),
        ("name=lan", 401, NAME),
        ("name=%00&password=%0d%0aSet-Cookie:+a=b", 401, NAME),
        ("name=<script>&password=x", 401, NAME),
        ("%ff=%ff", 400, FORM),
        ("&".join(f"a{n}=b" for n in range(20)), 400, FORM),
        ("token=" + "x" * 10_000, 413, LONG),
    ],
)
async def test_a_wrong_form_is_answered_politely_and_in_both_languages(client, content, status, said):
    made = {"Content-Type": "application/x-www-form-urlencoded"}
    vietnamese = await client.post("/login?lang=vi", content=content, headers=made)
    english = await client.post("/login?lang=en", content=content, headers=made)
    assert (vietnamese.status_code, english.status_code) == (status, status)
    assert said[0] in vietnamese.text
    assert said[1] in english.text
    assert "set-cookie" not in vietnamese.headers
    assert "<script>" not in vietnamese.text


async def test_every_answer_carries_the_strict_headers(client):
    for path in ("/login", "/healthz", "/nowhere", "/static/page.js", "/api/v1/ledger"):
        headers = (await client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/live", "/live?lang=en"])
async def test_nobody_watches_without_a_session(client, path):
    assert (await client.get(path)).status_code == 401


@pytest.mark.parametrize("path", ["/static/../config.py", "/static/%2e%2e/doors.py", "/static/..%2f..%2fapp.py"])
async def test_no_other_file_is_served(client, path):
    assert (await client.get(path)).status_code in (404, 400)


@pytest.mark.parametrize(
    ("token", "shown", "wrong"),
    [
        ("five", None, "no_certificate"),
        ("five", "gw-1", "other_certificate"),
        ("five", "", "other_certificate"),
        ("one", "gw-3", "other_certificate"),
        ("wrong", "gw-3", "wrong_token"),
        ("", "gw-3", "no_token"),
    ],
)
def test_a_certificate_has_to_be_the_gateways_own_and_helps_nobody_without_the_token(doors, token, shown, wrong):
    assert code(doors.gateway, f"Bearer {token}", shown) == wrong


def test_a_gateway_that_shows_its_own_certificate_is_let_in(doors):
    assert doors.gateway("Bearer five", "gw-3").id == "gw-3"
    assert doors.gateway("Bearer one", "gw-1").id == "gw-1"


@pytest.mark.parametrize("token", ["one", "three", "wrong", ""])
def test_only_an_operators_token_wishes(doors, token):
    assert code(doors.operator, f"Bearer {token}") in ("wrong_token", "no_token")


def test_readers_and_operators_look_at_the_fleet_and_operators_at_no_scans(doors):
    assert doors.operator("Bearer four").name == "duty"
    assert (doors.looker("Bearer four", "").name, doors.looker("Bearer three", "").name) == ("duty", "ops")
    assert code(doors.looker, "Bearer one", "") == "wrong_token"
    assert code(doors.looker, "", "") == "no_token"
    assert code(doors.reader, "Bearer four", "") == "wrong_token"
