"""The API of the register: who sees which place, who may change it, and what a change reaches."""

import pytest

from server.places.finding import reconcile
from server.places.silence import Finding
from server.store import place_findings
from server.store.place_tables import place_marks, places
from tests.server.access.users_in import make, token
from tests.server.rig import BOX, GATEWAY, READS, TELLS, WISHES

BASE = "/api/v1/places"
MARKET = {"name": "Chợ Bến Thành", "kind": "market", "area": "79", "capacity": 500}
DAY_MS = 86_400_000


@pytest.fixture
def ask(client):
    async def asked(method, path, status=200, headers=WISHES, version=None, **how):
        more = {} if version is None else {"If-Match": f'"{version}"'}
        answer = await client.request(method, path, headers=headers | more, **how)
        assert answer.status_code == status, answer.text
        return answer

    return asked


@pytest.fixture
async def market(ask):
    """A place in Hồ Chí Minh City (79), one in what Hà Giang (02) was, and one that lies nowhere."""
    new = WISHES | {"If-None-Match": "*"}
    await ask("PUT", f"{BASE}/cho-ha-giang", headers=new, json={"name": "Chợ Hà Giang", "area": "02"})
    await ask("PUT", f"{BASE}/cho-nowhere", headers=new, json={"name": "Chợ"})
    return (await ask("PUT", f"{BASE}/cho-bt", headers=new, json=MARKET)).json()["version"]


@pytest.fixture
async def as_(server):
    """`await as_("supervisor", areas=["79"])`: headers of a user with that role."""

    async def made(role, areas=(), places=()):
        user = await make(server, f"user-{role}", [role], areas, places)
        return await token(server, user, [role], areas=areas or ("*",), places=places or ("*",))

    return made


async def seen(ask, headers, **params):
    return [one["place_id"] for one in (await ask("GET", BASE, headers=headers, params=params)).json()["places"]]


async def test_a_supervisor_who_asks_for_the_next_province_is_refused(ask, as_, market):
    mine = await as_("supervisor", areas=["79"])
    assert await seen(ask, mine) == ["cho-bt"]
    assert (await ask("GET", f"{BASE}/cho-bt", headers=mine)).json()["above"] == ["79"]
    for path in ("cho-ha-giang", "cho-nowhere", "cho-not-there", "cho-ha-giang/gates", "cho-ha-giang/purposes"):
        assert (await ask("GET", f"{BASE}/{path}", 403, mine)).json()["code"] == "forbidden_area"
    for area in ("08", "02", "01"):
        assert (await ask("GET", BASE, 403, mine, params={"area": area})).json()["code"] == "forbidden_area"
    asked = {"place_id": "cho-ha-giang"}
    assert (await ask("GET", "/api/v1/findings", 403, mine, params=asked)).json()["code"] == "forbidden_area"
    export = (await ask("GET", f"{BASE}/export/places", headers=mine)).text
    assert "cho-bt" in export
    assert "cho-ha-giang" not in export


async def test_a_supervisor_of_a_province_of_today_sees_what_went_into_it(ask, as_, market):
    assert await seen(ask, await as_("supervisor", areas=["08"])) == ["cho-ha-giang"]
    assert await seen(ask, WISHES, area="08") == ["cho-ha-giang"]
    assert await seen(ask, WISHES, area="02") == ["cho-ha-giang"]
    assert await seen(ask, WISHES) == ["cho-bt", "cho-ha-giang", "cho-nowhere"]


async def test_an_operator_sees_the_places_that_are_named_and_no_other(ask, as_, market):
    mine = await as_("operator", places=["cho-nowhere"])
    assert await seen(ask, mine) == ["cho-nowhere"]
    assert (await ask("GET", f"{BASE}/cho-bt", 403, mine)).json()["code"] == "forbidden_area"


@pytest.mark.parametrize("role", ["operator", "supervisor", "technician", "tracer"])
async def test_who_may_not_change_places_changes_none(ask, as_, market, server, role):
    headers = await as_(role, areas=["79"], places=["cho-bt"])
    csv = headers | {"Content-Type": "text/csv"}
    for method, path, how in (
        ("PUT", f"{BASE}/cho-bt", {"json": MARKET}),
        ("DELETE", f"{BASE}/cho-bt", {}),
        ("PUT", f"{BASE}/cho-bt/gates/dong", {"json": {}}),
        ("PUT", f"{BASE}/cho-bt/purposes", {"json": {"purposes": []}}),
        ("PUT", f"{BASE}/cho-bt/gateways/{GATEWAY}", {"json": {}}),
        ("PUT", f"/api/v1/boxes/{BOX}/seat", {"json": {"seats": []}}),
        ("POST", f"{BASE}/import", {"content": b"x", "headers": csv}),
    ):
        answer = await ask(method, path, 403, **({"headers": headers, "version": market} | how))
        assert answer.json()["code"] == "forbidden_role"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nobody"}, TELLS])
async def test_who_is_nobody_sees_nothing(ask, headers):
    for path in (
        BASE,
        f"{BASE}/cho-bt",
        "/api/v1/areas",
        "/api/v1/findings",
        f"/api/v1/boxes/{BOX}/seat",
        "/api/v1/seats",
    ):
        await ask("GET", path, 401, headers)


async def test_who_only_reads_the_fleet_may_look_and_not_change(ask, market):
    assert await seen(ask, READS) == ["cho-bt", "cho-ha-giang", "cho-nowhere"]
    await ask("PUT", f"{BASE}/cho-bt", 403, READS, market, json=MARKET)


async def test_a_change_names_the_version_that_was_seen(ask, market):
    path = f"{BASE}/cho-bt"
    assert (await ask("GET", path)).headers["etag"] == f'"{market}"'
    assert (await ask("PUT", path, 428, json=MARKET)).json()["code"] == "if_match_needed"
    new = (await ask("PUT", path, version=market, json=MARKET | {"capacity": 9})).json()
    assert (new["capacity"], new["version"] > market) == (9, True)
    for method, where, body in (
        ("PUT", path, MARKET),
        ("PUT", f"{path}/gates/dong", {}),
        ("PUT", f"{path}/purposes", {"purposes": []}),
        ("DELETE", path, None),
    ):
        answer = await ask(method, where, 412, version=market, **({} if body is None else {"json": body}))
        assert answer.json()["code"] == "changed_meanwhile"
    again = WISHES | {"If-None-Match": "*"}
    assert (await ask("PUT", path, 412, again, json=MARKET)).json()["code"] == "changed_meanwhile"
    assert (await ask("GET", path)).json()["place"]["capacity"] == 9


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "text_missing"),
        ("name", "a\u202eb", "text"),
        ("name", "a\u0000b", "text"),
        ("name", "x" * 101, "text_long"),
        ("kind", "chợ", "place_kind"),
        ("area", "7", "area_code"),
        ("area", "03", "area_unknown"),
        ("opening", "always", "place_opening"),
        ("capacity", -1, "place_capacity"),
        ("capacity", 10**12, "place_capacity"),
        ("stay_min", 10_081, "place_stay"),
        ("day_begins", "24:00", "place_day_begins"),
        ("operators", ["an", "an"], "place_operators"),
        ("operators", ["a b"], "place_operators"),
        ("capacity", "9", "json"),
        ("password", "x", "json"),
    ],
)
async def test_a_place_that_is_not_in_its_form_is_refused_and_nothing_is_kept(ask, market, field, value, code):
    path = f"{BASE}/cho-bt"
    status = 409 if code == "area_unknown" else 400
    answer = (await ask("PUT", path, status, version=market, json=MARKET | {field: value})).json()
    assert answer["code"] == code
    assert answer["en"] != answer["vi"]
    assert (await ask("GET", path)).json()["place"]["version"] == market


async def test_gates_and_purposes_hang_on_their_place(ask, market):
    path = f"{BASE}/cho-bt"
    gates = await ask("PUT", f"{path}/gates/dong", version=market, json={"zone": "thịt", "direction": "in"})
    version = gates.headers["etag"].strip('"')
    wrong = [{"since_ms": 0, "mode": "identified"}]
    answer = await ask("PUT", f"{path}/purposes", 400, version=version, json={"purposes": wrong})
    assert answer.json()["code"] == "purpose_basis"
    good = [
        {"since_ms": 0, "mode": "counts_only"},
        {"since_ms": 1000, "mode": "identified", "basis": "NQ 30/2021/QH15"},
    ]
    made = await ask("PUT", f"{path}/purposes", version=version, json={"purposes": good})
    found = (await ask("GET", path)).json()
    assert [one["gate_id"] for one in found["gates"]] == ["dong"]
    assert [one["mode"] for one in found["purposes"]] == ["counts_only", "identified"]
    version = made.headers["etag"].strip('"')
    gone = await ask("DELETE", f"{path}/gates/dong", version=version)
    assert gone.json()["gates"] == []
    await ask("DELETE", f"{path}/gates/dong", 404, version=gone.headers["etag"].strip('"'))
    none = await ask("PUT", f"{path}/purposes", version=gone.headers["etag"].strip('"'), json={"purposes": []})
    assert none.json() == {"purposes": []}


async def test_what_is_registered_is_wished_of_its_gateway_and_no_other_truth_stands(ask, market, client):
    path = f"{BASE}/cho-bt"
    own = {"name": "by hand", "quota_visits": 2, "capacity": 7}
    await ask("PUT", f"/api/v1/fleet/gateways/{GATEWAY}/place", json=own)
    seat = f"{path}/gateways/{GATEWAY}"
    await ask("PUT", seat, version=(await ask("GET", seat)).json()["version"], json={})
    version = (await ask("GET", path)).json()["place"]["version"]
    periods = [{"since_ms": 1_790_000_000_000, "mode": "counts_only"}]
    await ask("PUT", f"{path}/purposes", version=version, json={"purposes": periods})
    wished = (await ask("GET", "/api/v1/fleet/wishes", headers=TELLS)).json()["place"]
    assert (wished["name"], wished["capacity"], wished["quota_visits"]) == ("Chợ Bến Thành", 500, 2)
    assert wished["purpose"] == [{"since": "2026-09-21T21:13:20", "mode": "counts_only", "basis": ""}]
    answer = await ask("DELETE", path, 409, version=(await ask("GET", path)).json()["place"]["version"])
    assert answer.json()["code"] == "place_used"


async def test_a_box_moved_yesterday_keeps_its_earlier_scans_at_the_earlier_place(ask, market, server):
    path = f"/api/v1/boxes/{BOX}/seat"
    now_ms = 1_790_000_000_000
    first = (await ask("GET", path)).json()
    moved = [{"since_ms": 0, "place_id": "cho-bt"}, {"since_ms": now_ms - DAY_MS, "place_id": "cho-ha-giang"}]
    await ask("PUT", path, 428, json={"seats": moved})
    made = (await ask("PUT", path, version=first["version"], json={"seats": moved})).json()
    assert made["to_derive"] == [{"subject": "box", "id": BOX, "from_ms": 0, "to_ms": None, "reason": "seat"}]
    await ask("PUT", path, 412, version=first["version"], json={"seats": []})
    seats = await server.shelf.places.seats()
    assert seats.where(BOX, GATEWAY, now_ms - DAY_MS - 1).place_id == "cho-bt"
    assert seats.where(BOX, GATEWAY, now_ms).place_id == "cho-ha-giang"
    before = await server.shelf.places.version()
    again = (await ask("PUT", path, version=made["version"], json={"seats": moved[:1]})).json()
    assert await server.shelf.places.version() != before
    assert [one["from_ms"] for one in again["to_derive"]] == [0, now_ms - DAY_MS]
    (listed,) = [one for one in (await ask("GET", "/api/v1/seats")).json()["boxes"] if one["box_id"] == BOX]
    assert [one["place_id"] for one in listed["seats"]] == ["cho-bt"]


@pytest.mark.parametrize(
    ("seat", "status", "code"),
    [
        ({"since_ms": 0, "place_id": "cho-not"}, 409, "place_unknown"),
        ({"since_ms": 0, "place_id": "cho-bt", "gate_id": "bac"}, 409, "gate_unknown"),
        ({"since_ms": 5, "place_id": "cho-bt"}, 400, "place_instant"),
        ({"since_ms": -1000, "place_id": "cho-bt"}, 400, "place_instant"),
        ({"since_ms": 0, "place_id": "CHO"}, 400, "place_id"),
    ],
)
async def test_a_seat_that_cannot_be_is_refused(ask, market, seat, status, code):
    path = f"/api/v1/boxes/{BOX}/seat"
    version = (await ask("GET", path)).json()["version"]
    assert (await ask("PUT", path, status, version=version, json={"seats": [seat]})).json()["code"] == code


async def test_a_file_is_taken_in_whole_or_not_at_all_or_what_is_good_of_it(ask, market, server):
    csv = WISHES | {"Content-Type": "text/csv"}
    text = "place_id,name,area\ncho-x1,Một,79\ncho-x2,Hai,03\ncho-x3,Ba,\n".encode()
    refused = (await ask("POST", f"{BASE}/import", headers=csv, content=text)).json()
    assert (refused["is_kept"], refused["rows"], len(refused["problems"])) == (False, 3, 1)
    (problem,) = refused["problems"]
    assert (problem["row"], problem["key"], problem["code"]) == (3, "cho-x2", "area_unknown")
    assert problem["en"] != problem["vi"]
    assert "cho-x1" not in await seen(ask, WISHES)
    dry = (await ask("POST", f"{BASE}/import", headers=csv, params={"partial": True, "dry": True}, content=text)).json()
    assert (dry["is_kept"], dry["added"]) == (False, 2)
    assert "cho-x1" not in await seen(ask, WISHES)
    partial = (await ask("POST", f"{BASE}/import", headers=csv, params={"partial": True}, content=text)).json()
    assert (partial["is_kept"], partial["added"]) == (True, 2)
    assert {"cho-x1", "cho-x3"} <= set(await seen(ask, WISHES))
    assert "cho-x2" not in await seen(ask, WISHES)
    again = (await ask("POST", f"{BASE}/import", headers=csv, params={"partial": True}, content=text)).json()
    assert (again["added"], again["changed"], again["same"]) == (0, 0, 2)


@pytest.mark.parametrize(
    ("content", "params", "kind", "status", "code"),
    [
        (b"", {}, "text/csv", 400, "csv_rows"),
        (b"a,b\n1,2\n", {}, "text/csv", 400, "csv_column"),
        (b"place_id,name\nx,y\n", {"table": "users"}, "text/csv", 400, "csv_sheet"),
        (b"place_id,name\nx,y\n", {"table": "boxes"}, "text/csv", 400, "csv_sheet"),
        (b"\xff\xfe\x00", {}, "text/csv", 400, "csv_encoding"),
        (b"place_id,name\nx,y\n", {}, "application/json", 415, "content_type"),
    ],
)
async def test_a_file_that_is_none_is_refused(ask, content, params, kind, status, code):
    answer = await ask(
        "POST", f"{BASE}/import", status, WISHES | {"Content-Type": kind}, content=content, params=params
    )
    assert answer.json()["code"] == code


async def test_what_is_exported_is_taken_in_again_without_a_change(ask, market, server):
    version = (await ask("PUT", f"{BASE}/cho-bt/gates/dong", version=market, json={"name": "Cổng 1"})).headers["etag"]
    periods = [{"since_ms": 0, "mode": "identified", "basis": "NQ 1", "until_ms": 5000}]
    await ask("PUT", f"{BASE}/cho-bt/purposes", version=version.strip('"'), json={"purposes": periods})
    served = f"{BASE}/cho-bt/gateways/{GATEWAY}"
    since = {"since_ms": 1_790_000_000_000}
    await ask("PUT", served, version=(await ask("GET", served)).json()["version"], json=since)
    seat = f"/api/v1/boxes/{BOX}/seat"
    seats = [{"since_ms": 0, "place_id": "cho-bt", "gate_id": "dong"}, {"since_ms": 5000, "place_id": ""}]
    await ask("PUT", seat, version=(await ask("GET", seat)).json()["version"], json={"seats": seats})
    for table, rows in (("areas", 87), ("places", 3), ("gates", 1), ("purposes", 1), ("gateways", 1), ("boxes", 2)):
        answer = await ask("GET", f"{BASE}/export/{table}")
        assert answer.headers["content-disposition"] == f'attachment; filename="{table}.csv"'
        assert b"\r\n=" not in answer.content
        assert b",=" not in answer.content
        taken = (
            await ask("POST", f"{BASE}/import", headers=WISHES | {"Content-Type": "text/csv"}, content=answer.content)
        ).json()
        assert (taken["sheet"], taken["same"], taken["added"], taken["changed"]) == (table, rows, 0, 0), taken
    await ask("GET", f"{BASE}/export/users", 404)


async def test_lists_go_on_from_where_the_page_before_ended(ask, market):
    first = (await ask("GET", BASE, params={"limit": 2})).json()
    rest = (await ask("GET", BASE, params={"limit": 2, "after": first["next"]})).json()
    assert [one["place_id"] for one in first["places"] + rest["places"]] == ["cho-bt", "cho-ha-giang", "cho-nowhere"]
    assert rest["next"] is None
    found, after = [], ""
    while after is not None:
        page = (await ask("GET", "/api/v1/areas", params={"limit": 40, "after": after})).json()
        found, after = found + page["areas"], page["next"]
    assert len(found) == len({(one["code"], one["since"]) for one in found}) == 87


@pytest.mark.parametrize("path", [BASE, "/api/v1/seats", "/api/v1/areas"])
@pytest.mark.parametrize("after", ["\x00", "a\nb", "'; DROP TABLE places; --", "Á", "a" * 33])
async def test_a_page_that_nobody_was_told_of_never_reaches_the_database(ask, market, path, after):
    answer = await ask("GET", path, status=400, params={"after": after})
    assert answer.json()["code"] == "request"


async def test_a_finding_is_seen_by_who_may_and_settled_once(ask, as_, market, server):
    found = [
        Finding("silent", "cho-bt", "", BOX, 5, {"expected": 9.0}),
        Finding("never", "cho-ha-giang", "", "box-9", 5, {"days": 8}),
    ]

    def job(connection):
        place_findings.write(connection, reconcile(place_findings.there(connection), found), 1000)

    await server.shelf.database.write(job)
    mine = await as_("supervisor", areas=["79"])
    (one,) = (await ask("GET", "/api/v1/findings", headers=mine)).json()["findings"]
    assert (one["code"], one["place_id"], one["box_id"]) == ("silent", "cho-bt", BOX)
    assert one["en"] != one["vi"]
    other = next(x for x in (await ask("GET", "/api/v1/findings")).json()["findings"] if x["id"] != one["id"])
    await ask("GET", f"/api/v1/findings/{other['id']}", 404, mine)
    await ask("POST", f"/api/v1/findings/{other['id']}/settle", 404, mine)
    for method, rest in (("GET", ""), ("POST", "/settle")):
        paths = [f"/api/v1/findings/{number}{rest}" for number in (other["id"], 999)]
        there, nowhere = [(await ask(method, path, 404, mine)).json() | {"instance": ""} for path in paths]
        assert there == nowhere, "who is bounded is not told which numbers there are"
    await ask("POST", f"/api/v1/findings/{one['id']}/settle", headers=mine)
    assert (await ask("GET", "/api/v1/findings", headers=mine)).json()["findings"] == []
    await server.shelf.database.write(job)
    assert (await ask("GET", "/api/v1/findings", headers=mine)).json()["findings"] == []
    (kept,) = (await ask("GET", "/api/v1/findings", headers=mine, params={"open": False})).json()["findings"]
    assert kept["settled_by"].startswith("u-")
    await ask("GET", "/api/v1/findings/999", 404)
    await ask("POST", "/api/v1/findings/999/settle", 404)


async def test_no_change_that_was_refused_left_a_row(ask, market, server):
    def rows(connection):
        return [len(connection.execute(table.select()).all()) for table in (places, place_marks)]

    before = await server.shelf.database.read(rows)
    await ask("PUT", f"{BASE}/cho-bt", 412, version=1, json=MARKET)
    await ask("PUT", f"{BASE}/CHO", 400, WISHES | {"If-None-Match": "*"}, json=MARKET)
    assert await server.shelf.database.read(rows) == before
