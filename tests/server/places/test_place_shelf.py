"""The register and silence in the store: learned from the hours, judged, raised once; a file of 10,000 rows."""

import pytest

from server.fleet import forms
from server.places import importing, sheet
from server.places.opening import parse
from server.places.profile import DAY_MS, HOUR_MS, Sort
from server.places.types import BoxSeat, Gate, GatewaySeat, Period, Place
from server.store import place_findings, place_register, place_watch, wishes
from server.store.tables import scans
from server.store.visit_tables import sightings
from tests.server import rig
from tests.server.places.shelves import fill, put
from tests.server.places.town import FIRST_MS
from tests.server.rig import BOX, EPOCH, GATEWAY, OTHER_BOX

NOW_MS = FIRST_MS + 60 * DAY_MS


async def look(shelf, heard=None):
    found = await shelf.places.look(heard)
    return sorted((one.code, one.place_id, one.box_id) for one in found.raised), found.there, found.gone


async def test_silence_is_raised_once_goes_by_itself_and_comes_again(shelf, clock):
    await fill(shelf, GATEWAY, BOX, FIRST_MS, NOW_MS - 6 * HOUR_MS)
    await fill(shelf, GATEWAY, OTHER_BOX, FIRST_MS, NOW_MS)
    assert await shelf.places.learn() == 2
    assert await look(shelf) == ([("silent", GATEWAY, BOX)], 1, 0)
    assert await look(shelf) == ([], 1, 0)
    await fill(shelf, GATEWAY, BOX, NOW_MS - HOUR_MS, NOW_MS)
    assert await look(shelf) == ([], 0, 1)
    clock.now_ms += 4 * DAY_MS
    await fill(shelf, GATEWAY, OTHER_BOX, NOW_MS, clock.now_ms)
    assert await look(shelf) == ([("dead", GATEWAY, BOX)], 1, 0)
    kept = await shelf.places.findings(0, 10, False)
    assert [(one.finding.code, one.gone_ms is None) for one in kept] == [("silent", False), ("dead", True)]


async def test_readings_of_which_nobody_knows_yet_when_they_were_made_are_a_sign_of_life(shelf):
    async def untimed(box_id, last_ms):
        await put(shelf, GATEWAY, box_id, -1, 1, first_ms=last_ms, last_ms=last_ms)

    for one in (BOX, OTHER_BOX):
        await fill(shelf, GATEWAY, one, FIRST_MS, NOW_MS - 6 * HOUR_MS)
    await untimed(BOX, NOW_MS - 60_000)
    await untimed(OTHER_BOX, NOW_MS - 9 * HOUR_MS)  # older than what is timed
    assert await shelf.places.learn() == 2
    assert await look(shelf) == ([("silent", GATEWAY, OTHER_BOX)], 1, 0)


async def test_days_are_learned_by_sort_of_point_and_what_is_not_learned_again_is_gone(shelf):
    await shelf.places.put_place(Place("cho-a", "Chợ", "market"), None)
    version = (await shelf.places.entry("cho-a")).version
    version = await shelf.places.put_gate(Gate("cho-a", "dong", direction="in"), version)
    await shelf.places.put_gate(Gate("cho-a", "ca", zone="ca", direction="in"), version)
    await shelf.places.put_box_seats("box-seat", [BoxSeat("box-seat", 0, "cho-a")], [], "x")
    for gate_id, way in (("dong", "ins"), ("dong", "outs"), ("ca", "ins"), ("tay", "ins")):
        for at in range(4 if gate_id == "tay" else 5):
            box_id = f"{gate_id}-{way}-{at}"
            await fill(shelf, "cho-a", box_id, NOW_MS - 15 * DAY_MS, NOW_MS, way=way, gate_id=gate_id)
    await shelf.database.write(lambda connection: place_watch.put_shapes(connection, {Sort("shop"): (1.0,)}, 0))
    assert await shelf.places.learn() == 19
    found = await shelf.database.read(place_watch.shapes)
    assert set(found) == {Sort("market", "in"), Sort("market", "out"), Sort("market", "in", True)}
    assert all(sum(one) == pytest.approx(1) for one in found.values())


async def test_what_the_gateway_was_not_heard_of_for_is_no_silence(shelf):
    await fill(shelf, GATEWAY, BOX, FIRST_MS, NOW_MS - 6 * HOUR_MS)
    await shelf.fleet.give_box(BOX, GATEWAY, [], "x")
    await shelf.places.learn()
    assert await look(shelf, {GATEWAY: NOW_MS - 6 * HOUR_MS}) == ([], 0, 0)
    assert await look(shelf, {GATEWAY: NOW_MS}) == ([("silent", GATEWAY, BOX)], 1, 0)


async def test_a_box_that_was_moved_is_not_missed_where_it_was(shelf):
    await fill(shelf, "cho-a", BOX, FIRST_MS, NOW_MS - 6 * HOUR_MS)
    await shelf.places.learn()
    for one in ("cho-a", "cho-b"):
        await shelf.places.put_place(Place(one, one), None)
    await shelf.places.put_box_seats(BOX, [BoxSeat(BOX, 0, "cho-a")], [], "x")
    assert (await look(shelf))[0] == [("silent", "cho-a", BOX)]
    seats = [BoxSeat(BOX, 0, "cho-a"), BoxSeat(BOX, NOW_MS - 5 * HOUR_MS, "cho-b")]
    await shelf.places.put_box_seats(BOX, seats, seats[:1], "x")
    assert await look(shelf) == ([], 0, 1)


async def test_a_seat_where_nobody_ever_came_is_found_and_one_that_died_long_ago_is_not_called_that(shelf, clock):
    await shelf.places.put_place(Place("cho-a", "Chợ"), None)
    for box_id, since_ms in ((BOX, NOW_MS - 8 * DAY_MS), (OTHER_BOX, 0)):
        await shelf.places.put_box_seats(box_id, [BoxSeat(box_id, since_ms, "cho-a")], [], "x")
    assert (await look(shelf))[0] == [("never", "cho-a", BOX)]
    await fill(shelf, "cho-a", OTHER_BOX, FIRST_MS, NOW_MS)
    await shelf.places.learn()
    clock.now_ms += 90 * DAY_MS
    assert (await look(shelf))[0] == [("dead", "cho-a", OTHER_BOX)]


async def test_one_person_all_day_and_a_clock_ahead_are_found_in_the_sightings(shelf):
    came_ms = NOW_MS - 2 * HOUR_MS

    def row(seq, person, at_ms=came_ms, box_id=BOX):
        made = {"box_id": box_id, "epoch": EPOCH, "seq": seq, "person": person}
        made |= {"place_id": GATEWAY, "gate_id": "", "zone": "", "direction": None, "kind": "cccd", "source": "box"}
        made |= {"earliest_ms": at_ms, "at_ms": at_ms, "latest_ms": came_ms, "on_behalf": False, "has_phone": False}
        return made | {"received_ms": came_ms, "token": None}

    def stored(seq, box_id, **when):
        raw = rig.scan(seq, box_id=box_id, **when)
        key = {"box_id": box_id, "epoch": EPOCH, "seq": seq, "raw": raw}
        return key | {"gateway_id": GATEWAY, "batch_no": 1, "received_ms": came_ms}

    rows = [row(seq, b"p" * 16 if seq < 36 else bytes([seq]) * 16) for seq in range(40)]
    rows += [row(seq, None, None, box_id) for seq in range(1, 7) for box_id in (OTHER_BOX, "box-0003")]
    raws = [stored(seq, OTHER_BOX, utc_ms=came_ms + 3 * HOUR_MS, bound_ms=1) for seq in range(1, 7)]
    raws += [stored(seq, "box-0003") for seq in range(1, 7)]
    await shelf.database.write(lambda connection: connection.execute(sightings.insert(), rows))
    await shelf.database.write(lambda connection: connection.execute(scans.insert(), raws))
    await fill(shelf, GATEWAY, BOX, NOW_MS - DAY_MS, NOW_MS)
    for box_id in (OTHER_BOX, "box-0003"):
        await fill(shelf, GATEWAY, box_id, NOW_MS - DAY_MS, NOW_MS)
    found, _, _ = await look(shelf)
    assert found == [("clock", GATEWAY, OTHER_BOX), ("same_person", GATEWAY, BOX)]
    (one,) = [x for x in await shelf.places.findings(0, 10, True) if x.finding.code == "same_person"]
    assert one.finding.evidence == {"readings": 40, "persons": 5, "most": 36}
    (one,) = [x for x in await shelf.places.findings(0, 10, True) if x.finding.code == "clock"]
    assert one.finding.evidence == {"offset_ms": 3 * HOUR_MS - 1, "samples": 6}


async def test_old_findings_are_forgotten_and_open_ones_are_not(shelf, clock):
    await fill(shelf, GATEWAY, BOX, FIRST_MS, NOW_MS - 6 * HOUR_MS)
    await fill(shelf, "gw-2", OTHER_BOX, FIRST_MS, NOW_MS - 6 * HOUR_MS)
    await shelf.places.learn()
    await shelf.places.look()
    await fill(shelf, GATEWAY, BOX, NOW_MS - HOUR_MS, NOW_MS)
    await shelf.places.look()

    def forget(connection):
        return place_findings.forget(connection, NOW_MS + 1, 10)

    assert await shelf.database.write(forget) == 1
    (left,) = await shelf.places.findings(0, 10, False)
    assert left.finding.place_id == "gw-2"


async def test_ten_thousand_rows_are_taken_in_and_again_change_nothing(shelf):
    lines = "".join(f"cho-{at:05};Chợ số {at};market;79;mon-sun 05:00-18:00\r\n" for at in range(10_000))
    data = ("Mã địa điểm;Tên;Loại;Khu vực;Giờ mở cửa\r\n" + lines).encode("utf-16")
    heard = []
    found = importing.judged(sheet.read(data), heard.append)
    assert heard[-1] == 10_000
    assert len(heard) > 20
    first = await shelf.places.take_in(found, False, False, "x")
    assert (first.added, first.is_kept, first.problems) == (10_000, True, [])
    again = await shelf.places.take_in(found, False, False, "x")
    assert (again.added, again.changed, again.same) == (0, 0, 10_000)
    assert await shelf.places.marks() == []


async def test_a_column_that_the_file_does_not_have_stays_as_it_is(shelf):
    await shelf.places.put_place(Place("cho-a", "Chợ", "market", "79", capacity=9, opening=parse("24/7")), None)
    data = "place_id,name\ncho-a,Chợ mới\n".encode()
    made = await shelf.places.take_in(importing.judged(sheet.read(data)), False, False, "x")
    assert (made.changed, made.added) == (1, 0)
    place = (await shelf.places.entry("cho-a")).place
    assert (place.name, place.capacity, place.area, place.kind) == ("Chợ mới", 9, "79", "market")


async def test_rules_of_a_place_that_is_used_are_marked_and_of_one_that_is_not_are_not(shelf):
    version = await shelf.places.put_place(Place("cho-a", "Chợ"), None)
    version = await shelf.places.put_place(Place("cho-a", "Chợ", stay_min=30), version)
    assert await shelf.places.marks() == []
    await shelf.places.put_box_seats(BOX, [BoxSeat(BOX, NOW_MS + DAY_MS, "cho-a")], [], "x")
    assert await shelf.places.marks() == []
    version = (await shelf.places.entry("cho-a")).version
    version = await shelf.places.put_place(Place("cho-a", "Chợ mới", stay_min=30), version)
    assert await shelf.places.marks() == []
    version = await shelf.places.put_place(Place("cho-a", "Chợ", stay_min=40), version)
    version = await shelf.places.put_gate(Gate("cho-a", "dong", direction="in"), version)
    await shelf.places.put_periods("cho-a", (Period(0, "counts_only"),), version)
    marks = await shelf.places.marks()
    assert [(one.mark.reason, one.mark.from_ms, one.mark.to_ms) for one in marks] == [
        ("rules", 0, None),
        ("gate", 0, None),
        ("purpose", 0, NOW_MS + 1),
    ]
    await shelf.places.unmark([one.no for one in marks[:2]])
    assert [one.mark.reason for one in await shelf.places.marks()] == ["purpose"]


async def test_the_purpose_of_a_place_that_has_the_id_of_a_gateway_without_a_seat_holds_for_its_scans(shelf):
    version = await shelf.places.put_place(Place(GATEWAY, "Chợ"), None)
    await shelf.places.put_periods(GATEWAY, (Period(1000, "counts_only"),), version)
    seats = await shelf.deriving.seats()
    assert [seats.may_identify(GATEWAY, BOX, at_ms, at_ms) for at_ms in (999, 1000, NOW_MS)] == [True, False, False]


async def test_a_seat_that_begins_later_is_wished_of_the_gateway_when_it_has_begun(shelf, clock):
    await shelf.places.put_place(Place("cho-a", "Chợ A", capacity=5), None)
    await shelf.places.put_gateway_seat(GatewaySeat(GATEWAY, NOW_MS + DAY_MS, "cho-a"), "x")

    def wished(connection):
        return wishes.read(connection, GATEWAY, frozenset(), 1, clock()).place

    assert await shelf.database.read(wished) is None
    assert await shelf.places.wish() == []
    clock.now_ms += DAY_MS
    assert await shelf.places.wish() == [GATEWAY]
    assert (await shelf.database.read(wished))["capacity"] == 5
    assert await shelf.places.wish() == []
    merged = await shelf.places.merged(GATEWAY, {"name": "by hand", "capacity": 1, "quota_visits": 3})
    assert (merged["name"], merged["capacity"], merged["quota_visits"]) == ("Chợ A", 5, 3)
    assert await shelf.places.merged("gw-2", {"name": "by hand"}) == {"name": "by hand"}
    assert await shelf.places.merged("gw-2", None) is None


async def test_what_the_fleet_wishes_of_a_gateway_is_in_the_seats_and_changes_their_version(shelf):
    before = await shelf.places.version()
    wish = {"purpose": [{"since": "2026-01-01", "mode": "counts_only"}]}
    await shelf.fleet.wish_place(GATEWAY, forms.write(wish))
    assert await shelf.places.version() != before
    seats = await shelf.places.seats()
    assert seats.mode(GATEWAY, BOX, NOW_MS, NOW_MS) == "counts_only"
    assert seats.mode("gw-2", BOX, NOW_MS, NOW_MS) == "identified"


async def test_the_areas_are_read_anew_after_a_change(shelf):
    assert "26734" not in await shelf.places.areas()
    data = "code,name,parent\n26734,Bến Thành,79\n".encode()
    await shelf.places.take_in(importing.judged(sheet.read(data)), False, False, "x")
    assert (await shelf.places.areas()).above("26734") == {"26734", "79"}


async def test_only_what_sits_somewhere_is_loaded(shelf):
    for one in ("cho-a", "cho-b"):
        await shelf.places.put_place(Place(one, one), None)
    await shelf.places.put_box_seats(BOX, [BoxSeat(BOX, 0, "cho-a")], [], "x")
    assert set((await shelf.places.seats()).places) == {"cho-a"}
    assert await shelf.database.read(lambda c: place_register.used(c, ["cho-a", "cho-b"])) == {"cho-a"}
