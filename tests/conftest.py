"""What holds for every test."""

import os

import pytest
import structlog
from hypothesis import settings

# A busy machine is slow, not wrong: no deadline per example. CI draws the same examples each time, so that a change
# is not blamed for what another draw would have found; by hand the draws differ.
settings.register_profile("house", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("house")


@pytest.fixture(autouse=True)
def logs_as_they_were():
    """A program that a test starts in its own process sets up the log; the next test must not write to its output."""
    yield
    structlog.reset_defaults()
