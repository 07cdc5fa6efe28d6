"""Makes a town's parts fail as planned, and brings them back. What was really injected goes into the evidence.

1. A part that is down already is not killed again; the fault waits for its turn.
2. A box's power goes at a flash operation. If none comes (nobody at the gate, nothing acknowledged), it goes anyway.
3. Most kills and cuts wait for a green light and come a few milliseconds behind it: see faults.py.
4. When the plan is done everything is up again and every link is open.
5. A box's power is one thing's at a time: who wants to cut it waits until the last one has given it back.
6. What is wished for boxes is wished as people do it, through the gateway's command line (caring.py).
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from scripts.sim.caring import Caring
from scripts.sim.evidence import Injected
from scripts.sim.faults import Fault
from scripts.sim.pair import Box
from scripts.sim.process import Process
from scripts.sim.proxy import Proxy
from scripts.sim.tampering import Tampering
from scripts.sim.town import POWER_CUT_EXIT, Town

NO_FLASH_OPERATION_S = 4.0
NOBODY_S = 2.0


class Injector:
    """`await run(plan, begun)`: `begun` is time.monotonic() of the moment from which `at_s` counts."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._begun = 0.0
        self._turns: dict[str, asyncio.Lock] = {}
        self._troubles: list[tuple[Proxy, str]] = []
        self._caring = Caring(town, self)
        self._tampering = Tampering(town, self)
        self.under_way: dict[str, str] = {}
        """What is failing just now, for who looks on."""

    async def run(self, faults: list[Fault], begun: float) -> None:
        self._begun = begun
        async with asyncio.TaskGroup() as tasks:
            for fault in faults:
                await asyncio.sleep(max(0.0, begun + fault.at_s - time.monotonic()))
                tasks.create_task(self.inject(fault), name=f"fault {fault.kind}")

    async def inject(self, fault: Fault) -> None:
        """Carry out one fault, from its beginning to its end."""
        where = str(fault.details.get("box", ""))
        async with self._turns.setdefault(fault.kind + where, asyncio.Lock()):
            self.under_way[fault.kind + where] = self._in_words(fault)
            try:
                await self._aim(fault.details.get("aim_ms"))
                if fault.kind in ("gateway", "broker", "server"):
                    async with self.turn(fault.kind):
                        await self._kill(fault.kind, fault.details["down_s"])
                else:
                    await self._ways()[fault.kind](fault.details)
            finally:
                del self.under_way[fault.kind + where]

    def _ways(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[None]]]:
        care, tamper = self._caring, self._tampering
        ours = {"box": self._box, "net": self._net, "reader": self._reader, "address": self._address}
        ours |= {"wifi": care.wifi, "update": care.update, "settings": care.settings, "hang": care.hang}
        return {**ours, "disk": tamper.disk, "corrupt": tamper.corrupt, "clock": tamper.clock, "tls": tamper.tls}

    def box(self, number: int) -> Box:
        """By its place in the town."""
        return self._town.boxes[self._town.box_ids[number]]

    def turn(self, part: str) -> asyncio.Lock:
        """Held by who takes that part down and brings it back."""
        return self._turns.setdefault(f"part {part}", asyncio.Lock())

    def power_of(self, pair: Box) -> asyncio.Lock:
        """Held by who cuts that box's power, or needs that nobody does."""
        return self._turns.setdefault(f"power {pair.box_id}", asyncio.Lock())

    def note(self, kind: str, **details: Any) -> None:
        """It was really injected, now."""
        self._town.evidence.faults.append(Injected(kind, time.monotonic() - self._begun, details))

    def _in_words(self, fault: Fault) -> str:
        whose = f" of {self._town.box_ids[fault.details['box']]}" if "box" in fault.details else ""
        told = ("mode", "what", "nature", "address")
        what = next((str(fault.details[name]) for name in told if fault.details.get(name)), "")
        return " ".join(filter(None, (fault.kind + whose, what.replace("_", " "))))

    async def _aim(self, aim_ms: int | None) -> None:
        if aim_ms is not None:
            try:
                async with asyncio.timeout(NOBODY_S):
                    await self._town.witness.next_light()
            except TimeoutError:
                return
            await asyncio.sleep(aim_ms / 1000)

    async def _kill(self, name: str, down_s: float) -> None:
        part: Process = getattr(self._town, name)
        await part.kill()
        self.note(name, down_s=down_s)
        await asyncio.sleep(down_s)
        await part.start()

    async def _box(self, details: dict[str, Any]) -> None:
        pair = self.box(details["box"])
        async with self.power_of(pair):
            await self.cut_power(pair, details["operations"], details["down_s"])
            if details["again_operations"]:
                await self.cut_power(pair, details["again_operations"], details["down_s"])

    async def cut_power(self, pair: Box, operations: int, down_s: float, kind: str = "box", of: str = "") -> None:
        """At that operation of that flash, or after a while without one; then start the box again."""
        pair.cut_power_after(operations, of)
        try:
            async with asyncio.timeout(NO_FLASH_OPERATION_S):
                code = await pair.box.wait()
        except TimeoutError:
            code = await pair.box.kill()
        torn = code == POWER_CUT_EXIT
        self.note(kind, box=pair.box_id, torn=torn, operations=operations, down_s=down_s)
        (pair.folder / "power").unlink(missing_ok=True)
        await asyncio.sleep(down_s)
        await pair.box.start()

    async def _net(self, details: dict[str, Any]) -> None:
        links = [link for name in details["links"] for link in self._town.links(name)]
        self.note("net", links=details["links"], mode=details["mode"], for_s=details["for_s"])
        await self.fail_links(links, details["mode"], details["for_s"])

    async def fail_links(self, links: list[Proxy], mode: str, for_s: float) -> None:
        """A link that fails for several reasons is open when the last one is over. Until then it lets nothing through
        as long as one of them does not: who holds the boxes' links relies on it."""
        mine = [(link, mode) for link in links]
        self._troubles += mine
        self._set_modes(links)
        try:
            await asyncio.sleep(for_s)
        finally:
            for trouble in mine:
                self._troubles.remove(trouble)
            self._set_modes(links)

    def _set_modes(self, links: list[Proxy]) -> None:
        for link in links:
            modes = [mode for other, mode in self._troubles if other is link]
            shut = [mode for mode in modes if mode in ("cut", "half_open")]
            link.set_mode((shut or modes or ["open"])[-1])

    async def _address(self, details: dict[str, Any]) -> None:
        self.note("address", **details)
        await self._town.move(details["address"], details["down_s"])

    async def _reader(self, details: dict[str, Any]) -> None:
        pair = self.box(details["box"])
        what, for_s = details["what"], details["for_s"]
        self.note("reader", box=pair.box_id, what=what, for_s=for_s)
        if what == "dark":
            await pair.reader.send(json.dumps({"power": "off"}).encode())
            await asyncio.sleep(for_s)
            await pair.reader.send(json.dumps({"power": "on"}).encode())
        else:
            await pair.reader.send(json.dumps({"fault": what, "for_ms": round(for_s * 1000)}).encode())
