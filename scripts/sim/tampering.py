"""What goes wrong on the gateway's own machine, and with the certificates. Part of injector.py.

1. disk: what the gateway writes is refused (full, read-only), fails to be synced, or takes two seconds, for a while.
2. corrupt: the gateway is killed, bits flip in the files of its buffer or their ends are cut off, and it starts again.
   What it alone holds nobody can bring back; so the boxes' links are held and the server has everything before, by
   numbers that the gateway has written since: one that was killed and waits for its disk has only old ones.
3. clock: the kernel stops saying that it knows the time, and the wall clock jumps, by a minute or to 1970.
4. tls: for a while the server's certificate is of a stranger or has expired; or the broker's is of a stranger; or the
   broker's is made anew, as it is before it expires, and nobody is to notice.
"""

import asyncio
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.sim import papers
from scripts.sim.central import gateway_waiting
from scripts.sim.town import Town

if TYPE_CHECKING:
    from scripts.sim.injector import Injector

EMPTY_S = 15.0
LOOK_S = 0.05


class Tampering:
    """`injector`: notes what was done, and has each part's turn."""

    def __init__(self, town: Town, injector: "Injector") -> None:
        self._town = town
        self._injector = injector

    async def disk(self, details: dict[str, Any]) -> None:
        self._injector.note("disk", **details)
        await self._for_a_while("disk", details["what"], details["for_s"])

    async def clock(self, details: dict[str, Any]) -> None:
        self._injector.note("clock", **details)
        said = json.dumps({"synced": details["synced"], "offset_ms": details["offset_ms"]})
        await self._for_a_while("clock", said, details["for_s"])

    async def _for_a_while(self, name: str, said: str, for_s: float) -> None:
        path = self._town.trouble_path(name)
        before = path.read_text() if path.exists() else None
        _replace(path, said)
        await asyncio.sleep(for_s)
        if before is None:
            path.unlink(missing_ok=True)
        else:
            _replace(path, before)

    async def corrupt(self, details: dict[str, Any]) -> None:
        town, injector = self._town, self._injector
        async with injector.turn("gateway"):
            held = asyncio.create_task(injector.fail_links(town.links("boxes"), "half_open", EMPTY_S + 5.0))
            try:
                if not await self._is_empty():
                    return  # the server is away as well: whatever flipped now could be the only copy
                await town.gateway.kill()
                hit = damage(town.buffer_folder, random.Random(details["seed"]), details["hits"], details["cut"])
                injector.note("corrupt", hit=hit)
                await asyncio.sleep(details["down_s"])
                await town.gateway.start()
            finally:
                held.cancel()
                await asyncio.gather(held, return_exceptions=True)

    async def _is_empty(self) -> bool:
        """Wait until the server has answered for all that the gateway holds."""
        path = self._town.metrics_path
        try:
            async with asyncio.timeout(EMPTY_S):
                last_ns, seen = gateway_waiting(path)[0], 0
                while seen < 3:  # in a row: what the first ones say may be from before the links were held
                    await asyncio.sleep(LOOK_S)
                    written_ns, waiting = gateway_waiting(path)
                    if written_ns != last_ns and waiting is not None:
                        last_ns, seen = written_ns, 0 if waiting else seen + 1
        except TimeoutError:
            return False
        return True

    async def tls(self, details: dict[str, Any]) -> None:
        what, for_s = details["what"], details["for_s"]
        if what == "renewed":
            self._injector.note("tls", what=what)
            await self._town.order("ca", "--renew")
            return
        name = "server" if what.startswith("server") else "broker"
        async with self._injector.turn(name):
            part, chain = getattr(self._town, name), self._town.chain_path(name)
            good = await asyncio.to_thread(chain.read_bytes)
            authority = await asyncio.to_thread((chain.parent / "ca.pem").read_bytes) if name == "server" else b""
            wrong: papers.Wrong = "expired" if what.endswith("expired") else "foreign"
            bad = await asyncio.to_thread(papers.chain, good, wrong, authority)
            self._injector.note("tls", what=what, for_s=for_s)
            argv = part.argv
            try:
                await part.kill()
                part.argv = self._with_other_chain(part.argv, chain, bad)
                await part.start()
                await asyncio.sleep(for_s)
            finally:
                await part.kill()
                part.argv = argv
                await part.start()

    @staticmethod
    def _with_other_chain(argv: Sequence[str | Path], chain: Path, bad: bytes) -> list[str | Path]:
        """The same command with settings that name another chain: the right one is its owner's, who may renew it."""
        config = Path(argv[-1])
        other = config.parent / "stranger.pem"
        papers.replace(other, bad)
        fresh = config.with_name(f"stranger-{config.name}")
        text = config.read_text().replace(str(chain.absolute()), str(other))
        if chain.is_relative_to(config.parent):
            text = text.replace(str(chain.relative_to(config.parent)), other.name)
        fresh.write_text(text)
        fresh.chmod(0o600)
        return [*argv[:-1], fresh]


def damage(folder: Path, draw: random.Random, hits: int, is_cut: bool) -> list[str]:
    """Flip bits in files of this folder, or cut the end of one off. -> where"""
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.stat().st_size > 0)
    said = []
    for number in range(hits if found else 0):
        path = draw.choice(found)
        size = path.stat().st_size
        at = draw.randrange(size) if size else 0
        if is_cut and number == 0:
            with path.open("r+b") as file:
                file.truncate(at)
            said.append(f"{path.name} cut at {at}")
        elif size:
            with path.open("r+b") as file:
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ 1 << draw.randrange(8)]))
            said.append(f"{path.name} bit at {at}")
    return said


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text)
    fresh.replace(path)
