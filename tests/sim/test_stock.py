"""What a visitor holds is known before it is drawn, and can be read as it was drawn."""

import asyncio
from itertools import islice
from pathlib import Path

import pytest

from scripts.sim import stock
from scripts.sim.reader_eye import codes_in
from scripts.sim.stock import Stock, code_of
from scripts.sim.visitors import Visit, visits


def visit(person, shows="card"):
    return Visit(0.0, 0, person, shows, False)


async def test_a_reader_sees_in_every_picture_exactly_what_was_drawn_into_it(tmp_path):
    drawn = Stock(tmp_path, 7)
    for one in islice(visits(7, 3, 4.0), 60):
        held = await drawn.of(one)
        assert await asyncio.to_thread(codes_in, held.command["show"]) == [held.code]


def test_a_person_has_one_code_for_a_seed_and_another_for_another_seed():
    assert code_of(1, 5, "card") == code_of(1, 5, "card")
    assert code_of(1, 5, "card") != code_of(2, 5, "card")


def test_codes_are_of_all_lengths_and_some_are_not_text():
    codes = [code_of(7, person, "card") for person in range(2000)]
    assert min(map(len, codes)) < 5
    assert 2500 < max(map(len, codes)) <= 2900
    assert any(b"\0" in code for code in codes)


def test_a_code_that_is_too_long_is_longer_than_a_scan_may_be():
    assert len(code_of(7, 1, "too_long")) > 3072


async def test_two_gates_that_want_one_picture_draw_it_once(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(stock, "draw_codes", lambda codes, path: drawn.append(codes) or path)
    stack = Stock(tmp_path, 7)
    await asyncio.gather(stack.of(visit(1)), stack.of(visit(1)))
    assert len(drawn) == 1


async def test_a_long_run_keeps_only_the_last_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(stock, "KEPT", 3)
    stack = Stock(tmp_path, 7)
    paths = [Path((await stack.of(visit(person))).command["show"]) for person in (0, 1, 2, 0, 3)]
    assert [path.exists() for path in paths] == [True, False, True, True, True]


async def test_pictures_can_be_drawn_before_anybody_comes(tmp_path):
    stack = Stock(tmp_path, 7)
    await stack.prepare([visit(person) for person in range(4)])
    assert len(list((tmp_path / "pictures").iterdir())) == 4


@pytest.mark.parametrize("shows", ["payment", "place", "too_long"])
def test_a_wrong_thing_is_what_it_is_called(shows):
    starts = {"payment": b"0002010", "place": b"https://", "too_long": b""}
    assert code_of(7, 3, shows).startswith(starts[shows])
