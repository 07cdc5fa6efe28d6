"""A child is heard to its last line, ends when told to, and never outlives its parent."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.sim.process import Process

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]
ECHO = [sys.executable, "-c", "import sys\nfor line in sys.stdin: print('said', line, end='', flush=True)"]


class Heard:
    def __init__(self):
        self.lines = asyncio.Queue()
        self.ends = []

    def end(self, name, code):
        self.ends.append((name, code))

    async def line(self):
        async with asyncio.timeout(20):
            return await self.lines.get()


@pytest.fixture
async def heard():
    return Heard()


@pytest.fixture
async def child(heard, tmp_path):
    process = Process("child", SLEEPER, tmp_path, tmp_path / "child.log", heard.lines.put_nowait, heard.end)
    yield process
    await process.kill()


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def test_lines_go_both_ways(child, heard):
    child.argv = ECHO
    await child.start()
    assert await child.send(b"hello")
    assert await heard.line() == b"said hello\n"


async def test_an_end_that_nobody_ordered_is_told_with_its_code_and_after_the_last_line(child, heard):
    child.argv = [sys.executable, "-c", "print('last words'); raise SystemExit(7)"]
    await child.start()
    assert await child.wait() == 7
    assert heard.lines.get_nowait() == b"last words\n"
    assert heard.ends == [("child", 7)]


async def test_a_kill_is_no_surprise(child, heard):
    await child.start()
    assert await child.kill() == -signal.SIGKILL
    assert heard.ends == []
    assert not child.is_running


async def test_a_child_that_heeds_no_sigterm_is_killed(child, heard):
    child.argv = STUBBORN
    await child.start()
    await heard.line()
    assert await child.stop(patience_s=0.2) == -signal.SIGKILL


async def test_a_killed_child_starts_again(child, heard):
    await child.start()
    await child.kill()
    await child.start()
    assert child.starts == 2
    assert child.is_running


async def test_a_running_child_is_not_started_a_second_time(child):
    await child.start()
    with pytest.raises(RuntimeError):
        await child.start()


async def test_nothing_is_sent_to_a_child_that_is_gone(child):
    assert not await child.send(b"hello")
    await child.start()
    await child.kill()
    assert not await child.send(b"hello")


async def test_complaints_go_to_the_log_file(child, tmp_path):
    child.argv = [sys.executable, "-c", "import sys; print('ouch', file=sys.stderr)"]
    await child.start()
    await child.wait()
    assert (tmp_path / "child.log").read_text() == "ouch\n"


def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path):
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from scripts.sim.process import Process\n"
        "async def main():\n"
        "    folder = Path(sys.argv[1])\n"
        f"    argv = {SLEEPER!r}\n"
        "    child = Process('child', argv, folder, folder / 'log', lambda line: print(child.pid, flush=True))\n"
        "    await child.start()\n"
        "    await child.wait()\n"
        "asyncio.run(main())\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", program, tmp_path], env=env, stdout=subprocess.PIPE)
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    handle = os.pidfd_open(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    asyncio.run(_until_gone(handle))
    assert not is_alive(pid)


async def _until_gone(handle):
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(handle, gone.set)
    async with asyncio.timeout(10):
        await gone.wait()
    asyncio.get_running_loop().remove_reader(handle)
    os.close(handle)
