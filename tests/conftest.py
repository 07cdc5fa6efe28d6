"""What holds for every test."""

import os
import tempfile
from pathlib import Path

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


@pytest.fixture
def disk_path():
    """A folder on a disk, for what is about disks: `tmp_path` may be in memory."""
    with tempfile.TemporaryDirectory(prefix="tram-", dir="/var/tmp") as folder:
        yield Path(folder)


def slow_first(tests, is_slow, workers):
    """-> the tests anew in order: in each worker's part, as `worksteal` cuts them, its share of the slow ones first."""
    slow, rest, ordered = [one for one in tests if is_slow(one)], [one for one in tests if not is_slow(one)], []
    for worker in range(workers):
        share = slow[worker::workers]
        room = max(0, (len(tests) - len(ordered)) // (workers - worker) - len(share))
        ordered += share + rest[:room]
        rest = rest[room:]
    return ordered


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """No slow test is left for the end."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = slow_first(items, lambda item: item.get_closest_marker("slow") is not None, workers)
