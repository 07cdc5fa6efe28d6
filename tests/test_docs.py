"""What the documents say is there, is there."""

import argparse
import ast
import contextlib
import functools
import io
import json
import os
import re
import shlex
import tomllib
from pathlib import Path

import msgspec
import pytest

from firmware import config as box_config
from gateway import config as gateway_config
from gateway.cli import words as gateway_words
from scripts.tram import __main__ as tram
from server import config as server_config
from server.cli import words as server_words
from server.tracing import holes

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "firmware").rglob("*.md")),
    *sorted((ROOT / "gateway").rglob("*.md")),
    *sorted((ROOT / "hardware").rglob("*.md")),
]
EXAMPLES = ROOT / "docs" / "examples"
SETTINGS_PAGE = ROOT / "docs" / "gateway-settings.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_exists(page):
    named = re.findall(r"`((?:firmware|gateway|server|scripts|tests|docs)/[\w./-]+)`", page.read_text())
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_within_a_page_leads_to_a_heading_of_it(page):
    text = page.read_text(encoding="utf-8")
    headings = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.+)$", text, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) - headings == set()


@pytest.mark.parametrize("house", ["firmware", "gateway", "server"])
def test_every_room_of_a_house_is_in_the_tables_of_the_architecture(house):
    text = (ROOT / "ARCHITECTURE.md").read_text()
    tables = text[text.index("## 3. Rooms") : text.index("## 4. Words")]
    named = {name.rpartition("/")[2] for name in re.findall(r"`([\w./]+)`", tables)}
    rooms = {one.name for one in (ROOT / house).iterdir() if one.suffix == ".py" or (one / "__init__.py").exists()}
    assert rooms - {"__init__.py", "__main__.py"} <= named


def test_the_commands_of_the_readme_can_be_run():
    commands = set(re.findall(r"^scripts/\w+", (ROOT / "README.md").read_text(), re.M))
    assert commands == {"scripts/demo", "scripts/test"}
    assert all(os.access(ROOT / command, os.X_OK) for command in commands)


def test_every_word_of_the_gateways_command_line_is_explained():
    told = (ROOT / "docs" / "run-by-hand.md").read_text()
    words = argparse.ArgumentParser().add_subparsers()
    gateway_words.add_to(words, argparse.ArgumentParser(add_help=False))
    assert [word for word in words.choices if not re.search(rf"(`|gateway ){word}\b", told)] == []


def test_the_example_of_the_server_is_accepted():
    assert server_config.load(EXAMPLES / "server.toml").gateways[0].boxes == ["cong-a", "cong-b"]


def test_the_example_of_the_gateway_is_accepted():
    assert gateway_config.load(EXAMPLES / "gateway.toml").gateway_id == "gw-cho-01"


def test_the_example_of_a_box_is_accepted():
    assert box_config.load(str(EXAMPLES / "box.json")).box_id == "cong-a"


def test_what_the_example_of_the_gateway_leaves_out_is_accepted_too(tmp_path):
    text = re.sub(r"^# (?=\[|\w+ = )", "", (EXAMPLES / "gateway.toml").read_text(), flags=re.M)
    (tmp_path / "gateway.toml").write_text(text)
    loaded = gateway_config.load(tmp_path / "gateway.toml")
    assert (loaded.place.purpose[0].mode, loaded.panel.password_file) == ("counts_only", "people")
    sections = {name for name, value in tomllib.loads(text).items() if isinstance(value, dict)}
    assert sections < set(settings_of_the_gateway())


def test_what_the_pages_say_to_put_into_the_settings_of_the_gateway_is_accepted():
    blocks = [block for page in PAGES for block in re.findall(r"^```toml\n(.*?)^```", page.read_text(), re.M | re.S)]
    assert len(blocks) >= 3
    for block in blocks:
        example = tomllib.loads((EXAMPLES / "gateway.toml").read_text())
        for section, values in tomllib.loads(block).items():
            example[section] = {**example.get(section, {}), **values}
        msgspec.convert(example, gateway_config.Config)


def test_the_page_of_settings_names_every_setting_of_the_gateway_with_its_default_and_no_other():
    assert settings_on_the_page(SETTINGS_PAGE.read_text()) == settings_of_the_gateway()


def test_a_setting_that_is_missing_on_the_page_or_has_another_default_there_is_found():
    page = SETTINGS_PAGE.read_text()
    line = next(line for line in page.splitlines(keepends=True) if line.startswith("| `linger_ms` |"))
    assert settings_on_the_page(page.replace(line, "")) != settings_of_the_gateway()
    assert settings_on_the_page(page.replace(line, line.replace("`0`", "`2000`"))) != settings_of_the_gateway()


def settings_on_the_page(text):
    """section -> {setting: its default, as JSON, or "required"}; what stands above all sections is in ""."""
    found, section = {}, ""
    for line in text.splitlines():
        if header := re.match(r"#+ \[+([a-z.]+)\]+$", line):
            section = header[1]
        elif row := re.match(r"\| `(\w+)` \| (required|`[^`]*`) \| .+ \|$", line):
            found.setdefault(section, {})[row[1]] = row[2].strip("`")
    return found


def settings_of_the_gateway(kind=gateway_config.Config, section=""):
    """The same, of the code."""
    found = {section: {}}
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            found |= settings_of_the_gateway(field.type, field.name)
        elif field.required:
            found[section][field.name] = "required"
        elif (section, field.name) != ("", "folder"):  # the file's own, which cannot be set
            value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
            found[section][field.name] = json.dumps(value)
    if kind is gateway_config.Place:
        found |= settings_of_the_gateway(gateway_config.Period, "place.purpose")
    return found


# --- what is said of `tram` on the pages, and in its own words ---

TRAM = re.compile(r"(?:^|[|;&] *)(?:\.tram/bin/)?tram (?=[a-z-])")  # in code
TRAM_TOLD = re.compile(r"(?<![\w./-])tram (?=[a-z])")  # in a sentence
ENDS = re.compile(r"[,;:()“”‘’…`\n|&>#]|\.(?:\s|$)|\s(?:rồi|then|and|và|hoặc|or)\s")
GUIDES = [ROOT / "docs" / f"{name}.md" for name in ("technician", "operator", "ops")]
TWINS = [(ROOT / "hardware" / f"{name}.vi.md", ROOT / "hardware" / f"{name}.en.md") for name in ("jig", "mounting")]


def test_every_tram_command_on_a_page_is_one_with_such_options():
    wrong = {
        f"{page.relative_to(ROOT)}: tram {line}": problem
        for page in PAGES
        for line in tram_lines(page.read_text(encoding="utf-8"))
        if (problem := wrong_with(line))
    }
    assert wrong == {}


def test_every_tram_command_in_the_tools_own_words_is_one_with_such_options():
    wrong = {
        f"{file.relative_to(ROOT)}: tram {line}": problem
        for file in sorted((ROOT / "scripts" / "tram").rglob("words*.py"))
        for text in texts_of(file)
        for line in tram_in(text)
        if (problem := wrong_with(line)) not in ("", "too many words")  # a sentence goes on
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "line",
    [
        "flesh",
        "flash --relase release-1",
        "flash now",
        "box rest --port COM5",
        "box settings put a.b=1",
        "provision code --seconds 10",
        "keys backup fleet.pem --need",
        "reader measure --minutes 10",
    ],
)
def test_a_tram_command_that_does_not_exist_is_found(line):
    assert wrong_with(line)


def test_a_page_with_a_wrong_command_in_a_block_or_in_a_sentence_is_found():
    page = "```\n.tram/bin/tram flesh\n```\nGõ `tram box rest` rồi `x | tram keys mak`, hoặc `tram flash --list`.\n"
    assert [line for line in tram_lines(page) if wrong_with(line)] == ["flesh", "box rest", "keys mak"]


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_both_languages_of_a_guide_name_the_same_tram_commands(page):
    vietnamese, english = languages_of(page.read_text(encoding="utf-8"))
    assert commands_in(vietnamese) == commands_in(english) != set()


@pytest.mark.parametrize("pair", TWINS, ids=lambda pair: pair[0].name)
def test_both_pages_of_a_pair_name_the_same_tram_commands(pair):
    vietnamese, english = (page.read_text(encoding="utf-8") for page in pair)
    assert commands_in(vietnamese) == commands_in(english) != set()


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_both_languages_of_a_guide_have_the_same_headings_steps_and_rows(page):
    vietnamese, english = (shape_of(text) for text in languages_of(page.read_text(encoding="utf-8")))
    assert vietnamese == english


def test_the_guide_for_technicians_names_every_command_of_the_tool():
    named = {line.split()[0] for line in tram_lines((ROOT / "docs" / "technician.md").read_text(encoding="utf-8"))}
    assert set(tram.COMMANDS) - named == {"keys"}, "the key is for ops"
    assert "keys" in {line.split()[0] for line in tram_lines((ROOT / "docs" / "ops.md").read_text(encoding="utf-8"))}


def tram_lines(page):
    """What follows `tram ` in a page's code, inline or in blocks: one command line each."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", page, re.M | re.S)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^ *```\w*\n.*?^ *```", "", page, flags=re.M | re.S))
    lines = [line for block in blocks for line in block.splitlines()] + spans
    return [re.split(r" +# | \| ", line[at.end() :])[0].strip() for line in lines for at in TRAM.finditer(line)]


def tram_in(text):
    """The same of a sentence, where a command ends at the next mark."""
    found = [ENDS.split(text[at.end() :])[0].strip() for at in TRAM_TOLD.finditer(text)]
    return [line for line in found if line.split()[0] in tram.COMMANDS]  # else: a sentence about tram


def texts_of(file):
    """Every string of a module."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def wrong_with(line):
    """-> what is wrong with a command line of `tram`, or "". Placeholders stand for any value."""
    words = shlex.split(line.replace("'", "’"))
    if words[0] == "--help":
        return ""
    command = tram_command(words[0])
    if command is None:
        return f"no command {words[0]}"
    at = 1
    while (below := getattr(command, "commands", {})) and at < len(words) and not words[at].startswith("-"):
        if words[at] == "…":
            return ""
        if words[at] not in below:
            return f"no command {' '.join(words[: at + 1])}"
        command, at = below[words[at]], at + 1
    return wrong_values(command, words[at:])


def wrong_values(command, words):
    """What is wrong with what stands behind a command: options that are none, one without its value, too much."""
    options = {name: param for param in command.params for name in (*param.opts, *param.secondary_opts)}
    places = sum(9 if param.nargs != 1 else 1 for param in command.params if param.param_type_name == "argument")
    waiting = iter(words)
    for word in waiting:
        if word in ("--json", "--yes", "--help") or word == "…":
            continue
        if word == "--lang":
            next(waiting)
        elif word.startswith("--"):
            if word not in options:
                return f"no option {word}"
            is_alone = getattr(options[word], "is_flag", False) or next(waiting, "")
            if not is_alone:
                return f"{word} takes a value"
        else:
            places -= 1
    return "" if places >= 0 or getattr(command, "commands", None) else "too many words"


@functools.cache
def tram_command(name):
    """The typer command of one of `tram`'s words; None: there is none."""
    return tram.load(name) if name in tram.COMMANDS else None


def commands_in(text):
    """The commands that a text names, without what stands behind them: `box reset`, `flash --batch`."""
    found = set()
    for line in tram_lines(text):
        words = line.split()
        depth = 1
        command = tram_command(words[0])
        while words[depth:] and words[depth] in getattr(command, "commands", {}):
            command, depth = command.commands[words[depth]], depth + 1
        found.add(" ".join([*words[:depth], *sorted(word for word in words[depth:] if word.startswith("--"))]))
    return found


def languages_of(page):
    """A guide -> its part in Vietnamese, its part in English; what both share stands behind them."""
    vietnamese, _, rest = page.partition("\n## English\n")
    return vietnamese.partition("\n## Tiếng Việt\n")[2], re.split(r"^## ", rest, maxsplit=1, flags=re.M)[0]


def shape_of(text):
    """How a text is built, without its words."""
    return [found[0].rstrip("0123456789") for found in re.finditer(r"^(#+|\|| *\d+|- |```)", text, re.M)]


# --- what is said of `python -m server` on the pages ---

SERVER = re.compile(r"python -m server(?= |$)")
SERVER_GUIDES = [ROOT / "docs" / f"{name}.md" for name in ("administrator", "tracer")]


def test_every_server_command_on_a_page_is_one_with_such_options():
    wrong = {
        f"{page.relative_to(ROOT)}: {line}": problem
        for page in PAGES
        for line in server_lines(page.read_text(encoding="utf-8"))
        if (problem := wrong_with_server(line))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "line",
    [
        "usr add an --config F",
        "user add an --roll tracer --config F",
        "user add an --role king --config F",
        "user lock --config F",
        "trace open Vu --config F",
        "retention forget --config F",
        "store move --config F",
        "audit verify --config",
    ],
)
def test_a_server_command_that_does_not_exist_is_found(line):
    assert wrong_with_server(line)


@pytest.mark.parametrize("page", SERVER_GUIDES, ids=lambda page: page.name)
def test_both_languages_of_a_guide_name_the_same_server_commands_in_the_same_order(page):
    vietnamese, english = (server_lines(text) for text in languages_of(page.read_text(encoding="utf-8")))
    assert vietnamese == english != []


@pytest.mark.parametrize("page", SERVER_GUIDES, ids=lambda page: page.name)
def test_both_languages_of_a_guide_for_the_server_have_the_same_headings_steps_and_rows(page):
    vietnamese, english = (shape_of(text) for text in languages_of(page.read_text(encoding="utf-8")))
    assert vietnamese == english


def test_the_guides_name_every_word_of_the_server_for_administrators_and_tracers():
    pages = "".join(page.read_text(encoding="utf-8") for page in SERVER_GUIDES)
    named = {line.split()[0] for line in server_lines(pages) if not line.startswith("-")}
    assert {"user", "place", "box", "retention", "holder", "store", "audit", "rebuild", "trace"} <= named


def test_the_tracers_guide_explains_every_hole_that_an_answer_may_name():
    vietnamese, english = languages_of((ROOT / "docs" / "tracer.md").read_text(encoding="utf-8"))
    rows = [set(re.findall(r"`(\w+)`", line)) for text in (vietnamese, english) for line in text.splitlines()]
    assert set(holes.WORDS) <= set().union(*rows[: len(vietnamese.splitlines())])
    assert set(holes.WORDS) <= set().union(*rows[len(vietnamese.splitlines()) :])


def server_lines(page):
    """What follows `python -m server` in a page's code, inline or in blocks: one command line each."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", page, re.M | re.S)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^ *```\w*\n.*?^ *```", "", page, flags=re.M | re.S))
    lines = [line for block in blocks for line in block.splitlines()] + spans
    return [re.split(r" +# | [|>] ", line[at.end() :])[0].strip() for line in lines for at in SERVER.finditer(line)]


def wrong_with_server(line):
    """-> what is wrong with a command line of the server, or "". A `…` behind it stands for what was said before."""
    words = shlex.split(line)
    if words[-1:] == ["…"] and not words[-2].startswith("--"):
        words.pop()
    if not words or "WORD" in words:
        return ""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            server_words._parser().parse_args(words)
        except SystemExit as end:
            return said.getvalue() if end.code else ""
    return ""
