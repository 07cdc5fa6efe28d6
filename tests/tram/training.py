"""`tram sim` in one process, and the other commands of `tram` in theirs, as in two terminals."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """`tram` with a home of its own."""

    def __init__(self, home):
        self.home = home
        self.env = {**os.environ, "TRAM_HOME": str(home), "TRAM_LANG": "en"}
        self.env.pop("TRAM_PORTS", None)

    def tram(self, *words, typed="", code=0):
        """One command with --json -> its last object."""
        done = subprocess.run(
            [sys.executable, "-m", "scripts.tram", *map(str, words), "--json"],
            cwd=ROOT, env=self.env, input=typed, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return json.loads(done.stdout.splitlines()[-1])


class Sim:
    """`with Sim(home, "board", "--board", "esp32c3") as sim:` it is ready then."""

    def __init__(self, home, *words):
        self.terminal = Terminal(home)
        self.events = []
        self._words = words
        self._news = threading.Condition()
        self.is_over = False

    def __enter__(self):
        self.child = subprocess.Popen(
            [sys.executable, "-m", "scripts.tram", "sim", *self._words, "--json"],
            cwd=ROOT, env=self.terminal.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.facts = self.until(lambda one: one.get("event") == "ready", 90)
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait(30)
        self._thread.join()

    def _read(self):
        for line in self.child.stdout:
            with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()
        with self._news:
            self.is_over = True
            self._news.notify_all()

    def type(self, line):
        """A line in its window."""
        self.child.stdin.write(f"{line}\n")
        self.child.stdin.flush()

    def until(self, fits, timeout_s=60, since=0):
        """-> the first event that fits"""
        deadline = time.monotonic() + timeout_s
        with self._news:
            while (found := next((one for one in self.events[since:] if fits(one)), None)) is None:
                left = deadline - time.monotonic()
                assert left > 0, f"it did not come; the last: {self.events[-5:]}"
                assert not self.is_over, f"it ended: {self.events[-3:]}"
                self._news.wait(left)
            return found

    def says(self, timeout_s=60, since=0, **facts):
        """The same for what the box says."""
        return self.until(lambda one: facts.items() <= one.get("said", {}).items(), timeout_s, since)
