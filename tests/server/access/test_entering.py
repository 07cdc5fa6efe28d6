"""Logging in, staying in, and being put out: through the real app."""

import asyncio

import pytest

from server.access import totp
from server.access.chain import Told
from server.app import utc_ms
from server.store.access_tables import users
from server.web import entry
from server.web.doors import COOKIE, Doors, Reader, digest
from tests.server.access.users_in import BY, DAY_MS, OURS, PASSWORD, enter, log_in, make, token
from tests.server.rig import READS, WISHES


def bad(response, status, code):
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


async def test_a_name_and_a_password_open_a_session_that_logging_out_ends(server, client):
    an = await make(server, "lan", ["ops"])
    said = await enter(client, an)
    assert (said["name"], said["acting"], said["needs_totp"]) == ("lan", ["ops"], False)
    assert (await client.get("/api/v1/me")).json()["id"] == an.id
    assert (await client.post("/api/v1/logout", headers=OURS)).status_code == 200
    bad(await client.get("/api/v1/me"), 401, "no_token")


async def test_the_cookie_is_for_this_site_and_no_script(server, client):
    response = await log_in(client, await make(server, "lan", ["ops"]))
    said = response.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("lan", "wrong password"),
        ("lan", ""),
        ("nobody", PASSWORD),
        ("LAN", PASSWORD),
        ("lan ", PASSWORD),
        ("", ""),
        ("lan\x00", PASSWORD),
        ("lan\r\nSet-Cookie: a=b", PASSWORD),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("\u202enal", PASSWORD),
        ("a" * 60_000, PASSWORD),
        ("lan", "x" * 60_000),
    ],
)
async def test_whatever_is_wrong_is_answered_alike(server, client, name, password):
    await make(server, "lan", ["ops"])
    response = await client.post("/api/v1/login", json={"name": name, "password": password})
    bad(response, 401, "wrong_password")
    assert "set-cookie" not in response.headers
    assert name[:20] not in response.text or name in ("", "lan")


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"name": "lan"}', "application/json", 400),
        (b'{"name": 1, "password": "x"}', "application/json", 400),
        (b'{"name": "lan", "password": "x", "more": 1}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"name=lan&password=x", "application/x-www-form-urlencoded", 415),
        (b"x" * 70_000, "application/json", 413),
    ],
)
async def test_a_body_that_is_none_is_refused(client, content, content_type, status):
    response = await client.post("/api/v1/login", content=content, headers={"Content-Type": content_type})
    assert response.status_code == status


async def test_another_site_logs_nobody_in(server, client):
    an = await make(server, "lan", ["ops"])
    bad(await log_in(client, an, Origin="http://evil.example"), 403, "other_site")
    bad(await log_in(client, an, **{"Sec-Fetch-Site": "cross-site"}), 403, "other_site")


async def test_a_cookie_that_was_put_there_before_is_no_session_after(server, client):
    an = await make(server, "lan", ["ops"])
    client.cookies.set(COOKIE, "chosen-by-somebody-else", domain="testserver.local")
    await enter(client, an)
    assert client.cookies.get(COOKIE) != "chosen-by-somebody-else"
    fixed = {"Cookie": f"{COOKIE}=chosen-by-somebody-else"}
    client.cookies.clear()
    bad(await client.get("/api/v1/me", headers=fixed), 401, "no_token")


async def test_logging_in_again_ends_the_session_that_was_there(server, client):
    an = await make(server, "lan", ["ops"])
    await enter(client, an)
    first = client.cookies.get(COOKIE)
    await enter(client, an)
    client.cookies.clear()
    bad(await client.get("/api/v1/me", headers={"Cookie": f"{COOKIE}={first}"}), 401, "no_token")


# --- second factor


async def test_a_code_is_asked_for_only_when_the_password_is_right(server, client):
    an = await make(server, "lan", ["tracer"])
    bad(await client.post("/api/v1/login", json={"name": "lan", "password": PASSWORD}), 403, "totp_needed")
    bad(await client.post("/api/v1/login", json={"name": "lan", "password": "wrong"}), 401, "wrong_password")
    bad(await log_in(client, an, code="000000"), 401, "wrong_password")


async def test_a_code_that_was_used_is_not_good_again(server, client):
    an = await make(server, "lan", ["tracer"])
    code = an.code()
    assert (await log_in(client, an, code=code)).status_code == 200
    bad(await log_in(client, an, code=code), 401, "wrong_password")
    bad(await log_in(client, an, code=an.code(-1)), 401, "wrong_password")
    assert (await log_in(client, an, code=an.code(1))).status_code == 200


async def test_of_two_who_come_with_the_same_code_at_once_one_gets_in(server, client):
    an = await make(server, "lan", ["tracer"])
    code = an.code()
    found = await asyncio.gather(*(log_in(client, an, code=code) for _ in range(2)))
    assert sorted(one.status_code for one in found) == [200, 401]


async def test_a_recovery_code_is_good_once(server, client):
    an = await make(server, "lan", ["tracer"])
    codes = totp.new_recovery_codes()
    fields = {"recovery": " ".join(totp.recovery_digest(one) for one in codes)}
    await server.shelf.access.change_user(an.id, None, fields, Told(BY, "user_changed"))
    assert (await log_in(client, an, code=codes[0])).status_code == 200
    bad(await log_in(client, an, code=codes[0]), 401, "wrong_password")
    assert (await log_in(client, an, code=codes[1])).status_code == 200


async def test_who_needs_a_second_factor_and_has_none_can_only_set_one_up(server, client):
    an = await make(server, "lan", ["administrator"], totp=False)
    assert (await enter(client, an))["needs_totp"] is True
    bad(await client.get("/api/v1/users"), 403, "totp_needed")
    begun = await client.post("/api/v1/me/totp", json={"password": PASSWORD}, headers=OURS)
    assert begun.status_code == 200, begun.text
    made = an._replace(secret=begun.json()["secret"])
    bad(await client.get("/api/v1/users"), 403, "totp_needed")
    wrong = await client.post("/api/v1/me/totp/confirm", json={"code": made.code(5)}, headers=OURS)
    bad(wrong, 400, "totp_wrong")
    code = made.code()
    done = await client.post("/api/v1/me/totp/confirm", json={"code": code}, headers=OURS)
    assert len(done.json()["recovery_codes"]) == totp.RECOVERY_CODES
    bad(await client.get("/api/v1/me"), 401, "no_token")
    bad(await log_in(client, made, code=code), 401, "wrong_password")
    assert (await log_in(client, made, code=done.json()["recovery_codes"][0])).status_code == 200
    assert (await client.get("/api/v1/users")).status_code == 200
    bad(await client.post("/api/v1/me/totp", json={"password": PASSWORD}, headers=OURS), 409, "totp_set")


async def test_the_secret_of_a_second_factor_is_not_plain_in_the_database(server, client, tmp_path):
    an = await make(server, "lan", ["tracer"])
    await enter(client, an)
    cookie = client.cookies.get(COOKIE)
    server.shelf.close()
    for path in (tmp_path / "data").glob("server.db*"):
        held = path.read_bytes()
        for secret in (an.secret, PASSWORD, cookie):
            assert secret.encode() not in held


# --- waiting


async def test_who_fails_too_often_has_to_wait_and_is_told_how_long(server, client):
    an = await make(server, "lan", ["ops"])
    for _ in range(5):
        bad(await log_in(client, an, password="wrong password"), 401, "wrong_password")
    response = await log_in(client, an)
    bad(response, 429, "locked")
    assert 1 <= int(response.headers["retry-after"]) <= 30
    await server.shelf.access.forgive(server.logins.account("lan"), Told(BY, "user_unlocked"))
    assert (await log_in(client, an)).status_code == 200


async def test_a_name_that_nobody_has_is_locked_like_one_that_somebody_has(client):
    for _ in range(5):
        await client.post("/api/v1/login", json={"name": "nobody", "password": "x"})
    bad(await client.post("/api/v1/login", json={"name": "nobody", "password": "x"}), 429, "locked")


async def test_a_hundred_guesses_at_once_are_a_hundred(server, client):
    an = await make(server, "lan", ["ops"])
    server.logins._most_waiting = 1000
    found = await asyncio.gather(*(log_in(client, an, password=f"guess {number}") for number in range(100)))
    judged = [one for one in found if one.status_code == 401]
    assert len(judged) == 5
    assert {one.status_code for one in found} == {401, 429}


async def test_an_address_that_tries_many_names_has_to_wait_too(client):
    found = [
        (await client.post("/api/v1/login", json={"name": f"name-{number}", "password": "x"})).status_code
        for number in range(51)
    ]
    assert found == [401] * 50 + [429]


async def test_more_at_once_than_are_judged_are_told_to_come_again_and_are_not_counted(server, client):
    an = await make(server, "lan", ["ops"])
    server.logins._most_waiting = 0
    for _ in range(10):
        response = await log_in(client, an, password="wrong password")
        bad(response, 503, "too_many_logins")
        assert int(response.headers["retry-after"]) > 0
    server.logins._most_waiting = 8
    assert (await log_in(client, an)).status_code == 200


# --- changes by cookie


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://testserver.local"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://testserver.local"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_a_cookie_changes_something_only_from_our_own_page(server, client, headers, status):
    an = await make(server, "lan", ["ops"])
    await enter(client, an)
    form = {"old": PASSWORD, "new": "bốn con gà trống gáy"}
    response = await client.post("/api/v1/me/password", json=form, headers=headers)
    assert response.status_code == status, response.text


async def test_a_changed_password_ends_every_session(server, client):
    an = await make(server, "lan", ["ops"])
    await enter(client, an)
    form = {"old": PASSWORD, "new": "bốn con gà trống gáy"}
    bad(await client.post("/api/v1/me/password", json={**form, "old": "x"}, headers=OURS), 401, "wrong_password")
    bad(await client.post("/api/v1/me/password", json={**form, "new": "short"}, headers=OURS), 400, "password_short")
    assert (await client.post("/api/v1/me/password", json=form, headers=OURS)).status_code == 200
    bad(await client.get("/api/v1/me"), 401, "no_token")
    bad(await log_in(client, an), 401, "wrong_password")
    assert (await log_in(client, an, password=form["new"])).status_code == 200


async def test_a_password_that_others_know_opens_nothing_but_changing_it(server, client):
    an = await make(server, "lan", ["supervisor"], must_change_password=True)
    await enter(client, an)
    bad(await client.get("/api/v1/requests"), 403, "password_change_needed")
    assert (await client.get("/api/v1/me")).json()["must_change_password"] is True
    form = {"old": PASSWORD, "new": "bốn con gà trống gáy"}
    assert (await client.post("/api/v1/me/password", json=form, headers=OURS)).status_code == 200
    await log_in(client, an, password=form["new"])
    assert (await client.get("/api/v1/requests")).status_code == 200


# --- tokens


async def test_a_token_of_ones_own_is_for_no_more_than_one_may(server, client):
    an = await make(server, "lan", ["supervisor", "tracer"], totp=False)
    await enter(client, an)
    soon = server.shelf.access._now_ms() + DAY_MS
    form = {"name": "script", "roles": ["supervisor"], "ends_ms": soon}
    for roles in (["administrator"], ["tracer"], [], ["supervisor", "ops"]):
        bad(await client.post("/api/v1/tokens", json=form | {"roles": roles}, headers=OURS), 403, "forbidden_role")
    bad(await client.post("/api/v1/tokens", json=form | {"roles": ["boss"]}, headers=OURS), 400, "role_unknown")
    for ends_ms in (0, soon - 2 * DAY_MS, soon + 366 * DAY_MS):
        bad(await client.post("/api/v1/tokens", json=form | {"ends_ms": ends_ms}, headers=OURS), 400, "token_end")
    for name in ("", "a\r\nb", "a\x00"):
        bad(await client.post("/api/v1/tokens", json=form | {"name": name}, headers=OURS), 400, "text")
    made = (await client.post("/api/v1/tokens", json=form, headers=OURS)).json()
    bearer = {"Authorization": "Bearer " + made["token"]}
    client.cookies.clear()
    assert (await client.get("/api/v1/requests", headers=bearer)).status_code == 200
    assert made["token"] not in (await client.get("/api/v1/tokens", headers=bearer)).text
    bad(await client.post("/api/v1/tokens", json=form, headers=bearer), 403, "forbidden_role")
    token_id = made["about"]["id"]
    assert (await client.delete(f"/api/v1/tokens/{token_id}", headers=bearer)).status_code == 200
    bad(await client.get("/api/v1/requests", headers=bearer), 401, "wrong_token")


async def test_a_token_ends_and_says_so(server, client):
    an = await make(server, "lan", ["supervisor"])
    ended = await token(server, an, ["supervisor"], ends_ms=1)
    bad(await client.get("/api/v1/requests", headers=ended), 401, "token_expired")
    good = await token(server, an, ["supervisor"])
    assert (await client.get("/api/v1/requests", headers=good)).status_code == 200
    used = (await server.shelf.access.tokens(an.id, "", 10))[-1]
    assert any(one.used_ms for one in await server.shelf.access.tokens(an.id, "", 10)), used


async def test_nobody_takes_away_the_token_of_another(server, client):
    an, binh = await make(server, "lan", ["supervisor"]), await make(server, "binh", ["supervisor"])
    await token(server, an, ["supervisor"])
    theirs = (await server.shelf.access.tokens(an.id, "", 10))[0].id
    bearer = await token(server, binh, ["supervisor"])
    bad(await client.delete(f"/api/v1/tokens/{theirs}", headers=bearer), 404, "not_found")


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic abc", "Bearer tram_", "Bearer x", "Bearer tram_" + "a" * 9000]
)
async def test_a_header_that_names_nobody_lets_nobody_in_even_beside_a_session(server, client, value):
    an = await make(server, "lan", ["ops"])
    await enter(client, an)
    response = await client.get("/api/v1/me", headers={"Authorization": value} if value else {"Authorization": "x"})
    assert response.status_code == 401


async def test_names_in_the_settings_go_on_working(client):
    assert (await client.get("/api/v1/me", headers=READS)).json()["acting"] == ["ops"]
    assert (await client.get("/api/v1/me", headers=WISHES)).json()["acting"] == ["ops"]
    bad(await client.get("/api/v1/users", headers=WISHES), 403, "forbidden_role")
    bad(await client.post("/api/v1/tokens", json={}, headers=READS), 403, "forbidden_role")


@pytest.mark.parametrize("name", ["Nguyễn Văn An", "a b", "x\r\ny", "x" * 64, "'; --", "\u202eops"])
async def test_a_name_in_the_settings_that_is_no_id_is_written_down_as_one(server, name):
    found = Doors([], [Reader(name, digest("x"))], [], 1, lambda: 0).reader("Bearer x", "")
    who = entry._from_settings(found)
    assert who.name == name
    assert await server.shelf.access.record(who.id, "codes_read", [], {}) == 1


async def test_a_token_is_as_strong_as_its_user(server, client):
    an = await make(server, "hoa", ["tracer"])
    bearer = await token(server, an, ["tracer"])
    assert (await client.get("/api/v1/cases", headers=bearer)).status_code == 200
    gone = {"totp": None, "totp_step": -1}
    await server.shelf.database.write(lambda one: one.execute(users.update().values(**gone)))
    bad(await client.get("/api/v1/cases", headers=bearer), 403, "totp_needed")
    begun = {"totp": b"begun, and never confirmed", "totp_step": -1}
    await server.shelf.database.write(lambda one: one.execute(users.update().values(**begun)))
    bad(await client.get("/api/v1/cases", headers=bearer), 403, "totp_needed")


@pytest.mark.parametrize(("areas", "status"), [(["01"], 400), (["92"], 201), (["*"], 201), (["01", "92"], 201)])
async def test_a_token_of_ones_own_that_would_reach_nothing_is_not_made(server, client, areas, status):
    await enter(client, await make(server, "hai", ["supervisor"], areas=["92"]))
    form = {"name": "x", "roles": ["supervisor"], "areas": areas, "ends_ms": utc_ms() + DAY_MS}
    answer = await client.post("/api/v1/tokens", json=form, headers=OURS)
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["code"] == "token_nowhere"
