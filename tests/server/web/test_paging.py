"""Lists go in pages that may be gone on with, and what is edited has a version: at every operation that there is."""

import pytest

from server.web import site
from tests.server.rig import BOX, GATEWAY, OTHER_GATEWAY, READS, WISHES

SCHEMA = site.build(None, None).openapi_schema.to_schema()
STREAMS = {"get_scans": "after_seq", "get_quarantine": "after_id"}
# a list that is a part of one thing, and bounded with it
WHOLE = {
    "get_gateway": "a gateway: its boxes, its last events",
    "get_place": "a place with its gates, purposes and seats",
    "list_gates": "the gates of a place",
    "get_purposes": "at most 50 periods of a place",
    "get_seat": "the seats of a box",
    "get_gateway_seat": "the seats of a gateway at one place",
    "get_counts": "at most 31 days by the hour",
    "get_occupancy_course": "at most 500 instants",
    "get_retention": "one line for each class",
    "get_me": "the roles of one user",
    "get_user": "the roles of one user",
    "get_wishes": "one gateway's wishes",
}
CHANGED = {
    *("get_user", "get_request", "get_place", "list_gates", "get_purposes", "get_seat", "get_case", "get_gateway"),
    *("get_gateway_seat", "get_sealing_key"),
}
MUST_NAME = {
    *("change_user", "remove_user", "step_request", "drop_place", "put_gate", "drop_gate", "put_purposes"),
    *("put_seat", "close_case", "put_gateway_seat", "put_box", "delete_box", "put_sealing_key"),
}
MAY_NAME = {"register_place", "put_settings", "put_firmware", "put_place"}
BASE = "/api/v1/fleet/gateways"


def operations(method):
    return {one[method]["operationId"]: one[method] for one in SCHEMA["paths"].values() if method in one}


def resolved(schema):
    while "$ref" in schema:
        schema = SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def parameters(operation, where="query"):
    return {one["name"]: one for one in operation.get("parameters", []) if one["in"] == where}


def answers_with_a_list(operation):
    said = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return any(resolved(one).get("type") == "array" for one in resolved(said).get("properties", {}).values())


LISTS = {name: one for name, one in operations("get").items() if answers_with_a_list(one) and name not in WHOLE}


def test_the_lists_are_known():
    assert {"list_users", "list_audit", "list_places", "list_cases", "list_gateways", "get_ledger"} <= set(LISTS)
    assert set(WHOLE) <= set(operations("get"))


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_takes_limit_and_after_within_bounds_and_answers_with_next(name):
    asked = parameters(LISTS[name])
    assert asked["limit"]["schema"]["minimum"] == 1
    assert asked["limit"]["schema"]["maximum"] <= 5000
    assert "after" in asked
    answer = resolved(LISTS[name]["responses"]["200"]["content"]["application/json"]["schema"])
    assert "next" in answer["properties"]


@pytest.mark.parametrize("name", sorted(STREAMS))
def test_a_stream_is_bounded_and_may_be_gone_on_with(name):
    asked = parameters(operations("get")[name])
    assert asked["limit"]["schema"]["maximum"] <= 1_000_000
    assert STREAMS[name] in asked


def test_what_is_edited_names_the_version_that_was_seen():
    changes = {name: one for method in ("put", "patch", "post", "delete") for name, one in operations(method).items()}
    named = {name: parameters(one, "header").get("If-Match") for name, one in changes.items()}
    assert {name for name, one in named.items() if one and one.get("required")} == MUST_NAME
    assert {name for name, one in named.items() if one and not one.get("required")} == MAY_NAME
    for name in MUST_NAME:
        assert {"412", "428"} <= set(changes[name]["responses"]), name


def test_what_has_a_version_may_be_known():
    looks = operations("get")
    assert {name for name, one in looks.items() if "If-None-Match" in parameters(one, "header")} == CHANGED
    assert all("304" in looks[name]["responses"] for name in CHANGED)


async def test_gateways_come_in_pages_each_once(client):
    first = (await client.get(BASE, params={"limit": 1}, headers=READS)).json()
    assert ([one["gateway_id"] for one in first["gateways"]], first["next"]) == ([GATEWAY], GATEWAY)
    rest = (await client.get(BASE, params={"limit": 1, "after": first["next"]}, headers=READS)).json()
    assert ([one["gateway_id"] for one in rest["gateways"]], rest["next"]) == ([OTHER_GATEWAY], None)


async def test_commands_come_in_pages_and_a_new_one_hides_none(client):
    path, seen, after = f"{BASE}/{GATEWAY}/commands", [], ""

    async def give(number):
        wish = {"box_id": BOX, "name": "identify", "id": f"{number:012x}"}
        assert (await client.post(path, json=wish, headers=WISHES)).status_code == 200

    for number in range(5):
        await give(number)
    while after is not None:
        page = (await client.get(path, params={"limit": 2, "after": after}, headers=READS)).json()
        seen += [int(one["id"], 16) for one in page["commands"]]
        after = page["next"]
        await give(100 + len(seen))
    assert sorted(seen) == [0, 1, 2, 3, 4]


async def test_a_wish_may_name_what_was_seen_and_is_refused_where_somebody_was_faster(client):
    path = f"{BASE}/{GATEWAY}/boxes/{BOX}/settings"
    seen = (await client.get(f"{BASE}/{GATEWAY}", headers=READS)).headers["etag"]
    known = await client.get(f"{BASE}/{GATEWAY}", headers=READS | {"If-None-Match": seen})
    assert (known.status_code, known.content) == (304, b"")
    named = WISHES | {"If-Match": seen}
    assert (await client.put(path, json={"a": 1}, headers=named)).status_code == 200
    late = await client.put(path, json={"a": 2}, headers=named)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert (await client.put(path, json={"a": 3}, headers=WISHES)).status_code == 200
    again = await client.get(f"{BASE}/{GATEWAY}", headers=READS | {"If-None-Match": seen})
    assert (again.status_code, again.headers["etag"] == seen) == (200, False)
