"""A spool on the real interpreter, asked line by line."""

import json
import subprocess
from pathlib import Path
from typing import Any

from scripts.firmware_build import build, micropython_command, micropython_env, start_micropython

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts" / "spool"
BLOCK_BYTES = 4096


class SpoolFault(Exception):
    """The spool's SpoolError, with its code."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Ended(Exception):
    """The interpreter is gone: its exit code."""

    def __init__(self, returncode: int, errors: str) -> None:
        super().__init__(f"exit code {returncode}: {errors}")
        self.returncode = returncode


class Driver:
    """scripts/spool/driver.py in a process of its own: `driver("append", length=100)`."""

    def __init__(
        self, image: Path | None = None, blocks: int = 64, prog_bytes: int = 32, heap: str = "4M", quick: bool = False
    ):
        folder = build()
        script = [SCRIPTS / "driver.py", image or "-", str(blocks), str(prog_bytes), *(["quick"] if quick else [])]
        self.process = start_micropython(
            script,
            heap=heap,
            path=f"{folder}:{SCRIPTS}",
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.green: list[list[Any]] = []

    def __enter__(self) -> "Driver":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def __call__(self, do: str, **what: Any) -> Any:
        self.say(do, **what)
        return self.answer()

    def say(self, do: str, **what: Any) -> None:
        self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        while True:
            line = self.process.stdout.readline()
            if not line.endswith("\n"):
                raise Ended(self.process.wait(), self.process.stderr.read())
            answer = json.loads(line)
            if "green" in answer:
                self.green.append(answer["green"])
            elif "error" in answer:
                raise SpoolFault(answer["error"], answer["detail"])
            else:
                return answer["ok"]

    def ack(self, complete_to: int, highest: int | None = None, epoch: str | None = None) -> int:
        epoch = epoch or self("facts")["epoch"]
        return self("ack", epoch=epoch, complete_to=complete_to, highest=highest or complete_to)

    def all_held(self) -> list[list[Any]]:
        """Everything that `pick` gives, in several goes."""
        held: list[list[Any]] = []
        first = 1
        while picked := self("pick", first=first):
            held += picked
            first = picked[-1][0] + 1
        return held


def run(script: str, *arguments: str, heap: str = "16M", timeout_s: float = 200) -> str:
    """One of scripts/spool's scripts, to its end; what it printed."""
    folder = build()
    env = micropython_env(f"{folder}:{SCRIPTS}")
    done = subprocess.run(
        micropython_command([SCRIPTS / script, *arguments], heap),
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout
