"""`tram` as a person or a program calls it, in a process of its own."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[3]


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What a program reads."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def end(self) -> dict[str, Any]:
        return self.lines[-1]

    def event(self, name: str) -> dict[str, Any]:
        return next(one for one in self.lines if one.get("event") == name)


class Tram:
    """A laptop: its own TRAM_HOME, and no ports but those that are named."""

    def __init__(self, home: Path, folder: Path | None = None) -> None:
        self.home = home
        self.folder = folder or ROOT
        home.mkdir(parents=True, exist_ok=True)
        (home / "ports.json").write_text("[]")

    def __call__(self, *words: object, given: str = "", lang: str = "en") -> Said:
        around = {**os.environ, "TRAM_HOME": str(self.home), "TRAM_LANG": lang, "PYTHONPATH": str(ROOT)}
        around["TRAM_PORTS"] = str(self.home / "ports.json")
        done = subprocess.run(
            [sys.executable, "-m", "scripts.tram", *map(str, words)],
            input=given, capture_output=True, text=True, env=around, cwd=self.folder, timeout=120,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)


class TramHere(Tram):
    """The same in this process, which is quicker; in English, and not from a thread."""

    def __call__(self, *words: object, given: str = "", lang: str = "en") -> Said:
        from scripts.tram.__main__ import run

        assert lang == "en", "Vietnamese stays with typer for the rest of a process"
        around = {"TRAM_HOME": str(self.home), "TRAM_LANG": lang, "TRAM_PORTS": str(self.home / "ports.json")}
        said, told, before = io.StringIO(), io.StringIO(), Path.cwd()
        stdin = io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(told):
            for key, value in around.items():
                patch.setenv(key, value)
            patch.setattr(sys, "stdin", stdin)
            patch.chdir(self.folder)
            code = run([*map(str, words)])
        assert Path.cwd() == before
        return Said(code, said.getvalue(), told.getvalue())
