"""What server and gateway say of themselves is read whole, page after page."""

import base64
import json

import httpx
import pytest

from scripts.sim import central
from scripts.sim.central import Central, Tally, collect, gateway_counts, gateway_waiting
from scripts.sim.evidence import Evidence

EPOCH = "0123456789ab"
METRICS = """# HELP tram_duplicates_total Records that had been kept before.
# TYPE tram_duplicates_total counter
tram_duplicates_total 4
tram_conflicts_total 1
tram_quarantined_total{reason="header"} 2
tram_quarantined_total{reason="too_long"} 3
tram_verdicts_total{verdict="accepted"} 90
tram_verdicts_total{verdict="duplicate"} 7
tram_waiting_records 5
"""


def ledger(box_id, number):
    counts = {"highest": number, "complete_to": number, "holes_count": 0, "stored": number, "quarantined": 0}
    return {"box_id": box_id, "epoch": EPOCH, **counts, "declared_lost": 0, "lost_unknown": False}


def scan(seq, at_ms=1000):
    said = {"box_id": "box-1", "epoch": EPOCH, "seq": seq, "raw": base64.b64encode(b"raw %d" % seq).decode()}
    return {**said, "received_ms": 1010, "at_ms": at_ms, "earliest_ms": 990, "latest_ms": 1010}


def lines(objects):
    return httpx.Response(200, text="".join(json.dumps(one) + "\n" for one in objects))


def answer(request):
    """A server with three scans of one box, in pages of two, and two rows in quarantine."""
    asked = dict(request.url.params)
    if request.url.path == "/healthz":
        return httpx.Response(503)
    if request.headers["authorization"] != "Bearer right":
        return httpx.Response(401)
    if request.url.path == "/api/v1/ledger":
        if "after" in asked:
            return httpx.Response(200, json={"ledgers": [ledger("box-2", 0)], "next": None})
        return httpx.Response(200, json={"ledgers": [ledger("box-1", 3)], "next": f"box-1/{EPOCH}"})
    if request.url.path == "/api/v1/scans":
        if asked["box"] != "box-1":
            return lines([])
        after = int(asked["after_seq"])
        return lines([scan(seq) for seq in (1, 2, 3) if seq > after][: int(asked["limit"])])
    if asked["after_id"] != "0":
        return lines([])
    rows = [{"id": 1, "code": "crc", "times": 2, "counts": False}, {"id": 2, "code": "conflict", "times": 1}]
    return lines([*(dict(row, counts=False) for row in rows), {"id": 3, "code": "version", "times": 1, "counts": True}])


@pytest.fixture
async def server(monkeypatch):
    monkeypatch.setattr(central, "PAGE_SCANS", 2)
    asked = Central(1, "right", httpx.MockTransport(answer))
    yield asked
    await asked.close()


async def test_every_page_of_the_ledger_is_read(server):
    assert [(account.box_id, account.highest) for account in await server.accounts()] == [("box-1", 3), ("box-2", 0)]


async def test_every_page_of_the_scans_is_read(server):
    found = await server.scans("box-1", EPOCH)
    assert [(one.seq, one.record) for one in found] == [(1, b"raw 1"), (2, b"raw 2"), (3, b"raw 3")]


async def test_an_instant_that_the_server_does_not_know_stays_unknown():
    client = Central(1, "right", httpx.MockTransport(lambda request: lines([scan(1, at_ms=None)])))
    found = (await client.scans("box-1", EPOCH))[0]
    assert (found.earliest_utc_ms, found.latest_utc_ms) == (None, None)
    await client.close()


async def test_a_wrong_token_is_an_error_and_not_an_empty_ledger():
    client = Central(1, "wrong", httpx.MockTransport(answer))
    with pytest.raises(httpx.HTTPStatusError):
        await client.accounts()
    await client.close()


async def test_a_server_that_is_away_or_says_so_is_not_well(server):
    assert not await server.is_well()
    away = Central(1, "right")
    assert not await away.is_well()
    await away.close()


async def test_everything_is_collected_and_what_a_ledger_counts_is_not_counted_twice(server, tmp_path):
    (tmp_path / "metrics.prom").write_text(METRICS)
    evidence = Evidence()
    await collect(evidence, server, Tally(tmp_path / "metrics.prom"))
    assert len(evidence.stored) == 3
    assert (evidence.duplicates, evidence.conflicts, evidence.quarantined) == (11, 2, 7)


def test_the_gateways_numbers_are_read_from_its_metrics(tmp_path):
    (tmp_path / "metrics.prom").write_text(METRICS)
    found = gateway_counts(tmp_path / "metrics.prom")
    assert (found["duplicates"], found["quarantined"], found["server_duplicates"]) == (4, 5, 7)


def test_a_gateway_that_has_written_nothing_has_counted_nothing(tmp_path):
    assert set(gateway_counts(tmp_path / "metrics.prom").values()) == {0}


@pytest.mark.parametrize(
    ("text", "waiting"),
    [
        (METRICS + "tram_writer_silent_seconds 0.0\n", 5),
        ("tram_waiting_records 0\ntram_writer_silent_seconds 0.0\n", 0),
        ("tram_waiting_records 0\ntram_writer_silent_seconds 0.126\n", None),
        ("tram_waiting_records 0\n", None),
        ("tram_writer_silent_seconds 0.0\n", None),
        ("", None),
    ],
)
def test_how_many_records_wait_is_known_only_where_the_buffer_has_just_said_so(tmp_path, text, waiting):
    path = tmp_path / "metrics.prom"
    assert gateway_waiting(path) == (0, None)
    path.write_text(text)
    assert gateway_waiting(path) == (path.stat().st_mtime_ns, waiting)


def test_what_a_killed_gateway_forgot_stays_counted(tmp_path):
    path = tmp_path / "metrics.prom"
    tally = Tally(path)
    for value in (4, 6, 1, 3):
        path.write_text(f"tram_duplicates_total {value}\n")
        tally.look()
    assert tally.total["duplicates"] == 8
