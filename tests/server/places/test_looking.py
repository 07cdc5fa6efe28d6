"""A look at every place: in pages, each finding as soon as it may be told, and no more read than that takes."""

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from server.places.profile import DAY_MS, HOUR_MS
from server.places.types import BoxSeat, GatewaySeat, Place
from server.store import place_hours, place_watch
from server.store.visit_tables import hours, sightings
from tests.server.places.shelves import fill, put
from tests.server.places.town import FIRST_MS
from tests.server.rig import BOX, EPOCH, GATEWAY, OTHER_BOX

NOW_MS = FIRST_MS + 40 * DAY_MS + 10 * HOUR_MS


async def found(shelf):
    await shelf.places.look()
    return sorted((one.finding.code, one.finding.box_id) for one in await shelf.places.findings(0, 50, True))


@pytest.fixture
def statements():
    """What is sent to databases meanwhile."""
    sent = []

    def hear(_connection, _cursor, statement, *_):
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    yield sent
    event.remove(Engine, "before_cursor_execute", hear)


async def test_every_place_is_in_one_page_whether_read_or_seated(shelf):
    names = [f"cho-{at:02}" for at in range(23)]
    for at, name in enumerate(names):
        await shelf.places.put_place(Place(name, name), None)
        if at % 3:
            await fill(shelf, name, f"box-{at}", NOW_MS - 3 * HOUR_MS, NOW_MS)
        if at % 2 or not at % 3:
            await shelf.places.put_box_seats(f"seat-{at}", [BoxSeat(f"seat-{at}", 0, name)], [], "x")
    for limit in (1, 4, 23, 50):
        after, seen = "", []
        while page := await shelf.database.read(lambda c, a=after, n=limit: place_hours.place_ids(c, a, n)):
            assert len(page) <= limit
            seen += page
            after = page[-1]
        assert seen == names


async def test_when_a_point_was_read_last_takes_the_hours_of_which_nobody_knows_too(shelf):
    await fill(shelf, GATEWAY, BOX, FIRST_MS, NOW_MS - 9 * HOUR_MS)
    await shelf.places.learn()
    assert await found(shelf) == [("silent", BOX)]
    await put(shelf, GATEWAY, BOX, -1, 1, first_ms=NOW_MS - 60_000, last_ms=NOW_MS - 60_000)
    assert await found(shelf) == []


async def test_who_comes_all_at_once_is_not_missed_in_the_rest_of_the_hour_at_any_look(shelf, clock):
    today_ms = NOW_MS - 10 * HOUR_MS
    rushes = [at + 7 * HOUR_MS for at in range(FIRST_MS, today_ms + 1, DAY_MS)]
    clock.now_ms = rushes[-1]
    for at in rushes[:-1]:
        await put(shelf, GATEWAY, BOX, at, 100, last_ms=at + 900_000)
    await shelf.places.learn()
    assert await found(shelf) == []
    await put(shelf, GATEWAY, BOX, rushes[-1], 100, last_ms=rushes[-1] + 900_000)
    for later_ms in (2 * HOUR_MS, 2 * HOUR_MS + 600_000, 9 * HOUR_MS, 9 * HOUR_MS + 600_000):
        clock.now_ms = rushes[-1] + later_ms
        assert await found(shelf) == []
    await put(shelf, GATEWAY, BOX, rushes[-1], 10, last_ms=rushes[-1] + 900_000)
    for later_ms in (600_000, 1_200_000):
        clock.now_ms = rushes[-1] + 9 * HOUR_MS + later_ms
        assert await found(shelf) == [("silent", BOX)]


async def test_a_hole_is_looked_for_at_the_first_look_of_an_hour_and_gone_at_once(shelf, clock):
    await fill(shelf, GATEWAY, BOX, FIRST_MS, NOW_MS - 5 * DAY_MS)
    await shelf.places.learn()
    await fill(shelf, GATEWAY, BOX, NOW_MS - 5 * DAY_MS, NOW_MS)
    assert await found(shelf) == []
    day_ms = NOW_MS - 10 * HOUR_MS
    noons = [day_ms - day * DAY_MS + hour * HOUR_MS for day in range(1, 5) for hour in (11, 12)]

    def empty(connection):
        connection.execute(hours.delete().where(hours.c.hour_ms.in_(noons)))

    await shelf.database.write(empty)
    clock.now_ms += 600_000
    assert await found(shelf) == []  # within the same hour
    clock.now_ms += HOUR_MS - 600_000
    assert await found(shelf) == [("noon", BOX)]
    for noon_ms in noons:
        await fill(shelf, GATEWAY, BOX, noon_ms, noon_ms + HOUR_MS)
    await fill(shelf, GATEWAY, BOX, NOW_MS, NOW_MS + HOUR_MS)
    clock.now_ms += 600_000
    assert await found(shelf) == []


async def test_one_person_all_day_stays_found_within_the_hour(shelf, clock):
    named = {"box_id": BOX, "epoch": EPOCH, "place_id": GATEWAY, "gate_id": "", "zone": "", "direction": None}
    named |= {
        "kind": "cccd",
        "source": "box",
        "on_behalf": False,
        "has_phone": False,
        "token": None,
        "person": b"p" * 16,
    }
    at = dict.fromkeys(("earliest_ms", "at_ms", "latest_ms", "received_ms"), NOW_MS - HOUR_MS)
    rows = [named | at | {"seq": seq} for seq in range(40)]
    await shelf.database.write(lambda connection: connection.execute(sightings.insert(), rows))
    await fill(shelf, GATEWAY, BOX, NOW_MS - DAY_MS, NOW_MS)
    for _ in range(3):
        assert await found(shelf) == [("same_person", BOX)]
        clock.now_ms += 600_000
    (one,) = await shelf.places.findings(0, 50, False)
    assert one.gone_ms is None


async def test_what_was_learned_lately_is_not_learned_again_unless_somebody_asks(shelf, clock):
    for box_id in (BOX, OTHER_BOX):
        await fill(shelf, f"place-{box_id}", box_id, FIRST_MS, NOW_MS)
    assert await shelf.places.learn(older_ms=20 * HOUR_MS) == 2
    clock.now_ms += 19 * HOUR_MS
    assert await shelf.places.learn(older_ms=20 * HOUR_MS) == 0
    assert await shelf.places.learn() == 2
    clock.now_ms += 20 * HOUR_MS
    assert await shelf.places.learn(older_ms=20 * HOUR_MS) == 2


async def test_what_is_usual_is_told_of_all_places_where_only_some_are_learned_anew(shelf, clock):
    async def shapes():
        return await shelf.database.read(place_watch.shapes)

    for at in range(5):
        await fill(shelf, f"place-{at}", f"box-{at}", FIRST_MS, NOW_MS)
    await shelf.places.learn(older_ms=HOUR_MS)
    before = await shapes()
    clock.now_ms += HOUR_MS // 2
    await shelf.places.learn(older_ms=HOUR_MS)
    assert (await shapes(), len(before)) == (before, 1)


async def test_what_many_gateways_are_wished_is_asked_of_all_at_once(shelf, statements):
    for at in range(30):
        await shelf.places.put_place(Place(f"cho-{at:02}", "Chợ", capacity=at), None)
        await shelf.places.put_gateway_seat(GatewaySeat(f"gw-{at}", NOW_MS + HOUR_MS, f"cho-{at:02}"), "x")
    shelf.places._now_ms = lambda: NOW_MS + HOUR_MS
    assert len(await shelf.places.wish()) == 30
    statements.clear()
    assert await shelf.places.wish() == []
    assert len([one for one in statements if one.startswith("SELECT")]) < 12
