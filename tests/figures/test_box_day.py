"""The rows of a day: each aim stands where it is held, and a missed code shows."""

import pytest

from scripts.figures.box_day import Days, figures, of_heap
from scripts.figures.box_gate import Run

PLAIN = {"ESP32": {"p50_us": 60_000, "p99_us": 120_000}, "RP2": {"p50_us": 50_000, "p99_us": 110_000}}
HEAP = {"peak": 2048, "kept": 1024, "limit": 4096, "block": 512}
LATENCY = {"latency_ms": {"code_to_server": {"p50": 30, "p99": 90}}}
GOOD = Run(2, [20, 30], [40, 50])


def rows(**changes):
    values = {
        "minutes": 1,
        "steady": GOOD,
        "burst": GOOD,
        "on_rp2": GOOD,
        "backlog": {"ESP32": GOOD},
        "report": LATENCY,
        "heap": HEAP,
        **changes,
    }
    return {row.name: row for row in figures(Days(**values), PLAIN)}


def test_signs_are_held_to_a_tenth_of_a_second_and_misses_to_none():
    found = rows()
    held = [row for row in found.values() if row.aim is not None]
    assert {row.aim for row in held} == {100, 0}
    assert all(row.met for row in held)


def test_green_stands_beside_a_plain_file_on_the_same_flash():
    assert rows()["box: code to green p99, ESP32 (limit: plain file)"].limit == 120


@pytest.mark.parametrize("which", ["steady", "burst"])
def test_one_missed_code_misses_the_aim(which):
    found = rows(**{which: Run(2, [20, 30], [40])})
    assert [row.value for row in found.values() if row.met is False] == [1]


@pytest.mark.parametrize(
    "changes", [{"on_rp2": Run(2, [20, 101], [40, 50])}, {"backlog": {"RP2": Run(1, [140], [150])}}]
)
def test_a_late_sign_misses_the_aim(changes):
    assert [row.met for row in rows(**changes).values()].count(False) == 1


@pytest.mark.parametrize(
    "changes", [{"steady": Run(2), "burst": Run(2)}, {"on_rp2": Run(1)}, {"backlog": {"RP2": Run(0)}}]
)
def test_no_sign_at_all_is_no_figure(changes):
    with pytest.raises(RuntimeError, match="no code got a sign"):
        rows(**changes)


def test_a_heap_whose_largest_block_was_never_had_shows_none():
    peak, kept, block = of_heap({**HEAP, "block": None}, "x")
    assert (peak.value, kept.value, block.value) == (2, 1, 0)
    assert block.limit == 4
