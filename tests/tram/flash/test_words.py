"""What is said of ports, releases and flashing: in both languages, of every trouble, with what to do next."""

import ast
import string

import pytest

from scripts.firmware_build import ROOT
from scripts.tram.flash.words import WORDS as FLASH
from scripts.tram.ports.words import WORDS as PORTS
from scripts.tram.release.words import WORDS as RELEASE

ROOMS = {"flash": FLASH, "ports": PORTS, "release": RELEASE}


def codes_in(room):
    """Every code that a Trouble of this room is made with."""
    for file in (ROOT / "scripts" / "tram" / room).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Trouble"
            if is_call and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


@pytest.mark.parametrize("room", ROOMS)
def test_every_trouble_has_its_sentence_and_what_to_do_next(room):
    codes = set(codes_in(room))
    assert len(codes) > 3
    assert [code for code in sorted(codes) if f"{code}.next" not in ROOMS[room] or code not in ROOMS[room]] == []


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_name_the_same_facts_and_neither_is_the_other(room):
    def facts(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    for key, (vi, en) in ROOMS[room].words.items():
        assert facts(vi) == facts(en), key
        assert vi != en or key == "found", key
