"""From scans to visits: whatever the order, in whatever pieces, the same rows; and a rebuild gives them again."""

import asyncio
import random
import time

import pytest
from sqlalchemy import select

from firmware.wire.batch import ClockSample
from server.app import make_local_holder
from server.deriving import Deriver
from server.errors import Unavailable
from server.holder.folder import Folder
from server.places.types import BoxSeat, Period, Place
from server.store import tables, visit_sightings, visit_tables
from server.visits.rules import visits
from server.visits.types import Visit
from tests.server import people, rig
from tests.server.deriving_rig import DAY_MS, NOON_MS, TOWN, a_day, again, rows, sent, shown
from tests.server.rig import BOX, EPOCH, OTHER_BOX, READS, body, scan


@pytest.fixture
def more_settings():
    return {"more": "[deriving]\nenabled = false\nbatch = 3"}


async def test_a_scan_is_a_sighting_and_a_visit_of_a_pseudonym(server, send):
    code = people.citizen_2021(TOWN[0])
    await sent(send, [shown(1, code, NOON_MS)])
    assert await server.deriver.all() == 1
    found = await rows(server)
    assert {name: len(some) for name, some in found.items() if name != "edges"} == {
        "sightings": 1,
        "visits": 1,
        "hours": 1,
        "tokens": 2 if TOWN[0].old_number else 1,
    }
    assert rig.GATEWAY in found["visits"][0]  # nobody registered a place: it is the gateway's own


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_the_order_and_the_pieces_the_same_rows_follow(server, send, seed):
    records = a_day()
    draw = random.Random(seed)
    draw.shuffle(records)
    batch_no = 0
    while records:
        take = draw.randint(1, 5)
        piece, records = records[:take], records[take:]
        batch_no += 1
        await sent(send, piece, batch_no)
        if draw.random() < 0.5:
            await server.deriver.all()
    await server.deriver.all()
    along_the_way = await rows(server)
    assert len(along_the_way["visits"]) == len(TOWN)
    assert await again(server) == along_the_way


def some_days(seed, days=6):
    """Records of two boxes, some of which do not know when: in, out and neither, at any hour of the day."""
    draw = random.Random(seed)
    made = [
        (NOON_MS - draw.randrange(days * DAY_MS), draw.randrange(2), draw.choice(["in", "in", "out", "both", ""]), one)
        for one in TOWN
        for _ in range(12)
    ]
    made.sort(key=lambda each: each[0])
    seq = {BOX: 0, OTHER_BOX: 0}
    records = []
    for at_ms, number, direction, one in made:
        box_id = (BOX, OTHER_BOX)[number]
        seq[box_id] += 1
        code = people.CODES[draw.choice(one.shows)](one)
        records.append(shown(seq[box_id], code, at_ms if draw.random() > 0.02 else None, box_id, direction))
    return records


async def every_visit_anew(server):
    """Whether the visits that are kept are those that all sightings of each person give."""

    def job(connection):
        seen = select(visit_tables.sightings.c.person).where(visit_tables.sightings.c.person.is_not(None)).distinct()
        found = visit_sightings.of_persons(connection, list(connection.execute(seen).scalars()))
        wanted = [one for some in found.values() for one in visits(some, {})]
        return sorted(wanted), sorted(Visit(*row) for row in connection.execute(select(visit_tables.visits)))

    wanted, there = await server.shelf.database.read(job)
    return len(there) > len(TOWN) and there == wanted


@pytest.mark.parametrize(("seed", "late"), [(seed, late) for seed in range(3) for late in (0, 8, 200)])
async def test_days_along_the_way_are_what_all_sightings_give(server, send, seed, late):
    records = some_days(seed)
    draw = random.Random(seed)
    order = sorted(range(len(records)), key=lambda at: at + draw.random() * late)
    for batch_no, start in enumerate(range(0, len(order), 9), start=1):
        await sent(send, [records[at] for at in order[start : start + 9]], batch_no)
        await server.deriver.all()
    assert await every_visit_anew(server)
    along_the_way = await rows(server)
    assert await again(server) == along_the_way


async def test_a_link_that_is_found_later_heals_earlier_visits(server, send):
    one = next(person for person in people.people(seed=9, count=200) if person.insurance and person.phone)
    card, insurance, personal = people.citizen_2021(one), people.insurance_new(one), people.personal(one)
    await sent(send, [shown(1, insurance, NOON_MS, direction="in")])
    await sent(send, [shown(2, card, NOON_MS + 600_000, direction="out")], 2)
    await server.deriver.all()
    before = await rows(server)
    await sent(send, [shown(3, personal, NOON_MS + 7_200_000, direction="in")], 3)
    await server.deriver.all()
    after = await rows(server)
    assert len({row.split("('person', ")[1].split(")")[0] for row in before["visits"]}) == 2
    persons = {row.split("('person', ")[1].split(")")[0] for row in after["visits"]}
    assert len(persons) == 1
    assert len(after["visits"]) == 2
    assert await again(server) == after


async def test_what_is_sent_again_changes_nothing(server, send):
    records = a_day()
    await sent(send, records)
    await server.deriver.all()
    before = await rows(server)
    for batch_no in (2, 3):
        await sent(send, records, batch_no)
    assert await server.deriver.all() == len(records)
    assert await rows(server) == before


@pytest.mark.parametrize("seed", range(2))
async def test_a_clock_that_is_ahead_puts_nothing_into_the_future_whatever_the_order(server, send, seed):
    codes = [people.citizen_2021(one) for one in TOWN]
    now_ms = time.time_ns() // 1_000_000
    ahead_ms = [10 * DAY_MS, 3_600_000, 240_000, 0, -10_000, -DAY_MS]
    records = [shown(seq, codes[seq % 6], now_ms + ahead_ms[seq % 6]) for seq in range(1, 25)]
    random.Random(seed).shuffle(records)
    for batch_no in range(1, 9):
        await sent(send, [records.pop(), records.pop(), records.pop()], batch_no)
        if batch_no % 2:
            await server.deriver.all()
    await server.deriver.all()
    along_the_way = await rows(server)
    found = await server.shelf.database.read(lambda one: one.execute(select(visit_tables.sightings)).all())
    assert all(row.latest_ms <= row.received_ms for row in found)
    assert {row.seq % 6 for row in found if row.earliest_ms is None} == {0, 1}
    assert await again(server) == along_the_way


async def test_a_clock_that_is_learned_later_narrows_what_was_derived(server, send):
    code = people.citizen_2021(TOWN[0])
    made = scan(1, code=code, boot=4, uptime_ms=60_000, marks="dir=in")
    await sent(send, [made], earliest_ms=NOON_MS - DAY_MS, latest_ms=NOON_MS)
    await server.deriver.all()
    (wide,) = (await rows(server))["sightings"]
    sample = ClockSample(BOX, EPOCH, 4, 60_000, NOON_MS - 5_000_000, NOON_MS - 4_999_000)
    await sent(send, [], 2, clocks=[sample])
    await server.deriver.all()
    narrow = await rows(server)
    assert wide != narrow["sightings"][0]
    assert f"('latest_ms', {NOON_MS - 4_999_000})" in narrow["sightings"][0]
    assert len(narrow["visits"]) == len(narrow["hours"]) == 1
    assert await again(server) == narrow


async def test_two_that_derive_at_once_write_nothing_twice(server, send):
    await sent(send, a_day())
    others = [Deriver(server.shelf.deriving, server.holder, 2, 50) for _ in range(3)]
    await asyncio.gather(*(one.all() for one in others))
    together = await rows(server)
    assert sum(one.done for one in others) == len(a_day())
    assert await again(server) == together


async def test_the_code_of_a_person_is_in_no_row_and_a_ticket_nobodys(server, send, client):
    one = TOWN[0]
    await sent(send, [shown(1, people.citizen_2021(one), NOON_MS), shown(2, b"XE-BUS 0042", NOON_MS + 1000)])
    await server.deriver.all()

    def everything(connection):
        return repr([connection.execute(select(table)).all() for table in tables.metadata.sorted_tables])

    held = await server.shelf.database.read(everything)
    for said in (one.name, one.number, "XE-BUS 0042"):
        assert said not in held
    found = await rows(server)
    assert sum("('person', None)" in row for row in found["sightings"]) == 1
    lines = (await client.get("/api/v1/scans", params={"box": BOX}, headers=READS)).text.splitlines()
    assert [('"kind":"citizen_card_2021"' in line, '"code":null' in line) for line in lines] == [
        (True, True),
        (False, False),
    ]


async def test_what_another_version_stored_whole_loses_its_code_and_is_derived(server, send):
    record = shown(1, people.citizen_2021(TOWN[0]), NOON_MS)
    await sent(send, [record])

    def as_it_was(connection):
        empty = {"digest": None, "kind": None, "unread": None, "day": None, "class": None, "sealed": None}
        connection.execute(tables.scans.update().values(raw=record, **empty))
        connection.exec_driver_sql("UPDATE derivings SET tx = 1000, id = 0 WHERE name = 'before'")

    await server.shelf.database.write(as_it_was)
    assert await server.deriver.tidy() == 1
    assert await server.deriver.tidy() == 0
    await server.deriver.all()
    assert len((await rows(server))["visits"]) == 1
    (row,) = await server.shelf.database.read(lambda connection: connection.execute(select(tables.scans)).all())
    assert TOWN[0].number.encode() not in row.raw
    assert row.kind == "citizen_card_2021"
    response = await send(body([record], batch_no=2))
    assert rig.verdicts(response) == [(1, "duplicate", None)]


async def test_a_box_whose_seat_is_corrected_has_its_past_at_the_other_place(server, send):
    await server.shelf.places.put_place(Place("market-a", "Chợ A", "market"), None)
    await server.shelf.places.put_place(Place("market-b", "Chợ B", "market"), None)
    seat = BoxSeat(BOX, NOON_MS - 10 * DAY_MS, "market-a")
    await server.shelf.places.put_box_seats(BOX, [seat], [], "ops")
    await sent(send, a_day())
    await server.deriver.all()
    before = await rows(server)
    assert sum("market-a" in row for row in before["sightings"]) > 3
    await server.shelf.places.put_box_seats(BOX, [seat._replace(place_id="market-b")], [seat], "ops")
    await server.deriver.all()
    after = await rows(server)
    assert not any("market-a" in row for name in ("sightings", "visits", "hours") for row in after[name])
    assert [row.replace("market-b", "market-a") for row in after["visits"]] == before["visits"]
    assert await again(server) == after


async def test_a_purpose_that_is_set_for_the_past_takes_the_people_out_of_it(server, send):
    await server.shelf.places.put_place(Place("market-a", "Chợ A", "market"), None)
    await server.shelf.places.put_box_seats(BOX, [BoxSeat(BOX, NOON_MS - 10 * DAY_MS, "market-a")], [], "ops")
    await sent(send, a_day())
    await server.deriver.all()
    entry = await server.shelf.places.entry("market-a")
    flip_ms = (NOON_MS - DAY_MS) // 1000 * 1000
    await server.shelf.places.put_periods("market-a", (Period(flip_ms, "counts_only"),), entry.version)
    await server.deriver.all()
    after = await rows(server)
    of_box = [row for row in after["sightings"] if f"('box_id', '{BOX}')" in row]
    assert of_box
    assert all("('person', None)" in row for row in of_box)
    sealed = await server.shelf.database.read(
        lambda connection: connection.execute(
            select(tables.scans.c.sealed, tables.scans.c.digest).where(tables.scans.c.box_id == BOX)
        ).all()
    )
    assert {tuple(row) for row in sealed} == {(None, None)}


async def test_another_pepper_makes_everything_anew_with_other_pseudonyms_and_the_same_visits(server, send, tmp_path):
    await sent(send, a_day())
    await server.deriver.tidy()
    await server.deriver.all()
    before = await rows(server)
    Folder(server.config.holder_folder()).rotate_pepper()
    holder = make_local_holder(server.config, server.keys)
    other = Deriver(server.shelf.deriving, holder, 3, 50)
    await other.tidy()
    assert await other.all() == len(a_day())
    after = await rows(server)
    assert len(after["visits"]) == len(before["visits"]) == len(TOWN)
    assert not set(after["tokens"]) & set(before["tokens"])
    assert await other.tidy() == 0
    await holder.close()


@pytest.mark.parametrize("seed", range(3))
async def test_a_box_that_knows_the_time_by_samples_alone_is_not_derived_anew_with_each(server, send, seed):
    draw = random.Random(seed)
    codes = [people.citizen_2021(one) for one in TOWN]
    count = 120
    for seq in range(1, count + 1):
        uptime_ms = seq * 60_000
        made = scan(seq, code=draw.choice(codes), boot=1, uptime_ms=uptime_ms, marks="dir=in")
        at_ms = NOON_MS + uptime_ms
        width_ms = draw.randint(5, 400)
        samples = [ClockSample(BOX, EPOCH, 1, uptime_ms - 30_000, at_ms - 30_000 - width_ms, at_ms - 30_000 + width_ms)]
        await sent(send, [made], seq, clocks=samples, earliest_ms=NOON_MS - DAY_MS, latest_ms=at_ms + 3_600_000)
        await server.deriver.all()
    assert server.deriver.done < 6 * count
    found = await rows(server)
    assert await again(server) == found
    sightings = await server.shelf.database.read(
        lambda connection: connection.execute(select(visit_tables.sightings)).all()
    )
    for one in sightings:
        assert one.earliest_ms <= NOON_MS + one.seq * 60_000 <= one.latest_ms
        assert one.latest_ms - one.earliest_ms < 120_000


async def test_where_the_key_of_a_day_is_missing_nobody_is_left_out_in_silence(server, send):
    await sent(send, a_day())
    days = Folder(server.config.holder_folder()).days
    aside = {path: path.read_bytes() for path in days.glob("*-person.key")}
    for path in aside:
        path.unlink()
    server.holder._vault._days._ciphers.clear()
    with pytest.raises(Unavailable, match="holder_keys"):
        await server.deriver.all()
    assert (await rows(server))["sightings"] == []
    for path, data in aside.items():
        path.write_bytes(data)
        path.chmod(0o600)
    await server.deriver.all()
    assert len((await rows(server))["visits"]) == len(TOWN)


async def test_what_is_destroyed_is_derived_as_nobodys(server, send):
    await sent(send, a_day())
    for day in await server.holder.days():
        certificate = await server.holder.destroy(day.day, day.class_)
        await server.shelf.persons.begin_day(*certificate)
    await server.deriver.all()
    found = await rows(server)
    assert found["visits"] == []
    assert all("('person', None)" in row for row in found["sightings"])
