"""Somebody asks what is known of them, who looked, and to be forgotten."""

import time

import pytest

from firmware.wire import record
from tests.server import people, rig
from tests.server.access.users_in import OURS, enter, make, token
from tests.server.rig import BOX, body

ONE, OTHER = people.people(seed=5, count=2)


@pytest.fixture
def more_settings():
    return {"more": "[deriving]\nenabled = false"}


@pytest.fixture
async def officer(server, client):
    """Who is logged in: opens what another has answered."""
    return await enter(client, await make(server, "officer", ["administrator"]))


@pytest.fixture
async def clerk(server):
    """Headers of who takes requests in and answers them: sees nobody."""
    made = await make(server, "clerk", ["supervisor"], areas=["79"], totp=False)
    return await token(server, made, ["supervisor"], is_strong=False)


def shown(seq, code, minutes_ago):
    at_ms = time.time_ns() // 1_000_000 - minutes_ago * 60_000
    return record.encode_scan(record.Scan(BOX, rig.EPOCH, seq, 1, seq * 1000, at_ms, 200, "dir=in", code))


async def keep(server, send):
    codes = [(people.citizen_2021(ONE), 90), (people.citizen_2021(OTHER), 80), (people.insurance_new(ONE), 20)]
    records = [shown(seq, code, ago) for seq, (code, ago) in enumerate(codes, 1)]
    await send(body([*records, shown(4, people.personal(ONE), 10)]))
    await server.deriver.all()


async def asked(client, kind, *steps, by=OURS):
    made = await client.post("/api/v1/requests", json={"kind": kind, "subject": "", "reference": "paper-7"}, headers=by)
    assert made.status_code == 201, made.text
    one = made.json()
    for step in steps:
        etag = (await client.get(f"/api/v1/requests/{one['id']}")).headers["etag"]
        taken = await client.post(
            f"/api/v1/requests/{one['id']}", json={"step": step}, headers={**by, "If-Match": etag}
        )
        assert taken.status_code == 200, taken.text
    return f"/api/v1/requests/{one['id']}"


def of(person, *more):
    return {"documents": [{"type": "citizen", "value": person.number}, *more]}


async def test_who_asks_is_told_where_they_were_and_who_looked(server, client, send, officer, clerk):
    await keep(server, send)
    path = await asked(client, "access", "answer", by=clerk)
    told = (await client.post(path + "/subject", json=of(ONE), headers=OURS)).json()
    assert told["found"]
    assert {one["place_id"] for one in told["visits"]} == {rig.GATEWAY}
    assert told["looks"] == []
    again = (await client.post(path + "/subject", json=of(ONE), headers=OURS)).json()
    assert [one["action"] for one in again["looks"]] == ["subject_read"]
    other = (await client.post(path + "/subject", json=of(OTHER), headers=OURS)).json()
    assert not set(other["pseudonyms"]) & set(told["pseudonyms"])
    assert other["looks"] == []


async def test_who_asks_to_be_forgotten_is_and_nobody_else(server, client, send, officer, clerk):
    await keep(server, send)
    path = await asked(client, "deletion", "answer", by=clerk)
    done = (await client.post(path + "/forget", json=of(ONE), headers=OURS)).json()
    assert done["found"]
    assert done["rows"]["sightings"] == 3
    assert done["older_copies_end_on_day"] > 20_000
    path = await asked(client, "access", "answer", by=clerk)
    assert not (await client.post(path + "/subject", json=of(ONE), headers=OURS)).json()["found"]
    assert (await client.post(path + "/subject", json=of(OTHER), headers=OURS)).json()["found"]
    await server.shelf.deriving.clear()
    await server.deriver.all()
    assert not (await client.post(path + "/subject", json=of(ONE), headers=OURS)).json()["found"]


@pytest.mark.parametrize(
    ("kind", "steps", "verb", "documents", "status", "code"),
    [
        ("access", ("answer",), "forget", of(ONE), 409, "request_step"),
        ("deletion", (), "forget", of(ONE), 409, "request_step"),
        ("access", (), "subject", of(ONE), 409, "request_step"),
        ("access", ("answer", "done"), "subject", of(ONE), 409, "request_step"),
        ("deletion", ("answer", "done"), "forget", of(ONE), 409, "request_step"),
        ("access", ("answer",), "subject", {"documents": []}, 400, "document_form"),
        ("access", ("answer",), "subject", {"documents": [{"type": "soul", "value": "1234"}]}, 400, "document_form"),
        (
            "access",
            ("answer",),
            "subject",
            {"documents": [{"type": "citizen", "value": "1'; --"}]},
            400,
            "document_form",
        ),
        ("access", ("answer",), "subject", {}, 400, "json"),
        (
            "access",
            ("answer",),
            "subject",
            of(ONE, {"type": "citizen", "value": OTHER.number}),
            409,
            "documents_differ",
        ),
    ],
)
async def test_what_may_not_be_asked_so_is_refused_by_name(
    server, client, send, officer, clerk, kind, steps, verb, documents, status, code
):
    await keep(server, send)
    path = await asked(client, kind, *steps, by=clerk)
    answer = await client.post(f"{path}/{verb}", json=documents, headers=OURS)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["vi"]
    assert ONE.number not in answer.text


@pytest.mark.parametrize(("kind", "verb"), [("access", "subject"), ("deletion", "forget")])
async def test_nobody_opens_a_request_that_they_have_answered_themselves(server, client, send, officer, kind, verb):
    await keep(server, send)
    path = await asked(client, kind, "answer")
    answer = await client.post(f"{path}/{verb}", json=of(ONE), headers=OURS)
    assert (answer.status_code, answer.json()["code"]) == (403, "request_own"), answer.text


@pytest.mark.parametrize("verb", ["subject", "forget"])
async def test_who_sees_only_counts_opens_nobody_whatever_they_write_down(server, client, send, officer, clerk, verb):
    await keep(server, send)
    path = await asked(client, "deletion", "answer")
    answer = await client.post(f"{path}/{verb}", json=of(ONE), headers=clerk)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_role"), answer.text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("citizen", "07920100123"),
        ("citizen", "0792010012345"),
        ("old_citizen", "02512345"),
        ("insurance", "790123456"),
        ("phone", "84901234567"),
        ("phone", "090123456"),
        ("passport", "C1"),
        ("personal_qr", "12345"),
        ("citizen", "٠٧٩٢٠١٠٠١٢٣٤"),
    ],
)
async def test_a_number_that_was_mistyped_is_refused_and_not_answered_with_nobody(client, clerk, officer, kind, value):
    path = await asked(client, "access", "answer", by=clerk)
    documents = {"documents": [{"type": kind, "value": value}]}
    answer = await client.post(path + "/subject", json=documents, headers=OURS)
    assert (answer.status_code, answer.json()["code"]) == (400, "document_form"), answer.text
