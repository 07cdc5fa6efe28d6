"""A person with a laptop at a box's console, beside whatever else a test does with that box."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from scripts.tram.console import Console, Record, records
from scripts.tram.trouble import Trouble
from tests.tram.console.line import PtyLine


class Laptop:
    """`console` asked in a thread, so that the test's own loop goes on."""

    def __init__(self) -> None:
        self.line = PtyLine()
        self.console = Console(self.line)

    async def ask(self, word: str, timeout_s: float = 20, **argument: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self.console.ask, word, argument or None, timeout_s)

    async def meet(self) -> dict[str, Any]:
        return await asyncio.to_thread(self.console.meet, 30)

    async def records(self) -> list[Record]:
        return await asyncio.to_thread(lambda: list(records(self.console)))

    async def wipe(self, box_id: str, unsent: int | None) -> dict[str, Any]:
        return await asyncio.to_thread(self.console.wipe, box_id, unsent)

    async def refusal(self, what: Callable[..., Any], *given: Any, **more: Any) -> dict[str, Any]:
        """What the box says no with."""
        with pytest.raises(Trouble) as no:
            await what(*given, **more)
        assert no.value.code == "console_refused"
        return {"code": no.value.facts["refused"], **no.value.facts["box_says"]}

    async def typed(self, line: bytes) -> bytes:
        """The box's last line of answer to a line that is typed as it is, without what names it."""
        self.line.heard = b""
        self.line.write(line + b"\n")
        for _ in range(400):
            self.line.read(4096)
            for said in self.line.heard.split(b"\n")[:-1]:
                if b" end {" in said:
                    return said.strip()
            await asyncio.sleep(0.02)
        raise AssertionError(f"no end to it: {self.line.heard!r}")
