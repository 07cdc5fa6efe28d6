"""Vietnamese is spelled one way: where two are right, the mark stands on the first of the two vowels (khóa, hủy)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSES = ("docs", "firmware", "gateway", "hardware", "presence", "scripts", "server")
KINDS = {".py", ".md", ".html", ".txt", ".toml"}
OTHER_WAY = re.compile(r"\b(?:kh|h|t|x|l|ng)?(?:o[áàảãạ]|o[éèẻẽẹ])\b|\b(?:h|t|th|l|ng)?u[ýỳỷỹỵ]\b", re.IGNORECASE)


def texts():
    """Every file in which something may be said to people."""
    found = list(ROOT.glob("*.md"))
    for house in HOUSES:
        found += (path for path in (ROOT / house).rglob("*") if path.suffix in KINDS)
    return sorted(found)


@pytest.mark.parametrize("word", ["khoá", "Xoá", "huỷ", "uỷ", "khoẻ", "TOÀ"])
def test_the_other_way_is_seen(word):
    assert OTHER_WAY.findall(f"một {word} nữa") == [word]


@pytest.mark.parametrize("word", ["khóa", "toán", "loại", "quý", "quỳ", "hoạt", "hủy", "thoát"])
def test_what_is_right_is_left_alone(word):
    assert OTHER_WAY.findall(word) == []


def test_all_is_spelled_one_way():
    said = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in texts()
        for word in OTHER_WAY.findall(path.read_text(encoding="utf-8"))
    ]
    assert said == []
