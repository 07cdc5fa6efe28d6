"""What gateways give as a reason is said as they say it themselves."""

import pytest

from gateway import reasons as gateways
from gateway.panel.trouble import TROUBLE
from server.web import reasons
from server.web.words import WORDS, Phrases


def test_the_gateways_table_and_the_servers_are_one():
    assert reasons.REASONS == gateways.REASONS


@pytest.mark.parametrize("key", gateways.REASONS)
def test_both_sides_say_the_same_sentence(key):
    values = {"reason": "box_silent 63", "detail": "no route"}
    names = gateways.REASONS[key][0].split()
    for number in ("63", "2.5", "7300", "1234567", "x"):
        said = " ".join([key, *(values.get(name, number) for name in names)])
        for lang in reasons.LANGS:
            assert reasons.sentence(said, lang) == gateways.sentence(said, lang)
            assert reasons.known(said)


@pytest.mark.parametrize("said", ["", "no answer", "box_newer 7", "boxes_many 3", "<b>box_away</b>", "box_silent"])
def test_what_this_server_does_not_know_is_shown_as_it_is(said):
    assert reasons.sentence(said, "vi") == gateways.sentence(said, "vi")
    assert said == "box_silent" or Phrases("vi").reason(said) == said


def test_every_part_and_state_of_a_gateway_has_a_word_here():
    parts = {key.removeprefix("part_") for key in TROUBLE if key.startswith("part_")}
    assert {f"part_{part}" for part in parts} <= WORDS.keys()
    states = {key.removeprefix("state_") for key in TROUBLE if key.startswith("state_")} - {"ok", "off", "failed"}
    boxes = {key.removeprefix("box_") for key in TROUBLE if key.startswith("box_")} - {
        "ok",
        "online",
        "offline",
        "late",
        "revoked",
    }
    missing = {f"is_{state}" for state in states | boxes} - WORDS.keys()
    assert not missing
