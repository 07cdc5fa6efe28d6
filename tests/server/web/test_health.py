"""Health is a write that succeeded, not a socket that is open."""

import asyncio

import pytest

from server.errors import Unavailable


async def test_a_store_that_takes_writes_is_well(server, client):
    response = await client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    written = await server.shelf.database.read(lambda one: one.exec_driver_sql("SELECT count(*) FROM health").scalar())
    assert written == 1


async def test_a_store_that_takes_none_is_not_and_says_why(server, client, monkeypatch):
    async def fails(job):
        raise Unavailable("store_full", "no room")

    monkeypatch.setattr(server.shelf.database, "write", fails)
    response = await client.get("/healthz")
    assert (response.status_code, response.json()["code"]) == (503, "store_full")


@pytest.mark.parametrize("is_silent", [False, True])
async def test_without_the_holder_no_batch_can_be_taken_and_that_is_said(server, client, monkeypatch, is_silent):
    async def away():
        if is_silent:
            await asyncio.Event().wait()
        raise Unavailable("holder_away", "gone")

    monkeypatch.setattr("server.web.health.PATIENCE_S", 0.3)
    monkeypatch.setattr(server.holder, "public_keys", away)
    response = await client.get("/healthz")
    assert (response.status_code, response.json()["code"]) == (503, "holder_away")


async def test_a_store_thread_that_is_gone_is_noticed(server, client):
    server.shelf.close()
    assert (await client.get("/healthz")).json()["code"] == "store_failed"


async def test_however_many_ask_it_writes_once(server, client, monkeypatch):
    calls = []
    beat = server.shelf.beat

    async def counted():
        calls.append(1)
        await beat()

    monkeypatch.setattr(server.shelf, "beat", counted)
    answers = await asyncio.gather(*(client.get("/healthz") for _ in range(20)))
    assert {one.status_code for one in answers} == {200}
    assert len(calls) <= 2


async def test_metrics_are_given_also_where_the_store_is_gone(server, client):
    server.shelf.close()
    response = await client.get("/metrics", headers={"Authorization": "Bearer token-of-ops"})
    assert response.status_code == 200
    assert 'tram_errors_total{code="store_failed"}' in response.text
