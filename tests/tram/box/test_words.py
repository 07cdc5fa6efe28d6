"""Every sentence in both languages, with the same gaps; every trouble says what to do next."""

import re
import string
import unicodedata

import pytest

from gateway.tech.types import STATUS
from scripts.tram.box.words import RESET, SAY
from scripts.tram.gateways.words import WORDS

ALL = {**SAY.words, **RESET.words, **WORDS.words}


def gaps(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(ALL))
def test_both_languages_say_it_with_the_same_facts(key):
    vi, en = ALL[key]
    assert vi.strip()
    assert en.strip()
    assert gaps(vi) == gaps(en)
    assert vi == unicodedata.normalize("NFC", vi)
    assert not gaps(vi) & {"key"}


@pytest.mark.parametrize("code", sorted(STATUS))
def test_each_refusal_of_the_api_has_its_words(code):
    assert code in WORDS


def test_no_fact_of_a_trouble_is_called_like_one_of_its_parts():
    raised = {key.removesuffix(".next") for key in ALL if key.endswith(".next")}
    for key in raised:
        assert not {name for text in (*ALL[key], *ALL[f"{key}.next"]) for name in gaps(text)} & {"key", "code", "words"}


def test_vietnamese_is_written_with_its_marks():
    plain = [key for key, (vi, _) in ALL.items() if re.fullmatch(r"[ -~…·]*", vi) and len(vi) > 24]
    assert [key for key in plain if "https" not in ALL[key][0] and "{" not in ALL[key][0]] == []
