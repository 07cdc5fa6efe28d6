"""Linking in a database: in whatever order and parts, what is stored is what the rules say of everything."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from server.persons.link import edges_of, resolve
from server.persons.types import RANKS
from server.store import person_forget, person_links
from server.store.person_tables import edges, probables, tokens
from tests.server.persons.rig import code, mac, shown, store, token
from tests.server.persons.test_link import CODES


def linked(engine, codes, sizes=(500,), days=None):
    """Link codes in parts; returns what moved along the way, applied as the sightings would be."""
    sightings, start, part = {}, 0, 0
    while start < len(codes):
        size = sizes[part % len(sizes)]
        found = [
            shown(named, start + index, 100 if days is None else days[start + index])
            for index, named in enumerate(codes[start : start + size])
        ]
        with engine.begin() as connection:
            linked = person_links.link(connection, found)
        by_token = {**linked.moved, **linked.persons}
        sightings.update({named.naming.mac: None for _, named, _ in found if named and named.naming})
        sightings.update({mac_: person for mac_, person in by_token.items() if mac_ in sightings})
        start, part = start + size, part + 1
    return sightings


def everything(engine):
    with engine.begin() as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key)))
            if table is not tokens
            else {row.mac: tuple(row) for row in connection.execute(select(table))}
            for table in (tokens, edges, probables)
        }


def expected(codes):
    types, pairs = {}, set()
    for named in codes:
        found = [one for one in named.tokens if one.type in (*RANKS, "phone")]
        types.update({one.mac: one.type for one in found})
        pairs |= edges_of(one.mac for one in found)
    return resolve(types, pairs)


def check(engine, codes):
    said, stored = expected(codes), everything(engine)["tokens"]
    assert {name: row[2] for name, row in stored.items()} == said.person
    assert {name for name, row in stored.items() if row[3]} == said.ambiguous


@settings(max_examples=150, deadline=None)
@given(CODES, st.lists(st.integers(1, 5), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_in_parts_and_in_any_order_it_is_what_the_rules_say(codes, sizes, chance):
    made = [code(*names) for names in codes]
    once, parts = store(), store()
    linked(once, made)
    sightings = linked(parts, chance.sample(made, len(made)), sizes)
    check(once, made)
    assert everything(once) == everything(parts)
    assert sightings == {name: everything(once)["tokens"][name][2] for name in sightings}


@settings(max_examples=100, deadline=None)
@given(CODES, st.data())
def test_after_some_days_are_forgotten_it_is_as_if_they_had_never_been(codes, data):
    made = [code(*names) for names in codes]
    days = data.draw(st.lists(st.integers(90, 99), min_size=len(made), max_size=len(made)))
    engine, fresh = store(), store()
    linked(engine, made, days=days)
    left = [index for index, day in enumerate(days) if day >= 95]
    linked(fresh, [made[index] for index in left], days=[days[index] for index in left])
    while True:
        with engine.begin() as connection:
            if not person_forget.expire(connection, 95, 3).more:
                break
    gone, kept = everything(engine), everything(fresh)
    assert {name: row[:4] for name, row in gone["tokens"].items()} == {
        name: row[:4] for name, row in kept["tokens"].items()
    }
    assert gone["edges"] == kept["edges"]
    assert gone["probables"] == kept["probables"]


def test_the_same_scans_again_write_nothing():
    engine, made = store(), [code("citizen-1", "phone-1"), code("citizen-2", "phone-1")]
    linked(engine, made)
    before = everything(engine)
    with engine.begin() as connection:
        found = person_links.link(connection, [shown(named, index) for index, named in enumerate(made)])
    assert everything(engine) == before
    assert (found.moved, found.left) == ({}, set())
    assert found.persons == {mac("citizen-1"): mac("citizen-1"), mac("citizen-2"): mac("citizen-2")}


def test_two_documents_that_turn_out_to_be_one_persons_are_renamed():
    engine = store()
    linked(engine, [code("personal_qr-1"), code("old_citizen-1")])
    with engine.begin() as connection:
        found = person_links.link(connection, [shown(code("old_citizen-1", "personal_qr-1"), 3)])
    assert found.moved == {mac("personal_qr-1"): mac("old_citizen-1")}
    assert found.left == {mac("personal_qr-1")}


def test_what_was_held_together_by_a_number_that_two_people_typed_falls_apart():
    engine = store()
    linked(engine, [code("citizen-1", "insurance-9"), code("insurance-9", "personal_qr-1")])
    assert everything(engine)["tokens"][mac("personal_qr-1")][2] == mac("citizen-1")
    with engine.begin() as connection:
        found = person_links.link(connection, [shown(code("citizen-2", "insurance-9"), 9)])
    assert found.moved == {mac("insurance-9"): mac("insurance-9"), mac("personal_qr-1"): mac("personal_qr-1")}
    assert found.left == {mac("citizen-1")}


def test_a_scan_on_behalf_is_the_childs_and_the_guardian_stays_out():
    engine = store()
    linked(engine, [code("personal_qr-2", guardian=["personal_qr-1"]), code("personal_qr-1", "citizen-1")])
    assert mac("personal_qr-2") in everything(engine)["tokens"]
    assert everything(engine)["tokens"][mac("personal_qr-2")][2] == mac("personal_qr-2")


def test_a_masked_number_is_found_beside_the_whole_one_and_never_merged():
    engine = store()
    linked(engine, [code("citizen-1", "probable-7"), code("personal_qr-5", "probable-7*"), code("citizen-3")])
    with engine.begin() as connection:
        assert person_links.probable_persons(connection, mac("citizen-1")) == [mac("personal_qr-5")]
        assert person_links.probable_persons(connection, mac("personal_qr-5")) == [mac("citizen-1")]
        assert person_links.probable_persons(connection, mac("citizen-3")) == []


def test_two_whole_numbers_that_end_alike_are_not_probable():
    engine = store()
    linked(engine, [code("citizen-1", "probable-7"), code("citizen-2", "probable-7")])
    with engine.begin() as connection:
        assert person_links.probable_persons(connection, mac("citizen-1")) == []


def test_a_scan_of_nobody_is_nobodys():
    engine = store()
    with engine.begin() as connection:
        found = person_links.link(connection, [shown(None, 1), shown(code(), 2), shown(code("phone-1*"), 3)])
    assert found == ({}, {}, set())
    assert everything(engine)["tokens"] == {}


def test_a_person_who_asks_to_be_forgotten_is_gone_and_the_family_phone_stays():
    engine = store()
    linked(engine, [code("citizen-1", "phone-1", "insurance-1"), code("citizen-2", "phone-1"), code("phone-1")])
    with engine.begin() as connection:
        found = person_forget.drop_person(connection, mac("citizen-1"))
    left = everything(engine)
    assert set(left["tokens"]) == {mac("citizen-2"), mac("phone-1")}
    assert found.settled.moved == {
        mac("citizen-1"): None,
        mac("insurance-1"): None,
        mac("phone-1"): mac("citizen-2"),
    }
    assert found.tokens == 2


def test_a_phone_that_everybody_shows_costs_no_walk_through_everybody():
    engine = store()
    linked(engine, [code(f"citizen-{number}", "phone-1", "insurance-1") for number in range(3000)])
    asked = []
    with engine.connect() as connection:
        from sqlalchemy import event

        event.listen(engine, "before_cursor_execute", lambda *what: asked.append(what[2]))
        with connection.begin():
            person_links.link(connection, [shown(code("citizen-x", "old_citizen-x"), 1)])
    assert len(asked) < 20


def test_in_a_town_nobody_is_taken_for_somebody_else():
    chance = random.Random(7)
    engine, codes, truth = store(), [], {}
    for person in range(400):
        own = [f"citizen-{person}", f"old_citizen-{person}", f"insurance-{person}", f"personal_qr-{person}"]
        own = own[: chance.randint(1, 4)]
        phone = f"phone-{person // 3}"
        for _ in range(3):
            names = chance.sample(own, min(len(own), chance.randint(1, 2)))
            codes.append((person, code(*names, *([phone] if chance.random() < 0.5 else []))))
        truth.update({mac(name): person for name in own})
    chance.shuffle(codes)
    linked(engine, [named for _, named in codes], (50,))
    stored = everything(engine)["tokens"]
    owners = {}
    for name, row in stored.items():
        if name in truth:
            owners.setdefault(row[2], set()).add(truth[name])
    assert all(len(people) == 1 for people in owners.values())
    assert token("phone-1").mac in stored
