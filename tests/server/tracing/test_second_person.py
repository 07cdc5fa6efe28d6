"""Who many people of an answer are takes a second person: at once, or one after the other."""

import asyncio

import pytest

from server.web import tracing
from tests.server.access import users_in
from tests.server.tracing.conftest import MARKET
from tests.server.tracing.test_cases_web import CASES, WHO, answer_to, looks
from tests.server.tracing.test_export import citizen_code

MET = 5
ALONE = 3
APPROVALS = "/api/v1/approvals"


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(tracing, "MOST_ALONE", ALONE)


@pytest.fixture
async def met(town):
    """One who met five others, each of whom a sealed scan names."""
    await town.place()
    everybody = [await town.person(number) for number in range(1, MET + 2)]
    for number, who in enumerate(everybody, 1):
        await town.sealed_scan(who, citizen_code(number), 5)
        await town.visit(who, 0, 60)
    return everybody


@pytest.fixture
def put(ask, case, met):
    """`await put(…)` -> the path of a question, its answer, and the paths that open its contacts."""

    async def asked(**how):
        found = await answer_to(ask, case, **(how or WHO))
        path = f"{CASES}/{case}/questions/{found['question']['id']}"
        opens = [f"{path}/contacts/{one['contact']['pseudonym']}/open" for one in found["contacts"]]
        return path, found, opens

    return asked


@pytest.fixture
async def another(server):
    """Headers of a second tracer."""
    return await users_in.token(server, await users_in.make(server, "binh", ["tracer"]), ["tracer"])


@pytest.fixture
def approve(ask, case, another):
    """-> the id of an approval of an answer that the second tracer has given."""

    async def given(question, people=1):
        form = {"action": "export", "question": question, "about": f"case:{case}", "people": people}
        made = await ask("POST", APPROVALS, 201, json=form)
        await ask("POST", f"{APPROVALS}/{made['id']}", headers=another, json={"approve": True})
        return made["id"]

    return given


async def test_the_contacts_of_an_answer_are_not_all_opened_one_after_the_other_by_one_person(ask, put, server):
    _, found, opens = await put()
    assert len(opens) == MET
    for path in opens[:ALONE]:
        assert (await ask("POST", path))["names"]
    refused = await ask("POST", opens[ALONE], 403)
    assert (refused["code"], found["export_question"] in refused["detail"]) == ("approval_needed", True)
    assert "Nguyễn" not in str(refused)
    assert len(await looks(server, "contact_opened")) == ALONE


async def test_who_was_opened_already_is_opened_again(ask, put):
    _, _, opens = await put()
    for path in (*opens[:ALONE], *opens[:ALONE]):
        await ask("POST", path)
    await ask("POST", opens[ALONE], 403)


async def test_of_openings_that_come_at_once_no_more_are_let_through(client, tracer, put):
    _, _, opens = await put()
    answers = await asyncio.gather(*(client.post(one, headers=tracer) for one in opens))
    assert sorted(one.status_code for one in answers) == [200] * ALONE + [403] * (MET - ALONE)


async def test_to_ask_the_same_again_or_by_the_place_opens_no_more(ask, put, town):
    _, _, opens = await put()
    for path in opens[:ALONE]:
        await ask("POST", path)
    names = {path.rpartition("/contacts/")[2] for path in opens[ALONE:]}
    window = {"from_ms": town.base_ms, "to_ms": town.base_ms + 3_600_000}
    for how in (WHO, {"place_id": MARKET, **window}):
        _, _, others = await put(**how)
        assert len(others) >= MET
        for path in others:
            if path.rpartition("/contacts/")[2] in names:
                assert (await ask("POST", path, 403))["code"] == "approval_needed"


async def test_another_tracer_is_counted_apart(ask, put, another):
    _, _, opens = await put()
    for who in (None, another):
        for path in opens[:ALONE]:
            await ask("POST", path, headers=who)
    await ask("POST", opens[ALONE], 403, headers=another)


async def test_an_approval_of_the_answer_opens_the_rest_of_it_for_who_asked_for_it(ask, put, approve, server, another):
    path, found, opens = await put()
    given = await approve(found["export_question"])
    for one in opens[:ALONE]:
        await ask("POST", one, params={"approval": given})
    assert (await ask("GET", APPROVALS))["approvals"][0]["state"] == "approved"
    for one in opens[:ALONE]:
        await ask("POST", one, headers=another)
    refused = await ask("POST", opens[ALONE], 403, params={"approval": given}, headers=another)
    assert refused["code"] == "approval_other"
    for one in (*opens[ALONE:], *opens):
        await ask("POST", one, params={"approval": given} if one == opens[ALONE] else {})
    assert (await ask("GET", APPROVALS))["approvals"][0]["state"] == "used"
    (line,) = await looks(server, "approval_used")
    assert f"approval:{given}" in line.subjects.split()
    _, _, others = await put()
    assert all([(await ask("POST", one))["names"] for one in others])
    whole = {"identities": True, "approval": given}
    assert (await ask("GET", f"{path}/export.csv", 409, params=whole))["code"] == "approval_state"


async def test_an_approval_says_how_many_people_the_answer_has_whatever_was_typed(ask, put, case):
    _, found, _ = await put()
    form = {"action": "export", "question": found["export_question"], "about": f"case:{case}", "people": 1}
    assert (await ask("POST", APPROVALS, 201, json=form))["people"] == MET


async def test_an_approval_for_fewer_people_than_are_told_is_not_good(ask, put, server, another):
    path, found, opens = await put()
    form = {"action": "export", "question": found["export_question"], "about": "case:0123456789ab", "people": 1}
    made = await ask("POST", APPROVALS, 201, json=form)
    assert made["people"] == 1
    await ask("POST", f"{APPROVALS}/{made['id']}", headers=another, json={"approve": True})
    whole = {"identities": True, "approval": made["id"]}
    refused = await ask("GET", f"{path}/export.csv", 403, params=whole)
    assert (refused["code"], "5" in refused["detail"]) == ("approval_other", True)
    for one in opens[:ALONE]:
        await ask("POST", one)
    assert (await ask("POST", opens[ALONE], 403, params={"approval": made["id"]}))["code"] == "approval_other"


async def test_an_answer_of_few_people_is_opened_alone(ask, put, monkeypatch):
    monkeypatch.setattr(tracing, "MOST_ALONE", MET)
    _, _, opens = await put()
    for one in opens:
        await ask("POST", one)
