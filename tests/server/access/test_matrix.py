"""Every route of the real app, and everybody who may come to it: the status that each gets is data (`matrix.toml`).

A row names the roles that are let in, and what they get then; everybody else gets 401 or 403. Whatever differs from it
stands in the row by its name. A route without a row fails, and so does a row without a route.
"""

import re
import tomllib
from pathlib import Path

import pytest

from server.access import roles
from tests.server.access import callers

ROWS = tomllib.loads(Path(__file__).with_name("matrix.toml").read_text())
IDS = {
    "user_id": "u-0123456789abcdef",
    "token_id": "0123456789abcdef",
    "approval_id": "0123456789abcdef",
    "request_id": "0123456789abcdef",
    "case_id": "0123456789ab",
    "question_id": "0123456789ab",
    "pseudonym": "AAAAA-BBBBB",
    "place_id": callers.PLACE,
    "gate_id": "cong-1",
    "gateway_id": "gw-1",
    "box_id": "box-0001",
    "command_id": "0123456789ab",
    "code": "damage",
    "version": "7",
    "number": "1",
    "table": "places",
    "path": "manifest",
    "file_path": "page.css",
}


def routes(app):
    """["GET /path/{name:type}", …] of everything that answers, but for OPTIONS and HEAD."""
    found = []
    for route in app.routes:
        methods = getattr(route, "route_handler_map", None) or ["WEBSOCKET"]
        found += [f"{method} {route.path}" for method in methods if method not in ("OPTIONS", "HEAD")]
    return sorted(found)


def path_of(route):
    path = re.sub(r"\{(\w+):\w+\}", lambda found: IDS[found.group(1)], route.partition(" ")[2])
    query = ROWS[route].get("query", "")
    return path + ("?" + query if query else "")


def expected(row, caller):
    """What a row says of a caller."""
    if caller in row:
        return row[caller]
    if row.get("open"):
        return row["in"]
    if "others" in row:
        return row["others"]
    if caller in callers.NOBODY:
        return 401
    if "anybody" in row["may"]:
        is_in = True
    elif caller == "settings_reader":
        is_in = "ops" in row["may"] and not row.get("changes")
    elif caller == "settings_operator":
        is_in = "ops" in row["may"]
    elif caller.startswith("weak_"):
        is_in = False
    elif caller.endswith("_elsewhere"):
        is_in = caller.removesuffix("_elsewhere") in row["may"] and not row.get("bounded")
    else:
        is_in = caller in row["may"]
    return row["in"] if is_in else 403


def test_every_route_has_a_row_and_every_row_a_route(server):
    assert sorted(ROWS) == routes(server.app)


def test_every_row_names_known_roles_and_callers():
    for route, row in ROWS.items():
        assert set(row.get("may", [])) <= {*roles.ROLES, "anybody"}, route
        known = {"may", "in", "open", "others", "changes", "bounded", "query", "stream", *callers.CALLERS}
        assert set(row) <= known, route


def test_only_tracers_are_let_in_to_people_and_only_administrators_to_users():
    for route, row in ROWS.items():
        if "/cases" in route or "/questions" in route:
            assert row["may"] == ["tracer"], route
        if "/api/v1/users" in route or "/audit" in route:
            assert row["may"] == ["administrator"], route


@pytest.fixture
async def doors(server, client):
    return await callers.all_callers(server)


async def test_everybody_gets_at_every_route_what_the_matrix_says(client, server, doors):
    form = {"name": "Chợ Bến Thử", "kind": "market", "area": callers.AREA}
    made = await client.put(
        f"/api/v1/places/{callers.PLACE}", json=form, headers=doors["administrator"] | {"If-None-Match": "*"}
    )
    assert made.status_code == 200, made.text
    wrong = []
    for route in sorted(ROWS):
        row, method = ROWS[route], route.partition(" ")[0]
        for caller, headers in doors.items():
            said = expected(row, caller)
            if row.get("stream") and said == 200:
                continue
            status = await callers.ask(client, method, path_of(route), headers)
            if status not in (said if isinstance(said, list) else [said]):
                wrong.append(f"{route} as {caller}: {status}, and not {said}")
    assert not wrong, "\n" + "\n".join(wrong)
