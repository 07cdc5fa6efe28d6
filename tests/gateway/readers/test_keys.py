"""What was typed arrives as it was meant, or is refused; never something in between."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.readers.keys import GAP_MS, Events, Key, Keyboard, Torn, Typed
from scripts.sim.people import any_code
from tests.gateway.readers.typist import (
    ALT,
    CAPS,
    CTRL,
    ENTER,
    SHIFT,
    alt,
    hexed,
    keys,
    packed,
    press,
    typed,
)

US = "".join(chr(number) for number in range(0x20, 0x7F))


def said(made, keyboard=None):
    keyboard = keyboard or Keyboard()
    return [one for key in made for one in keyboard.feed(key)]


def codes(strokes, **when):
    return [(one.code.decode(), one.how) for one in said(keys([*strokes, *press(ENTER)], **when))]


@given(st.text(st.sampled_from(US), min_size=1, max_size=80))
def test_every_sign_of_the_us_layout_arrives(text):
    assert codes(typed(text)) == [(text, "us")]


def test_the_keys_of_a_card_without_marks_arrive_and_it_is_said_that_they_were_plain():
    assert codes(typed("084199000731|334000731|Tran Thi Sen|02031985|Nu")) == [
        ("084199000731|334000731|Tran Thi Sen|02031985|Nu", "us")
    ]


@pytest.mark.parametrize("end", ["release", "space"])
def test_signs_that_are_composed_in_hexadecimal_arrive(end):
    strokes = [*typed("Nguy"), *hexed("ễ", end), *typed("n")]
    assert codes(strokes) == [("Nguyễn", "hex")]


@pytest.mark.parametrize(
    "digits, sign",
    [
        ("0234", "ê"),
        ("136", "ê"),
        ("7877", "ễ"),
        ("0208", "Ð"),
        ("65", "A"),
        ("065", "A"),
        ("128512", "😀"),
        ("29", "\x1d"),
    ],
)
def test_signs_that_are_composed_with_alt_and_the_number_block_arrive(digits, sign):
    assert codes([*typed("x"), *alt(digits), *typed("y")]) == [(f"x{sign}y", "alt")]


@pytest.mark.parametrize("digits", ["0129", "1114112", "55296", "0", "00"])
def test_numbers_that_are_no_sign_spoil_the_code(digits):
    assert said(keys([*typed("abc"), *alt(digits), *typed("def"), *press(ENTER)])) == [Torn("unknown_key", 6)]


def test_a_group_separator_comes_as_ctrl_and_a_bracket():
    assert codes([*typed("01"), *press(CTRL, 27), *typed("10")]) == [("01\x1d10", "us")]


def test_caps_lock_turns_letters_round_and_nothing_else():
    assert codes([*press(CAPS), *typed("aB1|"), *press(CAPS), *typed("aB")]) == [("Ab1|aB", "us")]


@pytest.mark.parametrize("stroke", [59, 105, 183, 194, 240, 511])
def test_a_key_that_means_nothing_here_spoils_the_code_and_not_the_next(stroke):
    keyboard = Keyboard()
    first = said(keys([*typed("ab"), *press(stroke), *typed("cd"), *press(ENTER)]), keyboard)
    assert [one.reason for one in first] == ["unknown_key"]
    second = said(keys([*typed("ok"), *press(ENTER)], at_ms=5_000), keyboard)
    assert [one.code for one in second] == [b"ok"]


def test_a_key_that_is_held_down_does_not_repeat():
    made = keys(typed("a"))
    made[3:3] = [Key(1_001, 1, 30, 2)] * 30
    assert [one.code for one in said([*made, *keys(press(ENTER), 1_010)])] == [b"a"]


def test_a_pause_within_a_code_tears_it_and_what_follows_is_another():
    keyboard = Keyboard()
    assert said(keys(typed("0841990")), keyboard) == []
    found = said(keys([*typed("00731"), *press(ENTER)], at_ms=2_000), keyboard)
    assert found[0] == Torn("truncated", 7)
    assert [one.code for one in found[1:]] == [b"00731"]


def test_a_code_without_its_enter_is_torn_by_the_silence_after_it():
    keyboard = Keyboard()
    said(keys(typed("084")), keyboard)
    assert keyboard.tick(1_010 + GAP_MS - 5) == []
    assert keyboard.tick(1_010 + GAP_MS + 5) == [Torn("truncated", 3)]
    assert keyboard.tick(99_999) == []


def test_a_clock_that_goes_back_tears_the_code_too():
    keyboard = Keyboard()
    said(keys(typed("084"), at_ms=50_000), keyboard)
    assert said(keys(typed("1"), at_ms=10_000), keyboard) == [Torn("truncated", 3)]


def test_events_that_the_kernel_lost_spoil_the_code():
    made = [*keys(typed("084")), Key(1_013, 0, 3, 0), *keys([*typed("199"), *press(ENTER)], at_ms=1_014)]
    (one,) = said(made)
    assert one.reason == "truncated"


def test_a_modifier_whose_release_was_lost_does_not_stay_down():
    keyboard = Keyboard()
    said([*keys([(SHIFT, 1), *press(30)]), Key(1_010, 0, 3, 0)], keyboard)
    found = said(keys([*typed("ok"), *press(ENTER)], at_ms=3_000), keyboard)
    assert [one.code for one in found if isinstance(one, Typed)] == [b"ok"]


def test_a_reader_that_is_pulled_loses_the_half_code_only():
    keyboard = Keyboard()
    said(keys(typed("084")), keyboard)
    assert keyboard.drop() == [Torn("truncated", 3)]
    assert keyboard.drop() == []
    assert [one.code for one in said(keys([*typed("x"), *press(ENTER)]), keyboard)] == [b"x"]


def test_enter_alone_is_nothing():
    assert codes([]) == []


def test_a_code_longer_than_a_record_may_be_is_refused_whole():
    strokes = typed("x" * 3_073)
    (one,) = said(keys([*strokes, *press(ENTER)], step_ms=1))
    assert one.reason == "too_long"
    assert [len(one.code) for one in said(keys([*typed("x" * 3_072), *press(ENTER)], step_ms=1))] == [3_072]


@pytest.mark.parametrize("bits", [64, 32])
def test_the_kernels_bytes_are_read_on_machines_of_both_sizes(bits):
    events = Events(bits)
    assert events.size == {64: 24, 32: 16}[bits]
    made = keys([*typed("Az|9"), *press(ENTER)])
    assert [one.code for one in said(events.keys(packed(made, bits)))] == [b"Az|9"]


def test_half_an_event_is_not_read():
    assert list(Events(64).keys(packed(keys(press(ENTER)))[:-1]))[-1].kind == 1


@given(st.binary(max_size=24 * 60))
def test_no_bytes_bring_it_down_and_what_comes_out_is_whole_text(data):
    keyboard = Keyboard()
    for key in Events(64).keys(data):
        for one in keyboard.feed(key):
            if isinstance(one, Typed):
                assert one.code.decode()


@pytest.mark.parametrize("seed", range(30))
def test_codes_of_people_arrive_bit_for_bit_where_the_reader_can_compose(seed):
    draw = random.Random(seed)
    text = any_code(draw)[1].decode(errors="ignore").strip()
    text = "".join(sign for sign in text if sign >= " " and ord(sign) != 0x7F) or "x"
    strokes = []
    for sign in text:
        strokes += typed(sign) if sign in US else draw.choice([hexed(sign), hexed(sign, "space")])
    assert [one[0] for one in codes(strokes, step_ms=1)] == [text]


def test_alt_released_without_digits_is_nothing():
    assert codes([*typed("a"), (ALT, 1), (ALT, 0), *typed("b")]) == [("ab", "us")]
