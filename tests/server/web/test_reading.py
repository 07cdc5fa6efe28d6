"""The readers' API: right, in pages, only for readers, and every look at raw codes in the log."""

import base64
import json
import time

import pytest
import structlog

from firmware.wire.batch import ClockSample
from tests.server import people
from tests.server.rig import (
    BOX,
    EPOCH,
    FOREIGN_BOX,
    GATEWAY,
    OTHER_BOX,
    READER,
    READS,
    body,
    headers,
    lost,
    scan,
    tip,
)

ONE = people.people(seed=2, count=1)[0]


async def lines(client, path, **params):
    response = await client.get(path, params=params, headers=READS)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


async def ledger(client, **params):
    response = await client.get("/api/v1/ledger", params=params, headers=READS)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_ledger_says_what_became_of_every_number(client, send):
    records = [scan(1), scan(2), scan(5), lost(3, 3), scan(8)[:-2] + b"?\n"]
    await send(body(records, tips=[tip(6, 10)]))
    (found,) = (await ledger(client))["ledgers"]
    since_ms = found["missing_since_ms"]
    assert found.pop("changed_ms") == since_ms > 0
    assert found == {
        "box_id": BOX,
        "epoch": EPOCH,
        "complete": False,
        "complete_to": 3,
        "highest": 10,
        "accepted": 10,
        "stored": 3,
        "quarantined": 1,
        "declared_lost": 1,
        "lost_unknown": False,
        "waiting": 4,
        "missing": 1,
        "missing_since_ms": since_ms,
        "holes": [[4, 4], [6, 7], [9, 10]],
        "holes_count": 3,
        "tip": {"first_held": 6, "last_seq": 10},
        "gateway_id": GATEWAY,
    }


async def test_deleting_scans_and_rebuilding_reports_exactly_those(server, client, send):
    await send(body([scan(seq) for seq in range(1, 101)], tips=[tip(101, 100)]))
    assert (await ledger(client))["ledgers"][0]["complete"]

    def delete(connection):
        connection.exec_driver_sql("DELETE FROM scans WHERE seq IN (3, 4, 50, 100)")

    await server.shelf.database.write(delete)
    await server.shelf.rebuild()
    (found,) = (await ledger(client))["ledgers"]
    assert (found["holes"], found["missing"], found["complete_to"]) == ([[3, 4], [50, 50], [100, 100]], 4, 2)


async def test_ledgers_come_by_box_and_epoch_and_in_pages(client, send):
    await send(body([scan(1), scan(1, epoch="ffffffffffff"), scan(1, box_id=OTHER_BOX)]))
    first = await ledger(client, limit=2)
    rest = await ledger(client, limit=2, after=first["next"])
    assert [(one["box_id"], one["epoch"]) for one in first["ledgers"] + rest["ledgers"]] == [
        (BOX, EPOCH),
        (BOX, "ffffffffffff"),
        (OTHER_BOX, EPOCH),
    ]
    assert rest["next"] is None
    assert len((await ledger(client, box=BOX))["ledgers"]) == 2
    assert len((await ledger(client, box=BOX, epoch=EPOCH))["ledgers"]) == 1
    assert (await ledger(client, box=FOREIGN_BOX))["ledgers"] == []


async def test_scans_come_bit_for_bit_with_their_instants(client, send):
    code = b"\xff\x00 not text \x80"
    made = scan(3, code=code, boot=2, uptime_ms=5000, marks="dir=in")
    at_ms = time.time_ns() // 1_000_000 - 60_000
    sample = ClockSample(BOX, EPOCH, 2, 5000, at_ms, at_ms + 10)
    await send(body([made], clocks=[sample], earliest_ms=at_ms - 100, latest_ms=at_ms + 5, batch_no=4))
    (found,) = await lines(client, "/api/v1/scans", box=BOX, epoch=EPOCH)
    assert found.pop("received_ms") > at_ms + 10
    assert len(bytes.fromhex(found.pop("digest"))) == 16
    assert base64.b64decode(found.pop("raw")) == made
    assert base64.b64decode(found.pop("code")) == code
    assert found == {
        "box_id": BOX,
        "epoch": EPOCH,
        "seq": 3,
        "boot": 2,
        "uptime_ms": 5000,
        "counted_only": False,
        "kind": "other",
        "unread": None,
        "marks": "dir=in",
        "earliest_ms": at_ms,
        "latest_ms": at_ms + 5,
        "at_ms": at_ms + 2,
        "bound_ms": 3,
        "gateway_id": GATEWAY,
    }


@pytest.mark.parametrize(
    "code",
    [
        "084199012345",
        "0901234567",
        "+84 90 123 45 67",
        "090.123.4567",
        "BEGIN:VCARD\nFN:A\nTEL:(090) 123-4567\nEND:VCARD",
        "B1234567<8VNM9001011M3001017",
        "084199012345".encode("utf-16"),
        "A" * 65,
        "a|b",
    ],
)
async def test_what_may_be_somebodys_number_is_given_to_no_reader(client, send, code):
    code = code if isinstance(code, bytes) else code.encode()
    await send(body([scan(1, code=code)]))
    (found,) = await lines(client, "/api/v1/scans", box=BOX)
    assert found["code"] is None
    assert code not in base64.b64decode(found["raw"])
    assert len(bytes.fromhex(found["digest"])) == 16


@pytest.mark.parametrize("code", [b"VE-123", b"xin chao", b"12345", b"\xff\x00 not text \x80"])
async def test_a_short_code_without_a_number_is_given_as_it_was(client, send, code):
    await send(body([scan(1, code=code)]))
    (found,) = await lines(client, "/api/v1/scans", box=BOX)
    assert base64.b64decode(found["code"]) == code


async def test_an_instant_nobody_knows_is_null(client, send):
    await send(body([scan(1)]))
    (found,) = await lines(client, "/api/v1/scans", box=BOX)
    assert (found["earliest_ms"], found["at_ms"], found["bound_ms"]) == (None, None, None)
    assert found["latest_ms"] == found["received_ms"]


async def test_scans_of_all_epochs_stream_over_many_pages(client, send):
    for epoch in (EPOCH, "ffffffffffff"):
        await send(body([scan(seq, epoch=epoch) for seq in range(1, 601)]))
    found = await lines(client, "/api/v1/scans", box=BOX)
    assert [(one["epoch"], one["seq"]) for one in found] == [
        (epoch, seq) for epoch in (EPOCH, "ffffffffffff") for seq in range(1, 601)
    ]
    assert len(await lines(client, "/api/v1/scans", box=BOX, limit=700)) == 700
    assert len(await lines(client, "/api/v1/scans", box=BOX, limit=600)) == 600
    assert [one["seq"] for one in await lines(client, "/api/v1/scans", box=BOX, epoch=EPOCH, after_seq=598)] == [
        599,
        600,
    ]
    assert len(await lines(client, "/api/v1/scans", box=BOX, epoch=EPOCH, after_seq=5, limit=1)) == 1
    assert await lines(client, "/api/v1/scans", box=OTHER_BOX) == []


async def test_the_quarantine_is_visible(client, send):
    await send(body([b"junk", scan(1, box_id=FOREIGN_BOX), scan(2)[:-2] + b"?\n"], batch_no=6))
    await send(body([b"junk"]))
    found = await lines(client, "/api/v1/quarantine")
    assert [(one["code"], one["seq"], one["times"], one["counts"]) for one in found] == [
        ("header", None, 2, False),
        ("box_not_assigned", 1, 1, False),
        ("crc", 2, 1, True),
    ]
    assert base64.b64decode(found[0]["raw"]) == b"junk"
    assert (found[0]["batch_no"], found[0]["gateway_id"]) == (6, GATEWAY)
    assert [one["id"] for one in await lines(client, "/api/v1/quarantine", after_id=found[1]["id"])] == [found[2]["id"]]


@pytest.mark.parametrize("path", ["/api/v1/ledger", f"/api/v1/scans?box={BOX}", "/api/v1/quarantine", "/metrics"])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic b3BzOng="},
        {"Cookie": "tram_session=x"},
        headers(),
    ],
)
async def test_nobody_reads_without_a_readers_token(client, path, how):
    response = await client.get(path, headers=how)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/scans",
        "/api/v1/scans?box=NO",
        "/api/v1/scans?box=box-0001&epoch=xyz",
        "/api/v1/scans?box=box-0001&epoch=0123456789ab&after_seq=-1",
        "/api/v1/scans?box=box-0001&epoch=0123456789ab&after_seq=x",
        "/api/v1/scans?box=box-0001&after_seq=5",
        "/api/v1/scans?box=box-0001&limit=0",
        "/api/v1/ledger?limit=100000",
        "/api/v1/ledger?after=nowhere",
        "/api/v1/quarantine?after_id=99999999999999999999",
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_by_name(client, path):
    response = await client.get(path, headers=READS)
    assert (response.status_code, response.json()["code"]) == (400, "request")


async def test_an_unknown_path_and_a_wrong_method_are_named(client):
    assert (await client.get("/api/v1/nothing", headers=READS)).json()["code"] == "not_found"
    assert (await client.delete("/api/v1/ledger", headers=READS)).json()["code"] == "method"


async def test_every_look_at_raw_codes_is_logged_with_who_and_what(client, send):
    await send(body([scan(1), b"junk"]))
    with structlog.testing.capture_logs() as logged:
        await lines(client, "/api/v1/scans", box=BOX, epoch=EPOCH, limit=5)
        await lines(client, "/api/v1/quarantine")
    looks = [one for one in logged if one["event"] in ("scans_read", "quarantine_read")]
    assert looks == [
        {
            "event": "scans_read",
            "log_level": "info",
            "reader": READER,
            "box": BOX,
            "epoch": EPOCH,
            "after_seq": 0,
            "limit": 5,
        },
        {"event": "quarantine_read", "log_level": "info", "reader": READER, "after_id": 0, "limit": 10_000},
    ]
    assert {"event": "scans_read_to_end", "sent": 1} in [
        {key: one.get(key) for key in ("event", "sent")} for one in logged
    ]


async def test_openapi_says_what_there_is(client):
    schema = (await client.get("/api/v1/schema/openapi.json")).json()
    post = schema["paths"]["/api/v1/batches"]["post"]
    assert "application/vnd.tram.batch" in post["requestBody"]["content"]
    assert {"200", "400", "401", "403", "413", "415", "503"} <= set(post["responses"])
    scans = schema["paths"]["/api/v1/scans"]["get"]
    assert "application/x-ndjson" in scans["responses"]["200"]["content"]
    assert {one["name"]: one["required"] for one in scans["parameters"]}["box"]
    assert set(schema["components"]["securitySchemes"]) == {
        "gateway",
        "reader",
        "operator",
        "technician",
        "ops",
        "supervisor",
        "tracer",
        "administrator",
    }
    assert set(schema["paths"]) == {
        "/api/v1/batches",
        "/api/v1/ledger",
        "/api/v1/scans",
        "/api/v1/quarantine",
        "/api/v1/quarantine/replay",
        "/api/v1/fleet/wishes",
        "/api/v1/fleet/bundles/{version}/{path}",
        "/api/v1/fleet/report",
        "/api/v1/fleet/gateways",
        "/api/v1/fleet/gateways/{gateway_id}",
        "/api/v1/fleet/gateways/{gateway_id}/boxes/{box_id}/settings",
        "/api/v1/fleet/gateways/{gateway_id}/boxes/{box_id}/firmware",
        "/api/v1/fleet/gateways/{gateway_id}/commands",
        "/api/v1/fleet/gateways/{gateway_id}/commands/{command_id}",
        "/api/v1/fleet/gateways/{gateway_id}/place",
        "/api/v1/fleet/bundles/{version}",
        "/api/v1/fleet/bundles",
        "/api/v1/fleet/sealing-key",
        "/api/v1/fleet/gateways/{gateway_id}/boxes/{box_id}",
        "/api/v1/fleet/gateways/{gateway_id}/findings/{code}",
        "/api/v1/retention",
        "/api/v1/retention/certificates",
        "/api/v1/places/{place_id}/visits",
        "/api/v1/places/{place_id}/occupancy",
        "/api/v1/places/{place_id}/occupancy/course",
        "/api/v1/places/{place_id}/counts",
        "/api/v1/areas",
        "/api/v1/places",
        "/api/v1/places/{place_id}",
        "/api/v1/places/{place_id}/gates",
        "/api/v1/places/{place_id}/gates/{gate_id}",
        "/api/v1/places/{place_id}/purposes",
        "/api/v1/places/{place_id}/gateways/{gateway_id}",
        "/api/v1/seats",
        "/api/v1/boxes/{box_id}/seat",
        "/api/v1/places/import",
        "/api/v1/places/export/{table}",
        "/api/v1/findings",
        "/api/v1/findings/{number}",
        "/api/v1/findings/{number}/settle",
        "/api/v1/cases",
        "/api/v1/cases/{case_id}",
        "/api/v1/cases/{case_id}/close",
        "/api/v1/questions",
        "/api/v1/cases/{case_id}/questions",
        "/api/v1/cases/{case_id}/questions/{question_id}",
        "/api/v1/cases/{case_id}/questions/{question_id}/contacts/{pseudonym}/open",
        "/api/v1/cases/{case_id}/questions/{question_id}/export.csv",
        "/api/v1/cases/{case_id}/questions/{question_id}/export.xlsx",
        "/api/v1/rule-sets",
        "/api/v1/login",
        "/api/v1/logout",
        "/api/v1/me",
        "/api/v1/me/password",
        "/api/v1/me/totp",
        "/api/v1/me/totp/confirm",
        "/api/v1/users",
        "/api/v1/users/{user_id}",
        "/api/v1/users/{user_id}/password",
        "/api/v1/users/{user_id}/unlock",
        "/api/v1/tokens",
        "/api/v1/tokens/{token_id}",
        "/api/v1/audit",
        "/api/v1/audit/head",
        "/api/v1/audit/looks",
        "/api/v1/approvals",
        "/api/v1/approvals/{approval_id}",
        "/api/v1/requests",
        "/api/v1/requests/{request_id}",
        "/api/v1/requests/{request_id}/subject",
        "/api/v1/requests/{request_id}/forget",
        "/healthz",
        "/metrics",
    }
