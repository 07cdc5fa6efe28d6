"""Everybody who may come to a door, as headers: for the matrix. Each is one column of `matrix.toml`."""

import contextlib

from tests.server.access.users_in import make, token
from tests.server.rig import READS, TELLS, WISHES

ROLES = ("operator", "technician", "ops", "supervisor", "tracer", "administrator")
NOBODY = ("nobody", "wrong_token", "ended_token", "locked_user", "gateway")
OTHERS = ("settings_reader", "settings_operator", "weak_tracer", "weak_administrator", "roleless")
ELSEWHERE = ("operator_elsewhere", "supervisor_elsewhere")
CALLERS = (*NOBODY, *OTHERS, *ROLES, *ELSEWHERE)
PLACE = "cho-ben-thu"
AREA = "79"


async def all_callers(server):
    """-> {caller: headers}"""
    made = {
        "nobody": {},
        "wrong_token": {"Authorization": "Bearer tram_" + "x" * 43},
        "gateway": TELLS,
        "settings_reader": READS,
        "settings_operator": WISHES,
    }
    reach = {"operator": {"places": [PLACE]}, "supervisor": {"areas": [AREA]}}
    for role in ROLES:
        one = await make(server, f"m-{role}", [role], totp=False, **reach.get(role, {}))
        made[role] = await token(server, one, [role])
        if role in ("tracer", "administrator"):
            made[f"weak_{role}"] = await token(server, one, [role], is_strong=False)
        if role == "administrator":
            made["ended_token"] = await token(server, one, [role], ends_ms=1)
    other = await make(server, "m-elsewhere", ["operator"], places=["cho-khac"], totp=False)
    made["operator_elsewhere"] = await token(server, other, ["operator"])
    other = await make(server, "m-beyond", ["supervisor"], areas=["01"], totp=False)
    made["supervisor_elsewhere"] = await token(server, other, ["supervisor"])
    other = await make(server, "m-locked", ["administrator"], totp=False, state="locked")
    made["locked_user"] = await token(server, other, ["administrator"])
    made["roleless"] = await token(server, await make(server, "m-roleless", [], totp=False), [])
    return {name: made[name] for name in CALLERS}


async def ask(client, method, path, headers, content=b"{}"):
    """The status of one request; what streams without end is let go of."""
    more = {"Content-Type": "application/json", "If-Match": '"999"'} if method not in ("GET", "HEAD") else {}
    with contextlib.suppress(TimeoutError):
        response = await client.request(
            method, path, headers=more | headers, content=content if more else None, follow_redirects=False
        )
        return response.status_code
    return "stream"
