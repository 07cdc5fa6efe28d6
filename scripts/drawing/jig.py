"""The test jig: hardware/jig.toml as a page in two languages, and its wiring: a build's, with a socket for the board.

1. In the jig the board is supplied over USB alone; the perfboard is fed from the board's own 5 V pin, X1 is not there.
2. A step that `tram` does is a step of `tram flash --batch`, by the key that it has in that command's words.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from scripts.drawing.builds import INPUTS, Build, Facts, load
from scripts.drawing.generator import DrawingError, Generator
from scripts.drawing.netlist import Netlist, Node, netlist
from scripts.drawing.page_words import LANGUAGES, number, say
from scripts.drawing.pages import LEAST_TX_V, MOST_TX_V

NOTE = "Written by scripts/draw from jig.toml, parts.toml and the builds: change it there."
FLASH_WORDS = Path("scripts/tram/flash/words.py")
_STEP = {"key", "by", *(f"{what}{one}" for what in ("", "pass_", "fail_") for one in LANGUAGES)}
_MAY = {"tram", "first_of_batch", "builds"}


def load_jig(root: Path) -> Facts:
    """Raises DrawingError "data" where a step does not say what it has to."""
    try:
        jig = tomllib.loads((root / "hardware" / "jig.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as bad:
        raise DrawingError("data", f"jig.toml: {bad}") from None
    for step in jig["steps"]:
        if odd := (_STEP - set(step)) | (set(step) - _STEP - _MAY):
            raise DrawingError("data", f"jig.toml: step {step.get('key')}: {', '.join(sorted(odd))}")
        if (step["by"] == "tram") != ("tram" in step) or step["by"] not in ("tram", "person"):
            raise DrawingError("data", f"jig.toml: step {step['key']} is done by a person, or by a step of tram")
    return jig


def wrong(root: Path) -> list[str]:
    """Steps that `tram flash` does not have, and builds that are not there."""
    jig, builds = load_jig(root), load(root)
    words = (root / FLASH_WORDS).read_text(encoding="utf-8")
    sentences = [
        f"jig.toml: tram flash has no {step['tram']}"
        for step in jig["steps"]
        if "tram" in step and f'"{step["tram"]}"' not in words
    ]
    names = {build.name for build in builds}
    unknown = {name for step in jig["steps"] for name in step.get("builds", ())} - names
    return sentences + [f"jig.toml: there is no build {name}" for name in sorted(unknown)]


def jig_netlist(build: Build) -> Netlist:
    """The build's wiring without its supply, with test points."""
    nets = netlist(build)
    del nets.nodes["X1"], nets.cables["W1"]
    nets.wires = [wire for wire in nets.wires if wire.cable != "W1"]
    board = nets.nodes["A1"]
    board.title = f"SOCKET · {board.title}"
    nets.nodes["T1"] = Node("TEST-POINTS", {name: name for name in ("5V", "GND", "TX")})
    five, ground = (nets.strip("P1", name) for name in ("A1 5V", "GND"))
    nets.wire("W20", "RD", five, ("T1", "5V"))
    nets.wire("W20", "BK", ground, ("T1", "GND"))
    nets.wire("W21", "GN", ("A2", "TX"), ("T1", "TX"))
    return nets


def make(root: Path) -> dict[str, bytes]:
    jig, builds = load_jig(root), load(root)
    pages = {}
    for language in LANGUAGES:
        text = "\n".join(page(jig, builds, language)) + "\n"
        pages[f"hardware/jig.{language}.md"] = text.encode()
    return pages


def page(jig: Facts, builds: list[Build], language: str) -> Iterator[str]:
    yield from (f"# {say('jig', language)}", "", f"<!-- {NOTE} -->", "", say("jig.other", language), "")
    yield from (say("jig.text", language), "", f"## {say('jig.parts', language)}", "")
    yield from (say("jig.parts.head", language), "|---|---|---|")
    for part in jig["parts"]:
        yield f"| {part['part']} | {part['quantity']} | {part[language]} |"
    yield from ("", say("jig.wiring", language), "")
    for build in builds:
        yield f"- [{build.title[language]}](builds/{build.name}/jig.svg)"
    for first, title in ((True, "jig.first"), (False, "jig.each")):
        yield from ("", f"## {say(title, language)}", "", say(f"{title}.text", language), "")
        yield from (say("jig.head", language), "|---|---|---|---|")
        for step in jig["steps"]:
            if step.get("first_of_batch", False) == first:
                yield _row(step, builds, language)
    yield from ("", say("jig.end", language))


def _row(step: Facts, builds: list[Build], language: str) -> str:
    chosen = [build for build in builds if build.name in step.get("builds", [one.name for one in builds])]
    who = f"`tram`: {step['key']}" if step["by"] == "tram" else f"{say('jig.person', language)}: {step['key']}"
    told = {what: _filled(step[f"{what}{language}"], chosen, builds, language) for what in ("", "pass_", "fail_")}
    only = "" if len(chosen) == len(builds) else f" ({', '.join(build.name for build in chosen)})"
    return f"| {who}{only} | {told['']} | {told['pass_']} | {told['fail_']} |"


def _filled(text: str, chosen: list[Build], builds: list[Build], language: str) -> str:
    """The text with its {…}: one value where the builds agree, else each build's by its name."""
    if "{" not in text:
        return text
    texts = {build.name: text.format(**_facts(build, language)) for build in chosen}
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return "; ".join(f"{name}: {one}" for name, one in texts.items())


def _facts(build: Build, language: str) -> dict[str, str]:
    low, high = build.supply["volts"]
    return {
        "supply_low": number(low, language),
        "supply_high": number(high, language),
        "tx_low": number(LEAST_TX_V, language, 1),
        "tx_high": number(MOST_TX_V, language, 1),
        "reader_ma": str(build.reader_part["peak"]),
    }


GENERATORS = (
    Generator(
        "jig",
        (*INPUTS, "hardware/jig.toml", *(f"scripts/drawing/{name}.py" for name in ("jig", "pages", "page_words"))),
        ("hardware/jig.*.md",),
        make,
        quick=True,
    ),
)
