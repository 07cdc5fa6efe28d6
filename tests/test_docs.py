"""What the documents say is there, is there."""

import os
import re
from pathlib import Path

import pytest

from firmware import config as box_config
from gateway import config as gateway_config
from server import config as server_config

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "firmware").rglob("*.md")),
]
EXAMPLES = ROOT / "docs" / "examples"


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


def test_the_commands_of_the_readme_can_be_run():
    commands = set(re.findall(r"^scripts/\w+", (ROOT / "README.md").read_text(), re.M))
    assert commands == {"scripts/demo", "scripts/test"}
    assert all(os.access(ROOT / command, os.X_OK) for command in commands)


def test_the_example_of_the_server_is_accepted():
    assert server_config.load(EXAMPLES / "server.toml").gateways[0].boxes == ["cong-a", "cong-b"]


def test_the_example_of_the_gateway_is_accepted():
    assert gateway_config.load(EXAMPLES / "gateway.toml").gateway_id == "gw-cho-01"


def test_the_example_of_a_box_is_accepted():
    assert box_config.load(str(EXAMPLES / "box.json")).box_id == "cong-a"
