"""What a process asks of its disk is counted, byte for byte; what it says to others is not."""

import subprocess
import sys

import pytest

from scripts.figures.write_counter import Counter, Written

NOTHING = Written(0, 0, 0, 0)


@pytest.fixture
def count(tmp_path):
    counter = Counter(tmp_path)

    def run(script: str) -> Written:
        script = "import os, socket, sqlite3\nfd = os.open('file', os.O_RDWR | os.O_CREAT)\n" + script
        command = [sys.executable, "-S", "-c", script]
        subprocess.run(command, env=counter.environment, cwd=tmp_path, check=True, timeout=60, stdout=subprocess.PIPE)
        return counter.look()

    return run


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("os.write(fd, b'x' * 1000)", Written(1, 1000, 0, 0)),
        ("os.pwrite(fd, b'x' * 100, 5000)", Written(1, 100, 0, 0)),
        ("os.writev(fd, [b'x', b'yz'])", Written(1, 3, 0, 0)),
        ("os.fsync(fd); os.fdatasync(fd); os.fdatasync(fd)", Written(0, 0, 1, 2)),
    ],
)
def test_every_call_counts_what_it_did(count, script, expected):
    assert count(script) == expected


@pytest.mark.parametrize(
    "script",
    [
        "print('to a pipe')",
        "a, b = socket.socketpair(); a.send(b'x' * 500)",
        "r, w = os.pipe(); os.write(w, b'x')",
        "os.write(os.open('/dev/null', os.O_WRONLY), b'x' * 100)",
        "os.read(fd, 100)",
    ],
)
def test_what_reaches_no_file_counts_nothing(count, script):
    assert count(script) == NOTHING


def test_a_write_that_fails_counts_nothing_and_says_why(count):
    failing = (
        "\ntry:\n os.write(os.open('file', os.O_RDONLY), b'x')\nexcept OSError as e:\n assert e.errno == 9, e.errno"
    )
    assert count(failing) == NOTHING


def test_sqlite_is_seen_down_to_its_syncs(count):
    commit = "db = sqlite3.connect('db'); db.execute('PRAGMA synchronous=FULL'); db.execute('CREATE TABLE t (x)')"
    found = count(commit)
    assert found.bytes >= 8192
    assert found.fsyncs + found.fdatasyncs >= 2


def test_before_the_child_has_begun_nothing_is_counted(tmp_path):
    assert Counter(tmp_path).look() == NOTHING
