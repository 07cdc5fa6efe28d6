"""How a story is told: steps on the parts of a place, each checked, and the ledger at the end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx

from scripts.sim import central, report
from scripts.sim.central import Tally
from scripts.sim.evidence import Shown
from scripts.sim.site import Site, SiteBox
from scripts.sim.town import now_ms

SETTLE_S = 30.0

Tell = Callable[[str], None]
Step = tuple[str, Callable[[], Awaitable[str]]]
"""What is going to happen, and what makes it happen -> what was seen. Either may have several lines."""


class Broken(Exception):
    """A step did not end as it must. The text says which, and what was seen."""


class Telling:
    """Around one place; `site` is there while steps are told."""

    def __init__(self, folder: Path, tell: Tell) -> None:
        self._folder = folder
        self._tell = tell
        self.site: Site

    async def run(self) -> dict[str, Any]:
        """-> the report; `broken` in it is empty when all went as it must."""
        raise NotImplementedError

    async def tell_all(self, steps: Sequence[Step], changes: dict[str, Any] | None = None) -> dict[str, Any]:
        """-> the report, with `broken` and `steps`. What comes after a step that is broken is left out."""
        begun = time.monotonic()
        broken: list[str] = []
        done: list[dict[str, Any]] = []
        async with Site(self._folder, changes) as self.site:
            for number, (title, step) in enumerate(steps, 1):
                self._tell(f"{number:2}. " + title.replace("\n", "\n    "))
                try:
                    said = await step()
                except (Broken, TimeoutError, RuntimeError, httpx.HTTPError) as error:
                    broken.append(f"{title}: {error}")
                    self._tell(f"    BROKEN: {error}")
                    break
                done.append({"step": title, "said": said, "at_s": round(time.monotonic() - begun, 1)})
                self._tell("    " + said.replace("\n", "\n    "))
            self.site.evidence.seconds = time.monotonic() - begun
            told = report.build(self.site.evidence)
        told["broken"] = broken + [text for text in told["broken"] if not broken]
        return {**told, "steps": done}

    def check(self, holds: bool, otherwise: str) -> None:
        """Raises `Broken`."""
        if not holds:
            raise Broken(otherwise)

    async def shown_at(self, box: SiteBox, code: bytes) -> int:
        """Hold a code before a box until it is green; -> when the light came, as the evidence counts."""
        since = box.now()
        self.site.evidence.shown.append(Shown(box.box_id, code, now_ms()))
        await box.show(code)
        light = await box.until(since=since, face="stored", crc=f"{crc32(code):08x}")
        return int(light["at_ms"])

    async def arrived(self) -> tuple[int, int]:
        """Wait until the server has everything that went green, bit for bit; -> (green, stored). Raises `Broken`."""
        evidence, tally = self.site.evidence, Tally(self.site.metrics_path)
        begun = time.monotonic()
        while True:
            await central.collect(evidence, self.site.central, tally)
            compared = report.compare(evidence.shown, evidence.greens, evidence.stored)
            gaps = report.ledger_gaps(report.accepted_by_spool(evidence), evidence.accounts, evidence.stored)
            if not compared.lost and not gaps:
                return len(evidence.greens), len(evidence.stored)
            self.check(time.monotonic() - begun < SETTLE_S, f"lost: {compared.lost[:3]}; ledger: {gaps[:3]}")
            await asyncio.sleep(0.3)
