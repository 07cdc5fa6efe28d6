"""What is said of retention over the API, and to whom."""

import pytest
from litestar.testing import AsyncTestClient

from server.app import Server
from server.persons.retention import Retention, date_of, day_of
from server.purging import Purge
from tests.server import people, rig
from tests.server.access.users_in import make, token
from tests.server.holder.rig import Clock
from tests.server.rig import NOW_MS, READS, WISHES, body, headers, packed, scan

TODAY = day_of(NOW_MS)
ONE = people.people(seed=9, count=1)[0]
PATHS = ("/api/v1/retention", "/api/v1/retention/certificates")


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("server.app.utc_ms", made)
    return made


@pytest.fixture
async def at(tmp_path, clock):
    """A server with two scans of a person and a code of nobody's, and its client."""
    server = Server(rig.config(tmp_path))
    server.open()
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:
        codes = (people.citizen_2021(ONE), people.personal(ONE), b"something else")
        made = [scan(seq, code, utc_ms=NOW_MS - 1000, bound_ms=5) for seq, code in enumerate(codes, 1)]
        answer = await client.post("/api/v1/batches", content=packed(body(made)), headers=headers())
        assert answer.status_code == 200
        yield server, client
    server.close()


async def as_one(server, role):
    user = await make(server, f"u-{role}", [role], areas=["79"] if role == "supervisor" else [], totp=False)
    return await token(server, user, [role])


@pytest.mark.parametrize("role", ["administrator", "supervisor"])
async def test_who_answers_for_it_sees_what_is_kept_and_what_is_due(at, clock, role):
    server, client = at
    clock.days_on(8)
    answer = await client.get(PATHS[0], headers=await as_one(server, role))
    assert answer.status_code == 200, answer.text
    person, health, code = answer.json()["classes"]
    day = date_of(TODAY).isoformat()
    assert (person["class"], person["kept_days"], person["oldest_held"], person["held_rows"], person["due_rows"]) == (
        "person", 21, day, 2, 0,
    )  # fmt: skip
    assert (health["class"], health["held_days"], health["oldest_held"]) == ("health", 0, None)
    assert (code["class"], code["first_day"], code["due_days"], code["due_rows"]) == (
        "code", date_of(TODAY + 1).isoformat(), 1, 1,
    )  # fmt: skip


async def test_certificates_come_in_pages_and_name_nobody(at, clock):
    server, client = at
    clock.days_on(30)
    await Purge(server.shelf.persons, server.holder, Retention(), clock).run()
    way_in = await as_one(server, "supervisor")
    first = (await client.get(PATHS[1], params={"limit": 1}, headers=way_in)).json()
    second = (await client.get(PATHS[1], params={"limit": 1, "after": first["next"]}, headers=way_in)).json()
    last = (await client.get(PATHS[1], params={"after": second["next"]}, headers=way_in)).json()
    classes = [one["class"] for page in (first, second) for one in page["certificates"]]
    assert classes == ["code", "person"]
    assert last == {"certificates": [], "next": None}
    assert {one["date"] for one in first["certificates"]} == {date_of(TODAY).isoformat()}


@pytest.mark.parametrize("path", PATHS)
async def test_a_look_is_recorded(at, path):
    server, client = at
    way_in = await as_one(server, "supervisor")
    before = (await server.shelf.access.head()).no
    assert (await client.get(path, headers=way_in)).status_code == 200
    assert (await server.shelf.access.head()).no == before + 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ["operator", "technician", "ops", "tracer", "", "reader", "wisher"])
async def test_nobody_else_sees_it(at, path, role):
    server, client = at
    known = {"": {}, "reader": READS, "wisher": WISHES}
    way_in = known[role] if role in known else await as_one(server, role)
    answer = await client.get(path, headers=way_in)
    assert answer.status_code == (403 if role else 401)


@pytest.mark.parametrize("params", [{"after": -1}, {"after": "x"}, {"limit": 0}, {"limit": 501}, {"after": 1 << 63}])
async def test_a_page_that_cannot_be_is_refused(at, params):
    server, client = at
    answer = await client.get(PATHS[1], params=params, headers=await as_one(server, "supervisor"))
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
