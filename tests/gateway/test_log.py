"""A line for the journal carries its level in front, and only where the journal really is."""

import os
import re
import subprocess
import sys

import pytest

from tests.gateway.brokers import ROOT

SAY = """
import sys, structlog
from gateway import log
log.set_up("info", sys.argv[1])
structlog.get_logger().warning("health", part="broker", state="down", reason="two\\nlines")
structlog.get_logger().info("fine")
structlog.get_logger().error("bad")
"""


def said(form: str, named: str | None) -> list[str]:
    """What comes out on standard error, with JOURNAL_STREAM as systemd would set it: "ours" is that very stream."""
    ours, theirs = os.pipe()
    seen = os.fstat(theirs)
    env = {key: value for key, value in os.environ.items() if key != "JOURNAL_STREAM"}
    if named is not None:
        env["JOURNAL_STREAM"] = f"{seen.st_dev}:{seen.st_ino}" if named == "ours" else named
    done = subprocess.run([sys.executable, "-c", SAY, form], env=env, stderr=theirs, cwd=ROOT, timeout=30)
    os.close(theirs)
    with open(ours) as stream:
        text = stream.read()
    assert done.returncode == 0, text
    return text.splitlines()


def test_under_the_journal_each_line_says_its_level_in_front():
    lines = said("logfmt", "ours")
    assert [line[:3] for line in lines] == ["<4>", "<6>", "<3>"]
    assert 'reason="two | lines"' in lines[0]
    assert "timestamp" not in lines[0]


def test_json_is_one_line_too():
    lines = said("json", "ours")
    assert [line[:4] for line in lines] == ["<4>{", "<6>{", "<3>{"]


@pytest.mark.parametrize("named", [None, "1:1", "nonsense", ""])
def test_where_standard_error_is_not_the_journal_the_time_stands_in_the_line(named):
    lines = said("logfmt", named)
    assert len(lines) == 3
    assert all(re.match(r"timestamp=\d{4}-", line) for line in lines)
