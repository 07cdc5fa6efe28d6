"""The font and the picture of a screen."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.face.font import COLUMNS, KNOWN, ROWS, render
from scripts.face import glyphs
from scripts.firmware_build import run_micropython

WIDTH, HEIGHT = 128, 64
LETTER_A = [
    f"{row:08b}".replace("0", ".").replace("1", "#") for row in bytes.fromhex("0000000018242442427E424242420000")
]


def points(picture: bytes) -> list[str]:
    return ["".join(".#"[picture[y // 8 * WIDTH + x] >> (y % 8) & 1] for x in range(WIDTH)) for y in range(HEIGHT)]


def cell(picture: bytes, column: int, row: int) -> list[str]:
    return [line[8 * column : 8 * column + 8] for line in points(picture)[16 * row : 16 * row + 16]]


def test_a_letter_is_drawn_point_by_point_where_it_belongs():
    picture = render(["A" * COLUMNS] * ROWS)
    assert len(picture) == WIDTH * HEIGHT // 8
    for column in range(COLUMNS):
        for row in range(ROWS):
            assert cell(picture, column, row) == LETTER_A


def test_lines_stand_in_the_middle():
    picture = points(render(["A"]))
    lit = [(x, y) for y, line in enumerate(picture) for x, point in enumerate(line) if point == "#"]
    assert (min(x for x, _ in lit), max(x for x, _ in lit)) == (61, 66)
    assert (min(y for _, y in lit), max(y for _, y in lit)) == (24 + 4, 24 + 13)


def test_every_letter_of_vietnamese_is_there_and_looks_different():
    letters = [one for one in glyphs.alphabet() if unicodedata.category(one)[0] == "L"]
    drawn = {bytes(render([letter])) for letter in letters}
    assert len(letters) == 52 + 2 * (5 + 12 * 5 + 1 + 1)
    assert len(drawn) == len(letters)
    assert bytes(render([])) not in drawn


def test_nothing_is_an_empty_screen():
    assert not any(render([]))
    assert not any(render(["", " "]))


@pytest.mark.parametrize("unknown", ["漢", "\u0301", "😀", "\n", "\x00", "ß"])
def test_an_unknown_character_is_a_question_mark(unknown):
    assert render([unknown]) == render(["?"])


@given(st.lists(st.text(max_size=40), max_size=7))
def test_any_text_gives_a_screen_and_what_goes_beyond_it_is_cut(lines):
    assert render(lines) == render([line[:COLUMNS] for line in lines[:ROWS]])


def test_the_font_that_is_shipped_holds_the_alphabet_and_no_more():
    data = glyphs.FONT.read_bytes()
    assert glyphs.alphabet() == KNOWN
    assert len(data) == 16 * len(KNOWN) <= 4096


def test_a_font_without_a_letter_or_with_a_wide_one_is_refused():
    narrow, wide = "0041:" + "00" * 16, "0042:" + "00" * 32
    assert glyphs.pack(narrow, "A") == bytes(16)
    for characters in ("B", "C", "AB"):
        with pytest.raises(glyphs.GlyphsError):
            glyphs.pack(narrow + "\n" + wide, characters)


def test_the_box_draws_the_same_picture(tmp_path):
    lines = ["Đây là mã thanh", "toán, vui lòng", "đưa mã của bạn", "Ẳ ỗ ữ ỵ ? ‘’ 漢"]
    script = tmp_path / "draw.py"
    script.write_text(
        f"import sys\nfrom firmware.face.font import render\nsys.stdout.buffer.write(render({lines!r}))\n",
        encoding="utf-8",
    )
    done = run_micropython([script], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == bytes(render(lines))
