"""Words in two languages, masks that tell nothing, times in Vietnam."""

import re

import pytest

from firmware.codes import KINDS
from server.access import rights
from server.access.roles import ROLES
from server.access.two import ACTS
from server.fleet.finding import CODES
from server.fleet.health import ORDER
from server.visits.types import LABELS
from server.web import views
from server.web.page_parts import FOLDER
from server.web.said import SAID
from server.web.trace_documents import EXPECTED
from server.web.words import WORDS, Phrases, choose


@pytest.mark.parametrize(
    ("asked", "accept", "lang"),
    [
        ("", "", "vi"),
        ("", "vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr,de;q=0.9", "vi"),
        ("", "en;q=0.2, vi;q=0.8", "vi"),
        ("", "en;q=0", "vi"),
        ("", "en;q=x", "vi"),
        ("en", "vi", "en"),
        ("vi", "en", "vi"),
        ("fr", "en", "en"),
        ("<script>", ";;,,q=", "vi"),
    ],
)
def test_the_language_is_what_is_asked_for_or_preferred_or_vietnamese(asked, accept, lang):
    assert choose(asked, accept) == lang


UNITS = ("seconds", "minutes", "hours", "days")


def test_every_word_is_there_in_both_languages_with_the_same_places():
    for key, (vietnamese, english) in WORDS.items():
        assert vietnamese, key
        assert english, key
        assert sorted(re.findall(r"{\w+}", vietnamese)) == sorted(re.findall(r"{\w+}", english)), key


def test_every_word_that_a_template_says_is_known_and_every_kind_has_one():
    for path in (FOLDER / "templates").glob("*.html"):
        for key in re.findall(r'say\("(\w+)"[,)]', path.read_text()):
            assert key in WORDS, (path.name, key)
    for key in [*(f"gateway_{state}" for state in ORDER), *(f"finding_{code}" for code in CODES), *UNITS]:
        assert key in WORDS, key
    assert {key for key in WORDS if key.startswith("kind_")} == {f"kind_{kind}" for kind in KINDS}
    assert len({words for key, words in WORDS.items() if key.startswith("kind_")}) == len(KINDS)


def test_no_label_takes_the_place_of_the_sentence_of_an_error():
    assert set(WORDS) & set(SAID) == {"other_site", "wrong_token"}


def test_every_role_kind_of_request_ground_and_document_has_its_words():
    keys = [f"role_{role}" for role in ROLES] + [f"home_{role}" for role in ROLES]
    keys += [f"{begins}_{kind}" for kind in rights.KINDS for begins in ("asked", "can")]
    keys += [f"ground_{ground}" for ground in rights.GROUNDS] + [f"step_{step}" for step in rights.STEPS]
    keys += [f"document_{kind}" for kind in EXPECTED] + [f"visit_{label}" for label in LABELS]
    keys += [f"state_of_{state}" for state in (rights.RECEIVED, rights.ANSWERED, rights.DONE, rights.REFUSED)]
    keys += [f"act_{act}" for act in ACTS]
    assert [key for key in keys if key not in WORDS] == []


def test_no_template_holds_script_or_style_of_its_own():
    for path in (FOLDER / "templates").glob("*.html"):
        text = path.read_text()
        assert not re.search(r"style=|<style|\son\w+=|javascript:|https?://", text), path.name
        assert not re.search(r"<script(?! src=\"/static/)", text), path.name


def test_numbers_are_written_as_each_language_writes_them():
    assert Phrases("vi").number(1234567) == "1.234.567"
    assert Phrases("en").number(1234567) == "1,234,567"
    assert Phrases("vi")("state_missing", n=1024) == "Thiếu 1.024"


@pytest.mark.parametrize(
    ("at_ms", "shown"),
    [
        (1_790_000_000_000, ("21:13:20", "21/09/2026")),
        (0, ("07:00:00", "01/01/1970")),
        (253402300799999, ("", "")),
        (-(10**17), ("", "")),
    ],
)
def test_times_are_those_of_vietnam(at_ms, shown):
    assert views.clock_time(at_ms) == shown


@pytest.mark.parametrize(
    ("at_ms", "shown"),
    [
        (None, ""),
        (1_790_000_000_000, "21:13:20"),
        (1_790_000_000_000 - 86_400_000, "20/09/2026 21:13:20"),
        (1_790_000_000_000 + 2 * 3_600_000 + 46 * 60_000, "23:59:20"),
        (1_790_000_000_000 + 3 * 3_600_000, "22/09/2026 00:13:20"),
    ],
)
def test_an_instant_of_another_day_is_shown_with_its_day(at_ms, shown):
    assert views.moment(at_ms, 1_790_000_000_000) == shown


@pytest.mark.parametrize(
    ("bound_ms", "shown"),
    [
        (None, ""),
        (0, "±0 ms"),
        (999, "±999 ms"),
        (1000, "±1 s"),
        (1001, "±2 s"),
        (120_000, "±2 min"),
        (7_200_001, "±3 h"),
    ],
)
def test_a_bound_is_rounded_up_and_never_down(bound_ms, shown):
    assert views.bound(bound_ms) == shown
