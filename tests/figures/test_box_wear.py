"""Years of a flash: from its blocks, what a scan costs, and what is assumed of a day."""

import pytest

from scripts.figures.box_wear import BOARDS, Geometry, figures, geometries, measured, years

TWO_BOARDS = """
[boards.one]
chip = "esp32"
flash = { spool = { offset = 0, bytes = 0x80000 } }
[boards.two]
chip = "rp2350"
flash = { spool = { offset = 0, bytes = 0x80000 } }
[boards.three]
chip = "esp32c3"
flash = { spool = { offset = 4096, bytes = 0x80000 } }
"""


def test_boards_with_the_same_flash_are_measured_once():
    assert geometries(TWO_BOARDS) == [Geometry(128, 32, ("one", "three")), Geometry(128, 256, ("two",))]


def test_every_board_of_the_hardware_has_a_geometry():
    named = [name for one in geometries(BOARDS.read_text(encoding="utf-8")) for name in one.boards]
    assert sorted(named) == ["esp32", "esp32c3", "esp32s3", "pico2_w", "pico_w"]


def test_years_are_cycles_times_blocks_over_erases_a_year():
    assert years(1.0, 1) == pytest.approx(100_000 / (5_000 * 365.25))
    assert years(0.5, 52) == pytest.approx(104 * years(1.0, 1))


def test_the_limit_is_a_plain_file_on_the_same_flash():
    one = Geometry(52, 256, ("small",))
    live, backlog, life, ahead = figures([(one, {"live": 20, "backlog": 40, "plain": 100, "most": 9})], 100)
    assert (live.value, backlog.value, live.limit) == (0.2, 0.4, 1.0)
    assert life.ratio == pytest.approx(5)
    assert ahead.value == pytest.approx(9 - 20 / 52)


def test_a_spool_costs_the_smallest_board_less_than_a_plain_file():
    said = measured(Geometry(52, 256, ("pico_w",)), 200)
    assert 0 < said["live"] < said["backlog"] < said["plain"]
    assert 0 < said["most"] <= said["live"]


@pytest.mark.parametrize("blocks", [0, 8])
def test_a_flash_that_is_too_small_for_a_spool_is_refused_and_not_measured(blocks):
    with pytest.raises(RuntimeError):
        measured(Geometry(blocks, 32, ("tiny",)), 10)
