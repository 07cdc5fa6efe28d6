"""Sightings, visits and counts in the database, on SQLite and on PostgreSQL."""

import random

import pytest
from sqlalchemy import inspect, select

from server.places.opening import parse
from server.places.types import Gate, Place
from server.store import visit_hours, visit_rows, visit_rules, visit_sightings
from server.store.shelf import Shelf
from server.store.visit_tables import hours, sightings
from server.store.visit_tables import visits as visit_table
from server.visits.rules import visits
from server.visits.types import PlaceRules
from tests.server.rig import NOW_MS
from tests.server.visits.market import RULES, Market
from tests.server.visits.seen import MARKET, PERSON, at, seen

OTHER = b"somebody-else-16"
TOKEN, SECOND_TOKEN = bytes([1] * 16), bytes([2] * 16)


@pytest.fixture
def shelf(place):
    made = Shelf(place, lambda: NOW_MS)
    made.start()
    yield made
    made.close()


@pytest.fixture
def write(shelf):
    """`await write(verb, …)`: in a transaction of its own."""

    async def run(verb, *arguments):
        return await shelf.database.write(lambda connection: verb(connection, *arguments))

    return run


def derive(connection, scans, rules=RULES):
    """One batch, as deriving does it."""
    visit_hours.add(connection, scans)
    visit_sightings.put(connection, scans)
    persons = {one.person for one in scans if one.person is not None}
    found = visit_sightings.of_persons(connection, persons)
    rows = [one for some in found.values() for one in visits(some, rules)]
    return visit_rows.replace(connection, persons, rows)


def everything(connection):
    tables = (sightings, visit_table, hours)
    return [sorted(tuple(row) for row in connection.execute(select(*table.c))) for table in tables]


def scans_of(market):
    return [one for some in market.sightings.values() for one in some]


@pytest.mark.parametrize("table", [sightings, visit_table, hours], ids=lambda one: one.name)
async def test_the_migration_makes_the_tables_as_they_are_described(write, table):
    def look(connection):
        found = inspect(connection)
        columns = {
            (one["name"], bool(one["nullable"]), one["type"].compile(connection.dialect))
            for one in found.get_columns(table.name)
        }
        described = {(one.name, bool(one.nullable), one.type.compile(connection.dialect)) for one in table.columns}
        indexes = {(one["name"], tuple(one["column_names"])) for one in found.get_indexes(table.name)}
        keys = found.get_pk_constraint(table.name)["constrained_columns"]
        return columns ^ described, indexes, keys

    difference, indexes, keys = await write(look)
    assert difference == set()
    assert {(one.name, tuple(column.name for column in one.columns)) for one in table.indexes} <= indexes
    assert keys == [one.name for one in table.primary_key]


async def test_batches_in_any_order_and_all_at_once_give_the_same_rows(write):
    scans = scans_of(Market(5, people=60))
    await write(derive, scans)
    expected = await write(everything)
    for seed in (1, 2):
        random.Random(seed).shuffle(scans)
        await write(visit_sightings.clear)
        assert await write(everything) == [[], [], []]
        for start in range(0, len(scans), 17):
            await write(derive, scans[start : start + 17])
        assert await write(everything) == expected


async def test_what_is_so_already_is_not_written(write):
    scans = [seen("08:00"), seen("08:40", "out")]
    assert await write(derive, scans) == (1, 0)
    assert await write(derive, scans[:1]) == (0, 0)
    assert await write(derive, [seen("07:00", seq=7)]) == (1, 0)


async def test_a_visit_that_is_none_any_more_goes(write):
    await write(derive, [seen("08:00"), seen("08:40", "out"), seen("12:00", person=OTHER)])
    assert await write(visit_rows.replace, [PERSON], []) == (0, 1)
    assert [one.person for one in await write(visit_rows.of_person, OTHER)] == [OTHER]


async def test_a_scan_that_is_put_again_replaces_what_was_there(write):
    await write(visit_sightings.put, [seen("08:00", seq=1)])
    narrowed = seen("08:03", seq=1, has_phone=True)
    await write(visit_sightings.put, [narrowed])
    assert await write(visit_sightings.of, [narrowed.identity]) == {narrowed.identity: narrowed}


async def test_scans_are_found_by_identity_among_many_and_others_are_not(write):
    scans = [seen("08:00", seq=number, gate=f"g{number % 3}") for number in range(1_200)]
    await write(visit_sightings.put, scans)
    asked = [one.identity for one in scans[:1_100]] + [("box-none", "0" * 12, 1)]
    assert set(await write(visit_sightings.of, asked)) == set(asked[:-1])
    assert await write(visit_sightings.of, []) == {}


async def test_scans_move_with_their_token_and_both_persons_are_named(write):
    mine, also = seen("08:00", token=TOKEN), seen("09:00", token=SECOND_TOKEN)
    await write(visit_sightings.put, [mine, also])
    assert await write(visit_sightings.repoint, {TOKEN: OTHER}) == {PERSON, OTHER}
    found = await write(visit_sightings.of_persons, [PERSON, OTHER])
    assert {person: [one.at_ms for one in some] for person, some in found.items()} == {
        PERSON: [also.at_ms],
        OTHER: [mine.at_ms],
    }


async def test_a_token_that_names_nobody_any_more_leaves_its_scans_without_a_person(write):
    await write(visit_sightings.put, [seen("08:00", token=TOKEN)])
    assert await write(visit_sightings.repoint, {TOKEN: None}) == {PERSON}
    assert await write(visit_sightings.of_persons, [PERSON]) == {}
    assert await write(visit_sightings.repoint, {SECOND_TOKEN: None}) == set()
    assert await write(visit_sightings.repoint, {}) == set()


async def test_a_person_who_moved_takes_the_visit_along_under_the_same_id(write):
    await write(derive, [seen("08:00", token=TOKEN)])
    (before,) = await write(visit_rows.of_person, PERSON)

    def move(connection):
        persons = visit_sightings.repoint(connection, {TOKEN: OTHER})
        found = visit_sightings.of_persons(connection, persons)
        return visit_rows.replace(connection, persons, [one for some in found.values() for one in visits(some, RULES)])

    await write(move)
    assert await write(visit_rows.of_person, PERSON) == []
    assert await write(visit_rows.of_person, OTHER) == [before._replace(person=OTHER)]


async def test_who_may_have_been_seen_at_a_place_then_is_found(write):
    odd = seen("03:00", person=b"odd-time-of-16-b", earliest_ms=None, at_ms=None)
    await write(visit_sightings.put, [seen("08:00"), seen("20:00", person=OTHER), seen("08:00", place="ben"), odd])
    assert await write(visit_sightings.persons_at, "cho", at("07:00"), at("09:00")) == {PERSON, odd.person}
    assert await write(visit_sightings.persons_at, "cho", at("17:00"), None) == {OTHER, odd.person}
    assert await write(visit_sightings.persons_at, "nowhere", 0, None) == set()


async def test_what_is_too_old_goes_in_pages_and_the_counts_stay(write):
    scans = [seen("08:00", seq=number, person=PERSON if number % 2 else OTHER) for number in range(5)]
    await write(derive, [*scans, seen("09:00", seq=9)])
    counts = (await write(everything))[2]
    assert await write(visit_sightings.forget, at("08:30"), 3) == (3, {PERSON, OTHER})
    assert (await write(visit_sightings.forget, at("08:30"), 3)).many == 2
    assert await write(visit_sightings.forget, at("08:30"), 3) == (0, set())
    found, _, left = await write(everything)
    assert len(found) == 1
    assert left == counts


# --- counts


def row(connection, **key):
    found = connection.execute(select(hours)).all()
    return [one._asdict() for one in found if all(one._asdict()[name] == value for name, value in key.items())]


async def test_scans_are_counted_in_the_hour_in_which_they_were_made(write):
    scans = [seen("08:00"), seen("08:59:59", "out"), seen("08:30", None), seen("09:00", "both")]
    await write(visit_hours.add, scans, {scans[2].identity}, {scans[3].identity})
    first, second = sorted(await write(row), key=lambda one: one["hour_ms"])
    assert (first["reads"], first["ins"], first["outs"], first["boths"]) == (3, 1, 1, 1)
    assert (first["unread"], first["counted_only"], first["first_ms"]) == (1, 0, at("08:00"))
    assert (first["last_ms"], second["counted_only"], second["hour_ms"]) == (at("08:59:59"), 1, at("09:00"))


async def test_scans_of_no_known_hour_are_counted_apart(write):
    await write(visit_hours.add, [seen("08:00", earliest_ms=None, at_ms=None), seen("08:00", off_s=1801)])
    (only,) = await write(row)
    assert (only["hour_ms"], only["reads"]) == (visit_hours.NO_HOUR, 2)


async def test_adding_and_taking_back_is_as_if_nothing_had_been(write):
    kept, moved = [seen("08:10"), seen("08:30", "out")], [seen("08:05"), seen("08:55", None), seen("10:00")]
    await write(visit_hours.add, kept)
    await write(visit_sightings.put, [*kept, *moved])
    before = (await write(everything))[2]
    await write(visit_hours.add, moved, {moved[0].identity})
    await write(visit_hours.take_back, moved, {moved[0].identity})
    assert (await write(everything))[2] == before


async def test_taking_back_what_was_never_counted_takes_nothing(write):
    await write(visit_hours.take_back, [seen("08:00")])
    assert await write(row) == []


async def test_counts_of_a_place_are_cut_by_time_and_gate(write):
    await write(visit_hours.add, [seen("08:00"), seen("09:00", gate="g2"), seen("10:00"), seen("08:00", place="ben")])
    found = await write(visit_hours.of_place, "cho", at("08:00"), at("10:00"))
    assert [(one.gate_id, one.hour_ms) for one in found] == [("g1", at("08:00")), ("g2", at("09:00"))]
    assert await write(visit_hours.of_place, "cho", at("08:00"), at("10:00"), "g3") == []


# --- queries


async def test_pages_of_visits_are_whole_and_in_order(shelf, write):
    scans = [seen("08:00", seq=number, person=number.to_bytes(16, "big")) for number in range(25)]
    await write(derive, [*scans, seen("08:00", place="ben")])
    found, after = [], None
    while page := await shelf.visits.visits("cho", at("07:00"), at("09:00"), None, after, 10):
        found += page
        after = (page[-1].in_low, page[-1].id)
    assert len(found) == 25
    assert found == sorted(found, key=lambda one: (one.in_low, one.id))


async def test_a_stay_of_days_is_told_too_and_comes_first(shelf, write):
    odd = seen("08:00", day=20, gate="g9", person=OTHER, earliest_ms=None, at_ms=None)
    scans = [seen("08:00", day=10, seq=number, person=number.to_bytes(16, "big")) for number in range(3)]
    await write(derive, [odd, *scans])
    found, after = [], None
    while page := await shelf.visits.visits("cho", at("07:00", 10), at("09:00", 10), None, after, 2):
        found += page
        after = (page[-1].in_low, page[-1].id)
    assert found[0].person == OTHER
    assert len(found) == 4
    assert found == sorted(found, key=lambda one: (one.in_low, one.id))


@pytest.mark.parametrize(
    "window, many", [(("07:00", "07:50"), 0), (("07:00", "08:30"), 1), (("13:59", "14:30"), 1), (("14:01", "15:00"), 0)]
)
async def test_only_visits_that_may_touch_the_window_are_told(shelf, write, window, many):
    await write(derive, [seen("08:00")])
    found = await shelf.visits.visits("cho", at(window[0]), at(window[1]), None, None, 10)
    assert len(found) == many


async def test_visits_to_a_zone_are_told_only_where_the_zone_is_asked_for(shelf, write):
    rules = {"cho": MARKET._replace(zones=frozenset({"fish"}))}
    await write(derive, [seen("08:00"), seen("08:10", zone="fish", gate="f")], rules)
    whole = await shelf.visits.visits("cho", at("07:00"), at("09:00"), None, None, 10)
    fish = await shelf.visits.visits("cho", at("07:00"), at("09:00"), "fish", None, 10)
    assert [one.is_inner for one in whole + fish] == [False, True]
    assert await shelf.visits.visits("cho", at("07:00"), at("09:00"), "meat", None, 10) == []


async def test_who_is_inside_is_asked_of_visits_and_of_what_is_counted_only(shelf, write, monkeypatch):
    monkeypatch.setattr("server.store.visit_shelf.PAGE_ROWS", 2)
    known = [seen("08:00", seq=number, person=number.to_bytes(16, "big")) for number in range(5)]
    gone = [seen("08:20", "out", seq=50, person=known[0].person)]
    counted = [seen("08:05", seq=number, person=None) for number in range(60, 63)]
    vague = [seen("08:05", seq=70, person=None, earliest_ms=None, at_ms=None)]
    await write(derive, known + gone + counted + vague)
    first, second = await shelf.visits.occupancy("cho", [at("08:10"), at("08:30")], MARKET)
    assert (first.low, first.best, first.high) == (1, 8, 9)
    assert (second.low, second.best, second.high) == (0, 7, 8)


# --- rules of places


def place_of(**changes):
    return Place("cho", "Chợ", "market", **changes)


def test_a_place_without_a_word_has_what_is_usual_for_its_kind():
    rules = visit_rules.place_rules(place_of(), [])
    assert (rules.default_stay_min, rules.max_stay_min, rules.opening) == (45, 360, None)


def test_what_the_register_says_comes_first():
    told = place_of(stay_min=240, day_begins="02:30", capacity=9, opening=parse("mon-sun 05:00-11:00"))
    rules = visit_rules.place_rules(told, [])
    assert (rules.default_stay_min, rules.max_stay_min, rules.day_begins_min, rules.capacity) == (240, 480, 150, 9)
    assert rules.opening is not None
    assert rules.opening[0] == (300, 660)


@pytest.mark.parametrize(
    "zones, inner",
    [
        ([], set()),
        (["", "fish"], {"fish"}),
        (["north", "south"], set()),
        ([""], set()),
        (["", "a", "b", "a"], {"a", "b"}),
    ],
)
def test_a_zone_is_within_the_place_where_the_place_has_a_gate_of_its_own(zones, inner):
    gates = [Gate("cho", f"g{number}", "", zone) for number, zone in enumerate(zones)]
    found = visit_rules.rules_of({"cho": place_of()}, {one[:2]: one for one in gates})
    assert found["cho"].zones == inner


async def test_a_place_that_is_not_registered_has_the_usual_rules_and_lies_nowhere(shelf):
    assert await shelf.visits.place("gw-9") == (PlaceRules(), frozenset(), False)
