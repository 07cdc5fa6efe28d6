"""The page on which somebody sets up their own second factor."""

import asyncio
import re

import pyotp
import pytest

from server.access import totp
from server.web.doors import COOKIE
from tests.server.access.conftest import fast_hashing  # noqa: F401 - a fixture
from tests.server.access.users_in import OURS, PASSWORD, make

HEADERS = {"Content-Type": "application/x-www-form-urlencoded", **OURS}
ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def post(client):
    async def posted(path, lang="vi", headers=OURS, **form):
        return await client.post(f"{path}?lang={lang}", data=form, headers=HEADERS | headers, follow_redirects=False)

    return posted


def secret_in(page):
    return re.search(r'name="secret" value="([A-Z2-7]{32})"', page.text)[1]


def code_of(secret):
    return pyotp.TOTP(secret).now()


def codes_in(page):
    return re.findall(r"<li>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</li>", page.text)


async def begin(post, made):
    """The page with the secret, straight from the log-in."""
    page = await post("/login", name=made.name, password=PASSWORD)
    assert page.status_code == 200, page.text
    return page


@pytest.mark.parametrize("role", ["tracer", "administrator"])
async def test_whose_role_asks_for_a_second_factor_gets_picture_text_and_form_with_the_log_in(server, post, role):
    page = await begin(post, await make(server, "lan", [role], totp=False))
    secret = secret_in(page)
    assert '<svg viewBox="' in page.text
    assert " ".join(secret[at : at + 4] for at in range(0, 32, 4)) in page.text
    assert f"secret={secret}" in page.text
    assert 'label for="code"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<script|style=|<style|\son\w+=", page.text)


async def test_until_a_code_was_given_no_session_reaches_users_people_or_requests(server, client, post):
    await begin(post, await make(server, "lan", ["administrator", "tracer"], totp=False))
    for path in ("/api/v1/users", "/api/v1/cases", "/api/v1/requests", "/users", "/requests"):
        assert (await client.get(path, follow_redirects=False)).status_code == 403, path
    home = await client.get("/?lang=vi")
    assert home.status_code == 403
    assert "Chưa thiết lập thì chưa mở được gì khác" in home.text


async def test_with_a_code_it_counts_the_codes_are_told_once_and_the_sessions_of_before_are_over(server, client, post):
    an = await make(server, "lan", ["administrator"], totp=False)
    page = await begin(post, an)
    before = client.cookies[COOKIE]
    done = await post("/second-factor/confirm", secret=secret_in(page), code=code_of(secret_in(page)))
    assert done.status_code == 200, done.text
    codes = codes_in(done)
    assert len(set(codes)) == totp.RECOVERY_CODES
    assert client.cookies[COOKIE] != before
    assert (await client.get("/api/v1/users")).status_code == 200
    _, kept = await server.shelf.access.secrets(an.id)
    assert not set(codes) & set(kept.recovery)
    again = await client.get("/second-factor?lang=vi")
    assert not codes_in(again)
    assert f"Còn {totp.RECOVERY_CODES} mã dự phòng" in again.text
    client.cookies.clear()
    client.cookies.set(COOKIE, before, domain="testserver.local")
    assert (await client.get("/api/v1/users")).status_code == 401


async def test_the_code_that_confirmed_opens_nothing_more_and_a_recovery_code_opens_once(server, client, post):
    an = await make(server, "lan", ["administrator"], totp=False)
    page = await begin(post, an)
    secret = secret_in(page)
    code = code_of(secret)
    codes = codes_in(await post("/second-factor/confirm", secret=secret, code=code))
    client.cookies.clear()
    assert (await post("/login", name="lan", password=PASSWORD, code=code)).status_code == 401
    assert (await post("/login", name="lan", password=PASSWORD, code=codes[3])).status_code == 303
    assert (await post("/login", name="lan", password=PASSWORD, code=codes[3])).status_code == 401


async def test_a_wrong_code_is_said_beside_its_field_and_after_some_one_waits(server, client, post):
    page = await begin(post, await make(server, "lan", ["administrator"], totp=False))
    secret = secret_in(page)
    for _ in range(5):
        wrong = await post("/second-factor/confirm", secret=secret, code="abcdef")
        assert wrong.status_code == 400
        assert 'aria-invalid="true" aria-describedby="wrong"' in wrong.text
        assert secret_in(wrong) == secret
    locked = await post("/second-factor/confirm", secret=secret, code=code_of(secret))
    assert locked.status_code == 429
    assert "giây" in locked.text
    assert (await client.get("/api/v1/users")).status_code == 403


async def test_of_two_beginnings_the_last_counts_and_the_other_is_told_so(server, post):
    an = await make(server, "lan", ["administrator"], totp=False)
    first = secret_in(await begin(post, an))
    second = secret_in(await begin(post, an))
    other = await post("/second-factor/confirm", secret=first, code=code_of(first))
    assert other.status_code == 409
    assert "bắt đầu lại" in other.text
    assert first not in other.text
    assert (await post("/second-factor/confirm", secret=second, code=code_of(second))).status_code == 200


async def test_of_two_that_confirm_at_once_one_is_told_codes_and_they_are_the_ones_that_count(server, client, post):
    an = await make(server, "lan", ["administrator"], totp=False)
    secret = secret_in(await begin(post, an))
    form = {"secret": secret, "code": code_of(secret)}
    both = await asyncio.gather(*(post("/second-factor/confirm", **form) for _ in range(2)))
    told = [codes_in(one) for one in both if codes_in(one)]
    assert len(told) == 1, [one.status_code for one in both]
    client.cookies.clear()
    assert (await post("/login", name="lan", password=PASSWORD, code=told[0][0])).status_code == 303


async def test_who_wants_one_gets_one_with_the_password_once_more_and_not_without(server, client, post):
    an = await make(server, "lan", ["ops"])
    assert (await post("/login", name="lan", password=PASSWORD)).status_code == 303
    asked = await client.get("/second-factor?lang=vi")
    assert 'autocomplete="current-password"' in asked.text
    assert "svg" not in asked.text.replace("icon.svg", "").replace("image/svg", "")
    wrong = await post("/second-factor", password="wrong password")
    assert wrong.status_code == 401
    assert 'aria-describedby="password-help wrong"' in wrong.text
    assert "Mật khẩu không đúng." in wrong.text
    secret = secret_in(await post("/second-factor", password=PASSWORD))
    assert (await post("/second-factor/confirm", secret=secret, code=code_of(secret))).status_code == 200
    assert (await server.shelf.access.user(an.id)).has_totp
    taken = await post("/second-factor", password=PASSWORD)
    assert taken.status_code == 409


@pytest.mark.parametrize("path", ["/second-factor", "/second-factor/confirm"])
async def test_another_sites_page_begins_nothing_and_confirms_nothing(server, post, path):
    an = await make(server, "lan", ["administrator"], totp=False)
    secret = secret_in(await begin(post, an))
    form = {"password": PASSWORD, "secret": secret, "code": code_of(secret)}
    answer = await post(path, headers=ELSEWHERE, **form)
    assert answer.status_code == 303
    user, kept = await server.shelf.access.secrets(an.id)
    assert not user.has_totp
    assert server.shelf.access.vault.open(an.id, kept.totp) == secret


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"secret": "", "code": "000000"},
        {"secret": "é", "code": "000000"},
        {"secret": "A" * 32, "code": ""},
        {"secret": "<script>", "code": "1" * 99},
    ],
)
async def test_what_nobody_was_shown_confirms_nothing_and_is_not_shown_back(server, post, form):
    an = await make(server, "lan", ["administrator"], totp=False)
    await begin(post, an)
    answer = await post("/second-factor/confirm", **form)
    assert answer.status_code == 409
    assert "<script>" not in answer.text
    assert not (await server.shelf.access.user(an.id)).has_totp


async def test_a_password_that_others_know_is_changed_before_a_second_factor_is_shown(server, client, post):
    await make(server, "lan", ["administrator"], totp=False, must_change_password=True)
    assert (await post("/login", name="lan", password=PASSWORD)).status_code == 303
    answer = await client.get("/second-factor", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"][:2]) == (303, "/?")
    assert (await post("/second-factor", password=PASSWORD)).status_code == 303


async def test_without_a_session_the_page_leads_to_the_log_in(client, post):
    assert (await client.get("/second-factor", follow_redirects=False)).status_code == 303
    assert (await post("/second-factor", password=PASSWORD)).status_code == 303
