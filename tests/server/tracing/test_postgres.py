"""The same work on PostgreSQL: every statement of tracing's store, and a page that ends in the middle."""

import asyncio
import hashlib
import itertools
from contextlib import aclosing

import pytest

from server.app import utc_ms
from server.store import trace_visits
from server.store.shelf import Shelf
from server.store.visit_tables import visits
from server.tracing import cases, told
from server.tracing.asking import Search
from server.tracing.cases import Case
from server.tracing.kept import Asked, Found
from server.tracing.rules import Rules, RuleSet
from server.tracing.types import DAY_MS, Question, Stay, Window
from tests.server.tracing import town
from tests.server.tracing.town import MARKET, NOON, STATION, Town, loose, person, stay

PLACES = (MARKET, STATION, "truong-hoc")
HOW = {"reads": 1, "sources": "box", "day": 1}


@pytest.fixture
def shelf(place):
    made = Shelf(place, utc_ms)
    made.start()
    yield made
    made.close()


async def fill(shelf, stays):
    rows = [{**one._asdict(), **HOW} for one in stays]
    await shelf.database.write(lambda connection: connection.execute(visits.insert(), rows))


def crowd(number):
    stays = [stay(1, 0, 600)]
    for who in range(2, number + 2):
        came = who * 7 % 500
        one = loose(who, came, came + 60, in_err_min=who % 20, number=who)
        if who % 5 == 0:
            one = one._replace(label="assumed", out_by="stay", out_low=one.in_at, out_high=one.in_at + 360 * 60_000)
        if who % 11 == 0:
            one = one._replace(in_low=NOON - 3 * DAY_MS)
        stays.append(one)
    return stays


async def test_both_databases_give_what_memory_gives(shelf, monkeypatch):
    monkeypatch.setattr(trace_visits, "PAGE_ROWS", 16)
    stays = crowd(200)
    await fill(shelf, stays)
    window = Window(NOON - DAY_MS, NOON + DAY_MS)
    for certainty, question in itertools.product(
        ("possible", "likely", "sure"),
        (
            Question("c", window, window.to_ms, 2, tokens=(b"t" * 16,), person=person(1)),
            Question("c", Window(NOON, NOON + 3_600_000), window.to_ms, place_id=MARKET),
        ),
    ):
        rules = Rules([RuleSet(version=1, min_overlap_min=0, certainty=certainty)])
        there = await Search(question, rules, shelf.tracing).run()
        here = await Search(question, rules, Town(stays)).run()
        assert there.contacts == here.contacts
        assert len(there.contacts) > 10


async def test_no_stay_is_read_twice_and_none_is_left_out_at_any_page_size(shelf, monkeypatch):
    stays = [one._replace(in_low=NOON) for one in crowd(60)[1:]]  # all begin in the same ms
    await fill(shelf, stays)
    for size in (1, 7, 59, 60, 61):
        monkeypatch.setattr(trace_visits, "PAGE_ROWS", size)
        pages = shelf.tracing.at_places([(MARKET, town.WINDOW)], None)
        found = [one.id async for _, page in pages for one in page]
        assert sorted(found) == sorted(one.id for one in stays)
        assert len(found) == len(set(found))


async def test_pages_of_several_places_come_in_the_order_in_which_they_were_asked_for(shelf, monkeypatch):
    monkeypatch.setattr(trace_visits, "PAGE_ROWS", 4)
    await fill(shelf, [stay(who, who, who + 30, place, who) for who in range(1, 30) for place in [PLACES[who % 3]]])
    spans = [(PLACES[number], town.WINDOW) for number in (2, 0, 1, 0)] + [("nowhere", town.WINDOW)]
    found = [[], [], [], [], []]
    async for number, page in shelf.tracing.at_places(spans, 3_600_000):
        assert len(page) <= 4
        found[number] += [int.from_bytes(one.id, "big") for one in page]
    assert found == [[who for who in range(1, 30) if who % 3 == number] for number in (2, 0, 1, 0)] + [[]]


async def test_who_stops_looking_leaves_nothing_under_way(shelf, monkeypatch):
    monkeypatch.setattr(trace_visits, "PAGE_ROWS", 4)
    await fill(shelf, crowd(60))
    async with aclosing(shelf.tracing.at_places([(MARKET, town.WINDOW)], None)) as pages:
        async for _ in pages:
            break
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "tracing-page"]
    assert [one async for one in shelf.tracing.at_places([], None)] == []


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
@pytest.mark.parametrize(("name", "wanted"), [("jit", "off"), ("max_parallel_workers_per_gather", "0")])
async def test_no_read_on_postgres_waits_for_a_compiler_or_for_other_processes(shelf, name, wanted):
    assert await shelf.database.read(lambda line: line.exec_driver_sql(f"SHOW {name}").scalar()) == wanted


async def test_a_case_lives_from_opening_to_closing(shelf):
    tracing, now_ms = shelf.tracing, utc_ms()
    case = Case("0" * 12, "Ổ dịch", "QĐ 1", "", "u-1", now_ms, now_ms + DAY_MS, b"k" * 32)
    await tracing.open_case(case)
    assert await tracing.case(case.id) == case
    rules = await tracing.add_rule_set(RuleSet(name="mười phút", since_ms=5, same_gate_window_min=3), "u-1")
    assert await tracing.rule_sets() == [rules]
    await tracing.ask(Asked("1" * 12, case.id, "u-1", now_ms, {"place_id": ""}, "working", *[None] * 6))
    answer = await Search(
        Question(case.id, town.WINDOW, town.WINDOW.to_ms, person=person(1)),
        Rules([RuleSet(min_overlap_min=0)]),
        Town([stay(1, 0, 60), stay(2, 0, 60)]),
    ).run()
    kept = told.contacts(answer, lambda one: cases.pseudonym(case.key, one))
    await tracing.finish(Found("1" * 12, None, now_ms + 1, 1, "f" * 64, {"cut": []}, kept))
    assert [one for _, one in await tracing.contacts("1" * 12, 0, 10)] == kept
    assert await tracing.contact("1" * 12, kept[0].pseudonym) == kept[0]
    closed = await tracing.close_case(case.id, 1, "u-2")
    assert (closed.closed_by, closed.version) == ("u-2", 2)
    assert await tracing.contacts("1" * 12, 0, 10) == []
    (asked,) = await tracing.questions(case.id, (-1, ""), 10)
    assert (asked.state, asked.contacts, asked.sha256) == ("done", 1, "f" * 64)


async def test_an_answer_of_a_case_that_was_closed_meanwhile_is_not_kept(shelf):
    tracing, now_ms = shelf.tracing, utc_ms()
    await tracing.open_case(Case("0" * 12, "x", "x", "", "u-1", now_ms, now_ms + DAY_MS, b"k" * 32))
    await tracing.ask(Asked("1" * 12, "0" * 12, "u-1", now_ms, {"place_id": ""}, "working", *[None] * 6))
    await tracing.close_case("0" * 12, 1, "u-1")
    await tracing.finish(Found("1" * 12, None, utc_ms(), 1, None, {}, []))
    assert ((await tracing.question("1" * 12)).state, (await tracing.question("1" * 12)).code) == (
        "failed",
        "case_closed",
    )


def test_a_pseudonym_is_of_its_case_alone_and_has_no_letter_that_looks_like_another():
    people = [hashlib.sha256(bytes([number])).digest()[:16] for number in range(200)]
    names = [{cases.pseudonym(key, one) for one in people} for key in (b"a" * 32, b"b" * 32)]
    assert len(names[0]) == len(names[1]) == 200
    assert not names[0] & names[1]
    assert not {letter for name in names[0] for letter in name} & set("ILOU")


def test_a_stay_never_shows_whose_it_is():
    assert person(7).hex() not in repr(Stay._make(stay(7, 0, 60)))
