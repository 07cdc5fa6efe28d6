"""The keeper of settings on MicroPython: what is wished, tried, confirmed, given up and refused."""

from pathlib import Path

import pytest

from tests.firmware.settings import stories

SCRIPT = Path(__file__).with_name("keeper_stories.py")


@pytest.mark.parametrize("name", stories.names(SCRIPT))
def test_keeper(name):
    stories.check(SCRIPT, name)
