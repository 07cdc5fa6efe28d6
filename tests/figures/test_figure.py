"""A figure says whether its aim was reached, and never says so without one."""

import io
import json

import pytest
from rich.console import Console

from scripts.figures import table
from scripts.figures.figure import Figure


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("a", 12_001, "scans/s", aim=12_000), True),
        (Figure("a", 11_999, "scans/s", aim=12_000), False),
        (Figure("a", 149, "ms", aim=150, at_most=True), True),
        (Figure("a", 151, "ms", aim=150, at_most=True), False),
        (Figure("a", 60, "scans/s", limit=100, ratio_aim=0.6), True),
        (Figure("a", 59, "scans/s", limit=100, ratio_aim=0.6), False),
        (Figure("a", 59, "scans/s", limit=100, aim=50, ratio_aim=0.6), False),
        (Figure("a", 59, "scans/s", ratio_aim=0.6), False),
        (Figure("a", 59, "scans/s", limit=100), None),
    ],
)
def test_an_aim_is_met_only_where_value_and_share_both_reach_it(figure, met):
    assert figure.met is met


def test_the_json_list_has_the_keys_that_readers_rely_on(tmp_path):
    path = tmp_path / "figures.json"
    table.write([Figure("live", 15_000, "scans/s", limit=24_000, aim=12_000)], path)
    (row,) = json.loads(path.read_text())
    assert {"name", "value", "unit", "limit", "ratio", "aim", "met"} <= row.keys()
    assert row["ratio"] == 0.625
    assert row["met"] is True


def test_the_table_shows_a_missed_aim():
    console = Console(width=120, record=True, file=io.StringIO())
    table.show([Figure("live", 5, "scans/s", limit=24_000, aim=12_000)], console)
    text = console.export_text()
    assert "NOT MET" in text
    assert "≥ 12,000" in text
