"""`tram` in this very process, called by a program (--json) or a person, with an input and a home of its own."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from scripts.tram.__main__ import run


class Said(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def end(self) -> dict[str, Any]:
        """The object that stands last, with --json."""
        return json.loads(self.out.splitlines()[-1])

    @property
    def trouble(self) -> str:
        """The code of what went wrong."""
        return self.end["error"]["code"]

    @property
    def everything(self) -> str:
        return self.out + self.err


class Desk:
    """A laptop with a home of its own. `words` may be paths."""

    def __init__(self, home: Path, patch: Any) -> None:
        self.home = home
        self._patch = patch
        patch.setenv("TRAM_HOME", str(home))
        patch.setenv("TRAM_LANG", "en")

    def __call__(self, *words: object, given: str = "", as_person: bool = False) -> Said:
        out, err = io.StringIO(), io.StringIO()
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8"))
        line = ([] if as_person else ["--json"]) + [str(word) for word in words]
        with redirect_stdout(out), redirect_stderr(err):
            code = run(line)
        return Said(code, out.getvalue(), err.getvalue())
