"""The command itself: what it reports, how it ends, and that it leaves nothing behind however it ends."""

import json
import os
import select
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "scripts" / "demo"
KEYS = {
    *("shown", "accepted", "refused", "green", "stored", "duplicates", "conflicts", "quarantined", "declared_lost"),
    *("lost", "invented", "ledger_complete", "faults", "latency_ms", "micropython", "box_heap", "seconds"),
}


@pytest.fixture
def place(tmp_path):
    """A working folder and a temporary folder that nothing else writes to."""
    for name in ("work", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def environment(place):
    # inherited by every process that the demo starts: that is how they are found
    return {**os.environ, "TMPDIR": str(place / "tmp")}


def start(place, *arguments):
    return subprocess.Popen(
        [DEMO, *arguments], cwd=place / "work", env=environment(place), text=True, stdout=subprocess.PIPE
    )


def alive(place):
    """{pid: command} of all that was started for the demo of this place, whoever its parent is now."""
    mark = f"TMPDIR={place / 'tmp'}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes() and " Z " not in (folder / "stat").read_text():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # gone meanwhile, or somebody else's
    return found


def wait_until_gone(pids):
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([handle], [], [], 10)[0], f"{pid} is still there"
        os.close(handle)


def read_until(process, word):
    for line in process.stdout:
        if word in line:
            return line
    raise AssertionError(f"ended without saying {word!r}")


@pytest.mark.parametrize(("faults", "scans"), [("none", 12), ("all", 24)])
def test_the_headless_run_reports_and_says_by_its_exit_code_that_all_is_well(faults, scans, place):
    line = f"--headless --boxes 2 --scans {scans} --rate 4 --seed 7 --faults {faults} --json report.json"
    done = subprocess.run(
        [DEMO, *line.split()], cwd=place / "work", env=environment(place), capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((place / "work" / "report.json").read_text())
    assert report.keys() >= KEYS
    assert (report["lost"], report["invented"], report["ledger_complete"]) == (0, 0, True)
    assert report["shown"] == scans
    assert bool(report["faults"]) == (faults == "all")
    assert all(fault.keys() == {"kind", "at_s", "details"} for fault in report["faults"])
    assert report["latency_ms"]["code_to_green"]["p50"] > 0
    assert report["latency_ms"]["code_to_server"]["p99"] > 0
    assert alive(place) == {}
    assert list((place / "tmp").iterdir()) == []
    assert [path.name for path in (place / "work").iterdir()] == ["report.json"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_to_look_at_prints_page_and_token_and_leaves_nothing_when_it_is_stopped(number, place):
    with start(place, "--boxes", "1") as demo:
        assert "https://127.0.0.1:" in read_until(demo, "Page")
        assert "tram_" in read_until(demo, "Token")
        demo.send_signal(number)
        demo.wait(30)
    assert alive(place) == {}
    assert list((place / "tmp").iterdir()) == []
    assert list((place / "work").iterdir()) == []


def test_nothing_outlives_a_demo_that_is_killed_and_the_next_one_clears_up(place):
    with start(place, "--boxes", "1") as demo:
        read_until(demo, "Token")
        started = alive(place)
        assert len(started) >= 6
        demo.kill()
    wait_until_gone(started)
    assert alive(place) == {}
    left = list((place / "tmp").iterdir())
    assert len(left) == 1
    with start(place, "--boxes", "1") as demo:
        read_until(demo, "Starting")
        demo.terminate()
        demo.wait(30)
    assert alive(place) == {}
    assert list((place / "tmp").iterdir()) == []


def test_a_demo_that_is_stopped_while_it_starts_leaves_nothing(place):
    with start(place, "--boxes", "2") as demo:
        read_until(demo, "Starting")
        demo.send_signal(signal.SIGINT)
        demo.wait(30)
    assert alive(place) == {}
    assert list((place / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("line", "named"), [("--faults fire", "fire"), ("--boxes none", "--boxes"), ("--headless --rate x", "--rate")]
)
def test_a_wrong_argument_is_named(line, named, place):
    done = subprocess.run([DEMO, *line.split()], cwd=place / "work", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert named in done.stderr
