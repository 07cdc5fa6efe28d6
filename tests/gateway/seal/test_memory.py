"""What is in memory stays there: in a process of its own, as the limits hold for good."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.seal import swaps_to_disk

ROOT = Path(__file__).resolve().parents[3]

CHILD = """
import ctypes, os, resource, threading
from gateway.seal import harden
if {weak}: os.setuid(65534)
done = harden()
core = resource.getrlimit(resource.RLIMIT_CORE)
print(done.no_dumps, done.is_locked, core, ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
threads = [threading.Thread(target=lambda: None) for _ in range(20)]
[one.start() for one in threads]; [one.join() for one in threads]
for name in ("VmLck", "VmRSS"):
    print(int(next(line for line in open("/proc/self/status") if line.startswith(name)).split()[1]))
"""

CRASH = """
import os
from gateway.seal import harden
harden()
canary = "Nguyen Van Canary" * 1000
os.abort()
"""


def run(source: str, **more: object) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=env, timeout=60, **more)


def test_who_may_lock_keeps_everything_out_of_the_swap_and_takes_no_more_memory():
    done = run(CHILD.format(weak=False))
    said, locked_kb, rss_kb = done.stdout.splitlines()
    assert said == "True True (0, 0) 0", done.stderr
    assert int(locked_kb) > 0
    assert int(rss_kb) < 80_000


def test_who_may_not_locks_nothing_and_everything_works():
    done = run(CHILD.format(weak=True))
    said, locked_kb, _ = done.stdout.splitlines()
    assert said == "True False (0, 0) 0", done.stderr
    assert locked_kb == "0"
    assert done.returncode == 0


def test_a_crash_leaves_no_image_of_the_memory(tmp_path):
    child = os.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.environ["PYTHONPATH"] = str(ROOT)
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.execv(sys.executable, [sys.executable, "-c", CRASH])
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert not os.WCOREDUMP(status)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "swaps, names",
    [
        ("Filename\tType\tSize\n/var/swap file 102396 0 -2\n", ["/var/swap"]),
        ("Filename\tType\tSize\n/dev/zram0 partition 1024 0 100\n", []),
        ("Filename\tType\tSize\n/dev/zram0 partition 1 0 1\n/dev/mmcblk0p3 partition 1 0 2\n", ["/dev/mmcblk0p3"]),
        ("Filename\tType\tSize\n", []),
        ("", []),
    ],
)
def test_swap_on_a_disk_is_named(tmp_path, swaps, names):
    (tmp_path / "swaps").write_text(swaps)
    assert swaps_to_disk(tmp_path / "swaps") == names


def test_where_nobody_says_there_is_none(tmp_path):
    assert swaps_to_disk(tmp_path / "nowhere") == []
