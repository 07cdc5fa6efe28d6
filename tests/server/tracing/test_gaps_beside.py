"""Holes that are not where somebody looked: before the stay, elsewhere, in what gateways tell, in wrong clocks."""

import json

import pytest

from server.store.fleet_tables import events
from server.store.person_tables import probables
from server.store.place_tables import place_findings
from server.store.tables import scans
from server.tracing.types import DAY_MS
from tests.server.rig import BOX, EPOCH, GATEWAY, scan
from tests.server.tracing.conftest import HOUR_MS, MARKET, STATION
from tests.server.tracing.test_cases_web import answer_to
from tests.server.tracing.test_gaps import MIN_MS, hour, ledger


async def alert(town, no, state, at_min, box_id=BOX):
    body = json.dumps({"part": "box", "state": state, "reason": "", "box_id": box_id}).encode()
    at_ms = town.base_ms + at_min * MIN_MS
    row = {"gateway_id": GATEWAY, "epoch": "e" * 12, "no": no, "kind": "alert", "earliest_ms": at_ms}
    await town.put(events, {**row, "latest_ms": at_ms, "received_ms": at_ms, "body": body})


async def test_a_box_that_was_away_is_a_hole_unless_its_scans_have_come(holes, town, server, me):
    await town.sighting(me, 1, seq=1)
    await ledger(server, stored=[(1, 1)], tip=(1, 1))
    await alert(town, 1, "away", 30)
    await alert(town, 2, "ok", 50)
    await alert(town, 3, "away", 70)
    await alert(town, 4, "ok", 80)
    await alert(town, 5, "away", 30, "box-0002")  # not of this place
    await town.sighting(me, 75, seq=2)
    found = await holes()
    (hole,) = found.pop("silent")
    assert set(found) == {"silent_elsewhere"}
    assert (hole["box_id"], hole["place_id"]) == (BOX, MARKET)
    assert (hole["from_ms"], hole["to_ms"]) == (town.base_ms + 29 * MIN_MS, town.base_ms + 50 * MIN_MS)


async def test_a_power_cut_is_a_hole_from_the_last_scan_before_it_to_the_first_one_after_it(holes, town, me):
    for at_min, seq in ((20, 1), (29.5, 2), (49.9, 3), (50.5, 4)):
        await town.sighting(me, at_min, seq=seq)
    await alert(town, 1, "away", 30)
    await alert(town, 2, "ok", 50)
    (hole,) = (await holes())["silent"]
    assert (hole["from_ms"], hole["to_ms"]) == (town.base_ms + 29.5 * MIN_MS, town.base_ms + 49.9 * MIN_MS)


@pytest.mark.parametrize(("boots", "is_hole"), [((1, 1), False), ((1, 2), True)])
async def test_a_box_that_scanned_before_it_was_heard_again_had_lost_its_power_if_its_boot_is_another(
    holes, town, server, me, boots, is_hole
):
    for (at_min, seq), boot in zip(((20, 1), (36, 2)), boots, strict=True):
        await town.sighting(me, at_min, epoch=EPOCH, seq=seq)
        at_ms = town.base_ms + int(at_min * MIN_MS)
        row = {"box_id": BOX, "epoch": EPOCH, "seq": seq, "raw": scan(seq, boot=boot), "gateway_id": GATEWAY}
        await town.put(scans, {**row, "batch_no": 1, "received_ms": at_ms, "earliest_ms": at_ms, "latest_ms": at_ms})
    await alert(town, 1, "away", 30)
    await alert(town, 2, "ok", 50)
    found = await holes()
    assert ("silent" in found) is is_hole
    if is_hole:
        assert found["silent"][0]["to_ms"] == town.base_ms + 36 * MIN_MS


async def test_an_outage_that_is_not_over_is_a_hole_to_the_end_of_the_stay(holes, town, me):
    await alert(town, 1, "away", 30)
    (hole,) = (await holes())["silent"]
    assert (hole["from_ms"], hole["to_ms"]) == (town.base_ms + 29 * MIN_MS, town.base_ms + 120 * MIN_MS)


async def test_who_came_before_the_stay_may_be_in_a_hole_of_that_time(holes, town, me):
    await hour(town, -11, unread=3, reads=9)
    await hour(town, -10, counted_only=2, reads=9)
    await alert(town, 1, "away", -300)
    await alert(town, 2, "ok", -240)
    found = await holes(from_ms=town.base_ms)
    assert [one["most_scans"] for one in found["unread"]] == [3]
    assert [one["most_scans"] for one in found["counted_only"]] == [2]
    (silent,) = found["silent"]
    assert (silent["from_ms"], silent["to_ms"]) == (town.base_ms - 301 * MIN_MS, town.base_ms - 240 * MIN_MS)


async def test_how_far_back_is_the_longest_stay_of_the_rule_set(holes, town, ask):
    await hour(town, -11, unread=3, reads=9)
    await hour(town, -14, unread=50, reads=99)
    form = {"name": "short", "since_ms": 1_600_000_000_000, "parameters": {"max_stay_min": 60}}
    await ask("POST", "/api/v1/rule-sets", 201, json=form)
    assert "unread" not in await holes()
    assert [one["most_scans"] for one in (await holes(rule_set=0))["unread"]] == [3]


async def test_two_stays_of_a_day_tell_a_hole_once(holes, town, me):
    await town.visit(me, 180, 240)
    await hour(town, -1, unread=3, reads=9)
    await hour(town, 3, unread=2, reads=9)
    assert [one["most_scans"] for one in (await holes())["unread"]] == [5]


async def test_unread_codes_of_places_and_times_that_nobody_looked_into_are_summed_up(holes, town):
    await hour(town, 0, unread=1, reads=9)  # looked into
    await hour(town, 5, unread=2, reads=9)  # after the stay
    await hour(town, 0, place=STATION, unread=4, reads=9)
    await hour(town, -30 * 24, place=STATION, unread=99, reads=99)  # before the window
    (hole,) = (await holes())["unread_elsewhere"]
    assert (hole["place_id"], hole["box_id"], hole["most_scans"]) == ("", "", 6)
    assert hole["vi"].startswith("6 mã ở nơi khác")
    assert hole["en"].startswith("6 codes")


async def test_boxes_that_were_away_elsewhere_are_counted_once_each(holes, town, me):
    await town.place(STATION, box_id="box-0002")
    await town.place("cho-moi", box_id="box-0003")
    for number, (box, at_min) in enumerate([("box-0002", 10), ("box-0002", 100), ("box-0003", 10), (BOX, 300)], 1):
        await alert(town, 2 * number, "away", at_min, box)
        await alert(town, 2 * number + 1, "ok", at_min + 20, box)
    await town.sighting(me, 12, STATION, "box-0002")  # cut off only, the first time
    await town.sighting(me, 12, "cho-moi", "box-0003")
    found = await holes()
    assert "silent" not in found
    (hole,) = found["silent_elsewhere"]
    assert (hole["place_id"], hole["box_id"], hole["most_scans"]) == ("", "", None)
    assert (hole["vi"][:8], hole["en"][:7]) == ("2 hộp qu", "2 boxes")  # box-0002 at 100, and here after the stay


async def test_a_question_about_a_place_has_no_elsewhere(ask, case, town, me):
    await hour(town, 0, place=STATION, unread=4, reads=9)
    window = {"from_ms": town.base_ms, "to_ms": town.base_ms + HOUR_MS}
    found = await answer_to(ask, case, place_id=MARKET, **window)
    assert "unread_elsewhere" not in {one["code"] for one in found["summary"]["holes"]}


async def test_a_clock_that_was_found_wrong_was_wrong_the_day_before(holes, town):
    row = {"code": "clock", "place_id": MARKET, "gate_id": "", "box_id": BOX, "evidence": b"{}", "seen_ms": 0}
    since_ms = town.base_ms + 20 * HOUR_MS
    await town.put(place_findings, {**row, "since_ms": since_ms, "raised_ms": since_ms, "gone_ms": None})
    (hole,) = (await holes(to_ms=town.base_ms + 3 * HOUR_MS))["wrong_clock"]
    assert (hole["place_id"], hole["box_id"], hole["from_ms"]) == (MARKET, BOX, since_ms - DAY_MS)
    assert "wrong_clock" not in await holes(to_ms=since_ms - DAY_MS)


async def test_links_that_may_be_are_counted_by_people(holes, town, me):
    await town.put(probables, {"probable": b"p" * 16, "token": me, "is_masked": False, "last_day": 1})
    assert "probable_link" not in await holes()  # everybody has one of their own
    other = await town.person(7)
    await town.put(probables, {"probable": b"p" * 16, "token": other, "is_masked": True, "last_day": 1})
    await town.put(probables, {"probable": b"q" * 16, "token": me, "is_masked": False, "last_day": 1})
    await town.put(probables, {"probable": b"q" * 16, "token": other, "is_masked": True, "last_day": 1})
    (hole,) = (await holes())["probable_link"]
    assert hole["en"].startswith("1 ")
