"""The figures of a box with TLS: medians of what it told, and the bundle in pieces."""

import pytest

from scripts.bundle.pace import Model
from scripts.figures.box_site import Whole, figures, highest_of, pieces

HEAP = {"event": "heap", "peak": 3072, "kept": 2048, "limit": 4096, "block": None}
MODELLED = {"model": Model(), "seconds": 9.0, "line_s": 6.0, "longest_block_ms": 48, "erases": 50}


def test_a_begun_piece_counts_as_one():
    assert pieces([0, 1, 1024, 1025], 1024) == 4


def test_the_link_is_told_as_the_median_of_all_that_came_up():
    links = [{"took_ms": took, "held_ms": 2} for took in (10, 90, 12)]
    found = {row.name: row for row in figures(Whole(links, highest_of([HEAP]), 1.5, [2000], 1.0), MODELLED)}
    assert found["box: gateway found, TLS, logged in (limit: bare TLS)"].value == 12
    assert found["box: update, pieces"].value == 2
    assert found["box: update, link of 60 ms and 100 kB/s, ESP32 flash (limit: link)"].ratio == 1.5


@pytest.mark.parametrize("lines", [[], [{"event": "link", "state": "up"}], [{"face": "ready"}]])
def test_a_box_that_never_told_of_its_heap_gives_no_figure(lines):
    with pytest.raises(RuntimeError):
        highest_of(lines)
