"""Log lines: one line an event, and nothing in them that must stay secret."""

import json

import pytest
import structlog

from server import logs
from tests.server.rig import GATEWAY_TOKEN, body, headers, packed, scan

CODE = b"079199001234|a person"


@pytest.mark.parametrize("form", ["json", "text"])
async def test_a_mistake_is_logged_with_its_trace_and_without_tokens_or_codes(
    server, client, monkeypatch, capsys, form
):
    async def fails(intake):
        secret_local = CODE
        raise ValueError("a mistake", len(secret_local))

    monkeypatch.setattr(server.shelf, "keep", fails)
    logs.set_up("debug", form)
    response = await client.post("/api/v1/batches", content=packed(body([scan(1, code=CODE)])), headers=headers())
    logged = capsys.readouterr().out
    assert response.status_code == 500
    assert "ValueError" in logged
    assert "fails" in logged
    for secret in (GATEWAY_TOKEN, "079199001234", "Bearer"):
        assert secret not in logged


def test_an_event_is_one_line_of_json_with_its_level_and_time(capsys):
    logs.set_up("info", "json")
    structlog.get_logger().info("something", text="hai\ndòng")
    structlog.get_logger().debug("too little to tell")
    (line,) = capsys.readouterr().out.splitlines()
    event = json.loads(line)
    assert (event["event"], event["level"], event["text"]) == ("something", "info", "hai\ndòng")
    assert event["timestamp"].endswith("Z")
