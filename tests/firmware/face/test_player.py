"""One signal over light and buzzer: what is lit when."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.face.player import Player
from firmware.face.table import signal_of
from tests.firmware.face.rig import OFF_MS, ON_MS, SOUND, TIMES, Port, pass_ms
from tests.firmware.face.test_table import NAMES


def a_player(has_sound: bool = True, brightness: int = 100) -> tuple[Player, Port]:
    port = Port()
    return Player(port, has_sound, brightness), port


def length_ms(signal) -> int:
    light_ms = (signal[ON_MS] + signal[OFF_MS]) * signal[TIMES]
    return max(light_ms, sum(ms for _, ms in signal[SOUND]))


@pytest.mark.parametrize("name", NAMES)
def test_light_and_sound_begin_in_start_itself(name):
    player, port = a_player()
    signal = signal_of(name)
    player.start(signal, True)
    assert len(port.of("light")) == 1
    assert any(port.lit())
    assert port.of("tone") == ([signal[SOUND][0][0]] if signal[SOUND] else [])


@pytest.mark.parametrize("name", [name for name in NAMES if signal_of(name)[TIMES]])
def test_what_passes_is_over_in_time_and_leaves_dark_and_silence(name):
    player, port = a_player()
    signal = signal_of(name)
    player.start(signal, True)
    over_ms = None
    while over_ms is None:
        port.now_ms += 1
        if player.tick():
            over_ms = port.now_ms - 1000
    assert over_ms == length_ms(signal)
    assert port.lit() == (0, 0, 0)
    assert ([0, *port.of("tone")])[-1] == 0
    assert not player.tick()


def test_the_rhythm_is_that_of_the_table():
    player, port = a_player(has_sound=False)
    player.start(signal_of("refused"), True)
    pass_ms(port, player, 2000, 1)
    assert [(value != (0, 0, 0), at - 1000) for what, value, at in port.told if what == "light"] == [
        (True, 0),
        (False, 250),
        (True, 400),
        (False, 650),
        (True, 800),
        (False, 1050),
    ]


def test_the_sound_is_that_of_the_table():
    player, port = a_player()
    player.start(signal_of("repeat"), True)
    pass_ms(port, player, 2000, 1)
    tones = [(hz, at - 1000) for what, hz, at in port.told if what == "tone"]
    assert tones == [(1500, 0), (0, 60), (1500, 120), (0, 180)]


@given(st.sampled_from(NAMES), st.lists(st.integers(0, 700), max_size=40))
def test_late_ticks_skip_and_are_told_changes_only(name, gaps_ms):
    player, port = a_player()
    signal = signal_of(name)
    player.start(signal, True)
    passed_ms = 0
    for gap_ms in gaps_ms:
        port.now_ms += gap_ms
        passed_ms += gap_ms
        if player.tick() or player._signal is None:
            break
        turn_ms = signal[ON_MS] + signal[OFF_MS]
        is_lit = passed_ms % turn_ms < signal[ON_MS] and (not signal[TIMES] or passed_ms < turn_ms * signal[TIMES])
        assert any(port.lit()) == is_lit
    for what in ("light", "tone"):
        told = port.of(what)
        assert all(one != other for one, other in pairwise(told))


def test_a_lasting_state_lasts_and_sounds_once():
    player, port = a_player()
    player.start(signal_of("spool_full"), True)
    pass_ms(port, player, 100_000, 20)
    assert len([value for value in port.of("light") if any(value)]) == 84
    assert port.of("tone") == [300, 0]


def test_a_lasting_state_keeps_its_rhythm_for_weeks():
    player, port = a_player()
    player.start(signal_of("no_gateway"), True)
    for _ in range(40):
        port.now_ms += 3000 * 170
        player.tick()
    assert any(port.lit())
    port.now_ms += 100
    player.tick()
    assert not any(port.lit())
    assert player._at_ms < 3000


def test_a_limit_ends_what_lasts():
    player, port = a_player()
    player.start(signal_of("spool_full"), True, 3000)
    port.now_ms += 2999
    assert not player.tick()
    port.now_ms += 1
    assert player.tick()
    assert not any(port.lit())


@pytest.mark.parametrize("brightness, wanted", [(100, 255), (50, 127), (5, 12)])
def test_brightness_is_a_share(brightness, wanted):
    player, port = a_player(brightness=brightness)
    player.start(signal_of("stored"), True)
    assert port.lit() == (0, wanted, 0)


@pytest.mark.parametrize("has_sound, with_sound", [(False, True), (True, False)])
def test_without_sound_there_is_none(has_sound, with_sound):
    player, port = a_player(has_sound)
    player.start(signal_of("stored"), with_sound)
    pass_ms(port, player, 1000)
    assert port.of("tone") == []


def test_a_new_signal_takes_over_at_once_with_its_own_sound():
    player, port = a_player()
    player.start(signal_of("spool_full"), True)
    player.start(signal_of("delivered"), True)
    assert port.lit() == (0, 255, 0)
    assert port.of("tone") == [300, 0]
