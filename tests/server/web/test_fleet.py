"""The operators' side: what may be wished, by whom, and what is refused by name, changing nothing."""

import pytest

from server.store import fleet_tables
from tests.server import bundles, sealing
from tests.server.rig import (
    BOX,
    FOREIGN_BOX,
    GATEWAY,
    OTHER_BOX,
    OTHER_GATEWAY,
    READS,
    TELLS,
    WISHES,
    body,
    scan,
    verdicts,
)
from tests.server.sealing import PRIVATE, sealed
from tests.server.telling import box, event, part, told

BASE = "/api/v1/fleet"
MINE = f"{BASE}/gateways/{GATEWAY}"
TABLES = (
    fleet_tables.assignments,
    fleet_tables.box_wishes,
    fleet_tables.commands,
    fleet_tables.bundles,
    fleet_tables.bundle_files,
    fleet_tables.gateways,
)


@pytest.fixture
def more_settings(tmp_path):
    (tmp_path / "fleet.key").write_text(bundles.fleet_key_hex())
    (tmp_path / "sealing.key").write_text(PRIVATE.hex() + "\n")
    (tmp_path / "sealing.key").chmod(0o600)
    return {"before": 'sealing_key_files = ["sealing.key"]', "more": '[fleet]\nfleet_key_file = "fleet.key"'}


@pytest.fixture
def ask(client):
    async def asked(method, path, status=200, headers=WISHES, **how):
        answer = await client.request(method, path, headers=headers, **how)
        assert answer.status_code == status, answer.text
        return answer.json()

    return asked


async def seen(ask, path=MINE):
    """A header that names the version of what is wished of a gateway, or of the key."""
    found = await ask("GET", path)
    return WISHES | {"If-Match": f'"{found["wishes"]["version"] if "wishes" in found else found["version"]}"'}


async def rows(server):
    def job(connection):
        return [tuple(one) for table in TABLES for one in connection.execute(table.select())]

    return await server.shelf.database.read(job)


async def wished(ask):
    return (await ask("GET", MINE, headers=READS))["wishes"]


WRITES = [
    ("PUT", f"{MINE}/boxes/{BOX}/settings", {}),
    ("PUT", f"{MINE}/boxes/{BOX}/firmware", {"version": 0}),
    ("POST", f"{MINE}/commands", {"box_id": BOX, "name": "identify"}),
    ("PUT", f"{MINE}/place", {}),
    ("PUT", f"{BASE}/sealing-key", {"key": None}),
    ("PUT", f"{MINE}/boxes/box-new", None),
    ("DELETE", f"{MINE}/boxes/{BOX}", None),
    ("DELETE", f"{MINE}/findings/damage", None),
    ("PUT", f"{BASE}/bundles/7", {}),
    ("POST", "/api/v1/quarantine/replay", {}),
]


@pytest.mark.parametrize("headers", [{}, READS, TELLS, {"Authorization": "Bearer wrong"}])
@pytest.mark.parametrize(("method", "path", "content"), WRITES)
async def test_only_operators_wish(ask, server, method, path, content, headers):
    assert (await ask(method, path, 401, headers, json=content))["code"] in ("no_token", "wrong_token")
    assert await rows(server) == []


@pytest.mark.parametrize("path", [f"{BASE}/gateways", MINE, f"{MINE}/commands", f"{BASE}/bundles"])
async def test_readers_and_operators_look_and_nobody_else(ask, path):
    for headers in (READS, WISHES):
        await ask("GET", path, headers=headers)
    for headers in ({}, TELLS):
        await ask("GET", path, 401, headers)


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "code"),
    [
        ("PUT", f"{MINE}/boxes/{BOX}/settings", b"", 400, "json"),
        ("PUT", f"{MINE}/boxes/{BOX}/settings", b"[]", 400, "json"),
        ("PUT", f"{MINE}/boxes/{BOX}/settings", b"\xff", 400, "json"),
        ("PUT", f"{MINE}/boxes/{BOX}/settings", b'{"a":"' + b"x" * 9000 + b'"}', 413, "too_long"),
        ("PUT", f"{MINE}/boxes/{BOX}/settings", b"x" * (1 << 21), 413, "too_long"),
        ("PUT", f"{MINE}/boxes/{FOREIGN_BOX}/settings", b"{}", 409, "box_not_assigned"),
        ("PUT", f"{BASE}/gateways/{OTHER_GATEWAY}/boxes/{BOX}/settings", b"{}", 409, "box_not_assigned"),
        ("PUT", f"{BASE}/gateways/gw-none/boxes/{BOX}/settings", b"{}", 404, "not_found"),
        ("PUT", f"{BASE}/gateways/NO/boxes/{BOX}/settings", b"{}", 400, "request"),
        ("PUT", f"{MINE}/boxes/{BOX}/firmware", b'{"version":9}', 404, "not_found"),
        ("PUT", f"{MINE}/boxes/{BOX}/firmware", b'{"version":-1}', 400, "field"),
        ("PUT", f"{MINE}/boxes/{BOX}/firmware", b'{"version":"1"}', 400, "field"),
        ("PUT", f"{MINE}/boxes/{BOX}/firmware", b"{}", 400, "field"),
        ("PUT", f"{MINE}/boxes/{BOX}/firmware", b'{"version":0,"x":1}', 400, "field"),
        ("POST", f"{MINE}/commands", b'{"name":"identify"}', 400, "field"),
        ("POST", f"{MINE}/commands", b'{"box_id":"box-9999","name":"identify"}', 409, "box_not_assigned"),
        ("POST", f"{BASE}/gateways/gw-none/commands", b'{"box_id":"box-0001","name":"identify"}', 404, "not_found"),
        ("PUT", f"{MINE}/place", b'{"capacty":5}', 400, "field"),
        ("PUT", f"{MINE}/place", b"[]", 400, "field"),
        ("PUT", f"{BASE}/gateways/gw-none/place", b"{}", 404, "not_found"),
        ("PUT", f"{BASE}/sealing-key", b'{"key":"abc"}', 400, "field"),
        ("PUT", f"{BASE}/sealing-key", b'{"key":"' + b"0" * 64 + b'"}', 400, "no_private_key"),
        ("PUT", f"{BASE}/bundles/7", b"no tar", 400, "bundle"),
        ("PUT", f"{BASE}/bundles/7", bundles.tar(8), 400, "version"),
        ("PUT", f"{BASE}/bundles/0", bundles.tar(8), 400, "request"),
        ("DELETE", f"{MINE}/boxes/{BOX}", b"", 409, "box_fixed"),
        ("DELETE", f"{MINE}/boxes/{FOREIGN_BOX}", b"", 409, "box_not_assigned"),
        ("PUT", f"{BASE}/gateways/{OTHER_GATEWAY}/boxes/{BOX}", b"", 409, "box_fixed"),
        ("PUT", f"{BASE}/gateways/gw-none/boxes/box-new", b"", 404, "not_found"),
        ("PUT", f"{MINE}/boxes/NO", b"", 400, "request"),
        ("DELETE", f"{MINE}/findings/damage", b"", 404, "not_found"),
        ("GET", f"{MINE}/commands/ffffffffffff", b"", 404, "not_found"),
        ("GET", f"{BASE}/gateways/gw-none", b"", 404, "not_found"),
        ("POST", "/api/v1/quarantine/replay", b'{"code":7}', 400, "request"),
        ("POST", "/api/v1/quarantine/replay", b'{"cod":"x"}', 400, "request"),
        ("POST", "/api/v1/quarantine/replay", b'{"limit":0}', 400, "request"),
    ],
)
async def test_what_cannot_be_wished_is_refused_by_name_and_changes_nothing(
    ask, server, method, path, content, status, code
):
    before = await rows(server)
    is_named = "/settings" not in path and "/firmware" not in path
    headers = WISHES | ({"If-Match": '"1"'} if is_named and method in ("PUT", "DELETE") else {})
    assert (await ask(method, path, status, headers, content=content))["code"] == code
    assert await rows(server) == before


@pytest.mark.parametrize(("method", "path", "content"), WRITES[4:7])
async def test_what_must_not_be_changed_unseen_is_refused_without_the_version_and_with_an_old_one(
    ask, server, method, path, content
):
    before = await rows(server)
    path = path.replace(BOX, "box-new")
    if method == "DELETE":
        await ask("PUT", f"{MINE}/boxes/box-new", headers=await seen(ask))
        before = await rows(server)
    assert (await ask(method, path, 428, json=content))["code"] == "if_match_needed"
    for wrong in ('"999999"', '"x"', "*", 'W/"0"', "0"):
        refused = await ask(method, path, 412, WISHES | {"If-Match": wrong}, json=content)
        assert refused["code"] == "changed_meanwhile"
    assert await rows(server) == before


async def test_of_two_who_give_a_box_after_the_same_look_one_is_told_that_it_changed(ask, server):
    mine, other = await seen(ask), await seen(ask, f"{BASE}/gateways/{OTHER_GATEWAY}")
    await ask("PUT", f"{MINE}/boxes/box-new", headers=mine)
    assert (await ask("PUT", f"{MINE}/boxes/box-newer", 412, mine))["code"] == "changed_meanwhile"
    await ask("PUT", f"{BASE}/gateways/{OTHER_GATEWAY}/boxes/box-new", headers=other)
    assert (await ask("DELETE", f"{MINE}/boxes/box-new", 409, mine))["code"] == "box_not_assigned"
    assert server.roster.assignments.owners("box-new") == [OTHER_GATEWAY]


async def test_settings_are_numbered_past_what_the_box_says(ask, client):
    status = {"v": 1, "settings_version": 6, "settings_refused": {"version": 9, "code": "x"}}
    await client.post(f"{BASE}/report", content=told(boxes=[box(BOX, "online", status=status)]), headers=TELLS)
    assert await ask("PUT", f"{MINE}/boxes/{BOX}/settings", json={"a": 1}) == {"version": 10}
    assert await ask("PUT", f"{MINE}/boxes/{BOX}/settings", json={"a": 2}) == {"version": 11}
    assert (await wished(ask))["boxes"] == {BOX: {"settings": {"version": 11, "values": {"a": 2}}, "firmware": 0}}


async def test_firmware_is_wished_once_its_bundle_is_here_and_taken_back_by_0(ask):
    found = await ask("PUT", f"{BASE}/bundles/7", content=bundles.tar(7))
    assert (found["is_new"], found["files"], found["boards"]) == (True, 3, ["linux"])
    assert not (await ask("PUT", f"{BASE}/bundles/7", content=bundles.tar(7)))["is_new"]
    other = await ask("PUT", f"{BASE}/bundles/7", 409, content=bundles.tar(7, "other"))
    assert other["code"] == "version_taken"
    await ask("PUT", f"{MINE}/boxes/{BOX}/firmware", json={"version": 7})
    (bundle,) = (await wished(ask))["bundles"]
    assert (bundle["version"], bundle["manifest_sha256"]) == (7, found["manifest_sha256"])
    assert [one["version"] for one in (await ask("GET", f"{BASE}/bundles"))["bundles"]] == [7]
    await ask("PUT", f"{MINE}/boxes/{BOX}/firmware", json={"version": 0})
    assert ((await wished(ask))["bundles"], (await wished(ask))["boxes"][BOX]["firmware"]) == ([], 0)


async def test_a_command_given_again_is_one_command_and_another_under_its_id_is_refused(ask):
    wish = {"box_id": BOX, "name": "fetch_log", "argument": {"lines": 5}, "id": "0123456789ab"}
    assert (await ask("POST", f"{MINE}/commands", json=wish))["is_new"]
    assert not (await ask("POST", f"{MINE}/commands", json=wish))["is_new"]
    for change in ({"name": "reboot"}, {"argument": None}, {"box_id": OTHER_BOX}):
        assert (await ask("POST", f"{MINE}/commands", 409, json={**wish, **change}))["code"] == "command_taken"
    assert [one["id"] for one in (await ask("GET", f"{MINE}/commands"))["commands"]] == ["0123456789ab"]


async def test_a_place_is_wished_whole_and_taken_back(ask):
    await ask("PUT", f"{MINE}/place", json={"capacity": 50})
    assert (await wished(ask))["place"]["capacity"] == 50
    await ask("PUT", f"{MINE}/place", content=b"null")
    assert (await wished(ask))["place"] is None


async def test_the_sealing_key_is_one_that_the_server_can_open(ask):
    path = f"{BASE}/sealing-key"
    first = await seen(ask, path)
    version = (await ask("PUT", path, headers=first, json={"key": sealing.public_hex()}))["version"]
    assert await ask("GET", path, headers=READS) == {"key": sealing.public_hex(), "version": version}
    assert (await ask("PUT", path, 412, first, json={"key": None}))["code"] == "changed_meanwhile"
    assert (await wished(ask))["sealing_key"] == sealing.public_hex()
    await ask("PUT", path, headers=await seen(ask, path), json={"key": None})
    assert (await wished(ask))["sealing_key"] is None


async def test_a_box_is_given_moved_and_taken_and_its_findings_are_settled(ask, send, client, server):
    assert verdicts(await send(body([scan(1, box_id="box-new")]))) == [(1, "quarantined", "box_not_assigned")]
    other = f"{BASE}/gateways/{OTHER_GATEWAY}"
    await ask("PUT", f"{other}/boxes/box-new", headers=await seen(ask, other))
    await client.post(
        f"{BASE}/report", content=told(events=[event(1, "enrolled", {"box_id": "box-new"})]), headers=TELLS
    )
    (finding,) = (await ask("GET", f"{BASE}/gateways"))["findings"]
    assert (finding["gateway_id"], finding["code"]) == (GATEWAY, "box_elsewhere")
    await ask("PUT", f"{MINE}/boxes/box-new", headers=await seen(ask))
    assert server.roster.assignments.owners("box-new") == [GATEWAY]
    assert (await ask("GET", f"{BASE}/gateways"))["findings"] == []
    await ask("POST", "/api/v1/quarantine/replay", json={})
    assert (await client.get("/api/v1/ledger", headers=READS)).json()["ledgers"][0]["stored"] == 1
    await ask("DELETE", f"{MINE}/boxes/box-new", headers=await seen(ask))
    assert server.roster.assignments.owners("box-new") == []


async def test_a_finding_is_settled_by_hand(ask, client):
    events = [event(1, "damage", {"box_id": BOX, "epoch": "0" * 12, "gone": "1-3"})]
    await client.post(f"{BASE}/report", content=told(events=events), headers=TELLS)
    await ask("DELETE", f"{MINE}/findings/damage", 404)
    await ask("DELETE", f"{MINE}/findings/damage?box={BOX}")
    assert (await ask("GET", f"{BASE}/gateways"))["findings"] == []


async def test_an_operator_has_items_judged_anew_page_by_page(ask, send, server):
    await send(body([sealed(scan(seq)) for seq in (1, 2)] + [scan(9)[:-4] + b"zzz\n"]))
    await send(body([sealed(scan(seq), sealing.OTHER_PRIVATE) for seq in (3, 4)]))
    found = await ask("POST", "/api/v1/quarantine/replay", json={"limit": 2})
    assert (found["looked_at"], found["accepted"], found["kept"], found["left"]) == (2, 0, 2, 1)
    again = await ask("POST", "/api/v1/quarantine/replay", json={"limit": 2, "after_id": found["next"]})
    assert (again["looked_at"], again["next"]) == (1, None)
    assert (await ask("POST", "/api/v1/quarantine/replay", json={"code": "sealed"}))["looked_at"] == 0


async def test_what_is_known_of_a_gateway_is_shown_with_its_boxes_and_counted(ask, client):
    report = told(
        health=[part("broker", "down", "refused", 9)],
        boxes=[box(BOX, "online", status={"v": 1}), box(OTHER_BOX, "away", "no answer", 40)],
        numbers={"tram_waiting_records": 12, "tram_waiting_oldest_seconds": 70},
    )
    await client.post(f"{BASE}/report", content=report, headers=TELLS)
    found = await ask("GET", MINE, headers=READS)
    line = found["gateway"]
    assert (line["state"], line["reason"], line["waiting"], line["oldest_s"]) == ("trouble", "broker: refused", 12, 70)
    assert (line["boxes_well"], line["boxes_away"], line["boxes_unknown"]) == (1, 1, 0)
    assert [(one["box_id"], one["state"], one["reason"]) for one in found["boxes"]] == [
        (BOX, "online", ""),
        (OTHER_BOX, "away", "no answer"),
    ]
    assert found["statuses"] == {BOX: {"v": 1}}
    text = (await client.get("/metrics", headers=READS)).text
    for line in (
        'tram_gateways{state="trouble"} 1.0',
        'tram_gateways{state="never"} 1.0',
        'tram_boxes{state="away"} 1.0',
        'tram_findings{code="damage"} 0.0',
        "tram_reports_total 1.0",
    ):
        assert line in text, line
