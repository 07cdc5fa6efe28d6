"""The words: both languages whole, and readable on the page."""

import re
import string
import unicodedata

import pytest

from gateway.panel import trouble
from gateway.panel.pages import FOLDER
from gateway.panel.words import LANGS, WORDS, Phrases, choose

VIETNAMESE = "ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
WITHOUT_MARKS = {"language", "hour_name", "hour_span", "unsaid", "kind_citizen_card_2021"}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_the_same_things(key):
    vi, en = WORDS[key]
    names = [sorted(name for _, name, _, _ in string.Formatter().parse(text) if name) for text in (vi, en)]
    assert names[0] == names[1]
    assert vi == vi.strip()
    assert en == en.strip()
    assert vi[-1:] in ".?…" or en[-1:] not in ".?…", "a sentence in both or in neither"


@pytest.mark.parametrize("key", WORDS)
def test_vietnamese_is_composed_and_has_its_marks(key):
    vi, en = WORDS[key]
    assert unicodedata.is_normalized("NFC", vi)
    if len(vi.split()) > 2 and key not in WITHOUT_MARKS:
        assert any(letter in VIETNAMESE for letter in vi.lower()), vi
    assert not any(letter in VIETNAMESE for letter in en.lower()) or key == "language", en


def test_every_word_that_a_template_asks_for_is_there():
    asked = set()
    for path in (FOLDER / "templates").iterdir():
        asked |= set(re.findall(r'say\("([a-z_]+)"\s*[,)]', path.read_text()))
    assert len(asked) > 40
    assert asked <= WORDS.keys()


def test_every_word_is_asked_for_somewhere():
    code = "".join(path.read_text() for path in [*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html")])
    by_pattern = (
        "kind_",
        "sheet_",
        "outcome_",
        "dir_",
        "part_",
        "state_",
        "box_",
        "why_",
        "sign_",
        "place_",
        "read_",
        "aside_",
    )
    named = code.replace("words.py", "")
    for key in WORDS.keys() - trouble.TROUBLE.keys():
        if not key.startswith(by_pattern):
            assert len(re.findall(rf'"{key}"', named)) >= 2 or key in ("wrong", "wait", "busy"), key


ROOT = FOLDER.parent
SAID = {
    (part, state)
    for part, state in re.findall(r'State\("(\w+)", "(\w+)"', (ROOT / "health" / "parts.py").read_text())
    if state != "ok"
}
OF_BOXES = set(re.findall(r'[( ]state\("(\w+)"', (ROOT / "health" / "boxes.py").read_text()))
OF_READERS = set(re.findall(r': "(\w+)",', (ROOT / "readers" / "states.py").read_text()))


def test_every_state_that_the_gateway_gives_has_its_sentence_and_its_word():
    assert len(SAID) > 15
    assert len(OF_BOXES) > 6
    assert sorted(OF_READERS) == ["away", "in_use", "no_device", "no_permission"]
    assert {f"{part}_{state}" for part, state in SAID | {("readers", state) for state in OF_READERS}} <= WORDS.keys()
    assert {f"state_{state}" for _, state in SAID} | {f"state_{state}" for state in OF_READERS} <= WORDS.keys()
    boxes = OF_BOXES | OF_READERS | {"full", "spool", "mute", "flooding", "not_a_reader", "disk_full", "not_kept"}
    assert {f"box_{state}" for state in boxes} <= WORDS.keys()
    assert {f"part_{part}" for part, _ in SAID} <= WORDS.keys()


def test_what_is_grave_has_words():
    assert WORDS.keys() >= trouble.WARNINGS
    assert WORDS.keys() >= trouble.SAYS_ALL
    assert trouble.grade("something_new") == trouble.ALARM


@pytest.mark.parametrize(
    "asked, lang", [(("en",), "en"), (("", "en"), "en"), (("xx", "vi"), "vi"), ((), "vi"), (("EN",), "vi")]
)
def test_vietnamese_comes_first(asked, lang):
    assert choose(*asked) == lang


def test_numbers_are_written_as_people_write_them():
    assert Phrases("vi").number(1_234_567) == "1.234.567"
    assert Phrases("en").number(1_234_567) == "1,234,567"
    assert Phrases("vi")("waiting", n=1284) == "1.284 lượt quét đang chờ gửi"
    assert [Phrases(lang).other for lang in LANGS] == ["en", "vi"]
