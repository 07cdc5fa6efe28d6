"""A program that ends again and again is started for ever, each time after a longer wait; nothing else ever waits."""

import os
import signal
import subprocess
import sys

import pytest

from gateway import starts
from gateway.service import Service


def waits(folder, count, at_s=0.0, lives_s=1.0):
    """Of so many starts in a row; each dies `lives_s` after it began its work."""
    found = []
    for _ in range(count):
        found.append(starts.wait_s(folder, at_s))
        at_s += found[-1] + lives_s + 3
    return found


def test_each_start_waits_longer_until_it_is_long_enough_and_never_stops(tmp_path):
    assert waits(tmp_path, 13) == [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 240, 240, 240]
    assert waits(tmp_path, 3000)[-1] == 240  # for as long as it takes


def test_a_full_disk_costs_few_starts_a_day(tmp_path):
    found, at_s = 0, 0.0
    while at_s < 86_400:
        at_s += starts.wait_s(tmp_path, at_s) + 1 + 3
        found += 1
    print(f"\nstarts a day of a program that dies at once: {found}, of {86_400 // 4} before")
    assert found <= 400


def test_a_run_that_lasted_begins_the_count_anew(tmp_path):
    assert waits(tmp_path, 8)[-1] > 0
    assert starts.wait_s(tmp_path, 10_000.0) == 0
    assert waits(tmp_path, 4, at_s=20_000.0, lives_s=700.0) == [0, 0, 0, 0]
    assert waits(tmp_path, 9, at_s=30_000.0, lives_s=700.0) == [0] * 9


@pytest.mark.parametrize("text", ["", "x y", "5", "1e9", "-3 1.0", "7 nan", "9 inf", "5 99999.0", "\x00"])
def test_what_was_written_by_nobody_or_before_the_machine_started_counts_for_nothing(tmp_path, text):
    (tmp_path / starts.FILE_NAME).write_text(text)
    assert starts.wait_s(tmp_path, 10.0) == 0


def test_without_a_folder_in_memory_or_where_it_takes_nothing_nobody_waits(tmp_path):
    def sleep(_seconds):
        raise AssertionError

    for environment in ({}, {"RUNTIME_DIRECTORY": str(tmp_path / "gone")}):
        for _ in range(9):
            starts.pause(Service(environment).runtime_folder, sleep, lambda: 1.0, sleep)


def test_who_waits_has_systemd_wait_too_and_puts_signals_back(tmp_path):
    slept, told = [], []
    before = signal.getsignal(signal.SIGTERM)
    for _ in range(5):
        starts.pause(str(tmp_path), told.append, lambda: 1.0, slept.append)
    assert slept == told == [5.0]
    assert signal.getsignal(signal.SIGTERM) is before


def test_who_is_told_to_end_while_it_waits_ends_at_once_and_the_next_start_waits_for_nothing(tmp_path):
    program = "import time\nfrom gateway import starts\nfrom gateway.service import Service\n"
    program += "def sleep(_):\n    print('waiting', flush=True)\n    time.sleep(600)\n"
    program += "for _ in range(5):\n    starts.pause(Service().runtime_folder, print, lambda: 1.0, sleep)\n"
    environment = {**os.environ, "RUNTIME_DIRECTORY": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"5.0\n"
        assert process.stdout.readline() == b"waiting\n"
        process.terminate()
        assert process.wait(60) == 0
    assert starts.wait_s(tmp_path, 1.0) == 0
