"""Which words stand on the screen, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.face import font
from firmware.face.screen import PAGE_MS, Screen, wrap
from firmware.face.texts import words_of
from tests.firmware.face.rig import Port, pass_ms

READY = ["Mời quét mã", "Please show your", "code"]
STORED = ["Đã ghi nhận", "Recorded"]
FULL_VI = ["Hộp quét đã đầy,", "mời dùng cổng", "khác"]
FULL_EN = ["This box is", "full, please use", "another gate"]


def a_screen(language: str = "both", name: str = "") -> tuple[Screen, Port]:
    port = Port(wants_words=True)
    return Screen(port, language, name), port


def test_both_languages_stand_on_one_page_where_they_fit():
    screen, port = a_screen()
    screen.show("stored", "", True)
    screen.tick()
    assert port.of("display") == [STORED]


def test_otherwise_they_take_turns_for_as_long_as_it_lasts():
    screen, port = a_screen()
    screen.show("spool_full", "", False)
    pass_ms(port, screen, 4 * PAGE_MS - 100)
    assert port.of("display") == [FULL_VI, FULL_EN, FULL_VI, FULL_EN]


@pytest.mark.parametrize("language, wanted", [("vi", FULL_VI), ("en", FULL_EN)])
def test_where_one_language_is_set_only_that_one_is_shown_and_drawn_once(language, wanted):
    screen, port = a_screen(language)
    screen.show("spool_full", "", False)
    pass_ms(port, screen, 10 * PAGE_MS)
    assert port.of("display") == [wanted]


def test_what_passes_is_shown_in_both_languages_and_then_what_lies_under_it():
    screen, port = a_screen()
    screen.show("ready", "", False)
    screen.tick()
    screen.show("wrong_kind", "vietqr", True)
    screen.lie_under("ready", "")
    pass_ms(port, screen, 3 * PAGE_MS)
    vi, en = (wrap(text, 16) for text in words_of("wrong_kind", "vietqr"))
    assert port.of("display") == [READY, vi, en, READY]


def test_the_newest_comes_at_once():
    screen, port = a_screen()
    screen.show("wrong_kind", "vietqr", True)
    screen.tick()
    screen.show("stored", "", True)
    screen.tick()
    assert port.of("display")[-1] == STORED


def test_of_several_before_a_tick_only_the_last_is_drawn():
    screen, port = a_screen()
    screen.show("seen", "", True)
    screen.show("stored", "", True)
    screen.tick()
    assert port.of("display") == [STORED]


def test_what_changes_under_a_passing_one_waits_until_that_is_over():
    screen, port = a_screen("vi")
    screen.show("stored", "", True)
    screen.tick()
    screen.lie_under("spool_full", "")
    screen.tick()
    assert port.of("display") == [STORED[:1]]
    pass_ms(port, screen, PAGE_MS + 20)
    assert port.of("display") == [STORED[:1], FULL_VI]


def test_the_name_of_the_gate_stands_over_what_is_asked_for_where_there_is_room():
    screen, port = a_screen(name="Cổng Bắc")
    screen.lie_under("ready", "")
    screen.tick()
    assert port.of("display") == [["Cổng Bắc", *READY]]
    screen, port = a_screen(name="Cổng Bắc, chợ Bến Thành")
    screen.lie_under("ready", "")
    screen.tick()
    assert port.of("display") == [READY]


def test_a_real_screen_gets_the_picture():
    port = Port(has_screen=True)
    screen = Screen(port, "both", "")
    screen.show("stored", "", True)
    screen.tick()
    assert port.of("show") == [bytes(font.render(STORED))]


def test_without_a_font_the_board_writes_as_it_can(monkeypatch, tmp_path):
    monkeypatch.setattr(font, "PATH", str(tmp_path / "glyphs.bin"))
    port = Port(has_screen=True)
    screen = Screen(port, "en", "")
    screen.show("stored", "", True)
    screen.tick()
    assert port.of("display") == [["Recorded"]]


def test_nothing_is_drawn_before_anything_was_shown():
    screen, port = a_screen()
    pass_ms(port, screen, 3 * PAGE_MS)
    assert port.told == []


@given(st.text(max_size=200), st.integers(1, 20))
def test_lines_are_no_longer_than_the_screen_and_lose_nothing(text, columns):
    lines = wrap(text, columns)
    assert all(0 < len(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
