"""A small province through the real server: every promise of the simulation holds, whatever the seed."""

import json
import random
import time

import pytest
from sqlalchemy import func, select

from server.cli.words import main
from server.errors import TramError, Unusable
from server.sim import campaign, faults, habits, nodes, passing, sites
from server.sim.clock import BEGINS_MS, DAY_MS, MINUTE_MS
from server.sim.course import Course
from server.sim.figures import Figure, Outcome, must
from server.sim.province import Asked, opened
from server.store.tables import scans

QUICK = Asked(places=20, people=300, days=4, turn_hours=3, traced=5)


def made(seed=1, places=20, people=200, days=4):
    where = sites.made(seed, places, days)
    who = habits.residents(seed, people, where)
    return where, who, habits.Days(seed, who, where)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_promise_is_kept_in_a_small_province(tmp_path, seed):
    told, course = [], Course(campaign.PHASES, time.monotonic)

    def tell(what, done, total):
        course.tell(what, done, total)
        told.append((what, course.part))

    outcome = await campaign.run(QUICK._replace(seed=seed), tmp_path, tell)
    broken = [one for one in outcome.figures if one.is_kept is False]
    assert not broken, [outcome.evidence.get(one.name, [])[:2] for one in broken]
    assert list(dict.fromkeys(what for what, _ in told)) == list(campaign.PHASES)
    assert [part for _, part in told] == sorted(part for _, part in told)
    assert told[-1][1] == pytest.approx(1)
    assert outcome.value("accepted") > 2000
    assert outcome.value("visits_in_all") > 1000
    assert outcome.value("possible_found") > 50


async def test_every_promise_is_kept_on_postgresql(tmp_path, postgres):
    outcome = await campaign.run(QUICK._replace(seed=4, database_url=postgres.url), tmp_path)
    broken = [one for one in outcome.figures if one.is_kept is False]
    assert not broken, [outcome.evidence.get(one.name, [])[:2] for one in broken]
    assert outcome.value("sightings") > 2000


async def test_three_shuffled_passes_through_nodes_of_which_half_are_killed_leave_the_rows_of_one(tmp_path, postgres):
    outcome = await nodes.run(
        Asked(5, 4, 40, 2, database_url=postgres.url), 2, tmp_path, lambda what, done, total: None
    )
    assert outcome.is_kept, outcome.figures
    assert outcome.value("killed") == 1
    assert outcome.value("hash_of_three") == outcome.value("hash_of_one_pass")


async def test_a_database_that_is_not_empty_is_refused(tmp_path):
    async with opened(Asked(places=4, people=40, days=1), tmp_path) as province:
        await province.live(lambda what, done, total: None)
    (tmp_path / "seal.key").unlink()
    with pytest.raises(Unusable) as refused:
        async with opened(Asked(places=4, people=40, days=1), tmp_path):
            pass
    assert refused.value.code == "not_empty"


async def test_the_server_goes_by_the_time_of_the_province(tmp_path):
    async with opened(Asked(places=4, people=40, days=1), tmp_path) as province:
        await province.live(lambda what, done, total: None)
        received = select(func.min(scans.c.received_ms), func.max(scans.c.received_ms))
        first, last = await province.server.shelf.database.read(
            lambda connection: tuple(connection.execute(received).one())
        )
        assert BEGINS_MS <= first <= last <= province.clock() < BEGINS_MS + 5 * DAY_MS


async def test_nodes_without_postgresql_are_refused(tmp_path):
    with pytest.raises(TramError):
        await nodes.run(Asked(1, 2, 10, 1), 2, tmp_path, lambda what, done, total: None)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_gives_the_same_province(seed):
    first, second = made(seed), made(seed)
    assert first[:2] == second[:2]
    assert [first[2].of(day) for day in range(3)] == [second[2].of(day) for day in range(3)]
    assert faults.planted(seed, first[0], 4) == faults.planted(seed, second[0], 4)


def test_another_seed_gives_another_province():
    assert made(1)[2].of(0) != made(2)[2].of(0)


def test_nobody_is_in_two_places_or_stays_longer_than_anybody_would():
    where, _, days = made()
    for day in range(7):
        last = {}
        for stay in days.of(day):
            assert last.get(stay.resident, 0) < stay.in_ms < stay.out_ms
            assert stay.out_ms - stay.in_ms <= where[stay.site].stays_min[1] * MINUTE_MS
            last[stay.resident] = stay.out_ms


def test_about_a_fifth_check_out_where_they_can():
    where, _, days = made(people=400)
    stays = [stay for day in range(5) for stay in days.of(day) if where[stay.site].ways("out")]
    out = sum(stay.gate_out is not None for stay in stays)
    assert 0.15 < out / len(stays) < 0.23


def test_a_box_that_is_off_makes_no_record_and_one_that_loses_gives_numbers_all_the_same():
    where, who, days = made()
    found = faults.planted(1, where, 4)
    passages = passing.Passages(1, where, who, found)
    records = [one for day in range(4) for one in passages.day(day, days.of(day))]
    by_fate = {}
    for some in passages.passed:
        for one in some:
            by_fate.setdefault(one.fate, []).append(one)
    assert all(one.seq == 0 for one in by_fate[passing.OFF])
    assert all(one.seq > 0 for one in by_fate[passing.LOST] + by_fate[passing.HELD])
    assert len(records) == sum(len(by_fate[fate]) for fate in (passing.KEPT, passing.UNREAD)) + len(passages.extra)


def test_each_fault_has_a_box_of_its_own():
    where, _, _ = made(places=60)
    for seed in range(5):
        found = faults.planted(seed, where, 14)
        assert len({one.site for one in found}) == len(found) >= len(faults.KINDS)


def test_a_promise_that_is_broken_makes_the_exit_code_1_and_shows_its_evidence(monkeypatch, tmp_path, capsys):
    async def broken(asked, folder, tell):
        figures = [must("linking", "link_precision", 0.5, False, "= 1.0"), Figure("pace", "took_s", 1.0)]
        return Outcome(figures, {"link_precision": ["two are one"]})

    monkeypatch.setattr(campaign, "run", broken)
    assert main(["sim", "--quick", "--json", str(tmp_path / "told.json")]) == 1
    assert "two are one" in capsys.readouterr().out
    told = json.loads((tmp_path / "told.json").read_text())
    assert (told["is_kept"], told["figures"][0]["value"]) == (False, 0.5)


@pytest.mark.parametrize("wrong", [["--places", "0"], ["--people", "-3"], ["--turn-hours", "5"], ["--seed", "x"]])
def test_a_wrong_option_is_refused(wrong, capsys):
    with pytest.raises(SystemExit) as refused:
        main(["sim", *wrong])
    assert refused.value.code == 2
    assert capsys.readouterr().err


def test_a_folder_that_is_not_empty_is_refused(tmp_path, capsys):
    (tmp_path / "something").write_text("")
    assert main(["sim", "--quick", "--folder", str(tmp_path)]) == 2
    assert "not empty" in capsys.readouterr().err


def test_what_was_not_promised_breaks_nothing():
    assert Outcome([Figure("pace", "took_s", random.random())], {}).is_kept
