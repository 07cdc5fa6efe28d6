"""What the documents say is there, is there."""

import argparse
import json
import os
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from firmware import config as box_config
from gateway import config as gateway_config
from gateway.cli import words as gateway_words
from server import config as server_config

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
