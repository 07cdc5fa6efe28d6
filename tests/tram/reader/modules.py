"""A simulated reader module in a thread of its own, and `tram reader` asked of it in this process."""

import asyncio
import contextlib
import io
import json
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from scripts.sim.reader import SimReader
from scripts.tram.__main__ import run

LIMIT_S = 20


class Module:
    """`reader` is SimReader: its zones and counts may be looked at from here; what it does is asked for by `do`."""

    def __init__(self, link: Path, model: str, **options: Any) -> None:
        self.link = link
        self._ready = threading.Event()
        self._over = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self.reader: SimReader
        self._options = {"model": model, "reply_ms": 1, **options}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)

    def __enter__(self) -> "Module":
        self._thread.start()
        assert self._ready.wait(LIMIT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(LIMIT_S)

    async def _live(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with SimReader(self.link, **self._options) as self.reader:
            self._ready.set()
            await self._end.wait()

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Have it done in the module's own thread, and wait for it."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(LIMIT_S)

    def begin(self, what: Coroutine[Any, Any, Any]) -> None:
        """The same without waiting."""
        asyncio.run_coroutine_threadsafe(what, self._loop)

    def fault(self, name: str, **options: Any) -> None:
        async def fault() -> None:
            self.reader.fault(name, **options)

        self.do(fault())

    @property
    def now(self) -> bytearray:
        return self.reader.zones.now

    @property
    def saved(self) -> bytearray:
        return self.reader.zones.saved

    def written(self) -> int:
        """How many writes it has heard, the blind ones not counted apart."""
        return self.reader.counts.get("command_08", 0)

    def tram(self, *words: object) -> "Said":
        return tram(*words, "--port", self.link)


class Said:
    """What `tram` has said with --json."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text
        lines = [json.loads(line) for line in text.splitlines()]
        self.events, self.end = lines[:-1], lines[-1]

    @property
    def error(self) -> str:
        assert not self.end["ok"], self.end
        return str(self.end["error"]["code"])

    def __getitem__(self, name: str) -> Any:
        assert self.end["ok"], self.end
        return self.end[name]

    def of(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == name]


def tram(*words: object, say_yes: bool = True) -> Said:
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard):
        code = run(["reader", *map(str, words), "--json", *(["--yes"] if say_yes else [])])
    return Said(code, heard.getvalue())


def people(*words: object, lang: str = "en") -> tuple[int, str, str]:
    """The same for people: exit code, standard output, standard error."""
    heard, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(errors):
        code = run(["reader", *map(str, words), "--lang", lang])
    return code, heard.getvalue(), errors.getvalue()


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tram's own folder and its ports are this test's alone."""
    monkeypatch.setenv("TRAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRAM_LANG", "en")
    monkeypatch.delenv("TRAM_PORTS", raising=False)
