"""Ctrl-C at long work: two sentences, an exit code of its own, and no trace of ours."""

import signal
import subprocess
import sys

import pytest

from tests.server.rig import ROOT


@pytest.mark.parametrize("what", ["| msgspec", "| server.cli.words", "days 1/"])
def test_whoever_stops_long_work_is_told_so_in_both_languages(what):
    command = [sys.executable, "-X", "importtime", "-m", "server", "sim", "--quick", "--seed", "3"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if what in " ".join(line.split()):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait() == 130
    finally:
        process.kill()
    assert "Traceback" not in rest
    assert "Đã dừng giữa chừng; dữ liệu đã lưu không mất. Hãy chạy lại đúng lệnh đó." in rest
    assert "Stopped before it was done; nothing that was kept is lost." in rest
