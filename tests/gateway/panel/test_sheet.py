"""A day's CSV: for Excel, and harmless."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.panel import sheet
from gateway.panel.types import Cell, Day
from gateway.panel.words import Phrases

VI = Phrases("vi")


def rows(day, say=VI, separator=","):
    data = sheet.csv_of(day, say, separator)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\xef\xbb\xbf") == 1
    assert not set(data.replace(b"\r\n", b"")) & set(b"\r\n")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator))


def test_a_row_for_each_hour_and_gate_and_the_sums_at_the_end():
    day = Day("2026-11-22", [Cell("nam", 7, 3, 1), Cell("bac", 6, 2, 0, 5), Cell("bac", 7, 1, 1), Cell("", None, 4, 0)])
    assert rows(day) == [
        ["Ngày", "Giờ", "Cổng", "Vào", "Ra", "Hai chiều"],
        ["2026-11-22", "06:00", "bac", "2", "0", "5"],
        ["2026-11-22", "07:00", "bac", "1", "1", "0"],
        ["2026-11-22", "07:00", "nam", "3", "1", "0"],
        ["2026-11-22", "chưa rõ giờ", "cổng chưa đặt tên", "4", "0", "0"],
        ["2026-11-22", "Cả ngày", "Tất cả các cổng", "10", "2", "5"],
    ]


def test_a_day_that_begins_late_is_in_its_own_order():
    day = Day("2026-11-22", [Cell("g", 1, 1, 0), Cell("g", 23, 1, 0)], first_hour=4)
    assert [row[1] for row in rows(day)[1:3]] == ["23:00", "01:00"]


def test_an_empty_day_has_sums_of_nothing():
    assert rows(Day("2026-11-22", []), Phrases("en"))[1] == ["2026-11-22", "Whole day", "All gates", "0", "0", "0"]
    assert rows(Day(None, []))[1][0] == ""


@pytest.mark.parametrize("separator", sheet.SEPARATORS.values())
def test_what_separates_may_stand_in_a_name(separator):
    day = Day("2026-11-22", [Cell('a,b;c"d', 7, 1, 0)])
    assert rows(day, separator=separator)[1][2] == 'a,b;c"d'


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-cong",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "|calc",
        "%0",
        "＝1",
        "＋1",
        "－1",
        "＠a",
        "\u00a0=1",
    ],
)
def test_a_name_that_a_spreadsheet_would_calculate_is_text(name):
    assert rows(Day("2026-11-22", [Cell(name, 7, 1, 0)]))[1][2] == "'" + re.sub("[\t\r\n\u00a0]", " ", name)


@given(st.text(max_size=20))
def test_no_name_ever_begins_like_a_formula(name):
    assert sheet.harmless(name).lstrip()[:1] not in [*"=+-@|%＝＋－＠"]


def test_usual_names_stay_as_they_are():
    for name in ("cong-bac", "Cổng Bắc", "3", "a=b", "a-b", "'x"):
        assert sheet.harmless(name) == name
