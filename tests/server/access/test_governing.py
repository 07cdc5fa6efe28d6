"""Users, approvals, requests of people and the record, through the real app."""

import asyncio
from urllib.parse import quote

import pytest

from server.access.chain import Told
from server.errors import Unavailable
from server.web.entry import approved
from tests.server.access.users_in import BY, DAY_MS, OURS, PASSWORD, enter, log_in, make, token
from tests.server.rig import READS

GIVEN = "năm con vịt bơi ao"
FORM = {"name": "binh", "title": "Bình", "password": GIVEN, "roles": ["supervisor"], "areas": ["xa-1"]}


def bad(response, status, code):
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


@pytest.fixture
async def chief(server):
    """An administrator's headers."""
    return await token(server, await make(server, "chief", ["administrator"]), ["administrator"])


async def added(client, chief, **how):
    response = await client.post("/api/v1/users", json=FORM | how, headers=chief)
    assert response.status_code == 201, response.text
    return response


# --- users


async def test_a_new_user_comes_in_and_changes_the_password_that_was_given(client, chief):
    made = (await added(client, chief)).json()
    assert GIVEN not in str(made)
    response = await client.post("/api/v1/login", json={"name": "binh", "password": GIVEN})
    assert response.json()["must_change_password"] is True
    form = {"old": GIVEN, "new": "sáu con cá lội suối"}
    assert (await client.post("/api/v1/me/password", json=form, headers=OURS)).status_code == 200


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"name": "chief"}, 409, "name_taken"),
        ({"name": "Bình"}, 400, "user_name"),
        ({"name": "b"}, 400, "user_name"),
        ({"name": "binh\r\nX-Evil: 1"}, 400, "user_name"),
        ({"name": "сhief"}, 400, "user_name"),
        ({"title": "Bình\u202e"}, 400, "text"),
        ({"title": "B\x00"}, 400, "text"),
        ({"title": ""}, 400, "text"),
        ({"password": "short"}, 400, "password_short"),
        ({"password": "matkhau123456"}, 400, "password_common"),
        ({"roles": ["root"]}, 400, "role_unknown"),
        ({"roles": "ops"}, 400, "json"),
        ({"areas": ["xa 1"]}, 400, "field"),
        ({"places": ["a\r\nb"]}, 400, "field"),
        ({"more": 1}, 400, "json"),
    ],
)
async def test_a_user_that_is_not_in_form_is_refused(client, chief, how, status, code):
    response = await client.post("/api/v1/users", json=FORM | how, headers=chief)
    bad(response, status, code)
    assert "X-Evil" not in response.headers


async def test_a_change_names_the_version_that_it_is_of(client, chief):
    made = await added(client, chief)
    path, tag = "/api/v1/users/" + made.json()["id"], made.headers["etag"]
    bad(await client.patch(path, json={"title": "B"}, headers=chief), 428, "if_match_needed")
    for wrong in ('"7"', "*", "1", 'W/"1"', '"x"', '"1" '.strip() + ', "2"'):
        bad(
            await client.patch(path, json={"title": "B"}, headers=chief | {"If-Match": wrong}), 412, "changed_meanwhile"
        )
    changed = await client.patch(path, json={"roles": ["ops"]}, headers=chief | {"If-Match": tag})
    assert (changed.json()["roles"], changed.headers["etag"]) == (["ops"], '"2"')
    bad(await client.patch(path, json={"title": "B"}, headers=chief | {"If-Match": tag}), 412, "changed_meanwhile")


async def test_of_two_changes_at_once_one_is_kept(client, chief):
    made = await added(client, chief)
    path, match = "/api/v1/users/" + made.json()["id"], chief | {"If-Match": made.headers["etag"]}
    found = await asyncio.gather(*(client.patch(path, json={"title": f"B{n}"}, headers=match) for n in range(4)))
    assert sorted(one.status_code for one in found) == [200, 412, 412, 412]


async def test_a_role_that_was_taken_away_is_away_with_the_next_request(server, client, chief):
    an = await make(server, "lan", ["supervisor"])
    bearer = await token(server, an, ["supervisor"])
    assert (await client.get("/api/v1/requests", headers=bearer)).status_code == 200
    tag = (await client.get("/api/v1/users/" + an.id, headers=chief)).headers["etag"]
    await client.patch("/api/v1/users/" + an.id, json={"roles": ["ops"]}, headers=chief | {"If-Match": tag})
    bad(await client.get("/api/v1/requests", headers=bearer), 403, "forbidden_role")


async def test_a_locked_or_removed_user_is_out_at_once(server, client, chief):
    an = await make(server, "lan", ["supervisor"])
    bearer = await token(server, an, ["supervisor"], is_strong=False)
    await enter(client, an)
    path = "/api/v1/users/" + an.id
    tag = (await client.get(path, headers=chief)).headers["etag"]
    locked = await client.patch(path, json={"is_locked": True}, headers=chief | {"If-Match": tag})
    assert locked.json()["is_locked"] is True
    bad(await client.get("/api/v1/me"), 401, "no_token")
    bad(await client.get("/api/v1/me", headers=bearer), 401, "wrong_token")
    bad(await log_in(client, an), 401, "wrong_password")
    gone = await client.delete(path, headers=chief | {"If-Match": locked.headers["etag"]})
    assert gone.status_code == 200
    bad(await client.get("/api/v1/me", headers=bearer), 401, "wrong_token")
    bad(await client.get(path, headers=chief), 404, "not_found")


async def test_the_last_administrator_stays(server, client):
    first = await make(server, "first", ["administrator"], totp=False)
    access = server.shelf.access
    for fields in ({"roles": frozenset({"ops"})}, {"state": "locked"}):
        with pytest.raises(Exception, match="last_administrator"):
            await access.change_user(first.id, None, fields, Told(BY, "user_changed"))
    second = await make(server, "second", ["administrator"])
    other = await token(server, second, ["administrator"])
    path = "/api/v1/users/" + first.id
    tag = (await client.get(path, headers=other)).headers["etag"]
    assert (await client.delete(path, headers=other | {"If-Match": tag})).status_code == 200
    own = "/api/v1/users/" + second.id
    tag = (await client.get(own, headers=other)).headers["etag"]
    bad(await client.delete(own, headers=other | {"If-Match": tag}), 409, "last_administrator")


async def test_of_two_administrators_who_remove_each_other_one_stays(server, client):
    made = [await make(server, name, ["administrator"], totp=False) for name in ("first", "second")]
    remove = server.shelf.access.remove_user
    asked = [remove(one.id, 1, Told(BY, "user_removed", (one.id,))) for one in made]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(getattr(one, "code", "gone") for one in found) == ["gone", "last_administrator"]
    left = await server.shelf.access.users("", 10)
    assert len(left) == 1


@pytest.mark.parametrize("change", [{"roles": ["tracer", "administrator"]}, {"areas": ["*"]}, {"is_locked": False}])
async def test_nobody_gives_themselves_more(server, client, change):
    an = await make(server, "lan", ["administrator"])
    own = await token(server, an, ["administrator"])
    path = "/api/v1/users/" + an.id
    tag = (await client.get(path, headers=own)).headers["etag"]
    bad(await client.patch(path, json=change, headers=own | {"If-Match": tag}), 403, "forbidden_role")


async def test_a_reset_takes_password_and_second_factor_away(server, client, chief):
    an = await make(server, "lan", ["tracer"])
    path = f"/api/v1/users/{an.id}/password"
    assert (await client.post(path, json={"password": GIVEN, "totp": True}, headers=chief)).status_code == 200
    bad(await log_in(client, an), 401, "wrong_password")
    said = await client.post("/api/v1/login", json={"name": "lan", "password": GIVEN})
    assert (said.json()["needs_totp"], said.json()["must_change_password"]) == (True, True)


async def test_without_the_second_factor_that_it_was_made_with_a_token_is_gone(server, client, chief):
    an = await make(server, "lan", ["tracer"])
    bearer = await token(server, an, ["tracer"])
    assert (await client.get("/api/v1/cases", headers=bearer)).status_code == 200
    path = f"/api/v1/users/{an.id}/password"
    await client.post(path, json={"password": GIVEN, "totp": True}, headers=chief)
    bad(await client.get("/api/v1/cases", headers=bearer), 401, "wrong_token")


async def test_an_administrator_lets_somebody_try_again(server, client, chief):
    an = await make(server, "lan", ["ops"])
    for _ in range(5):
        await log_in(client, an, password="wrong password")
    bad(await log_in(client, an), 429, "locked")
    assert (await client.post(f"/api/v1/users/{an.id}/unlock", headers=chief)).status_code == 200
    assert (await log_in(client, an)).status_code == 200


async def test_lists_go_on_where_they_ended(server, client, chief):
    for number in range(5):
        await make(server, f"user-{number}", ["ops"])
    seen, after = [], ""
    while after is not None:
        page = (await client.get("/api/v1/users", params={"after": after, "limit": 2}, headers=chief)).json()
        seen += [one["name"] for one in page["users"]]
        after = page["next"]
    assert sorted(seen) == ["chief", *(f"user-{number}" for number in range(5))]


# --- approvals


async def test_one_asks_another_approves_and_it_is_good_once(server, client):
    an, binh = await make(server, "lan", ["tracer"]), await make(server, "binh", ["tracer"])
    asks, judges = await token(server, an, ["tracer"]), await token(server, binh, ["tracer"])
    form = {"action": "export_contacts", "question": "a" * 64, "about": "case:c-1", "people": 2000}
    made = (await client.post("/api/v1/approvals", json=form, headers=asks)).json()
    path = "/api/v1/approvals/" + made["id"]
    bad(await client.post(path, json={"approve": True}, headers=asks), 403, "approval_own")
    own_again = await token(server, an, ["tracer"])
    bad(await client.post(path, json={"approve": True}, headers=own_again), 403, "approval_own")
    assert (await client.post(path, json={"approve": True}, headers=judges)).json()["state"] == "approved"
    bad(await client.post(path, json={"approve": True}, headers=judges), 409, "approval_state")
    access = server.shelf.access
    found = await asyncio.gather(
        *(access.use_approval(made["id"], an.id, "export_contacts", "a" * 64) for _ in range(3)), return_exceptions=True
    )
    assert sorted(getattr(one, "code", "used") for one in found) == ["approval_state", "approval_state", "used"]


@pytest.mark.parametrize(
    "how",
    [
        {"question": "a" * 63},
        {"question": "A" * 64},
        {"question": "a" * 63 + "\n"},
        {"action": "export contacts"},
        {"about": "Nguyễn Văn An"},
        {"about": ""},
        {"people": -1},
        {"people": 1 << 40},
        {"within_s": 0},
        {"within_s": 86_401},
        {"people": "many"},
    ],
)
async def test_an_approval_that_is_not_in_form_is_not_asked_for(server, client, how):
    asks = await token(server, await make(server, "lan", ["tracer"]), ["tracer"])
    form = {"action": "export_contacts", "question": "a" * 64, "about": "case:c-1", "people": 2000}
    assert (await client.post("/api/v1/approvals", json=form | how, headers=asks)).status_code == 400


async def test_what_needs_an_approval_says_for_which_question():
    with pytest.raises(Exception, match="approval_needed") as err:
        await approved(None, None, "", "export_contacts", {"case": "c-1"})
    assert len(err.value.detail.rpartition(" ")[2]) == 64


# --- requests of people


async def test_a_request_goes_its_way_with_its_days(server, client):
    bearer = await token(server, await make(server, "lan", ["supervisor"]), ["supervisor"])
    came_ms = server.shelf.access._now_ms() - 60 * DAY_MS
    form = {"kind": "deletion", "subject": "ab" * 16, "reference": "2026-117", "received_ms": came_ms}
    made = await client.post("/api/v1/requests", json=form, headers=bearer)
    assert (made.status_code, made.json()["overdue"], made.json()["state"]) == (201, "done", "received")
    path, tag = "/api/v1/requests/" + made.json()["id"], made.headers["etag"]
    late = (await client.get("/api/v1/requests", params={"overdue": True}, headers=bearer)).json()["requests"]
    assert [one["id"] for one in late] == [made.json()["id"]]
    bad(await client.post(path, json={"step": "answer"}, headers=bearer), 428, "if_match_needed")
    bad(await client.post(path, json={"step": "done"}, headers=bearer | {"If-Match": tag}), 409, "request_step")
    bad(await client.post(path, json={"step": "refuse"}, headers=bearer | {"If-Match": tag}), 400, "request_ground")
    bad(await client.post(path, json={"step": "extend"}, headers=bearer | {"If-Match": tag}), 409, "request_late")
    answered = await client.post(path, json={"step": "answer"}, headers=bearer | {"If-Match": tag})
    assert answered.json()["state"] == "answered"
    bad(await client.post(path, json={"step": "done"}, headers=bearer | {"If-Match": tag}), 412, "changed_meanwhile")
    done = await client.post(path, json={"step": "done"}, headers=bearer | {"If-Match": answered.headers["etag"]})
    assert (done.json()["state"], done.json()["overdue"]) == ("done", "")
    assert (await client.get("/api/v1/requests", headers=bearer)).json()["requests"] == []


@pytest.mark.parametrize(
    "how",
    [
        {"kind": "money"},
        {"subject": "Nguyễn Văn An"},
        {"subject": "001099012345"},
        {"subject": "0901234567"},
        {"reference": "DN4790000000001"},
        {"reference": "a\r\nb"},
        {"reference": "x" * 65},
        {"received_ms": 1 << 50},
        {"received_ms": -1},
        {"name": "An"},
    ],
)
async def test_a_request_holds_no_person(server, client, how):
    bearer = await token(server, await make(server, "lan", ["supervisor"]), ["supervisor"])
    response = await client.post("/api/v1/requests", json={"kind": "access"} | how, headers=bearer)
    assert response.status_code == 400


# --- the record


async def test_whoever_changes_who_may_look_is_in_the_record(server, client, chief):
    made = (await added(client, chief)).json()
    found = (await client.get("/api/v1/audit", params={"action": "user_added"}, headers=chief)).json()["entries"]
    last = found[-1]
    assert (last["subjects"], last["detail"]["roles"]) == ([made["id"]], ["supervisor"])
    assert "binh" not in str(last)
    assert "Bình" not in str(last)


async def test_reading_the_record_is_in_it(client, chief):
    await client.get("/api/v1/audit", headers=chief)
    found = (await client.get("/api/v1/audit", headers=chief)).json()["entries"]
    assert found[-1]["action"] == "audit_read"


async def test_a_person_can_be_told_who_looked(server, client, chief):
    await server.shelf.access.record("u-9", "person_read", ["ab" * 16], {"case": "c-1"})
    await server.shelf.access.record("u-8", "person_read", ["cd" * 16], {"case": "c-2"})
    found = await client.get("/api/v1/audit/looks", params={"subject": ["ab" * 16, "ef" * 16]}, headers=chief)
    assert [(one["actor"], one["detail"]) for one in found.json()["entries"]] == [("u-9", {"case": "c-1"})]
    for wrong in ("Nguyễn", "a b", "x" * 97, "a\r\nb"):
        response = await client.get("/api/v1/audit/looks", params={"subject": wrong}, headers=chief)
        assert response.status_code == 400


async def test_the_head_is_signed(server, client, chief):
    said = (await client.get("/api/v1/audit/head", headers=chief)).json()
    vault = server.shelf.access.vault
    assert vault.verify(said["key"], bytes.fromhex(said["hash"]), bytes.fromhex(said["signature"]))


async def test_what_cannot_be_recorded_is_not_answered(server, client, chief, monkeypatch):
    async def full(*what):
        raise Unavailable("store_full", "")

    monkeypatch.setattr(server.shelf.access, "record", full)
    bad(await client.get("/api/v1/audit", headers=chief), 503, "store_full")


async def test_nobody_else_reads_the_record(server, client):
    for role in ("ops", "supervisor", "tracer", "operator", "technician"):
        bearer = await token(server, await make(server, f"a-{role}", [role], totp=False), [role])
        bad(await client.get("/api/v1/audit", headers=bearer), 403, "forbidden_role")
    bad(await client.get("/api/v1/audit", headers=READS), 403, "forbidden_role")
    assert PASSWORD not in (await client.get("/api/v1/audit", headers=READS)).text


@pytest.mark.parametrize("value", ["a\x00", "\x00", "a b", "Nguyễn", "\r\nX: 1", "';--", "x" * 97])
@pytest.mark.parametrize("path", ["/api/v1/users?after=", "/api/v1/audit?actor=", "/api/v1/approvals?after="])
async def test_a_question_that_is_not_in_form_never_reaches_the_database(client, chief, path, value):
    response = await client.get(path + quote(value), headers=chief)
    assert response.status_code == 400, response.text


@pytest.mark.parametrize("number", ["001099012345", "0901234567", "DN4790000000001"])
async def test_the_number_of_a_person_is_never_written_down_as_a_subject(server, client, chief, number):
    before = (await server.shelf.access.head()).no
    bad(await client.get("/api/v1/audit/looks", params={"subject": number}, headers=chief), 400, "field")
    assert (await server.shelf.access.head()).no == before
    with pytest.raises(ValueError):
        await server.shelf.access.record("u-1", "person_read", [number], {})
    asks = await token(server, await make(server, "lan", ["tracer"]), ["tracer"])
    form = {"action": "export_contacts", "question": "a" * 64, "about": number, "people": 2000}
    bad(await client.post("/api/v1/approvals", json=form, headers=asks), 400, "field")
