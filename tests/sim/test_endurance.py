"""One box under a long load: its heap is judged by its quarters, and a short one is run for real."""

import pytest

from scripts.sim.endurance import Drift, Long, blocks_of, drift, endure, lines, verdict
from scripts.sim.evidence import Heap

LIMIT = 100_000


@pytest.mark.parametrize(
    ("values", "first", "last"), [([], 0, 0), ([5], 5, 5), ([1, 2, 3, 4], 1, 4), (list(range(100)), 12, 87)]
)
def test_the_first_quarter_is_compared_with_the_last(values, first, last):
    assert drift(values)[1:3] == (first, last)


def test_a_block_counts_once_though_it_is_told_again_and_again():
    heaps = [Heap("box-1", 1, block) for block in (None, 5, 5, 4, 4, 5)]
    assert blocks_of(heaps) == [5, 4, 5]


@pytest.mark.parametrize(
    ("used", "block", "named"),
    [
        (Drift(40, 50_000, 53_000, 0, 0), Drift(40, 9_000, 9_000, 0, 0), "in use grew from 50000 to 53000"),
        (Drift(40, 50_000, 50_000, 0, 0), Drift(40, 9_000, 6_000, 0, 0), "block shrank from 9000 to 6000"),
        (Drift(0, 0, 0, 0, 0), Drift(40, 9_000, 9_000, 0, 0), "nothing is known"),
    ],
)
def test_what_drifts_is_named(used, block, named):
    assert named in " ".join(verdict(used, block, LIMIT))


@pytest.mark.parametrize("used", [50_000, 51_000, 20_000])
def test_what_stays_or_falls_is_well(used):
    assert verdict(Drift(40, 50_000, used, 0, 0), Drift(40, 9_000, 20_000, 0, 0), LIMIT) == []


@pytest.mark.slow
async def test_a_box_on_its_system_volume_keeps_its_heap_through_outages(tmp_path):
    shown = []
    order = Long(300, has_system=True, pauses=2)
    told = await endure(order, tmp_path, lambda number, line: shown.append(number))
    assert told["broken"] == []
    assert (told["shown"], told["lost"], told["invented"]) == (300, 0, 0)
    assert told["green"] + told["refused"] == 300
    assert told["heap_block"]["samples"] >= 1
    assert shown == list(range(1, 301))
    assert "300 scans at" in lines(told, order)[0]
