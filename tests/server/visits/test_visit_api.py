"""The API of visits: who gets people, who gets numbers, and who gets nothing."""

import secrets
from datetime import datetime, timedelta

import pytest

from server.app import utc_ms
from server.places.opening import parse
from server.places.types import Area, Place
from server.store import place_register
from server.tracing.cases import Case, pseudonym
from tests.server import rig
from tests.server.access import users_in
from tests.server.visits import seen as made_up
from tests.server.visits.seen import MONDAY_MS, PERSON
from tests.server.visits.test_visit_store import derive

DAY_MS = 86_400_000
LAST_WEEK_MS = (utc_ms() - MONDAY_MS) // (7 * DAY_MS) * 7 * DAY_MS - 7 * DAY_MS
"""What is older than the retention is destroyed when the server starts."""


def at(clock, day=0):
    return made_up.at(clock, day) + LAST_WEEK_MS


def seen(clock, *arguments, day=0, **more):
    return made_up.seen(at(clock, day), *arguments, **more)


KEY = bytes(range(32))
WINDOW = {"from_ms": at("07:00"), "to_ms": at("12:00")}
VISITS, OCCUPANCY, COURSE, COUNTS = (
    f"/api/v1/places/cho/{word}" for word in ("visits", "occupancy", "occupancy/course", "counts")
)
NUMBERS = ((OCCUPANCY, {}), (COURSE, WINDOW), (COUNTS, WINDOW))


@pytest.fixture
async def market(server):
    """A place in an area, with somebody known and somebody counted only."""
    place = Place("cho", "Chợ", "market", "08", opening=parse("mon-sun 04:00-18:00"), capacity=2, day_begins="02:00")

    def job(connection):
        place_register.put_areas(connection, [Area("08", "Tỉnh", "province"), Area("79", "Thành phố", "province")])
        place_register.put_places(connection, [place], utc_ms())
        derive(connection, [seen("08:00"), seen("08:40", "out"), seen("09:00", person=None, gate="g2")], {})

    await server.shelf.database.write(job)


@pytest.fixture
async def headers(server):
    """`await headers(role, …)`: of a user with that role."""

    async def made(*roles, areas=("*",), places=()):
        user = await users_in.make(server, "u" + secrets.token_hex(4), roles, areas, places)
        return await users_in.token(server, user, roles)

    return made


@pytest.fixture
async def case(server):
    """`await case()` opens one; returns its id."""

    async def made(area="", ends_in_ms=DAY_MS):
        now_ms = utc_ms()
        found = Case(secrets.token_hex(8), "Vụ", "Law", area, "u-1", now_ms - 9, now_ms + ends_in_ms, KEY)
        await server.shelf.tracing.open_case(found)
        return found.id

    return made


def date(day):
    return (datetime(1970, 1, 1) + timedelta(milliseconds=at("07:00", day))).date().isoformat()


async def looks(server):
    return [one for one in await server.shelf.access.entries(0, 1000, None, None) if one.action == "visits_read"]


async def test_a_tracer_sees_visits_by_pseudonym_of_the_case_and_it_is_recorded(server, client, market, headers, case):
    opened = await case("08")
    response = await client.get(VISITS, params=WINDOW | {"case": opened}, headers=await headers("tracer"))
    assert response.status_code == 200, response.text
    (one,) = response.json()["visits"]
    assert one["person"] == pseudonym(KEY, PERSON)
    assert PERSON.hex() not in response.text
    assert (one["came_ms"]["best"], one["left_ms"]["best"], one["label"]) == (at("08:00"), at("08:40"), "measured")
    assert response.json()["next"] is None
    (look,) = await looks(server)
    assert {PERSON.hex(), "place:cho"} == set(look.subjects.split(" "))


async def test_pages_follow_each_other(server, client, market, headers, case):
    scans = [seen("08:00", seq=number, person=number.to_bytes(16, "big")) for number in range(100, 105)]
    await server.shelf.database.write(lambda connection: derive(connection, scans, {}))
    asked, found = {"case": await case(), "limit": 2} | WINDOW, []
    tracer, after = await headers("tracer"), ""
    while after is not None:
        page = (await client.get(VISITS, params=asked | {"after": after}, headers=tracer)).json()
        found += page["visits"]
        after = page["next"]
    assert len({one["id"] for one in found}) == len(found) == 6


@pytest.mark.parametrize("roles", [["operator"], ["technician"], ["ops"], ["supervisor"], ["administrator"]])
async def test_nobody_but_a_tracer_sees_people(server, client, market, headers, case, roles):
    asked = WINDOW | {"case": await case()}
    response = await client.get(VISITS, params=asked, headers=await headers(*roles, places=["cho"]))
    assert (response.status_code, response.json()["code"]) == (403, "forbidden_role")
    assert await looks(server) == []


@pytest.mark.parametrize("given", [{}, rig.READS, rig.WISHES, {"Authorization": "Bearer tram_nobody"}])
async def test_no_token_and_names_in_the_settings_see_nobody(server, client, market, case, given):
    response = await client.get(VISITS, params=WINDOW | {"case": await case()}, headers=given)
    assert response.status_code in (401, 403)
    assert await looks(server) == []


@pytest.mark.parametrize(
    "changes, status, code",
    [
        ({"case": "nothing"}, 404, None),
        ({"case": None}, 400, "request"),
        ({"case": "\x00"}, 400, "request"),
        ({"case": "a\r\nb"}, 400, "request"),
        ({"zone": "quầy\x00"}, 400, "request"),
        ({"zone": "q" * 41}, 400, "request"),
        ({"from_ms": at("12:00"), "to_ms": at("07:00")}, 400, "range_order"),
        ({"from_ms": at("07:00"), "to_ms": at("07:00")}, 400, "range_order"),
        ({"to_ms": at("07:00", 32)}, 400, "range_long"),
        ({"after": "x"}, 400, "cursor"),
        ({"after": "1-zz"}, 400, "cursor"),
        ({"after": f"{1 << 70}-{'0' * 32}"}, 400, "cursor"),
        ({"limit": 0}, 400, "request"),
        ({"limit": 501}, 400, "request"),
        ({"from_ms": -1}, 400, "request"),
        ({"from_ms": "soon"}, 400, "request"),
    ],
)
async def test_a_question_that_cannot_be_is_refused(server, client, market, headers, case, changes, status, code):
    asked = {"case": await case()} | WINDOW | changes
    asked = {name: value for name, value in asked.items() if value is not None}
    response = await client.get(VISITS, params=asked, headers=await headers("tracer"))
    assert response.status_code == status, response.text
    assert code is None or response.json()["code"] == code
    assert await looks(server) == []


async def test_a_case_that_is_over_or_of_another_area_shows_nobody(server, client, market, headers, case):
    tracer = await headers("tracer")
    over, elsewhere = await case(ends_in_ms=-1), await case("79")
    first = await client.get(VISITS, params=WINDOW | {"case": over}, headers=tracer)
    second = await client.get(VISITS, params=WINDOW | {"case": elsewhere}, headers=tracer)
    assert first.json()["code"] == "case_closed"
    assert (second.status_code, second.json()["code"]) == (403, "other_area")
    assert await looks(server) == []


@pytest.mark.parametrize(("areas", "of_case"), [(("79",), "08"), (("79",), ""), (("-",), "08")])
async def test_a_case_of_an_area_that_the_tracer_does_not_reach_shows_nobody(
    server, client, market, headers, case, areas, of_case
):
    tracer = await headers("tracer", areas=areas)
    answer = await client.get(VISITS, params=WINDOW | {"case": await case(of_case)}, headers=tracer)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_area")
    assert await looks(server) == []


async def test_what_cannot_be_recorded_is_not_answered(server, client, market, headers, case, monkeypatch):
    from server.errors import Unavailable

    async def full(*_):
        raise Unavailable("store_full", "")

    asked, tracer = WINDOW | {"case": await case()}, await headers("tracer")
    monkeypatch.setattr(server.shelf.access, "record", full)
    response = await client.get(VISITS, params=asked, headers=tracer)
    assert response.status_code == 503
    assert pseudonym(KEY, PERSON) not in response.text


@pytest.mark.parametrize("path, asked", NUMBERS)
@pytest.mark.parametrize(
    "roles, bounds, status",
    [
        (["ops"], {}, 200),
        (["tracer"], {}, 200),
        (["supervisor"], {"areas": ["08"]}, 200),
        (["supervisor"], {"areas": ["79"]}, 403),
        (["operator"], {"places": ["cho"]}, 200),
        (["operator"], {"places": ["other-place"]}, 403),
        (["technician"], {}, 403),
        (["administrator"], {}, 403),
    ],
)
async def test_numbers_are_for_those_who_may_see_them_there(
    client, market, headers, path, asked, roles, bounds, status
):
    response = await client.get(path, params=asked, headers=await headers(*roles, **bounds))
    assert response.status_code == status, response.text


@pytest.mark.parametrize("path, asked", NUMBERS)
async def test_numbers_name_nobody(client, market, path, asked):
    response = await client.get(path, params=asked, headers=rig.READS)
    assert response.status_code == 200, response.text
    assert PERSON.hex() not in response.text
    assert "person" not in response.text


async def test_how_many_are_inside_has_its_bounds_and_the_capacity(client, market):
    for clock, expected, is_full in (
        ("08:20", [1, 1, 1], False),
        ("09:10", [0, 1, 1], False),
        ("23:00", [0, 0, 1], False),
    ):
        response = await client.get(OCCUPANCY, params={"at_ms": at(clock)}, headers=rig.READS)
        body = response.json()
        assert [body["inside"][name] for name in ("low", "best", "high")] == expected, clock
        assert (body["capacity"], body["is_full"]) == (2, is_full)


async def test_a_place_that_is_full_says_so(server, client, market):
    scans = [seen("08:10", seq=number, person=number.to_bytes(16, "big")) for number in range(100, 105)]
    await server.shelf.database.write(lambda connection: derive(connection, scans, {}))
    response = await client.get(OCCUPANCY, params={"at_ms": at("08:20")}, headers=rig.READS)
    assert response.json()["is_full"] is True


async def test_without_an_instant_it_is_now(client, market):
    response = await client.get(OCCUPANCY, headers=rig.READS)
    assert abs(response.json()["inside"]["at_ms"] - utc_ms()) < 60_000


async def test_the_course_has_its_steps(client, market):
    asked = {"from_ms": at("08:00"), "to_ms": at("09:00"), "step_s": 1200}
    body = (await client.get(COURSE, params=asked, headers=rig.READS)).json()
    assert [one["at_ms"] for one in body["levels"]] == [at("08:00"), at("08:20"), at("08:40")]
    assert [one["best"] for one in body["levels"]] == [1, 1, 0]


@pytest.mark.parametrize(
    "path, asked, code",
    [
        (COURSE, {"from_ms": 5, "to_ms": 5}, "range_order"),
        (COURSE, {"from_ms": 0, "to_ms": 501 * 60_000, "step_s": 60}, "range_long"),
        (COURSE, WINDOW | {"step_s": 59}, "request"),
        (COURSE, {}, "request"),
        (COUNTS, {"from_ms": 0, "to_ms": 32 * DAY_MS}, "range_long"),
        (COUNTS, {"from_ms": 0, "to_ms": 367 * DAY_MS, "per": "day"}, "range_long"),
        (COUNTS, WINDOW | {"per": "week"}, "request"),
        (COUNTS, WINDOW | {"gate": "\x00"}, "request"),
        (COUNTS, WINDOW | {"gate": "G 1"}, "request"),
        (OCCUPANCY, {"at_ms": 1 << 60}, "request"),
        ("/api/v1/places/A/occupancy", {}, "request"),
    ],
)
async def test_numbers_that_nobody_can_have_are_refused(client, market, path, asked, code):
    response = await client.get(path, params=asked, headers=rig.READS)
    assert (response.status_code, response.json()["code"]) == (400, code)


async def test_counts_by_hour_are_of_each_gate(client, market):
    body = (await client.get(COUNTS, params=WINDOW, headers=rig.READS)).json()
    assert [(one["hour_ms"], one["gate_id"], one["reads"], one["ins"], one["outs"]) for one in body["counts"]] == [
        (at("08:00"), "g1", 2, 1, 1),
        (at("09:00"), "g2", 1, 1, 0),
    ]


async def test_counts_by_day_are_of_the_places_own_day(server, client, market):
    late = [seen("01:30", day=1, seq=500, person=None), seen("02:30", day=1, seq=501, person=None)]
    odd = [seen("05:00", seq=502, person=None, earliest_ms=None, at_ms=None)]
    await server.shelf.database.write(lambda connection: derive(connection, late + odd, {}))
    asked = {"from_ms": at("02:00"), "to_ms": at("02:00", 2), "per": "day", "gate": "g1"}
    body = (await client.get(COUNTS, params=asked, headers=rig.READS)).json()
    assert [(one["date"], one["reads"]) for one in body["counts"]] == [(date(0), 3), (date(1), 1)]
    assert [(one["hour_ms"], one["reads"]) for one in body["undated"]] == [(None, 1)]
