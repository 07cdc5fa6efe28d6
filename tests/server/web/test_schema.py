"""What OpenAPI says is so: schemathesis asks every operation of the real server, as whoever is let in there.

Each operation is asked with examples made from its own description, good ones and bad ones: no answer may be a mistake
of ours, no status and no body may be one that the description does not have, and no method may answer that is not in
it. Who is let in is data: `tests/server/access/matrix.toml`; what is good is also asked by nobody.
TRAM_SCHEMA_EXAMPLES=200 asks longer.
"""

import asyncio
import json
import os
import re
import threading

import httpx
import hypothesis
import pytest
import schemathesis
from argon2 import PasswordHasher, Type
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from server.access import passwords, roles
from server.app import Server, utc_ms
from server.web import site
from tests.server import rig
from tests.server.access import test_matrix, users_in

MOST_EXAMPLES = int(os.environ.get("TRAM_SCHEMA_EXAMPLES", "8"))
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.unsupported_method,
]
ROWS = {re.sub(r":\w+\}", "}", route): row for route, row in test_matrix.ROWS.items()}
LIMITS = "[limits]\nasks_per_s = 100000\nasks_burst = 100000\n"


PLACE = "cho-ben-thu"
BINARIES = st.one_of(st.binary(max_size=64), st.sampled_from([rig.body([rig.scan(1)]), rig.body(), b"junk"]))
for media_type in ("application/vnd.tram.batch", "application/x-tar"):
    schemathesis.openapi.media_type(media_type, BINARIES)


async def callers_of(folder):
    """Users in the store of a server that does not run yet -> {role: headers}."""
    server = Server(rig.config(folder))
    server.open()
    made = {"gateway": rig.TELLS, "settings_reader": rig.READS, "nobody": {}}
    try:
        for role in roles.ROLES:
            one = await users_in.make(server, f"s-{role}", [role], areas=["79"], places=["cho-ben-thu"], totp=False)
            made[role] = await users_in.token(server, one, [role])
    finally:
        server.close()
    return made


def known_things(url, callers):
    """What there is at the server, so that not all that is asked for is missing -> {name in a path: id}"""
    with httpx.Client(base_url=url + "/api/v1", timeout=20) as client:

        def made(method, path, role, body, **headers):
            answer = client.request(method, path, json=body, headers=callers[role] | headers)
            assert answer.status_code in (200, 201), answer.text
            return answer.json()

        place = {"name": "Chợ Bến Thử", "kind": "market", "opening": "24/7", "capacity": 500}
        new = {"If-None-Match": "*"}
        tag = f'"{made("PUT", f"/places/{PLACE}", "ops", place, **new)["version"]}"'
        made("PUT", f"/places/{PLACE}/gates/cong-1", "ops", {"direction": "in"}, **{"If-Match": tag})
        made("PUT", f"/fleet/gateways/{rig.GATEWAY}/boxes/{rig.BOX}/settings", "ops", {"a": 1})
        ends_ms = utc_ms() + 3_600_000
        case = made(
            "POST", "/cases", "tracer", {"title": "Vụ thử", "legal_basis": "QĐ 1", "area": "79", "ends_ms": ends_ms}
        )
        asked = made(
            "POST", f"/cases/{case['id']}/questions", "tracer", {"place_id": PLACE, "from_ms": ends_ms - 7_200_000}
        )
        command = {"box_id": rig.BOX, "name": "blink"}
        return {
            "place_id": PLACE,
            "gate_id": "cong-1",
            "gateway_id": rig.GATEWAY,
            "box_id": rig.BOX,
            "case_id": case["id"],
            "question_id": asked["id"],
            "request_id": made("POST", "/requests", "supervisor", {"kind": "access"})["id"],
            "command_id": made("POST", f"/fleet/gateways/{rig.GATEWAY}/commands", "ops", command)["id"],
            "table": "places",
        }


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """The real server, everybody's headers, and what there is."""
    folder = tmp_path_factory.mktemp("schema")
    kept, passwords.HASHER = passwords.HASHER, PasswordHasher(1, 8, 1, 32, 16, type=Type.ID)
    try:
        callers = asyncio.run(callers_of(folder))
    finally:
        passwords.HASHER = kept
    process = rig.Process(rig.settings(folder, more=LIMITS)).start()
    logged = []
    reading = threading.Thread(target=lambda: logged.extend(process.process.stdout))
    reading.start()
    try:
        yield process, callers, known_things(process.url, callers)
    finally:
        process.process.terminate()
        reading.join(20)
    assert process.process.wait(20) == 0
    assert not [line for line in logged if json.loads(line)["event"] == "mistake"]


schema = schemathesis.openapi.from_dict(site.build(None, None).openapi_schema.to_schema())


def caller_of(case):
    """Somebody who is let in: the last role of the row, or who stands in it by name."""
    row = ROWS[f"{case.operation.method.upper()} {case.operation.path}"]
    named = [name for name in ("gateway", "settings_reader") if row.get(name) not in (None, 401, 403)]
    roles_in = [role for role in row.get("may", ()) if role != "anybody"]
    return [*named, *reversed(roles_in), "administrator"][0]


@schema.parametrize()
@hypothesis.settings(
    max_examples=MOST_EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_every_operation(case, asked):
    process, callers, known = asked
    if case.meta.generation.mode.is_positive:
        for name in set(case.path_parameters or {}) & set(known):
            case.path_parameters[name] = known[name]
    if "wait_s" in (case.query or {}):
        case.query["wait_s"] = 0
    case.call_and_validate(base_url=process.url, headers=callers[caller_of(case)], checks=CHECKS)
    if case.meta.generation.mode.is_positive:
        case.call_and_validate(base_url=process.url, checks=CHECKS[:-1])
