"""Who is bounded by areas has some, or it is said: everywhere. In the store, over the API, and on the command line."""

import pytest

from server.access.chain import Told
from server.errors import Refused
from server.store.access_tables import users
from tests.server.access.test_commands import config, run  # noqa: F401 - fixtures
from tests.server.access.users_in import BY, PASSWORD, make, token, user

GIVEN = "năm con vịt bơi ao"
BOUND = ("supervisor", "tracer")
FORM = {"name": "lan", "title": "Lan", "password": GIVEN}


@pytest.fixture
async def chief(server):
    """The only administrator's headers."""
    return await token(server, await make(server, "chief", ["administrator"]), ["administrator"])


@pytest.fixture
def change(client, chief):
    async def changed(user_id, **fields):
        path = f"/api/v1/users/{user_id}"
        tag = (await client.get(path, headers=chief)).headers["etag"]
        return await client.patch(path, json=fields, headers=chief | {"If-Match": tag})

    return changed


def bad(response, status, code):
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


@pytest.mark.parametrize("role", BOUND)
async def test_nobody_is_made_to_reach_everywhere_by_what_was_left_out(client, chief, role):
    bad(await client.post("/api/v1/users", json=FORM | {"roles": [role]}, headers=chief), 400, "areas_needed")
    both = FORM | {"roles": [role], "areas": ["79"], "everywhere": True}
    bad(await client.post("/api/v1/users", json=both, headers=chief), 400, "field")
    made = await client.post("/api/v1/users", json=FORM | {"roles": [role], "everywhere": True}, headers=chief)
    assert made.json()["areas"] == ["*"]
    last = (await client.get("/api/v1/audit", params={"action": "user_added"}, headers=chief)).json()["entries"][-1]
    assert last["detail"]["areas"] == ["*"]


@pytest.mark.parametrize("role", BOUND)
async def test_the_last_area_does_not_go_unless_everywhere_is_said(server, client, chief, change, role):
    an = await make(server, "lan", [role], areas=["79"])
    bad(await change(an.id, areas=[]), 400, "areas_needed")
    assert (await client.get(f"/api/v1/users/{an.id}", headers=chief)).json()["areas"] == ["79"]
    assert (await change(an.id, everywhere=True)).json()["areas"] == ["*"]
    last = (await client.get("/api/v1/audit", params={"action": "user_changed"}, headers=chief)).json()["entries"][-1]
    assert last["detail"]["areas"] == ["*"]


@pytest.mark.parametrize("role", BOUND)
async def test_a_role_that_is_bounded_is_not_given_to_who_has_no_areas(server, change, role):
    an = await make(server, "lan", ["ops"])
    bad(await change(an.id, roles=[role]), 400, "areas_needed")
    assert (await change(an.id, roles=[role], areas=["92"])).json()["areas"] == ["92"]


async def test_a_supervisor_who_becomes_a_tracer_keeps_the_areas(server, change):
    an = await make(server, "lan", ["supervisor"], areas=["92"])
    assert (await change(an.id, roles=["tracer"])).json()["areas"] == ["92"]
    bad(await change(an.id, roles=["tracer"], areas=[]), 400, "areas_needed")
    assert (await change(an.id, roles=["ops"], areas=[])).json()["areas"] == []
    bad(await change(an.id, roles=["tracer", "ops"]), 400, "areas_needed")


async def test_what_is_changed_beside_the_areas_asks_nothing_of_who_had_none_before(server):
    access, old = server.shelf.access, user("lan", ["tracer"], areas=())

    def before(connection):
        connection.execute(users.update().where(users.c.id == made.id).values(areas=""))

    made = await make(server, "lan", ["tracer"], areas=["79"])
    await server.shelf.database.write(before)
    assert (await access.change_user(made.id, None, {"title": "Lan"}, Told(BY, "user_changed"))).areas == old.areas


@pytest.mark.parametrize("role", BOUND)
async def test_the_store_refuses_it_too(server, role):
    access = server.shelf.access
    with pytest.raises(Refused, match="areas_needed"):
        await access.add_user(user("binh", [role], areas=()), None, Told(BY, "user_added"))
    an = await make(server, "lan", [role], areas=["79"])
    for fields in ({"areas": frozenset()}, {"roles": frozenset({role}), "areas": frozenset()}):
        with pytest.raises(Refused, match="areas_needed"):
            await access.change_user(an.id, None, fields, Told(BY, "user_changed"))


@pytest.mark.parametrize("role", BOUND)
def test_the_command_line_refuses_it_too(run, role):  # noqa: F811
    assert "areas_needed" in run("user", "add", "lan", "--role", role, typed=PASSWORD, code=2)
    assert "địa bàn" in run("user", "add", "lan", "--role", role, typed=PASSWORD, code=2)
    made = run("user", "add", "lan", "--role", role, "--everywhere", typed=PASSWORD)
    assert made["areas"] == ["*"]
    assert "areas_needed" in run("user", "role", "lan", "--role", role, code=2)
    assert run("user", "role", "lan", "--role", role, "--area", "92")["areas"] == ["92"]
    assert "field" in run("user", "role", "lan", "--role", role, "--area", "92", "--everywhere", code=2)
    assert run("user", "role", "lan", "--role", role, "--everywhere")["areas"] == ["*"]
    changed = [one for one in run("audit", "show") if one["action"] == "user_changed"]
    assert [one["detail"]["areas"] for one in changed] == [["92"], ["*"]]
