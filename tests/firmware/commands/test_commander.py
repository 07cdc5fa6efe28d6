"""The commander on MicroPython: executed at most once, answered, not begun after the deadline; bad input is refused."""

from pathlib import Path

import pytest

from tests.firmware.settings import stories

SCRIPT = Path(__file__).with_name("commander_stories.py")


@pytest.mark.parametrize("name", stories.names(SCRIPT))
def test_commander(name):
    stories.check(SCRIPT, name)
