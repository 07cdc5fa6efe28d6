"""Posters: all that is on them is on the page, true to the place's purpose, and the place's code can be read."""

import pypdfium2
import pytest

from firmware.codes.kind import kind_of
from scripts.tram import exits
from scripts.tram.poster.command import _MOST
from scripts.tram.poster.draw import SIZES, Poster, drawn
from scripts.tram.poster.words import HELP, PURPOSE, SIGNS, STEPS, TITLE
from tests.tram.desk import Desk
from tests.tram.paper.eye import codes, opened, worn

CODE = "https://tokhaiyte.vn/?page=Group.checkin&groupId=0123456789abcdef01234567"
FULL = Poster(
    "Chợ Bình Tây – Cổng Tháp Mười", "in", "identified", "Công văn số 1", "Ban quản lý: 028 3855", CODE, "Khai"
)
LONGEST = Poster(
    title="Ẫ" * _MOST["--title"],
    purpose="identified",
    basis="Quyết định " * (_MOST["--basis"] // 11),
    contact="Đường " * (_MOST["--contact"] // 6),
    code="x" * _MOST["--code"],
    code_title="Khai báo " * (_MOST["--code-title"] // 9),
)


@pytest.fixture
def tram(tmp_path, monkeypatch):
    return Desk(tmp_path / "home", monkeypatch)


def text_of(paper):
    with pypdfium2.PdfDocument(paper.pdf()) as document:
        text = document[0].get_textpage().get_text_range()
    return " ".join(text.split())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("direction", TITLE)
@pytest.mark.parametrize("purpose", PURPOSE)
def test_both_languages_are_on_the_page_whole(size, direction, purpose):
    text = text_of(drawn(Poster("Chợ Mới", direction, purpose, "Công văn số 1"), size))
    wanted = [*TITLE[direction], *HELP, *(one.format(basis="Công văn số 1") for one in PURPOSE[purpose])]
    wanted += [part for step in STEPS for part in step] + [part for sign in SIGNS for part in sign[2:]]
    assert [one for one in wanted if one not in text] == []


def test_where_people_are_only_counted_nothing_else_is_promised():
    text = text_of(drawn(Poster(purpose="counts_only", basis="must not show"), "a4"))
    assert PURPOSE["identified"][1][:30] not in text
    assert "must not show" not in text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("poster", [FULL, LONGEST, Poster()], ids=["usual", "longest", "shortest"])
def test_nothing_leaves_the_page_at_the_bottom_and_the_sides(size, poster):
    picture = opened(drawn(poster, size).png(60))
    wide, high = picture.size
    below = picture.crop((0, round(high * 288.5 / 297), wide, high))
    assert below.getextrema() == (255, 255)
    for left in (0, round(wide * 196 / 210)):
        assert picture.crop((left, round(high * 0.2), left + round(wide * 14 / 210), high)).getextrema() == (255, 255)


@pytest.mark.parametrize("size, turn, blur", [("a3", 0, 0), ("a4", 11, 1.0), ("a4", 90, 2.0)])
def test_the_places_code_is_read_from_the_poster_and_nothing_else_looks_like_one(size, turn, blur):
    assert codes(worn(opened(drawn(FULL, size).png(150)), turn, blur, grey=30)) == [CODE.encode()]


def test_a_poster_without_a_code_shows_readers_nothing():
    assert codes(opened(drawn(Poster(), "a4").png(200))) == []


def test_a_box_knows_the_code_of_a_poster_for_a_places():
    assert kind_of(CODE.encode()) == "place"


def test_the_command_writes_a_poster(tram, tmp_path):
    said = tram("poster", "--title", "Chợ Mới", "--size", "A3", "--out", tmp_path / "p.png")
    assert (said.code, said.end["size"], said.end["purpose"]) == (exits.OK, "a3", "counts_only")
    assert opened((tmp_path / "p.png").read_bytes()).size == (2339, 3307 + 1)


@pytest.mark.parametrize(
    "words, code",
    [
        (["--size", "a5"], "size_unknown"),
        (["--direction", "up"], "direction_unknown"),
        (["--purpose", "all"], "purpose_unknown"),
        (["--purpose", "identified"], "basis_needed"),
        (["--purpose", "identified", "--basis", "  "], "basis_needed"),
        (["--title", "x" * 81], "text_long"),
        (["--code", "x" * 301], "text_long"),
        (["--out", "p.svg"], "format_unknown"),
    ],
)
def test_a_poster_that_cannot_be_made_is_told(tram, tmp_path, monkeypatch, words, code):
    monkeypatch.chdir(tmp_path)
    said = tram("poster", *words)
    assert said.code != exits.OK
    assert said.trouble == code
    assert list(tmp_path.glob("*.*")) == []
