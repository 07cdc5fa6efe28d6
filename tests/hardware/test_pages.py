"""The builds' pages, the jig's and the overview: both languages say the same, and every link leads somewhere."""

import re

import pytest

from scripts.boards.data import load as load_boards
from scripts.drawing.builds import load
from scripts.drawing.jig import load_jig
from scripts.drawing.page_words import COLOURS, LANGUAGES, WORDS, money, number
from tests.hardware.tree import ROOT

HARDWARE = ROOT / "hardware"
BUILDS = {build.name: build for build in load(ROOT)}
PAGES = sorted(path.relative_to(HARDWARE) for path in HARDWARE.rglob("*.md"))
EACH = pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
IN_BOTH = pytest.mark.parametrize("language", LANGUAGES)


def page_of(build, language: str) -> str:
    return (HARDWARE / "builds" / build.name / f"guide.{language}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_of_a_page_leads_somewhere(page):
    path = HARDWARE / page
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@EACH
@IN_BOTH
def test_a_page_names_every_part_every_wire_and_every_figure(build, language):
    text = page_of(build, language)
    for row in build.bom:
        assert f"| {row.part} | {row.quantity} | {money(row.price_vnd, language)} | {row.use[language]} |" in text
    for use, pin in build.board.pins.items():
        if use != "gate" and (build.display or not use.startswith("display.")):
            assert re.search(rf"A1 \S+ \((IO|GP)?{pin} · {use}\)", text)
    assert number(build.supply["volts"][0], language) in text


@EACH
def test_the_two_languages_have_the_same_tables(build):
    texts = [page_of(build, language) for language in LANGUAGES]
    assert len({text.count("\n|") for text in texts}) == 1
    assert len({text.count("\n## ") for text in texts}) == 1
    assert len({text.count("✗") for text in texts}) == 1


@pytest.mark.parametrize("key", WORDS)
def test_a_sentence_asks_for_the_same_facts_in_both_languages(key):
    asked = [sorted(re.findall(r"{(\w+)}", text)) for text in WORDS[key]]
    assert len(WORDS[key]) == len(LANGUAGES)
    assert asked[0] == asked[1]


def test_every_colour_of_a_wire_has_its_words():
    from scripts.drawing.netlist import netlist

    used = {wire.colour for build in BUILDS.values() for wire in netlist(build).wires if wire.cable}
    assert used <= set(COLOURS)


@pytest.mark.parametrize(
    "value, language, shown",
    [(4.475, "vi", "4,47"), (4.475, "en", "4.47"), (-0.185, "vi", "-0,18"), (3.0, "en", "3.00")],
)
def test_a_number_is_written_as_the_language_does(value, language, shown):
    assert number(value, language) == shown


def test_money_is_written_as_the_language_does():
    assert [money(1188400, language) for language in LANGUAGES] == ["1.188.400", "1,188,400"]


@IN_BOTH
def test_the_jigs_page_has_every_step_with_when_it_passes(language):
    text = (HARDWARE / f"jig.{language}.md").read_text(encoding="utf-8")
    steps = load_jig(ROOT)["steps"]
    for step in steps:
        row = next(line for line in text.splitlines() if re.match(rf"\| \S+ {step['key']}[ |(]", line.replace("`", "")))
        assert row.count("|") == 5
        assert "{" not in row
    assert [step["tram"] for step in steps if "tram" in step] == [
        "step.connect", "step.write", "step.compare", "step.start", "step.test",
    ]  # fmt: skip


@IN_BOTH
def test_the_jig_gives_each_builds_own_limit(language):
    text = (HARDWARE / f"jig.{language}.md").read_text(encoding="utf-8")
    for build in BUILDS.values():
        assert re.search(rf"{build.name}: [^;|]*{build.reader_part['peak']} mA", text)


def test_every_build_is_in_the_overview_in_both_languages():
    text = (HARDWARE / "README.md").read_text(encoding="utf-8")
    for name in BUILDS:
        assert all(f"builds/{name}/guide.{language}.md" in text for language in LANGUAGES)


def test_the_wiring_page_has_every_board():
    text = (HARDWARE / "wiring.md").read_text(encoding="utf-8")
    assert all(f"## {board.name}: " in text for board in load_boards())
