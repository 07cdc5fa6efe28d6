"""The power budget: Ohm's law by hand for one build, and what must hold for any."""

import pytest

from scripts.drawing.builds import cable_ohm, load
from scripts.drawing.power import LENGTHS_M, MARGIN_V, budget, buzzer_ma, cables, colour_ma, draws
from tests.hardware.tree import ROOT

BUILDS = {build.name: build for build in load(ROOT)}
EACH = pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)


def test_the_cheapest_build_by_hand():
    build = BUILDS["cheapest"]
    told = budget(build, ROOT)
    buzzer = (5.25 - 0.2) / (16 + 33) * 1000
    assert told.peak == pytest.approx(365 + 160 + 60 + 1 + buzzer)
    assert told.mean == pytest.approx(110 + 110 + 8 + 1 + 3)
    assert told.loop_ohm == pytest.approx(2 * 0.060 * 2 + 0.06 + 0.10)
    assert told.rail_v[0] == pytest.approx(4.75 - told.peak / 1000 * told.loop_ohm)
    reader = next(need for need in told.needs if need.part == "GM65")
    assert told.margin_v(reader) == pytest.approx(told.rail_v[0] - 4.2)
    assert told.least_margin_v == told.margin_v(reader)


def test_a_switching_regulator_takes_less_than_it_gives():
    build = BUILDS["pico"]
    told = budget(build, ROOT)
    core = (400 + 200) * 3.3 / ((4.75 - 1.0) * 0.85)
    lights = sum(colour_ma(build, 5.25).values())
    assert told.peak == pytest.approx(core + lights + (5.25 - 1.1) / 49 * 1000)
    assert told.mean < 100 + 130 + 6 + 3  # at the mean more arrives, and the 3.3 V take less than they are


def test_a_regulator_of_the_readers_own_takes_it_off_the_boards():
    told = budget(BUILDS["standard"], ROOT)
    own, readers = told.regulators
    assert (own.peak, readers.peak) == (440 + 30, 200)
    assert readers.heat_w == pytest.approx((5.25 - 3.3) * 0.130)


@EACH
def test_a_longer_or_thinner_cable_leaves_less(build):
    table = cables(build, ROOT)
    for row in table.values():
        margins = [row[m] for m in LENGTHS_M]
        assert margins == sorted(margins, reverse=True)
    for metres in LENGTHS_M:
        margins = [table[awg][metres] for awg in sorted(table)]
        assert margins == sorted(margins, reverse=True)


@EACH
def test_the_builds_own_cable_is_in_the_table_and_will_do(build):
    assert cables(build, ROOT)[build.awg][build.length_m] == pytest.approx(budget(build, ROOT).least_margin_v)
    assert budget(build, ROOT).least_margin_v >= MARGIN_V


@EACH
def test_some_cable_of_the_table_will_not_do_where_the_reader_or_light_hangs_on_five_volts(build):
    worst = min(spare for row in cables(build, ROOT).values() for spare in row.values())
    assert (worst < MARGIN_V) == (build.name != "pico")


@EACH
def test_a_peak_is_never_below_its_mean_and_every_figure_has_a_source(build):
    for draw in draws(build):
        assert draw.peak >= draw.mean > 0
        assert len(draw.source) > 10


@EACH
def test_every_part_of_the_wiring_that_takes_current_is_in_the_budget(build):
    parts = {draw.part for draw in draws(build)}
    assert {build.board_part["part"], build.reader_part["part"], build.light_part["part"]} <= parts
    assert (build.display_part is not None) == ("SSD1306-0.96-I2C" in parts)


def test_the_buzzer_draws_less_behind_a_larger_resistor():
    build = BUILDS["cheapest"]
    assert buzzer_ma(build, 5.25) == pytest.approx(103, abs=1)
    assert buzzer_ma(build, 4.5) < buzzer_ma(build, 5.25)


def test_a_thicker_wire_has_less_resistance():
    ohm, contacts = cable_ohm(ROOT)
    assert list(ohm.values()) == sorted(ohm.values())
    assert contacts > 0
