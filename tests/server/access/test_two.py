"""What takes two administrators, who may approve it, and what somebody is told whose password another has changed."""

import asyncio

import pytest

from server.access import two
from server.access.chain import Told
from tests.server.access.users_in import BY, OURS, PASSWORD, log_in, make, token, user
from tests.server.web.test_doors import log_in as log_in_at_the_page

GIVEN = "năm con vịt bơi ao"
ROLES = ("operator", "technician", "ops", "supervisor", "tracer", "administrator")


def bad(response, status, code):
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


@pytest.fixture
async def chiefs(server):
    """Two administrators, each with a second factor -> their headers."""
    made = [await make(server, name, ["administrator"]) for name in ("chief", "second")]
    return [await token(server, one, ["administrator"]) for one in made]


async def approved(client, refusal, asks, judges, is_yes=True):
    """The id of an approval for what a refusal says is needed."""
    bad(refusal, 403, "approval_needed")
    _, action, _, question = refusal.json()["detail"].replace(",", "").split()
    form = {"action": action, "question": question, "about": "user:somebody", "people": 1}
    made = (await client.post("/api/v1/approvals", json=form, headers=asks)).json()["id"]
    judged = await client.post(f"/api/v1/approvals/{made}", json={"approve": is_yes}, headers=judges)
    assert judged.status_code == 200, judged.text
    return made


# --- the rules


def one_of(roles, **more):
    return user("an", [roles] if isinstance(roles, str) else roles, **more)


@pytest.mark.parametrize("role", ROLES)
def test_whoever_sees_people_is_made_reset_and_given_the_role_by_two(role):
    sees = role in ("tracer", "administrator")
    assert (two.added(one_of(role)) is not None) == sees
    assert (two.changed(one_of([]), {"roles": {role}}, "u-x") is not None) == sees
    for fields in ({"password": "x"}, {"totp": None}, {"password": "x", "totp": None}):
        assert (two.changed(one_of(role), fields, "u-x") is not None) == sees
    assert (two.removed(one_of(role)) is not None) == (role == "administrator")
    assert (two.changed(one_of(role), {"roles": set()}, "u-x") is not None) == (role == "administrator")


@pytest.mark.parametrize("fields", [{"state": "locked"}, {"title": "x"}, {"areas": {"92"}}, {"roles": {"tracer"}}])
def test_what_gives_nobody_more_people_takes_one(fields):
    assert two.changed(one_of("tracer"), fields, "u-x") is None


def test_ones_own_password_and_second_factor_take_nobody_else():
    mine = one_of("tracer")
    assert two.changed(mine, {"password": "x", "totp": None}, mine.id) is None


def test_another_reach_or_another_reset_is_another_question():
    asked = {str(two.added(one_of("tracer", id="u-1", areas=areas))) for areas in (["92"], ["79"], ["*"])}
    resets = {str(two.changed(one_of("tracer", id="u-1"), fields, "u-x")) for fields in ({"password": 1}, {"totp": 1})}
    assert (len(asked), len(resets)) == (3, 2)
    assert "password': 'x" not in str(two.changed(one_of("tracer"), {"password": "x"}, "u-x"))


# --- through the real app


@pytest.mark.parametrize("role", ROLES)
async def test_a_reset_takes_another_administrator_where_the_user_sees_people(server, client, chiefs, role):
    an = await make(server, "lan", [role], totp=True)
    path, form = f"/api/v1/users/{an.id}/password", {"password": GIVEN, "totp": True}
    first = await client.post(path, json=form, headers=chiefs[0])
    if role not in ("tracer", "administrator"):
        assert first.status_code == 200
        return
    assert (await log_in(client, an)).status_code == 200
    given = await approved(client, first, *chiefs)
    bad(
        await client.post(path, json=form | {"totp": False, "approval": given}, headers=chiefs[0]),
        403,
        "approval_other",
    )
    bad(await client.post(path, json=form | {"approval": given}, headers=chiefs[1]), 403, "approval_other")
    assert (await client.post(path, json=form | {"approval": given}, headers=chiefs[0])).status_code == 200
    bad(await client.post(path, json=form | {"approval": given}, headers=chiefs[0]), 409, "approval_state")
    last = (await server.shelf.access.entries(0, 500, None, "user_reset"))[-1]
    assert f"approval:{given}" in last.subjects.split()
    assert b'"approved_by"' in last.detail
    assert b'"lone"' not in last.detail


@pytest.mark.parametrize("how", ["none", "own", "refused", "unknown", "form"])
async def test_without_the_others_yes_nothing_is_changed(server, client, chiefs, how):
    an = await make(server, "lan", ["tracer"])
    path, form = f"/api/v1/users/{an.id}/password", {"password": GIVEN}
    refusal = await client.post(path, json=form, headers=chiefs[0])
    given = {"none": "", "own": "", "unknown": "0" * 16, "form": "x\x00"}.get(how)
    if how == "own":
        _, action, _, question = refusal.json()["detail"].replace(",", "").split()
        asked = {"action": action, "question": question, "about": "user:lan", "people": 1}
        given = (await client.post("/api/v1/approvals", json=asked, headers=chiefs[0])).json()["id"]
        bad(
            await client.post(f"/api/v1/approvals/{given}", json={"approve": True}, headers=chiefs[0]),
            403,
            "approval_own",
        )
    if how == "refused":
        given = await approved(client, refusal, *chiefs, is_yes=False)
    answer = await client.post(path, json=form | {"approval": given}, headers=chiefs[0])
    expected = {"none": "approval_needed", "unknown": "not_found", "form": "json"}.get(how, "approval_state")
    assert answer.json()["code"] == expected
    assert (await log_in(client, an)).status_code == 200


@pytest.mark.parametrize(
    ("role", "ask", "judge"),
    [
        ("operator", 403, 403),
        ("technician", 403, 403),
        ("ops", 403, 403),
        ("supervisor", 403, 403),
        ("tracer", 403, 403),
        ("administrator", 201, 200),
    ],
)
async def test_only_administrators_ask_and_judge_what_takes_two_of_them(server, client, chiefs, role, ask, judge):
    other = await token(server, await make(server, "other", [role]), [role])
    form = {"action": "user_reset", "question": "a" * 64, "about": "user:lan", "people": 1}
    assert (await client.post("/api/v1/approvals", json=form, headers=other)).status_code == ask
    made = (await client.post("/api/v1/approvals", json=form, headers=chiefs[0])).json()["id"]
    answer = await client.post(f"/api/v1/approvals/{made}", json={"approve": True}, headers=other)
    assert answer.status_code == judge, answer.text


async def test_administrators_have_no_say_in_exports(server, client, chiefs):
    tracer = await token(server, await make(server, "lan", ["tracer"]), ["tracer"])
    form = {"action": "export", "question": "a" * 64, "about": "case:c-1", "people": 2}
    bad(await client.post("/api/v1/approvals", json=form, headers=chiefs[0]), 403, "forbidden_role")
    made = (await client.post("/api/v1/approvals", json=form, headers=tracer)).json()["id"]
    bad(
        await client.post(f"/api/v1/approvals/{made}", json={"approve": True}, headers=chiefs[0]), 403, "forbidden_role"
    )


async def test_the_role_is_not_taken_reset_and_given_back_by_one(server, client, chiefs):
    an = await make(server, "lan", ["tracer"])
    path = f"/api/v1/users/{an.id}"

    async def change(**fields):
        tag = (await client.get(path, headers=chiefs[0])).headers["etag"]
        return await client.patch(path, json=fields, headers=chiefs[0] | {"If-Match": tag})

    assert (await change(roles=["ops"])).status_code == 200
    assert (await client.post(path + "/password", json={"password": GIVEN}, headers=chiefs[0])).status_code == 200
    bad(await change(roles=["tracer"]), 403, "approval_needed")
    form = {"name": "lan2", "title": "Lan", "password": GIVEN, "roles": ["tracer"], "everywhere": True}
    bad(await client.post("/api/v1/users", json=form, headers=chiefs[0]), 403, "approval_needed")


async def test_nobody_becomes_the_only_one_by_locking_removing_or_demoting_the_other(server, client, chiefs):
    an = await make(server, "lan", ["tracer"])
    second = next(one for one in await server.shelf.access.users("", 10) if one.name == "second")
    path = f"/api/v1/users/{second.id}"
    tag = {"If-Match": (await client.get(path, headers=chiefs[0])).headers["etag"]}
    bad(await client.delete(path, headers=chiefs[0] | tag), 403, "approval_needed")
    bad(await client.patch(path, json={"roles": ["ops"]}, headers=chiefs[0] | tag), 403, "approval_needed")
    locked = await client.patch(path, json={"is_locked": True}, headers=chiefs[0] | tag)
    assert locked.status_code == 200
    refusal = await client.post(f"/api/v1/users/{an.id}/password", json={"password": GIVEN}, headers=chiefs[0])
    bad(refusal, 403, "approval_needed")


async def test_an_administrator_who_goes_says_yes_to_it(server, client, chiefs):
    second = next(one for one in await server.shelf.access.users("", 10) if one.name == "second")
    path = f"/api/v1/users/{second.id}"
    tag = {"If-Match": f'"{second.version}"'}
    given = await approved(client, await client.delete(path, headers=chiefs[0] | tag), *chiefs)
    assert (await client.delete(path, headers=chiefs[0] | tag, params={"approval": given})).status_code == 200


async def test_of_two_who_use_one_approval_at_once_one_does(server, client, chiefs):
    an = await make(server, "lan", ["tracer"])
    path = f"/api/v1/users/{an.id}/password"
    given = await approved(client, await client.post(path, json={"password": GIVEN}, headers=chiefs[0]), *chiefs)
    form = {"password": GIVEN, "approval": given}
    found = await asyncio.gather(*(client.post(path, json=form, headers=chiefs[0]) for _ in range(3)))
    assert sorted(one.status_code for one in found) == [200, 409, 409]


async def test_while_there_is_one_administrator_it_is_done_alone_and_marked(server, client):
    lone = await token(server, await make(server, "chief", ["administrator"]), ["administrator"])
    await make(server, "second", ["administrator"], totp=False)
    form = {"name": "lan", "title": "Lan", "password": GIVEN, "roles": ["tracer"], "everywhere": True}
    made = (await client.post("/api/v1/users", json=form, headers=lone)).json()
    path = f"/api/v1/users/{made['id']}/password"
    assert (await client.post(path, json={"password": PASSWORD}, headers=lone)).status_code == 200
    found = (await client.get("/api/v1/audit", headers=lone)).json()["entries"]
    marked = {one["action"] for one in found if one["detail"].get("lone") and one["actor"] != BY}
    assert marked == {"user_added", "user_reset"}


async def test_who_was_reset_is_told_at_log_in_by_whom_when_and_that_nobody_agreed(server, client):
    lone = await token(server, await make(server, "chief", ["administrator"]), ["administrator"])
    an = await make(server, "lan", ["ops"], totp=True)
    assert (await log_in(client, an)).json()["resets"] == []
    await client.post(f"/api/v1/users/{an.id}/password", json={"password": GIVEN, "totp": True}, headers=lone)
    said = (await client.post("/api/v1/login", json={"name": "lan", "password": GIVEN})).json()["resets"]
    assert [(one["name"], one["what"], one["lone"]) for one in said] == [
        ("chief", ["password", "second_factor"], False)
    ]
    assert "were reset by chief at 20" in said[0]["en"]
    assert "chief đã đặt lại mật khẩu và xác thực hai bước của bạn lúc 20" in said[0]["vi"]
    again = (await client.post("/api/v1/login", json={"name": "lan", "password": GIVEN})).json()["resets"]
    assert again == said


async def test_a_reset_is_told_for_a_week_and_until_the_next_log_in_however_late(server, monkeypatch):
    access, an = server.shelf.access, await make(server, "lan", ["ops"], totp=False)
    told = Told("u-0000000000000000", "user_reset", (an.id,), {"fields": ["password"], "lone": True})
    await access.change_user(an.id, None, {"must_change_password": True}, told)
    later_ms = access._now_ms() + 30 * 86_400_000
    monkeypatch.setattr(access, "_now_ms", lambda: later_ms)
    (found,) = await access.resets(an.id)
    assert (found.by, found.name, found.what, found.lone) == (told.actor, told.actor, ("password",), True)
    await access.record(an.id, "logged_in", [an.id], {})
    assert await access.resets(an.id) == []


async def test_what_one_changes_oneself_and_what_others_had_is_not_told(server):
    access, an = server.shelf.access, await make(server, "lan", ["ops"], totp=False)
    other = await make(server, "binh", ["ops"], totp=False)
    await access.record(an.id, "password_changed", [an.id], {})
    await access.record("cli:root", "password_changed", [other.id], {"fields": ["password"]})
    await access.record("cli:root", "user_unlocked", [an.id], {})
    assert await access.resets(an.id) == []


async def test_the_page_tells_it_before_anything_else(server, client):
    an = await make(server, "lan", ["ops"], totp=False)
    await server.shelf.access.record("cli:root", "password_changed", [an.id], {"fields": ["password"], "lone": True})
    headers = {"Content-Type": "application/x-www-form-urlencoded", **OURS}
    page = await client.post("/login?lang=en", data={"name": "lan", "password": PASSWORD}, headers=headers)
    assert "Your password was reset by cli:root at 20" in page.text
    assert "No second person approved it." in page.text
    assert (await client.get("/?lang=en")).status_code == 200
    assert (await log_in_at_the_page(client)).status_code == 303
