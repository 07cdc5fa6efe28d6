"""What machines ask for: /metrics and /health.json."""

import json

import pytest

from tests.gateway.panel.rig import Desk


@pytest.fixture
def desk():
    return Desk(token="token of the test")


async def test_metrics_are_for_this_machine_and_for_who_has_the_token(desk):
    here = {"peer": "127.0.0.1", "local": "127.0.0.1", "headers": {"host": "localhost:8443"}}
    assert b"tram_up_seconds 7" in (await desk.ask("/metrics", **here)).body
    token = {"authorization": "Bearer token of the test", "host": "any.name.example"}
    assert (await desk.ask("/metrics", headers=token)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer "},
        {"authorization": "Bearer token of the tes"},
        {"authorization": "Basic token of the test"},
        {"authorization": "token of the test"},
    ],
)
async def test_nobody_else_gets_metrics(desk, headers):
    answer = await desk.ask("/metrics", headers=headers, cookies=await desk.cookies())
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_without_a_token_file_no_token_is_right():
    desk = Desk(token="")
    for token in ("Bearer ", "Bearer", "Bearer x"):
        assert (await desk.ask("/metrics", headers={"authorization": token})).status == 401


async def test_who_is_passed_on_from_elsewhere_is_not_this_machine(desk):
    headers = {"host": "localhost", "x-forwarded-for": "203.0.113.9"}
    for path in ("/metrics", "/health.json"):
        assert (await desk.ask(path, headers=headers, peer="127.0.0.1", local="127.0.0.1")).status == 401


async def test_health_is_told_to_this_machine_and_to_who_is_in(desk):
    assert (await desk.ask("/health.json")).status == 401
    here = {"peer": "::1", "local": "::1", "headers": {"host": "[::1]:8443"}}
    for answer in (
        await desk.ask("/health.json", **here),
        await desk.ask("/health.json", cookies=await desk.cookies()),
    ):
        told = json.loads(answer.body)
        assert (told["v"], told["gateway_id"], told["state"]) == (1, "gw-cho-mau", "not_well")
        assert told["parts"][2] == {
            "part": "sending",
            "state": "waiting",
            "reason": "sending_unreachable https://server.example: no route to host",
            "since_s": 7300,
        }
        assert "T.T.B.N." not in answer.body.decode()
