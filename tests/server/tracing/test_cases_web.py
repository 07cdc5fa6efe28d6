"""Cases, questions and answers over the API: who may, what is refused by name, what is put down."""

import pytest

from server.app import utc_ms
from server.store.trace_tables import contacts
from tests.server.access import users_in
from tests.server.rig import READS, WISHES
from tests.server.tracing.conftest import CASE, HOUR_MS, MARKET, STATION

CASES = "/api/v1/cases"
WHO = {"documents": [{"type": "citizen", "value": "001099000001"}]}


async def settled(ask, case, question, **how):
    """The answer, however long it takes."""
    found = {"question": {"state": "working"}}
    while found["question"]["state"] == "working":
        found = await ask("GET", f"{CASES}/{case}/questions/{question['id']}", params={"wait_s": 30, **how})
    return found


async def answer_to(ask, case, **form):
    asked = await ask("POST", f"{CASES}/{case}/questions", 201, json=form)
    return await settled(ask, case, asked)


async def looks(server, action):
    return [one for one in await server.shelf.access.entries(0, 500, None, None) if one.action == action]


@pytest.fixture
async def met(town):
    """Two who met at the market for half an hour, a third who did not, a fourth who has no phone and met both."""
    await town.place()
    people = [await town.person(number, phone=f"09120000{number:02}") for number in (1, 2, 3)]
    people.append(await town.person(4))
    for who, came, left in ((0, 0, 60), (1, 30, 90), (2, 300, 360), (3, 20, 80)):
        await town.visit(people[who], came, left, has_phone=who < 3)
    return people


async def test_contacts_come_by_pseudonym_with_bounds_route_and_rule_set(ask, case, met):
    found = await answer_to(ask, case, **WHO)
    assert found["question"]["state"] == "done"
    one, other = (line["contact"] for line in found["contacts"])
    assert {one["route"], other["route"]} == {"phone", "none"}
    assert [stay["overlap_min"] for stay in one["meetings"]] == [[40, 40, 40]]
    assert other["meetings"][0]["place_id"] == MARKET
    assert other["meetings"][0]["rule_set"] == 0
    text = str(found)
    assert not any(person.hex() in text for person in met)
    assert "0010990" not in text


async def test_the_same_question_again_has_the_same_answer_and_other_data_another(ask, case, met, town):
    window = {"to_ms": utc_ms() - HOUR_MS}
    first, again = await answer_to(ask, case, **WHO, **window), await answer_to(ask, case, **WHO, **window)
    assert first["question"]["sha256"] == again["question"]["sha256"]
    assert first["contacts"] == again["contacts"]
    assert first["question"]["id"] != again["question"]["id"]
    await town.visit(met[2], 10, 50)
    other = await answer_to(ask, case, **WHO, **window)
    assert other["question"]["sha256"] != first["question"]["sha256"]


async def test_pseudonyms_of_two_cases_cannot_be_matched(ask, case, met):
    other = (await ask("POST", CASES, 201, json={**CASE, "ends_ms": utc_ms() + HOUR_MS}))["id"]
    names = [
        {line["contact"]["pseudonym"] for line in (await answer_to(ask, one, **WHO))["contacts"]}
        for one in (case, other)
    ]
    assert len(names[0]) == len(names[1]) == 2
    assert not names[0] & names[1]


async def test_a_place_and_a_window_and_the_second_degree(ask, case, met, town):
    await town.visit(met[2], 70, 75)
    window = {"from_ms": town.base_ms, "to_ms": town.base_ms + 25 * 60_000}
    found = await answer_to(ask, case, place_id=MARKET, **window)
    assert found["summary"]["first_degree"] == 1  # the fourth was there for five minutes only
    two = await answer_to(ask, case, place_id=MARKET, degree=2, **window)
    assert sorted(line["contact"]["degree"] for line in two["contacts"]) == [1, 2, 2]


async def test_an_answer_comes_in_pages(ask, case, town):
    me = await town.person(1)
    await town.visit(me, 0, 60)
    for number in range(2, 12):
        await town.visit(await town.person(number), 0, 60)
    asked = await ask("POST", f"{CASES}/{case}/questions", 201, json=WHO)
    seen, after = [], 0
    while after is not None:
        page = await settled(ask, case, asked, limit=4, after=after)
        seen += [line["contact"]["pseudonym"] for line in page["contacts"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 10


@pytest.mark.parametrize("headers", [{}, READS, WISHES, {"Authorization": "Bearer wrong"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", CASES),
        ("POST", CASES),
        ("GET", f"{CASES}/0123456789ab"),
        ("POST", f"{CASES}/0123456789ab/close"),
        ("POST", f"{CASES}/0123456789ab/questions"),
        ("GET", f"{CASES}/0123456789ab/questions"),
        ("GET", f"{CASES}/0123456789ab/questions/0123456789ab"),
        ("GET", f"{CASES}/0123456789ab/questions/0123456789ab/export.csv"),
        ("GET", f"{CASES}/0123456789ab/questions/0123456789ab/export.xlsx"),
        ("POST", f"{CASES}/0123456789ab/questions/0123456789ab/contacts/01234-56789/open"),
        ("GET", "/api/v1/rule-sets"),
        ("POST", "/api/v1/rule-sets"),
        ("POST", "/api/v1/questions"),
    ],
)
async def test_only_tracers_come_in(client, method, path, headers):
    answer = await client.request(method, path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) in (
        (401, "no_token"),
        (401, "wrong_token"),
        (403, "forbidden_role"),
    )


@pytest.mark.parametrize("role", ["operator", "supervisor", "administrator", "ops", "technician"])
async def test_no_other_role_sees_people(client, server, role):
    headers = await users_in.token(server, await users_in.make(server, "binh", [role]), [role])
    answer = await client.get(CASES, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_role")


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({}, 400, "ask_for"),
        ({**WHO, "place_id": MARKET}, 400, "ask_for"),
        ({"place_id": MARKET}, 400, "window_needed"),
        ({**WHO, "degree": 3}, 400, "degree"),
        ({**WHO, "rule_set": 99}, 404, "no_such_rule_set"),
        ({**WHO, "from_ms": 2000, "to_ms": 1000}, 400, "window_order"),
        ({**WHO, "from_ms": 0, "to_ms": 40 * 24 * HOUR_MS}, 400, "window_long"),
        ({**WHO, "to_ms": 1 << 50}, 400, "window_future"),
        ({**WHO, "from_ms": 1 << 50}, 400, "window_future"),
        ({"documents": [{"type": "citizen", "value": "'; --"}]}, 400, "document_form"),
        ({"documents": [{"type": "ticket", "value": "12345"}]}, 400, "document_form"),
        ({"documents": [{"type": "horse", "value": "12345"}]}, 400, "document_form"),
        ({"documents": [{"type": "citizen"}]}, 400, "json"),
        ({**WHO, "more": 1}, 400, "json"),
        ({"documents": WHO["documents"] * 11}, 400, "document_form"),
        ({"place_id": "../..", "from_ms": 1}, 400, "field"),
        ({"place_id": MARKET, "gate_id": "a b", "from_ms": 1}, 400, "field"),
        ({"place_id": MARKET, "zone": "\u202e", "from_ms": 1}, 400, "field"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name_and_is_not_kept(ask, case, form, status, code):
    assert (await ask("POST", f"{CASES}/{case}/questions", status, json=form))["code"] == code
    assert (await ask("GET", f"{CASES}/{case}/questions"))["questions"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": ""}, "text"),
        ({"title": "a\u202eb"}, "text"),
        ({"title": "a\x00b"}, "text"),
        ({"title": "x" * 201}, "text"),
        ({"legal_basis": " "}, "text"),
        ({"ends_ms": 0}, "case_end"),
        ({"ends_ms": 1 << 60}, "case_end"),
        ({"ends_ms": "soon"}, "json"),
        ({"area": "00"}, "area_unknown"),
    ],
)
async def test_a_case_that_is_not_in_order_is_not_opened(client, tracer, change, code):
    form = {**CASE, "ends_ms": utc_ms() + HOUR_MS, **change}
    answer = await client.post(CASES, headers=tracer, json=form)
    assert answer.status_code >= 400
    assert answer.json()["code"] == code
    assert (await client.get(CASES, headers=tracer)).json()["cases"] == []


async def test_no_case_no_answer(ask, case):
    assert (await ask("POST", "/api/v1/questions", 403, json=WHO))["code"] == "case_needed"
    assert (await ask("POST", f"{CASES}/ffffffffffff/questions", 404, json=WHO))["code"] == "no_such_case"
    path = f"{CASES}/{case}/questions/ffffffffffff"
    assert (await ask("GET", path, 404))["code"] == "no_such_question"
    assert (await ask("GET", path + "/export.csv", 404))["code"] == "no_such_question"


async def test_an_answer_is_not_read_through_another_case(ask, case, met):
    found = await answer_to(ask, case, **WHO)
    other = (await ask("POST", CASES, 201, json={**CASE, "ends_ms": utc_ms() + HOUR_MS}))["id"]
    path = f"{CASES}/{other}/questions/{found['question']['id']}"
    assert (await ask("GET", path, 404))["code"] == "no_such_question"


async def test_closing_needs_the_version_and_destroys_the_contacts(ask, case, met, server, tracer):
    found = await answer_to(ask, case, **WHO)
    path = f"{CASES}/{case}/questions/{found['question']['id']}"
    name = found["contacts"][0]["contact"]["pseudonym"]
    assert (await ask("POST", f"{CASES}/{case}/close", 428))["code"] == "if_match_needed"
    stale = {**tracer, "If-Match": '"7"'}
    assert (await ask("POST", f"{CASES}/{case}/close", 412, headers=stale))["code"] == "changed_meanwhile"
    closed = await ask("POST", f"{CASES}/{case}/close", headers={**tracer, "If-Match": '"1"'})
    assert (closed["is_open"], closed["version"]) == (False, 2)
    for method, where in (
        ("POST", f"{CASES}/{case}/questions"),
        ("POST", f"{path}/contacts/{name}/open"),
        ("GET", f"{path}/export.csv"),
        ("GET", f"{path}/export.xlsx"),
    ):
        assert (await ask(method, where, 409, json=WHO))["code"] == "case_closed"
    assert (await ask("GET", path))["contacts"] == []
    rows = await server.shelf.database.read(lambda connection: connection.execute(contacts.select()).all())
    assert rows == []
    assert [one["contacts"] for one in (await ask("GET", f"{CASES}/{case}/questions"))["questions"]] == [2]


async def test_who_is_bounded_by_an_area_works_only_within_it(client, server, town, met):
    await town.place(STATION, "79", "box-0002")
    made = await users_in.make(server, "cuc", ["tracer"], areas=["92"])
    headers = await users_in.token(server, made, ["tracer"])
    form = {**CASE, "ends_ms": utc_ms() + HOUR_MS}
    for area in ("79", ""):
        answer = await client.post(CASES, headers=headers, json={**form, "area": area})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_area")
    mine = (await client.post(CASES, headers=headers, json={**form, "area": "92"})).json()["id"]
    window = {"from_ms": town.base_ms, "to_ms": town.base_ms + HOUR_MS}
    answer = await client.post(f"{CASES}/{mine}/questions", headers=headers, json={"place_id": STATION, **window})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_area")
    other = await users_in.make(server, "dung", ["tracer"], areas=["79"])
    theirs = await users_in.token(server, other, ["tracer"])
    assert (await client.get(f"{CASES}/{mine}", headers=theirs)).json()["code"] == "forbidden_area"
    assert (await client.get(CASES, headers=theirs)).json()["cases"] == []


async def test_stays_outside_the_cases_area_are_a_hole_and_no_contacts(client, ask, town, met):
    await town.place(STATION, "79", "box-0002")
    await town.visit(met[0], 400, 460, STATION)
    await town.visit(met[2], 400, 460, STATION)
    here = (await ask("POST", CASES, 201, json={**CASE, "area": "92", "ends_ms": utc_ms() + HOUR_MS}))["id"]
    found = await answer_to(ask, here, **WHO)
    assert len(found["contacts"]) == 2
    assert "outside_area" in [one["code"] for one in found["summary"]["holes"]]


async def test_a_person_whom_nobody_saw_gives_an_empty_answer_that_says_so(ask, case, met):
    found = await answer_to(ask, case, documents=[{"type": "citizen", "value": "001099099999"}])
    assert found["contacts"] == []
    assert "person_not_seen" in [one["code"] for one in found["summary"]["holes"]]


async def test_documents_of_different_persons_are_refused(ask, case, met):
    form = {"documents": [{"type": "citizen", "value": f"00109900000{number}"} for number in (1, 2)]}
    assert (await ask("POST", f"{CASES}/{case}/questions", 409, json=form))["code"] == "documents_differ"


async def test_every_step_is_in_the_record_with_the_person_who_was_asked_for(ask, case, met, server):
    found = await answer_to(ask, case, **WHO)
    (asked,) = await looks(server, "trace_asked")
    assert met[0].hex() in asked.subjects
    assert f"case:{case}" in asked.subjects
    assert len(await looks(server, "case_opened")) == 1
    (read,) = await looks(server, "trace_read")
    assert {person.hex() for person in (met[1], met[3])} <= set(read.subjects.split())
    assert not await looks(server, "contact_opened")
    assert found["question"]["asked_by"].startswith("u-")


async def test_rule_sets_are_added_and_never_edited(ask, case, met):
    form = {"name": "Mười phút", "since_ms": utc_ms() - 100 * 24 * HOUR_MS, "parameters": {"min_overlap_min": 35}}
    first = await ask("POST", "/api/v1/rule-sets", 201, json=form)
    assert (first["version"], first["parameters"]["look_back_days"]) == (1, 14)
    assert len((await answer_to(ask, case, **WHO))["contacts"]) == 1
    assert len((await answer_to(ask, case, **WHO, rule_set=0))["contacts"]) == 2
    await ask("POST", "/api/v1/rule-sets", 201, json={**form, "parameters": {"min_overlap_min": 0}})
    listed = (await ask("GET", "/api/v1/rule-sets"))["rule_sets"]
    assert [(one["version"], one["parameters"]["min_overlap_min"]) for one in listed] == [(0, 15), (1, 35), (2, 0)]


@pytest.mark.parametrize(
    "parameters",
    [
        {"min_overlap_min": -1},
        {"min_overlap_min": 1.5},
        {"min_overlap_min": True},
        {"look_back_days": 0},
        {"look_back_days": 400},
        {"extend_after_min": "30"},
        {"same_zone": 1},
        {"same_gate_window_min": -5},
        {"certainty": "maybe"},
        {"default_stay_min": {"market": 0}},
        {"default_stay_min": [60]},
        {"default_stay_min": {"x" * 30: 60}},
        {"version": 7},
        {"min_overlap": 15},
        {"most_contacts": 10**9},
    ],
)
async def test_rules_that_make_no_sense_are_refused(ask, parameters):
    form = {"name": "x", "since_ms": utc_ms(), "parameters": parameters}
    assert (await ask("POST", "/api/v1/rule-sets", 400, json=form))["code"] == "rule_field"


async def test_contacts_of_a_case_whose_time_is_over_go_with_the_next_question(ask, case, met, server):
    await answer_to(ask, case, **WHO)
    tracing = server.shelf.tracing
    tracing._now_ms = lambda: utc_ms() + 48 * HOUR_MS
    assert await tracing.sweep() == 2
    rows = await server.shelf.database.read(lambda connection: connection.execute(contacts.select()).all())
    assert rows == []
