"""`POST /api/v1/batches`: what comes in is answered for, and what is wrong is refused by name, keeping nothing."""

import gzip

import pytest

from firmware.wire import answer, batch
from server.errors import Unavailable
from server.store import tables
from tests.server.rig import (
    BOX,
    FOREIGN_BOX,
    GATEWAY,
    NOW_MS,
    OTHER_GATEWAY,
    OTHER_GATEWAY_TOKEN,
    READER_TOKEN,
    READS,
    body,
    headers,
    packed,
    scan,
    tip,
    verdicts,
)

BOMBS = {
    "zstd": packed(bytes(100_000_000)),
    "gzip": gzip.compress(bytes(100_000_000), mtime=0),
    "identity": bytes(9_000_000),
}


async def rows(server):
    def count(connection):
        kept = (tables.scans, tables.losses, tables.quarantine, tables.clocks, tables.tips, tables.ledgers)
        return sum(len(connection.execute(table.select()).all()) for table in kept)

    return await server.shelf.database.read(count)


async def metrics(client):
    return (await client.get("/metrics", headers=READS)).text


@pytest.mark.parametrize(("encoding", "pack"), [("zstd", packed), ("gzip", gzip.compress), ("identity", bytes)])
async def test_a_batch_is_answered_item_by_item_in_every_encoding(send, encoding, pack):
    data = body([scan(1), scan(2)], batch_no=9)
    response = await send(data, packed=pack(data), encoding=encoding)
    found = answer.decode(response.content)
    assert (found.gateway_id, found.batch_no) == (GATEWAY, 9)
    assert found.server_utc_ms > NOW_MS - 10**12
    assert verdicts(response) == [(1, "accepted", None), (2, "accepted", None)]


async def test_without_content_encoding_the_body_is_taken_as_it_is(send):
    data = body([scan(1)])
    assert verdicts(await send(data, packed=data, encoding=None)) == [(1, "accepted", None)]


async def test_a_batch_that_is_kept_is_told_no_time_to_come_again(send):
    assert "retry-after" not in (await send(body([scan(1)]))).headers


async def test_every_kind_of_verdict_in_one_batch(send):
    await send(body([scan(1)]))
    broken = scan(3)[:-2] + b"?\n"
    records = [scan(1), scan(1, code=b"x"), scan(2), scan(2), broken, b"garbage", scan(1, box_id=FOREIGN_BOX)]
    assert verdicts(await send(body(records))) == [
        (1, "duplicate", None),
        (1, "conflict", "conflict"),
        (2, "accepted", None),
        (2, "duplicate", None),
        (3, "quarantined", "crc"),
        (None, "quarantined", "header"),
        (1, "quarantined", "box_not_assigned"),
    ]


async def test_one_bad_scan_among_999_good_ones_gets_exactly_that_verdict(send):
    records = [scan(seq) for seq in range(1, 1001)]
    records[700] = records[700][:-2] + b"?\n"
    found = verdicts(await send(body(records)))
    assert [one for one in found if one[1] != "accepted"] == [(701, "quarantined", "crc")]


async def test_an_empty_batch_is_answered(send):
    assert verdicts(await send(body())) == []


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"token": "wrong"}, 401, "wrong_token"),
        ({"token": ""}, 401, "no_token"),
        ({"token": READER_TOKEN}, 401, "wrong_token"),
        ({"token": OTHER_GATEWAY_TOKEN}, 403, "gateway_mismatch"),
        ({"content_type": "application/json"}, 415, "content_type"),
        ({"content_type": ""}, 415, "content_type"),
        ({"encoding": "br"}, 415, "encoding"),
        ({"encoding": "gzip"}, 400, "encoding_broken"),
        ({"encoding": "identity"}, 400, "header"),
    ],
)
async def test_a_wrong_header_is_refused_by_name_and_nothing_is_kept(server, client, send, how, status, code):
    response = await send(body([scan(1)]), **how)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert await rows(server) == 0
    assert f'tram_errors_total{{code="{code}"}} 1.0' in await metrics(client)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "header"),
        (b"hello", 400, "header"),
        (b"2 batch gw-1 1 0\n", 400, "version"),
        (b"1 batch gw-1 1 1\n", 400, "length"),
        (b"1 batch gw-1 1 1\nitem 5 - -\nabc", 400, "length"),
        (b"1 batch gw-1 1 1\nfoto 5 - -\nabc", 400, "word"),
        (b"1 batch gw-1 1 0\ntrailing", 400, "length"),
        (b"1 batch gw-1 1 999999\n", 413, "too_long"),
        (body([scan(1)], gateway_id=OTHER_GATEWAY), 403, "gateway_mismatch"),
    ],
)
async def test_a_body_that_is_not_what_it_says_is_refused_as_a_whole(server, send, data, status, code):
    response = await send(data)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert await rows(server) == 0


@pytest.mark.parametrize("encoding", BOMBS)
async def test_a_bomb_is_too_large(server, send, encoding):
    response = await send(b"", packed=BOMBS[encoding], encoding=encoding)
    assert (response.status_code, response.json()["code"]) == (413, "batch_too_large")
    assert await rows(server) == 0


@pytest.mark.parametrize("code", ["store_busy", "store_full", "store_failed", "store_damaged"])
async def test_a_store_that_cannot_keep_it_gives_503_and_when_to_come_again(server, send, monkeypatch, code):
    async def fails(job):
        raise Unavailable(code, "just now")

    monkeypatch.setattr(server.shelf.database, "write", fails)
    response = await send(body([scan(1)]))
    assert (response.status_code, response.json()["code"]) == (503, code)
    assert int(response.headers["retry-after"]) >= 1
    monkeypatch.undo()
    assert await rows(server) == 0


async def test_a_mistake_of_ours_gives_500_and_tells_nothing(server, client, monkeypatch):
    async def fails(intake):
        raise ValueError("a secret detail")

    monkeypatch.setattr(server.shelf, "keep", fails)
    response = await client.post("/api/v1/batches", content=packed(body([scan(1)])), headers=headers())
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert "secret" not in response.text


async def test_what_it_counts_is_what_it_answered(client, send):
    broken = scan(9)[:-2] + b"?\n"
    clock = batch.ClockSample(FOREIGN_BOX, "0123456789ab", 1, 1, 2, 3)
    await send(body([scan(1), scan(1), scan(1, code=b"x"), broken, b"junk"], clocks=[clock], tips=[tip(1, 12)]))
    text = await metrics(client)
    for line in (
        'tram_items_total{verdict="accepted"} 1.0',
        'tram_items_total{verdict="duplicate"} 1.0',
        'tram_items_total{verdict="conflict"} 1.0',
        'tram_items_total{verdict="quarantined"} 2.0',
        'tram_not_stored_total{code="conflict"} 1.0',
        'tram_not_stored_total{code="crc"} 1.0',
        'tram_not_stored_total{code="header"} 1.0',
        "tram_foreign_statements_total 1.0",
        "tram_ingest_seconds_count 1.0",
        'tram_ledger{place="stored"} 1.0',
        'tram_ledger{place="quarantined"} 1.0',
        'tram_ledger{place="waiting"} 10.0',
        'tram_quarantine_rows{code="conflict"} 1.0',
    ):
        assert line in text, line


async def test_a_gateway_cannot_read_and_a_reader_cannot_write(client, send):
    assert (await client.get("/api/v1/ledger", headers=headers())).status_code == 401
    assert (await send(body([scan(1)]), token=READER_TOKEN)).status_code == 401
    assert (await client.get("/api/v1/ledger", headers=READS)).json() == {"ledgers": [], "next": None}
    assert BOX not in (await client.get("/api/v1/ledger", headers=READS)).text


@pytest.mark.parametrize("code", ["store_busy", "store_failed", "store_full", "store_damaged"])
async def test_what_the_databases_driver_says_is_not_told_outside(server, client, send, monkeypatch, code):
    async def fails(job):
        raise Unavailable(code, "connection to server on socket /srv/pg, user tram, failed")

    monkeypatch.setattr(server.shelf.database, "write", fails)
    monkeypatch.setattr(server.shelf.database, "read", fails)
    answers = [
        await send(body([scan(1)])),
        await client.get("/api/v1/ledger", headers={"Authorization": "Bearer tram_x"}),
    ]
    for one in answers:
        assert (one.status_code, one.json()["code"], one.json()["detail"]) == (503, code, "")
        assert "tram," not in one.text
