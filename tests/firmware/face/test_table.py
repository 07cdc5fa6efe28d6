"""One table from outcome to light, sound and words."""

import pytest

from firmware.face import OUTCOMES, Face

WANTED = {
    "stored", "delivered", "repeat", "refused", "too_long", "spool_full", "spool_fault", "reader_fault", "no_gateway",
    "ready",
}  # fmt: skip


def test_every_outcome_has_its_row():
    assert set(OUTCOMES) == WANTED


@pytest.mark.parametrize("outcome", sorted(WANTED))
def test_a_row_has_light_and_words_in_both_languages(outcome):
    signal = OUTCOMES[outcome]
    colour, on_ms, off_ms, times = signal.light
    assert colour in ("green", "yellow", "red", "white")
    assert on_ms > 0
    assert off_ms >= 0
    assert times >= 0
    assert all(0 <= hz <= 5000 and 0 < length_ms <= 1000 for hz, length_ms in signal.sound)
    assert signal.text_vi != signal.text_en
    assert 0 < len(signal.text_vi) <= 48
    assert 0 < len(signal.text_en) <= 48


def test_colour_is_never_the_only_carrier():
    carried = [(signal.light[1:], signal.sound) for signal in OUTCOMES.values()]
    assert len(set(carried)) == len(carried)


def test_only_what_is_kept_is_green():
    assert {outcome for outcome, signal in OUTCOMES.items() if signal.light[0] == "green"} == {
        "stored",
        "delivered",
        "repeat",
    }


def test_the_port_gets_outcome_signal_and_facts():
    drawn = []

    class Port:
        def draw(self, outcome, signal, facts):
            drawn.append((outcome, signal, facts))

    Face(Port()).show("stored", seq=5)
    assert drawn == [("stored", OUTCOMES["stored"], {"seq": 5})]


def test_an_outcome_that_is_not_in_the_table_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        Face(None).show("approved")
