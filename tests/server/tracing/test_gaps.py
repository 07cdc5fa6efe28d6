"""Planted holes: each has to be named, with its place, its box and its time, and nothing that is no hole may be."""

import json
from types import SimpleNamespace

import pytest
from sqlalchemy.dialects import sqlite

from server.app import utc_ms
from server.ingest.ledger import Ledger
from server.places.types import Period
from server.store import ledgers, trace_ledgers, trace_visits
from server.store.fleet_tables import events, reports
from server.store.person_tables import destructions, probables, tokens
from server.store.place_tables import place_findings, purposes
from server.store.trace_gaps import counting
from server.store.visit_tables import hours
from server.tracing.types import DAY_MS, Window
from tests.server.rig import BOX, EPOCH, GATEWAY
from tests.server.tracing.conftest import HOUR_MS, MARKET, STATION
from tests.server.tracing.test_cases_web import WHO, answer_to

MIN_MS = 60_000


async def hour(town, hour_no=0, place=MARKET, box=BOX, **counts):
    row = dict.fromkeys(("reads", "ins", "outs", "boths", "unread", "counted_only", "first_ms", "last_ms"), 0)
    hour_ms = -1 if hour_no is None else town.base_ms + hour_no * HOUR_MS
    await town.put(hours, {"place_id": place, "gate_id": "", "box_id": box, "hour_ms": hour_ms, **row, **counts})


async def ledger(server, box_id=BOX, stored=(), quarantined=(), lost=(), tip=None, unknown_from=None):
    book = Ledger(box_id, EPOCH)
    for spans, ranges in ((book.stored, stored), (book.quarantined, quarantined)):
        for first, last in ranges:
            spans.add(first, last)
    for first, last in lost:
        book.declare_lost(first, last)
    if unknown_from is not None:
        book.declare_lost(unknown_from, None)
    if tip:
        book.state(*tip)
    await server.shelf.database.write(lambda connection: ledgers.save(connection, [book], GATEWAY, utc_ms()))


async def test_a_store_without_a_hole_names_none(holes, town):
    await hour(town, reads=50)
    assert await holes() == {}


async def test_unread_and_counted_only_scans_are_named_by_box_hour_and_number(holes, town):
    await hour(town, 0, unread=3, reads=9)
    await hour(town, 1, counted_only=4, reads=9)
    await hour(town, 0, box="box-0002", unread=1, reads=1)
    await hour(town, 30, unread=99, reads=99)  # long after the stay
    await hour(town, 0, place=STATION, unread=99, reads=99)  # elsewhere
    found = await holes()
    assert sorted((one["box_id"], one["most_scans"]) for one in found["unread"]) == [(BOX, 3), ("box-0002", 1)]
    (counted,) = found["counted_only"]
    assert (counted["place_id"], counted["from_ms"], counted["most_scans"]) == (MARKET, town.base_ms + HOUR_MS, 4)


async def test_scans_without_any_instant_are_named(holes, town):
    await hour(town, None, reads=7)
    ((hole,),) = (await holes()).values()
    assert (hole["code"], hole["most_scans"]) == ("no_time", 7)


async def test_missing_numbers_are_put_between_the_scans_around_them(holes, town, server, me):
    for at_min, seq in ((10, 1), (30, 5), (50, 9)):
        await town.sighting(me, at_min, seq=seq)
    await ledger(server, stored=[(1, 1), (5, 5), (9, 9)], quarantined=[(6, 6)], lost=[(7, 8)], tip=(9, 12))
    found = await holes()
    (missing,) = found["missing"]
    assert (missing["place_id"], missing["box_id"], missing["most_scans"]) == (MARKET, BOX, 3)
    assert missing["from_ms"] == town.base_ms + 10 * MIN_MS
    assert missing["to_ms"] == town.base_ms + 30 * MIN_MS
    (waiting,) = found["waiting"]
    assert (waiting["from_ms"], waiting["most_scans"]) == (town.base_ms + 50 * MIN_MS, 3)
    assert [one["most_scans"] for one in found["quarantined"]] == [1]
    assert [one["most_scans"] for one in found["lost"]] == [2]


async def test_a_loss_without_an_end_has_no_number(holes, town, server, me):
    await town.sighting(me, 10, seq=1)
    await ledger(server, stored=[(1, 1)], unknown_from=2)
    (hole,) = (await holes())["lost_unknown"]
    assert (hole["most_scans"], hole["from_ms"]) == (None, town.base_ms + 10 * MIN_MS)


async def test_what_is_missing_before_the_window_is_no_hole(holes, town, server, me):
    for at_min, seq in ((10, 1), (30, 5)):
        await town.sighting(me, at_min, seq=seq)
    await ledger(server, stored=[(1, 1), (5, 5)], tip=(5, 5))
    assert "missing" in await holes()
    hour = {"from_ms": town.base_ms + 30 * MIN_MS + 12 * HOUR_MS, "to_ms": town.base_ms + 14 * HOUR_MS}
    assert "missing" not in await holes(**hour)
    assert "missing" in await holes(**{**hour, "from_ms": hour["from_ms"] - 1})  # who came in then may be there still


def test_many_missing_stretches_of_one_spool_are_one():
    book = Ledger(BOX, EPOCH)
    for number in range(1, 101, 2):
        book.stored.add(number)
    ((code, first, last, number),) = trace_ledgers.stretches(book)
    assert (code, first, last, number) == ("missing", 2, 98, 49)


async def test_events_that_make_no_sense_are_passed_over(holes, town):
    for number, body in enumerate([b"[]", b"7", b'{"part":"box"}', b'{"part":"box","box_id":7,"state":"away"}'], 1):
        row = {"gateway_id": MARKET, "epoch": "e" * 12, "no": number, "kind": "alert", "body": body}
        await town.put(events, {**row, "earliest_ms": None, "latest_ms": None, "received_ms": town.base_ms})
    assert await holes() == {}


@pytest.mark.parametrize(
    ("code", "named"),
    [("silent", "silent"), ("dead", "silent"), ("noon", "noon"), ("same_person", "same_person"), ("x", None)],
)
async def test_findings_of_silence_within_the_window_are_holes(holes, town, code, named):
    row = {"code": code, "place_id": MARKET, "gate_id": "", "box_id": BOX, "evidence": b"{}", "seen_ms": 0}
    times = {"since_ms": town.base_ms, "raised_ms": town.base_ms, "gone_ms": town.base_ms + HOUR_MS}
    await town.put(place_findings, {**row, **times})
    before = {"since_ms": 1, "raised_ms": 1, "gone_ms": 2}
    await town.put(place_findings, {**row, **before})
    found = await holes()
    assert set(found) == ({named} if named else set())
    for one in found.get(named, []):
        assert (one["from_ms"], one["to_ms"]) == (town.base_ms, town.base_ms + HOUR_MS)


async def test_places_that_only_counted_are_named_and_others_counted(holes, town):
    await town.place(STATION, box_id="box-0002")
    for place in (MARKET, STATION):
        rows = [(0, "identified", "QD 1"), (town.base_ms + HOUR_MS, "counts_only", "")]
        for since_ms, mode, basis in rows:
            row = {"place_id": place, "since_ms": since_ms, "mode": mode, "basis": basis, "until_ms": None}
            await town.put(purposes, row)
    found = await holes()
    (hole,) = found["counts_only_period"]
    assert (hole["place_id"], hole["from_ms"], hole["to_ms"]) == (
        MARKET,
        town.base_ms + HOUR_MS,
        town.base_ms + 2 * HOUR_MS,
    )
    assert len(found["counts_only_elsewhere"]) == 1


def test_the_parts_of_a_window_in_which_only_counts_were_kept():
    periods = [Period(0, "identified", "x", 500), Period(1000, "identified", "x"), Period(2000, "counts_only")]
    assert counting(periods, Window(0, 5000)) == [Window(500, 1000), Window(2000, 5000)]
    assert counting(periods, Window(600, 700)) == [Window(600, 700)]
    assert counting(periods, Window(1000, 2000)) == []
    assert counting([], Window(0, 5000)) == []


async def test_days_that_were_destroyed_are_one_stretch_in_local_days(holes, town):
    today = (utc_ms() + 7 * HOUR_MS) // DAY_MS
    for day, class_ in ((today - 9, "person"), (today - 8, "person"), (today - 5, "person"), (today - 3, "code")):
        row = {"what": "day", "subject": f"{day} {class_}", "day": day, "class": class_, "fingerprint": None}
        await town.put(destructions, {**row, "destroyed_ms": 1, "rows": "{}"})
    stretches = [(one["from_ms"], one["to_ms"]) for one in (await holes())["destroyed"]]
    assert stretches == [
        ((today - 9) * DAY_MS - 7 * HOUR_MS, (today - 7) * DAY_MS - 7 * HOUR_MS),
        ((today - 5) * DAY_MS - 7 * HOUR_MS, (today - 4) * DAY_MS - 7 * HOUR_MS),
    ]


async def test_probable_links_and_shared_documents_are_named_and_not_followed(ask, case, holes, town, me):
    for token, is_masked in ((me, False), (await town.person(7), True)):
        await town.put(probables, {"probable": b"p" * 16, "token": token, "is_masked": is_masked, "last_day": 1})
    assert set(await holes()) == {"probable_link"}
    (shared,) = await town.server.holder.tokens_of([SimpleNamespace(type="phone", value="0912345678", masked=False)])
    row = {"mac": shared.mac, "type": "phone", "person": None, "is_ambiguous": True, "last_day": 1}
    await town.put(tokens, row)
    found = await answer_to(ask, case, documents=[{"type": "phone", "value": "0912345678"}])
    assert {one["code"] for one in found["summary"]["holes"]} >= {"ambiguous_document", "person_not_seen"}


async def test_a_registered_place_without_a_box_is_counted(holes, town):
    await town.place("cho-moi", box_id="")
    ((hole,),) = (await holes()).values()
    assert (hole["code"], hole["place_id"]) == ("no_box", "")
    assert hole["en"].startswith("1 ")


async def test_what_waits_at_a_gateway_is_named(holes, town, server, me):
    await town.sighting(me, 1, seq=1)
    await ledger(server, stored=[(1, 1)], tip=(1, 1))
    for gateway, number in ((GATEWAY, 17), ("gw-2", 99)):
        body = json.dumps({"numbers": {"tram_waiting_records": number}}).encode()
        await town.put(reports, {"gateway_id": gateway, "received_ms": utc_ms(), "report": body})
    ((hole,),) = (await holes()).values()
    assert (hole["code"], hole["box_id"], hole["most_scans"]) == ("waiting", GATEWAY, 17)


@pytest.mark.sqlite
async def test_a_stay_whose_clock_was_never_set_is_found_by_its_own_index(ask, case, town, me):
    other = await town.person(2)
    wide = {"in_low": town.base_ms - 5 * DAY_MS, "in_at": town.base_ms, "in_high": town.base_ms + 10 * MIN_MS}
    await town.visit(other, 0, 60, **wide)
    found = await answer_to(ask, case, **WHO)
    assert len(found["contacts"]) == 1
    (hole,) = [one for one in found["summary"]["holes"] if one["code"] == "wide_clock"]
    assert (hole["place_id"], hole["most_scans"]) == (MARKET, 1)
    plan = await town.server.shelf.database.read(
        lambda connection: str(
            connection.exec_driver_sql(
                "EXPLAIN QUERY PLAN SELECT id FROM visits WHERE place_id = 'x' AND in_low < 5 AND out_high > 6 "
                "AND out_high - in_low > 86400000"
            ).all()
        )
    )
    assert "visits_long" in plan


@pytest.mark.sqlite
async def test_unread_codes_of_a_whole_province_are_summed_up_from_an_index(town):
    def plan(connection):
        asked = "SELECT sum(unread) FROM hours WHERE unread > 0 AND hour_ms >= 5 AND hour_ms < 9"
        return str(connection.exec_driver_sql("EXPLAIN QUERY PLAN " + asked).all())

    assert "hours_unread" in await town.server.shelf.database.read(plan)


@pytest.mark.sqlite
async def test_sqlite_reads_long_stays_by_their_own_index_with_statistics_too(town, me):
    for number in range(2, 40):
        await town.visit(me, number, number + 5)
    values = {"place_id": MARKET, "from_ms": DAY_MS, "to_ms": 2 * DAY_MS, "least_ms": 0, "guess_ms": 0, "room": 10}
    asked = trace_visits.page_of(True, True, False).params(**values)
    said = str(asked.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))

    def plan(connection):
        connection.exec_driver_sql("ANALYZE")
        return str(connection.exec_driver_sql("EXPLAIN QUERY PLAN " + said).all())

    assert "visits_long" in await town.server.shelf.database.write(plan)
