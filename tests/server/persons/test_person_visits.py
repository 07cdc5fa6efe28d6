"""When the oldest sightings go, the visits that are left are those that all sightings that are left give."""

import random

import pytest
from sqlalchemy import select

from server.persons.retention import day_of
from server.places.types import Gate, Place
from server.store import visit_rows, visit_sightings
from server.store.place_seats import register
from server.store.shelf import Shelf
from server.store.visit_rules import rules_of
from server.store.visit_tables import visits as table
from server.visits.rules import visits
from server.visits.timing import LOOSE_MS
from server.visits.types import Visit
from tests.server.rig import GATEWAY
from tests.server.visits.seen import MONDAY_MS, at, seen

PLACES = ("cho", "vien", "ben")
DAYS = 6


@pytest.fixture
async def shelf(place):
    made = Shelf(place, lambda: MONDAY_MS + 40 * 86_400_000)
    made.start()
    for one, kind in zip(PLACES, ("market", "hospital", "bus_station"), strict=True):
        await made.places.put_place(Place(one, one, kind), None)
        await made.fleet.give_box(f"box-{one}-g1", GATEWAY, [], "x")
    version = (await made.places.entry("vien")).version
    version = await made.places.put_gate(Gate("vien", "g1"), version)
    await made.places.put_gate(Gate("vien", "g2", zone="a"), version)
    yield made
    made.close()


def life_of(draw, person, is_vague):
    """Some days of somebody: stays long and short, ways forgotten, boxes that know the time badly."""
    found = []
    minute = draw.randrange(24 * 60)
    while minute < DAYS * 24 * 60:
        off_s = draw.choice((1, 1, 30, 600, LOOSE_MS // 2000, LOOSE_MS // 1000 if is_vague else 1))
        way = draw.choice(("in", "in", "out", "both", None))
        zone = draw.choice(("", "", "a"))
        spot = draw.choice(PLACES)
        more = {"gate": "g2" if zone else "g1", "zone": zone, "person": person}
        found.append(seen(at("00:00") + minute * 60_000, way, spot, off_s=off_s, seq=draw.randrange(1 << 40), **more))
        minute += draw.choice((1, 3, 20, 50, 200, 500, 900, 1_500))
    return found


@pytest.mark.parametrize("seed", range(12))
async def test_page_by_page_the_visits_are_those_of_the_sightings_that_are_left(shelf, seed):
    draw = random.Random(seed)
    lives = [life_of(draw, bytes([number]) * 16, seed % 3 == 2) for number in range(1, 6)]
    everything = [one for some in lives for one in some]

    def fill(connection):
        visit_sightings.put(connection, everything)
        found = register(connection)
        made = [one for some in lives for one in visits(some, rules_of(found.places, found.gates))]
        visit_rows.replace(connection, [some[0].person for some in lives], made)

    def compare(connection):
        found = register(connection)
        persons = [some[0].person for some in lives]
        left = visit_sightings.of_persons(connection, persons)
        wanted = [one for some in left.values() for one in visits(some, rules_of(found.places, found.gates))]
        rows = connection.execute(select(*[table.c[name] for name in Visit._fields]))
        return sorted(map(repr, wanted)), sorted(repr(Visit(*row)) for row in rows), sum(map(len, left.values()))

    await shelf.database.write(fill)
    counts = []
    for day in range(day_of(MONDAY_MS) + 1, day_of(MONDAY_MS) + DAYS + 2):
        more = True
        while more:
            more = (await shelf.persons.expire(day, draw.choice((1, 3, 7, 40)))).more
            wanted, there, count = await shelf.database.read(compare)
            assert there == wanted
            counts.append(count)
    assert (counts[0] > counts[-1], counts[-1]) == (True, 0)
