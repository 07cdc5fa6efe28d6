"""One table from outcome to light and sound."""

import re

import pytest

from firmware.face.table import TABLE, first_of, signal_of
from tests.firmware.face.rig import COLOUR, ENDS, FOR_PERSON, OFF_MS, ON_MS, SOUND, TIMES

WANTED = {
    "identify", "updating", "safe_mode", "spool_fault", "spool_full", "reader_fault", "unprovisioned", "provisioning",
    "connecting", "no_gateway", "ready", "seen", "stored", "delivered", "repeat", "refused", "too_long", "wrong_kind",
    "direction", "provision_ok", "provision_refused", "provision_gave_up", "asked", "place_full", "quota", "revoked",
    "stop", "gateway_full",
}  # fmt: skip
NAMES = [line.split()[0] for line in TABLE.split("\n") if line]
SIGNALS = {name: signal_of(name) for name in NAMES}


def test_every_outcome_has_its_row_and_only_one():
    assert set(NAMES) == WANTED
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_in_its_form(name):
    signal = SIGNALS[name]
    assert re.fullmatch("[0-9a-f]{3}", signal[COLOUR])
    assert signal[COLOUR] != "000"
    assert 30 <= signal[ON_MS] <= 2000
    assert 0 <= signal[OFF_MS] <= 5000
    assert 0 <= signal[TIMES] <= 9
    assert all(hz == 0 or 200 <= hz <= 4000 for hz, _ in signal[SOUND])
    assert all(20 <= ms <= 700 for _, ms in signal[SOUND])
    assert not signal[SOUND] or signal[SOUND][-1][0]
    assert set(signal[ENDS]) < set(NAMES)
    assert all(SIGNALS[ended][TIMES] == 0 for ended in signal[ENDS])


def test_colour_is_never_the_only_carrier():
    rhythms = [signal[ON_MS : TIMES + 1] for signal in SIGNALS.values()]
    assert len(set(rhythms)) == len(rhythms)
    sounds = [signal[SOUND] for signal in SIGNALS.values() if signal[SOUND]]
    assert len(set(sounds)) == len(sounds)


def test_what_a_person_must_tell_apart_with_eyes_shut_sounds():
    assert [name for name, signal in SIGNALS.items() if signal[FOR_PERSON] and not signal[SOUND]] == []


def test_only_what_is_kept_is_green():
    def is_green(colour):
        return colour[1] > max(colour[0], colour[2])

    assert {name for name, signal in SIGNALS.items() if is_green(signal[COLOUR])} == {"stored", "delivered", "repeat"}


def test_stored_and_delivered_are_different_signals():
    assert SIGNALS["stored"][ON_MS:] != SIGNALS["delivered"][ON_MS:]
    assert SIGNALS["stored"][FOR_PERSON]
    assert not SIGNALS["delivered"][FOR_PERSON]


def test_what_is_seen_at_once_is_over_before_anybody_waits_for_it():
    signal = SIGNALS["seen"]
    assert signal[ON_MS] <= 100
    assert sum(ms for _, ms in signal[SOUND]) <= 100


@pytest.mark.parametrize("outcome", ["approved", "", "store", "stored ", "\nstored", "k"])
def test_an_outcome_that_is_not_in_the_table_is_a_mistake_of_ours(outcome):
    with pytest.raises(KeyError):
        signal_of(outcome)


def test_the_higher_one_of_two_lasting_states_is_seen():
    assert first_of(["no_gateway", "reader_fault", "spool_full"]) == "spool_full"
    assert first_of(["no_gateway"]) == "no_gateway"
    assert first_of([]) == "ready"
