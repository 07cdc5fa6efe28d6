"""Who makes no progress brings the watchdog out, and nobody else does; on MicroPython with the kernel's own timer."""

import signal
from pathlib import Path

import pytest

from firmware.supervise import Watch
from scripts.firmware_build import run_micropython

SCRIPT = Path(__file__).with_name("watched_box.py")


def run(story: str, timeout_ms: int, tmp_path: Path):
    done = run_micropython([SCRIPT, story, str(timeout_ms)], cwd=tmp_path)
    return done.returncode, done.stdout.decode().split("\n")[:-1], done.stderr.decode()


@pytest.mark.parametrize("story", ["lives", "fails_again_and_again"])
def test_a_box_whose_tasks_all_move_lives(story, tmp_path):
    assert run(story, 1000, tmp_path) == (0, ["alive"], "")


def test_a_task_that_waits_for_ever_is_named_and_then_the_watchdog_comes(tmp_path):
    assert run("never_comes", 1000, tmp_path) == (-signal.SIGALRM, ["late link"], "")


def test_a_task_that_never_gives_way_meets_the_watchdog(tmp_path):
    assert run("never_gives_way", 1000, tmp_path) == (-signal.SIGALRM, ["busy"], "")


def test_a_flash_that_takes_two_seconds_for_a_write_does_not_bring_the_watchdog(tmp_path):
    assert run("slow_flash", 3000, tmp_path) == (0, ["alive"], "")


def test_a_box_that_ends_its_loop_without_ending_meets_the_watchdog(tmp_path):
    code, said, _ = run("is_fed_by_nobody", 1000, tmp_path)
    assert "alive" not in said
    assert code != 0


class Clock:
    now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


def test_a_beat_is_late_only_beyond_its_own_limit():
    clock = Clock()
    watch = Watch({"reader": 1000, "link": 60000}, clock)
    clock.now_ms = 1000
    assert watch.late() is None
    clock.now_ms = 1001
    assert watch.late() == "reader"
    watch.beat("reader")
    assert watch.late() is None
    clock.now_ms = 60001
    watch.beater("reader")()
    assert watch.late() == "link"


def test_one_that_beats_does_not_hide_one_that_does_not():
    clock = Clock()
    watch = Watch({"reader": 1000, "link": 1000}, clock)
    for _ in range(20):
        clock.now_ms += 100
        watch.beat("reader")
    assert watch.late() == "link"


def test_what_is_told_of_a_failure_holds_the_places_but_no_content(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio\n"
        "from firmware import supervise\n"
        "told = []\n"
        "async def start():\n"
        "    return {}['079199000001|NGUYEN VAN A']\n"
        "async def main():\n"
        "    say = lambda event, **facts: told.append(facts)\n"
        "    task = asyncio.create_task(supervise.keep_running('reader', start, lambda: 0, lambda name: None, say))\n"
        "    await asyncio.sleep_ms(50)\n"
        "    print(told)\n"
        "asyncio.run(main())\n"
    )
    done = run_micropython([script], cwd=tmp_path)
    assert b"NGUYEN" not in done.stdout
    assert b"'reason': 'KeyError'" in done.stdout
    assert b"script.py:5 start" in done.stdout
    assert b"firmware/supervise.py:" in done.stdout


def test_who_has_no_memory_to_tell_of_a_failure_starts_the_task_anew_all_the_same(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio\n"
        "from firmware import supervise\n"
        "supervise._FIRST_PAUSE_MS = supervise._LONGEST_PAUSE_MS = 10\n"
        "starts = []\n"
        "async def start():\n"
        "    starts.append(1)\n"
        "    raise MemoryError\n"
        "def say(event, **facts):\n"
        "    raise MemoryError\n"
        "async def main():\n"
        "    task = asyncio.create_task(supervise.keep_running('reader', start, lambda: 0, lambda name: None, say))\n"
        "    await asyncio.sleep_ms(300)\n"
        "    print(len(starts) > 5, task.done())\n"
        "asyncio.run(main())\n"
    )
    done = run_micropython([script], cwd=tmp_path)
    assert (done.stdout, done.stderr) == (b"True False\n", b"")
