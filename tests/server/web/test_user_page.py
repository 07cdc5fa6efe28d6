"""The page of users: a second factor taken away, alone or by two."""

import re

import pytest

from server.web.doors import COOKIE
from tests.server.access.conftest import fast_hashing  # noqa: F401 - a fixture
from tests.server.access.users_in import OURS, PASSWORD, make, token
from tests.server.web.test_request_page import come_in


@pytest.fixture
async def first(server, client):
    return await come_in(server, client, "first", ["administrator"])


@pytest.fixture
async def second(server, client, first):
    return await come_in(server, client, "second", ["administrator"])


async def reset(visitor, made, **form):
    return await visitor.post(f"/users/{made.id}/second-factor", **({"sure": "yes"} | form))


async def has_factor(server, made):
    return (await server.shelf.access.user(made.id)).has_totp


def approvals_in(page):
    return re.findall(r"/users/approvals/([0-9a-f]{16})", page.text)


async def test_everybody_is_listed_with_roles_in_words_and_whether_a_second_factor_is_missing(server, first):
    await make(server, "lan", ["tracer"], totp=False)
    await make(server, "hai", ["ops"])
    page = (await first.get("/users")).text
    for words in ("người truy vết", "đội điều hành", "chưa có xác thực hai bước, chưa vào được", "· bạn"):
        assert words in page
    assert not re.search(r"<script|style=", page)


async def test_of_who_sees_nobody_one_administrator_takes_the_factor_away_and_the_password_stays(
    server, client, first, second
):
    an = await make(server, "hai", ["ops"], totp=True)
    answer = await reset(first, an)
    assert (answer.status_code, "done=reset" in answer.headers["location"]) == (303, True)
    assert not await has_factor(server, an)
    told = await server.shelf.access.entries(0, 500, None, "user_reset")
    assert [an.id in one.subjects for one in told] == [True]
    client.cookies.clear()
    form = {"name": "hai", "password": PASSWORD}
    page = await client.post("/login?lang=vi", data=form, headers=OURS, follow_redirects=False)
    assert "first đã thay đổi xác thực hai bước của bạn" in page.text


async def test_of_who_sees_people_it_takes_another_administrator_and_then_it_is_done(server, first, second):
    an = await make(server, "lan", ["tracer"])
    by_token = await token(server, an, ["tracer"])
    asked = await reset(first, an)
    assert "done=asked" in asked.headers["location"]
    assert await has_factor(server, an)
    mine = await first.get("/users")
    assert "Chờ quản trị viên khác đồng ý" in mine.text
    assert not approvals_in(mine)
    waiting = await second.get("/users")
    assert "Đặt lại xác thực hai bước của lan" in waiting.text
    (number,) = approvals_in(waiting)
    assert (await second.post(f"/users/approvals/{number}", judge="yes")).status_code == 303
    given = await first.get("/users")
    assert "Thực hiện bây giờ" in given.text
    done = await reset(first, an, approval=number)
    assert "done=reset" in done.headers["location"]
    assert not await has_factor(server, an)
    entry = (await server.shelf.access.entries(0, 500, None, "user_reset"))[-1]
    assert f"approval:{number}" in entry.subjects
    assert (await first._client.get("/api/v1/me", headers=by_token)).status_code == 401
    assert "Thực hiện bây giờ" not in (await first.get("/users")).text


async def test_nobody_approves_what_they_asked_for_and_a_no_leaves_the_factor(server, first, second):
    an = await make(server, "lan", ["tracer"])
    await reset(first, an)
    (number,) = approvals_in(await second.get("/users"))
    own = await first.post(f"/users/approvals/{number}", judge="yes")
    assert (own.status_code, "không được tự phê duyệt" in own.text) == (403, True)
    assert (await second.post(f"/users/approvals/{number}", judge="no")).status_code == 303
    late = await reset(first, an, approval=number)
    assert late.status_code == 409
    assert await has_factor(server, an)


async def test_an_approval_for_one_user_takes_the_factor_of_no_other(server, first, second):
    lan, binh = await make(server, "lan", ["tracer"]), await make(server, "binh", ["tracer"])
    await reset(first, lan)
    (number,) = approvals_in(await second.get("/users"))
    await second.post(f"/users/approvals/{number}", judge="yes")
    assert (await reset(first, binh, approval=number)).status_code == 403
    assert await has_factor(server, binh)


@pytest.mark.parametrize(
    ("form", "status"), [({"sure": ""}, 409), ({"approval": "0123456789abcdef"}, 404), ({"approval": "' --"}, 404)]
)
async def test_what_is_not_ticked_or_not_approved_changes_nothing(server, first, second, form, status):
    an = await make(server, "lan", ["tracer"])
    answer = await reset(first, an, **form)
    assert answer.status_code == status
    assert '<p id="wrong" class="wrong" role="alert">' in answer.text
    assert await has_factor(server, an)


async def test_ones_own_factor_is_not_taken_away_by_oneself(server, first, second):
    users = {one.name: one for one in await server.shelf.access.users("", 10)}
    assert (await reset(first, users["first"])).status_code == 403
    assert await has_factor(server, users["first"])


async def test_another_sites_page_takes_no_factor_and_approves_nothing(server, first, second):
    an = await make(server, "hai", ["ops"], totp=True)
    answer = await first.post(f"/users/{an.id}/second-factor", headers={"Sec-Fetch-Site": "cross-site"}, sure="yes")
    assert answer.status_code == 403
    assert await has_factor(server, an)


@pytest.mark.parametrize("role", ["tracer", "ops", "supervisor"])
async def test_the_page_is_for_administrators(server, client, role):
    visitor = await come_in(server, client, "lan", [role])
    assert (await visitor.get("/users")).status_code == 403
    client.cookies.clear()
    assert (await client.get("/users", follow_redirects=False)).headers["location"].startswith("/login")
    assert COOKIE not in client.cookies


@pytest.mark.parametrize(
    ("form", "code"),
    [({"password": ""}, "field"), ({}, "field"), ({"password": "short", "totp": True}, "password_short")],
)
async def test_a_reset_of_nothing_is_refused_and_one_of_the_factor_alone_is_taken(server, client, first, form, code):
    an = await make(server, "hai", ["ops"], totp=True)
    client.cookies.clear()
    client.cookies.set(COOKIE, first.cookie, domain="testserver.local")
    answer = await client.post(f"/api/v1/users/{an.id}/password", json=form, headers=OURS)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await has_factor(server, an)
    answer = await client.post(f"/api/v1/users/{an.id}/password", json={"totp": True}, headers=OURS)
    assert answer.status_code == 200
    user, kept = await server.shelf.access.secrets(an.id)
    assert (user.has_totp, user.must_change_password, kept.recovery) == (False, False, [])
