"""The gateways' side of the fleet: wishes that wake, reports that are kept once, firmware in ranges."""

import asyncio
import gzip
import time

import httpx
import pytest

from server.errors import Unavailable
from server.store import fleet_tables, tables
from tests.server import bundles, sealing
from tests.server.rig import (
    BOX,
    EPOCH,
    FOREIGN_BOX,
    GATEWAY,
    OTHER_BOX,
    OTHER_GATEWAY,
    OTHER_GATEWAY_TOKEN,
    READS,
    TELLS,
    TELLS_OTHER,
    WISHES,
    body,
    packed,
    scan,
    verdicts,
)
from tests.server.sealing import PRIVATE, sealed
from tests.server.telling import EVENTS_EPOCH, box, event, part, told

WISHED, REPORT = "/api/v1/fleet/wishes", "/api/v1/fleet/report"
NEW_BOX = "box-new"
COMMAND = {"box_id": BOX, "name": "identify", "id": "0123456789ab"}


@pytest.fixture
def more_settings(tmp_path):
    (tmp_path / "sealing.key").write_text(PRIVATE.hex() + "\n")
    (tmp_path / "sealing.key").chmod(0o600)
    return {"before": 'sealing_key_files = ["sealing.key"]'}


@pytest.fixture
async def client(server):
    """The app on the test's own event loop, so that several requests can be under way."""
    ready, over = asyncio.Event(), asyncio.Event()

    async def live():
        async with server.app.lifespan():
            ready.set()
            await over.wait()

    task = asyncio.create_task(live())
    await ready.wait()
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as made:
        yield made
    over.set()
    await task


@pytest.fixture
def tell(client):
    async def post(status=200, code=None, headers=TELLS, content=None, **said):
        answer = await client.post(REPORT, content=told(**said) if content is None else content, headers=headers)
        assert answer.status_code == status, answer.text
        assert code is None or answer.json()["code"] == code
        return answer.json()

    return post


@pytest.fixture
def wish(client):
    async def put(path, content, method="PUT", status=200):
        headers = WISHES
        if path == "/sealing-key":
            headers = WISHES | {"If-Match": (await client.get(f"/api/v1/fleet{path}", headers=WISHES)).headers["etag"]}
        answer = await client.request(method, f"/api/v1/fleet{path}", json=content, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    return put


async def wishes(client, after=0, wait_s=0, headers=TELLS):
    answer = await client.get(WISHED, params={"after": after, "wait_s": wait_s}, headers=headers)
    assert answer.status_code in (200, 204), answer.text
    return answer.json() if answer.status_code == 200 else None


async def count(server, table):
    return len(await server.shelf.database.read(lambda one: one.execute(table.select()).all()))


async def settled(server):
    """Wait for what runs in the background."""
    while server.replays._tasks:
        await asyncio.gather(*server.replays._tasks)


# --- wishes


async def test_who_asks_first_is_told_at_once_that_nothing_is_wished(client):
    found = await wishes(client)
    assert abs(found.pop("server_utc_ms") - time.time() * 1000) < 60_000
    assert found == {
        "v": 1,
        "gateway_id": GATEWAY,
        "version": 1,
        "boxes": {},
        "commands": [],
        "bundles": [],
        "updates_at_once": 3,
        "place": None,
        "sealing_key": None,
    }
    assert await wishes(client, after=1) is None


async def test_a_wish_wakes_its_gateway_at_once_and_no_other(client, wish, server):
    version = (await wishes(client))["version"]
    mine = asyncio.create_task(wishes(client, version, 30))
    other = asyncio.create_task(wishes(client, version, 30, TELLS_OTHER))
    while server.waiting.count < 2:
        await asyncio.sleep(0.01)
    began_s = time.perf_counter()
    await wish(f"/gateways/{GATEWAY}/boxes/{BOX}/settings", {"a": 1})
    found = await asyncio.wait_for(mine, 5)
    assert time.perf_counter() - began_s < 2
    assert found["boxes"] == {BOX: {"settings": {"version": 1, "values": {"a": 1}}, "firmware": 0}}
    assert not other.done()
    server.waiting.close()
    assert await other is None


async def test_the_sealing_key_wakes_every_gateway(client, wish, server):
    version = (await wishes(client))["version"]
    waiting = [asyncio.create_task(wishes(client, version, 30, who)) for who in (TELLS, TELLS_OTHER)]
    while server.waiting.count < 2:
        await asyncio.sleep(0.01)
    await wish("/sealing-key", {"key": sealing.public_hex()})
    assert {one["sealing_key"] for one in await asyncio.gather(*waiting)} == {sealing.public_hex()}


async def test_nothing_newer_within_the_wait_is_204(client):
    began_s = time.perf_counter()
    assert await wishes(client, 1, 0.3) is None
    assert 0.25 < time.perf_counter() - began_s < 5


async def test_a_second_question_of_the_same_gateway_sends_the_first_home(client, server):
    first = asyncio.create_task(wishes(client, 1, 30))
    while server.waiting.count < 1:
        await asyncio.sleep(0.01)
    second = asyncio.create_task(wishes(client, 1, 30))
    assert await asyncio.wait_for(first, 5) is None
    server.waiting.close()
    assert await asyncio.wait_for(second, 5) is None


async def test_versions_only_rise_and_the_restart_forgets_nothing(client, wish, server):
    seen = [(await wishes(client))["version"]]
    await wish(f"/gateways/{GATEWAY}/boxes/{BOX}/settings", {})
    await wish(f"/gateways/{GATEWAY}/place", {"capacity": 5})
    await wish(f"/gateways/{GATEWAY}/commands", COMMAND, "POST")
    await wish("/sealing-key", {"key": sealing.public_hex()})
    for _ in range(2):
        seen.append((await wishes(client))["version"])
        server.waiting.load(*await server.shelf.fleet.versions())
    assert seen == [1, 5, 5]
    assert (await wishes(client, headers=TELLS_OTHER))["version"] == 5


async def test_a_gateway_that_knows_a_later_version_gets_the_next_one_above_it(client, wish, tell):
    await tell(wishes_version=40)
    assert await wishes(client, after=39) is not None
    await wish(f"/gateways/{GATEWAY}/place", {"capacity": 5})
    assert (await wishes(client, after=41))["version"] > 41


@pytest.mark.parametrize(
    ("params", "headers", "status", "code"),
    [
        ({}, {}, 401, "no_token"),
        ({}, READS, 401, "wrong_token"),
        ({}, WISHES, 401, "wrong_token"),
        ({"after": -1}, TELLS, 400, "request"),
        ({"after": "x"}, TELLS, 400, "request"),
        ({"after": 2**60}, TELLS, 400, "request"),
        ({"wait_s": 61}, TELLS, 400, "request"),
        ({"wait_s": -1}, TELLS, 400, "request"),
        ({"wait_s": "nan"}, TELLS, 400, "request"),
    ],
)
async def test_a_question_that_is_none_is_refused(client, params, headers, status, code):
    answer = await client.get(WISHED, params=params, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_ten_thousand_may_wait_and_cost_nothing(server):
    waiting = [asyncio.create_task(server.waiting.until_newer(f"gw-{one}", 5, 30)) for one in range(10_000)]
    await asyncio.sleep(0)
    assert server.waiting.count == 10_000
    began_s = time.perf_counter()
    server.waiting.load(6, {})
    assert all(await asyncio.gather(*waiting))
    assert time.perf_counter() - began_s < 2


# --- reports


async def test_events_are_answered_for_after_the_commit_and_taken_once(tell, server):
    events = [event(no, "alert", {"part": "p", "state": "s", "reason": "r", "box_id": None}) for no in (1, 2, 3)]
    answer = await tell(events=events[:2])
    assert (answer["v"], answer["events_to"]) == (1, 2)
    assert abs(answer["server_utc_ms"] - time.time() * 1000) < 60_000
    assert (await tell(events=events))["events_to"] == 3
    assert (await tell(events=events))["events_to"] == 3
    assert (await tell())["events_to"] == 3
    assert await count(server, fleet_tables.events) == 3
    assert (await tell(events=events[:1], events_epoch="bbbbbbbbbbbb"))["events_to"] == 1


async def test_a_store_that_is_away_answers_for_nothing(tell, server, monkeypatch):
    async def fails(*args):
        raise Unavailable("store_full", "full")

    with monkeypatch.context() as patched:
        patched.setattr(server.shelf.fleet, "take", fails)
        await tell(503, "store_full", events=[event(1, "damage", {})])
    assert (await tell())["events_to"] == 0


async def test_events_that_are_gone_are_a_finding(tell, client):
    assert (await tell(events=[event(5, "damage", {"gone_unknown": True})]))["events_to"] == 5
    found = (await client.get("/api/v1/fleet/gateways", headers=READS)).json()["findings"]
    assert [(one["code"], one["detail"]) for one in found] == [
        ("events_missing", f"{EVENTS_EPOCH}: 1-4"),
        ("damage", "?"),
    ]


async def test_an_odd_event_is_in_nobodys_way(tell, server):
    events = [
        event(1, "enrolled", {"box_id": 7}),
        event(2, "brand_new", [1]),
        event(3, "enrolled", {"box_id": NEW_BOX}),
    ]
    assert (await tell(events=events))["events_to"] == 3
    assert NEW_BOX in server.roster.assignments.boxes_of(GATEWAY)


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (told(), {}, 401, "no_token"),
        (told(), READS, 401, "wrong_token"),
        (told(), WISHES, 401, "wrong_token"),
        (told(), TELLS_OTHER, 403, "gateway_mismatch"),
        (told(gateway_id=OTHER_GATEWAY), TELLS, 403, "gateway_mismatch"),
        (told(v=2), TELLS, 400, "version"),
        (b"", TELLS, 400, "json"),
        (b"{", TELLS, 400, "json"),
        (b"x" * ((1 << 20) + 1), TELLS, 413, "too_long"),
        (b"x" * 100, {**TELLS, "Content-Encoding": "zstd"}, 400, "encoding_broken"),
        (b"x" * 100, {**TELLS, "Content-Encoding": "br"}, 415, "encoding"),
        (packed(bytes(50_000_000)), {**TELLS, "Content-Encoding": "zstd"}, 413, "batch_too_large"),
    ],
)
async def test_what_is_no_report_is_refused_and_nothing_of_it_kept(tell, server, content, headers, status, code):
    await tell(status, code, headers, content)
    assert await count(server, fleet_tables.reports) == 0


@pytest.mark.parametrize(("encoding", "pack"), [("zstd", packed), ("gzip", gzip.compress), ("identity", bytes)])
async def test_a_report_comes_packed_or_not(tell, encoding, pack):
    headers = {**TELLS, "Content-Encoding": encoding}
    assert (await tell(headers=headers, content=pack(told(events=[event(1, "damage", {})]))))["events_to"] == 1


# --- boxes that enrol


async def test_a_new_box_is_its_gateways_and_what_was_set_aside_is_kept_by_itself(tell, send, client, server):
    records = [scan(1, box_id=NEW_BOX), sealed(scan(2, box_id=NEW_BOX)), sealing.counted(scan(3, box_id=NEW_BOX))]
    assert {code for _, _, code in verdicts(await send(body(records)))} == {"box_not_assigned"}
    await tell(events=[event(1, "enrolled", {"box_id": NEW_BOX})])
    await settled(server)
    (found,) = (await client.get("/api/v1/ledger", headers=READS)).json()["ledgers"]
    assert (found["box_id"], found["stored"], found["quarantined"], found["complete"]) == (NEW_BOX, 3, 0, True)
    assert await count(server, tables.quarantine) == 0
    assert verdicts(await send(body([scan(4, box_id=NEW_BOX)]))) == [(4, "accepted", None)]


async def test_a_box_of_another_gateway_stays_there_and_is_a_finding(tell, send, client, server):
    await tell(events=[event(1, "enrolled", {"box_id": NEW_BOX})])
    other = {"headers": TELLS_OTHER, "gateway_id": OTHER_GATEWAY}
    await tell(events=[event(1, "enrolled", {"box_id": NEW_BOX}), event(2, "enrolled", {"box_id": BOX})], **other)
    found = (await client.get("/api/v1/fleet/gateways", headers=READS)).json()["findings"]
    assert {(one["gateway_id"], one["box_id"], one["code"]) for one in found} == {
        (OTHER_GATEWAY, NEW_BOX, "box_elsewhere"),
        (OTHER_GATEWAY, BOX, "box_elsewhere"),
    }
    data = body([scan(1, box_id=NEW_BOX)], gateway_id=OTHER_GATEWAY)
    assert verdicts(await send(data, token=OTHER_GATEWAY_TOKEN)) == [(1, "quarantined", "box_not_assigned")]
    assert server.roster.assignments.owners(NEW_BOX) == [GATEWAY]


async def test_two_gateways_at_once_do_not_both_get_a_box(tell, server):
    enrolled = [event(1, "enrolled", {"box_id": NEW_BOX})]
    other = tell(events=enrolled, headers=TELLS_OTHER, gateway_id=OTHER_GATEWAY)
    await asyncio.gather(tell(events=enrolled), other)
    (found,) = await server.shelf.fleet.findings()
    assert (found.box_id, found.code) == (NEW_BOX, "box_elsewhere")
    assert len(server.roster.assignments.owners(NEW_BOX)) == 1


async def test_assignments_reports_and_findings_outlast_a_restart(tell, server):
    events = [
        event(1, "enrolled", {"box_id": NEW_BOX}),
        event(2, "damage", {"box_id": BOX, "epoch": EPOCH, "gone": "3-4"}),
    ]
    await tell(events=events, health=[part("broker", "down", "so")], boxes=[box(BOX, "away")])
    found = await server.shelf.fleet.load()
    assert found.given == {NEW_BOX: GATEWAY}
    assert [(one.code, one.detail) for one in found.findings] == [("damage", f"{EPOCH} 3-4")]
    server.roster.load(found.given, found.reports, found.findings)
    assert server.roster.state(GATEWAY).state == "trouble"


# --- commands and firmware


async def test_a_result_ends_a_command_and_the_first_one_stays(client, wish, tell):
    await wish(f"/gateways/{GATEWAY}/commands", COMMAND, "POST")
    assert [one["id"] for one in (await wishes(client))["commands"]] == [COMMAND["id"]]
    result = {"box_id": BOX, "id": COMMAND["id"], "name": "identify", "outcome": "done", "body": {"x": 1}}
    await tell(events=[event(1, "result", result), event(2, "result", {**result, "outcome": "failed"})])
    assert (await wishes(client))["commands"] == []
    found = (await client.get(f"/api/v1/fleet/gateways/{GATEWAY}/commands/{COMMAND['id']}", headers=WISHES)).json()
    assert (found["outcome"], found["body"], found["given_by"]) == ("done", {"x": 1}, "duty")


async def test_an_answer_that_comes_after_all_counts_more_than_that_there_was_none(client, wish, tell):
    await wish(f"/gateways/{GATEWAY}/commands", COMMAND, "POST")
    result = {"box_id": BOX, "id": COMMAND["id"], "name": "identify", "outcome": "expired", "body": None}
    answers = [{**result, "outcome": outcome, "body": outcome} for outcome in ("expired", "done", "expired", "failed")]
    await tell(events=[event(no, "result", one) for no, one in enumerate(answers, 1)])
    found = (await client.get(f"/api/v1/fleet/gateways/{GATEWAY}/commands/{COMMAND['id']}", headers=WISHES)).json()
    assert (found["outcome"], found["body"]) == ("done", "done")


@pytest.mark.parametrize(
    "changes", [{"box_id": OTHER_BOX}, {"id": "ffffffffffff"}, {"box_id": FOREIGN_BOX}, {"headers": TELLS_OTHER}]
)
async def test_a_result_of_another_ends_nothing(client, wish, tell, changes):
    await wish(f"/gateways/{GATEWAY}/commands", COMMAND, "POST")
    headers = changes.pop("headers", None)
    result = {"box_id": BOX, "id": COMMAND["id"], "name": "identify", "outcome": "done", "body": None, **changes}
    how = {"headers": headers, "gateway_id": OTHER_GATEWAY} if headers else {}
    await tell(events=[event(1, "result", result)], **how)
    assert len((await wishes(client))["commands"]) == 1


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        (None, 200, slice(None)),
        ("bytes=0-", 206, slice(None)),
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=5-5", 206, slice(5, 6)),
        ("bytes=10-999999", 206, slice(10, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=-999999", 206, slice(None)),
        ("bytes=9-5", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=0-5,7-9", 200, slice(None)),
        ("lines=0-5", 200, slice(None)),
        ("bytes=999999-", 416, None),
        ("bytes=-0", 416, None),
    ],
)
async def test_files_of_a_bundle_come_whole_or_in_a_range(client, asked, status, expected):
    content = bundles.FILES["firmware.pack"]
    put = await client.put("/api/v1/fleet/bundles/7", content=bundles.tar(7), headers=WISHES)
    assert put.status_code == 200, put.text
    headers = {**TELLS, **({"Range": asked} if asked else {})}
    answer = await client.get("/api/v1/fleet/bundles/7/firmware.pack", headers=headers)
    assert answer.status_code == status
    if expected is None:
        assert answer.json()["code"] == "range"
        return
    assert answer.content == content[expected]
    if status == 206:
        first, last, _ = expected.indices(len(content))
        assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(content)}"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("7/manifest", {}, 401),
        ("7/manifest", READS, 401),
        ("8/manifest", TELLS, 404),
        ("0/manifest", TELLS, 404),
        ("7/other", TELLS, 404),
        ("7/..%2f7/manifest", TELLS, 404),
        ("7/%2e%2e/manifest", TELLS, 404),
        ("x/manifest", TELLS, 404),
    ],
)
async def test_no_other_file_is_there(client, path, headers, status):
    await client.put("/api/v1/fleet/bundles/7", content=bundles.tar(7), headers=WISHES)
    answer = await client.get("/api/v1/fleet/bundles/" + path, headers=headers)
    assert answer.status_code == status


async def test_a_file_in_a_folder_and_the_manifest_are_there(client):
    await client.put("/api/v1/fleet/bundles/7", content=bundles.tar(7), headers=WISHES)
    for path, content in bundles.files(7).items():
        answer = await client.get(f"/api/v1/fleet/bundles/7/{path}", headers=TELLS)
        assert (answer.status_code, answer.content) == (200, content), path
