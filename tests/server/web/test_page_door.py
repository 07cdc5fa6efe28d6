"""Coming in at the page by name, password and code, and what is there for who has nothing on it."""

import pytest

from server.access.chain import Told
from server.web.doors import COOKIE
from tests.server.access.conftest import fast_hashing  # noqa: F401 - a fixture
from tests.server.access.users_in import OURS, PASSWORD, make

OTHER = "bốn con gà trống gáy"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def enter(client):
    async def entered(made=None, lang="vi", headers=OURS, **more):
        form = {"name": made.name, "password": PASSWORD} if made else {}
        return await client.post(
            f"/login?lang={lang}", data=form | more, headers=HEADERS | headers, follow_redirects=False
        )

    return entered


async def test_a_name_and_a_password_lead_to_the_page_and_out_again(server, client, enter):
    an = await make(server, "lan", ["ops"])
    response = await enter(an)
    said = response.headers["set-cookie"].lower()
    assert (response.status_code, response.headers["location"]) == (303, "/?lang=vi")
    assert "httponly" in said
    assert "samesite=strict" in said
    page = await client.get("/")
    assert 'title="lan"' in page.text
    assert (await client.get("/api/v1/me")).json()["id"] == an.id
    assert (await client.post("/logout", headers=OURS, follow_redirects=False)).status_code == 303
    assert (await client.get("/", follow_redirects=False)).headers["location"] == "/login?lang=vi"


async def test_the_code_of_a_second_factor_is_asked_for_when_the_password_is_right_and_used_once(server, enter):
    an = await make(server, "lan", ["ops"], totp=True)
    asked = await enter(an)
    assert asked.status_code == 403
    assert "Việc này cần mã sáu chữ số" in asked.text
    assert 'value="lan"' in asked.text
    assert PASSWORD not in asked.text
    assert (await enter(an, code="000000")).status_code == 401
    code = an.code()
    assert (await enter(an, code=code)).status_code == 303
    assert (await enter(an, code=code)).status_code == 401


@pytest.mark.parametrize(
    "form",
    [{"password": "wrong password"}, {"name": "nobody"}, {"name": ""}, {"name": "' OR 1=1 --"}, {"name": "a" * 999}],
)
async def test_nobody_learns_whether_a_user_is_there(server, enter, form):
    an = await make(server, "lan", ["ops"])
    known = await enter(an, password="wrong password")
    response = await enter(an, **form)
    assert response.status_code == known.status_code == 401
    assert "set-cookie" not in response.headers
    assert response.text.replace(form.get("name", "lan")[:32], "") != ""
    assert "Tên đăng nhập, mật khẩu hoặc mã xác thực không đúng" in response.text


async def test_after_too_many_one_waits_and_is_told_how_long(server, enter):
    an = await make(server, "lan", ["ops"])
    for _ in range(5):
        assert (await enter(an, password="wrong password")).status_code == 401
    response = await enter(an, lang="en")
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 30
    assert f"Try again in {response.headers['retry-after']} s." in response.text


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"}]
)
async def test_another_sites_page_logs_nobody_in_and_changes_no_password(server, client, enter, headers):
    an = await make(server, "lan", ["ops"], must_change_password=True)
    assert (await enter(an, headers=headers)).status_code == 403
    await enter(an)
    form = {"old": PASSWORD, "new": OTHER, "again": OTHER}
    answer = await client.post("/password", data=form, headers=HEADERS | headers, follow_redirects=False)
    assert answer.headers.get("location", "") != "/login?lang=vi&changed=true"
    assert (await enter(an)).status_code == 303


async def test_a_cookie_that_was_put_there_before_is_no_session_after(server, client, enter):
    an = await make(server, "lan", ["ops"])
    client.cookies.set(COOKIE, "chosen-by-somebody-else", domain="testserver.local")
    response = await enter(an)
    assert "chosen-by-somebody-else" not in response.headers["set-cookie"]


async def test_by_tls_the_cookie_goes_by_tls_only(server, client):
    an = await make(server, "lan", ["ops"])
    form = {"name": an.name, "password": PASSWORD}
    answer = await client.post("https://testserver.local/login", data=form, headers=HEADERS, follow_redirects=False)
    assert "; secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("role", ["tracer", "technician", "operator"])
async def test_who_has_nothing_on_the_page_is_told_so_and_can_go_out(server, client, enter, role):
    an = await make(server, "lan", [role])
    assert (await enter(an, code=an.code() if an.secret else "")).status_code == 303
    page = await client.get("/?lang=en", follow_redirects=False)
    assert page.status_code == 403
    assert "There is nothing for your role on this page." in page.text
    assert 'href="/second-factor?lang=en"' in page.text
    assert "/logout?lang=en" in page.text


@pytest.mark.parametrize(
    ("role", "theirs", "others"),
    [("administrator", ["/requests", "/users"], []), ("supervisor", ["/requests"], ["/users"])],
)
async def test_who_has_pages_of_their_own_is_led_there_and_can_go_out(server, client, enter, role, theirs, others):
    an = await make(server, "lan", [role])
    await enter(an, code=an.code() if an.secret else "")
    page = await client.get("/?lang=en", follow_redirects=False)
    assert page.status_code == 200
    for path in [*theirs, "/second-factor"]:
        assert f'href="{path}?lang=en"' in page.text
    for path in others:
        assert path not in page.text
    assert "There is nothing for your role" not in page.text
    assert "/logout?lang=en" in page.text


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("path", ["/nothing-here", "/requests/xyz", "/?page=0"])
async def test_a_browser_is_told_on_a_page_what_it_asked_for_wrongly_and_a_program_in_json(client, path, lang):
    asked = {"Accept": "text/html,application/xhtml+xml;q=0.9", "Accept-Language": lang}
    page = await client.get(path, headers=asked)
    assert page.status_code in (400, 404)
    assert f'<html lang="{lang}">' in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert (await client.get(path)).json()["code"]
    assert (await client.get("/api/v1/nothing", headers=asked)).json()["code"] == "not_found"


async def test_a_password_that_others_know_is_changed_on_the_page_first(server, client, enter):
    an = await make(server, "lan", ["ops"], must_change_password=True)
    await enter(an)
    assert 'autocomplete="new-password"' in (await client.get("/")).text
    form = {"old": PASSWORD, "new": OTHER, "again": OTHER}

    async def change(**how):
        answer = await client.post("/password", data=form | how, headers=HEADERS | OURS, follow_redirects=False)
        return answer.status_code

    assert await change(again="another one") == 400
    assert await change(old="wrong") == 401
    assert await change(new="short", again="short") == 400
    assert await change(new=PASSWORD, again=PASSWORD) == 400
    assert await change() == 303
    assert "Đã đổi mật khẩu" in (await client.get("/login?lang=vi&changed=true")).text
    assert (await client.get("/", follow_redirects=False)).status_code == 303
    assert (await enter(an, password=OTHER)).status_code == 303
    assert (await client.get("/")).status_code == 200


async def test_without_a_session_no_password_is_changed(client):
    form = {"old": PASSWORD, "new": OTHER, "again": OTHER}
    answer = await client.post("/password", data=form, headers=HEADERS | OURS, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?lang=vi")


async def test_whose_session_has_ended_is_told_so_at_the_form_and_who_never_came_is_not(server, client, enter):
    assert (await client.get("/", follow_redirects=False)).headers["location"] == "/login?lang=vi"
    an = await make(server, "lan", ["ops"])
    await enter(an)
    await server.shelf.access.change_user(an.id, None, {"roles": frozenset({"ops"})}, Told("cli:test", "user_changed"))
    for path in ("/", "/requests"):
        answer = await client.get(path, follow_redirects=False)
        assert answer.headers["location"] == "/login?lang=vi&ended=true"
    assert "Phiên đã hết" in (await client.get("/login?lang=vi&ended=true")).text


async def test_the_form_speaks_to_password_managers_and_screen_readers(client):
    page = (await client.get("/login?lang=en")).text
    for said in ('autocomplete="username"', 'autocomplete="current-password"', 'autocomplete="one-time-code"'):
        assert said in page
    for field in ("name", "password", "code", "token"):
        assert f'<label for="{field}">' in page
        assert f'id="{field}"' in page
    assert "style=" not in page
    assert "<script" not in page
