"""Names of many go out by an approval: who gives it has given a second factor."""

import pytest

from tests.server.access.users_in import OURS, enter, make

NOBODYS = "/api/v1/approvals/0123456789abcdef"


@pytest.mark.parametrize(("totp", "status", "code"), [(False, 403, "totp_needed"), (True, 404, "not_found")])
async def test_a_supervisor_judges_with_a_second_factor_and_not_without(server, client, totp, status, code):
    await enter(client, await make(server, "sup", ["supervisor"], areas=["08"], totp=totp))
    answer = await client.post(NOBODYS, json={"approve": True}, headers=OURS)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
