"""What goes wrong for boxes that are looked after: Wi-Fi, updates, settings, a box that hangs. Part of injector.py.

1. An update or a wish is followed until the box says what became of it, or for PATIENCE_S: something else may have
   come between. What every box must have in the end is wished once more when the last fault is over (`last_word`).
2. A box starts anew by itself for both. That is no mishap.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from scripts.sim.fleet import FINAL_VERSION, VERSIONS, WATCHDOG_S, Fleet, OrderRefused
from scripts.sim.pair import Box
from scripts.sim.town import Town

if TYPE_CHECKING:
    from scripts.sim.injector import Injector

PATIENCE_S = 25.0
WRITING_S = 8.0
LOST_S = 0.7
"""How long a box takes to see that its network is gone, twenty times faster than a real one."""
SETTLED = {
    "settings": ("good", "refused", "given_up"),
    "firmware": ("confirmed", "refused", "given_up"),
}


class Caring:
    """`injector`: notes what was done, and has each box's power."""

    def __init__(self, town: Town, injector: "Injector") -> None:
        self._town = town
        self._injector = injector

    @property
    def _fleet(self) -> Fleet:
        if self._town.fleet is None:
            raise RuntimeError("nobody looks after the boxes of this town")
        return self._town.fleet

    async def wifi(self, details: dict[str, Any]) -> None:
        """The network of one box, or of all (`which` is None)."""
        pairs = list(self._town.boxes.values()) if details["which"] is None else [self._injector.box(details["which"])]
        self._injector.note("wifi", boxes=[pair.box_id for pair in pairs], **details)
        failing = asyncio.create_task(
            self._injector.fail_links([pair.link for pair in pairs], details["mode"], details["for_s"])
        )
        self._change_worlds(pairs, "away")  # first it is lost; then it is back, but for what is wrong with it
        await asyncio.sleep(min(LOST_S, details["for_s"]))
        self._change_worlds(pairs, details["state"])
        await failing
        self._change_worlds(pairs, "up")

    def _change_worlds(self, pairs: list[Box], state: str) -> None:
        for pair in pairs:
            pair.set_world(self._fleet.world(state))

    async def settings(self, details: dict[str, Any]) -> None:
        """A wish for one box."""
        pair = self._injector.box(details["box"])
        since = len(self._town.evidence.outcomes)
        version = await self._fleet.set(pair.box_id, details["wish"], details["nature"])
        self._injector.note("settings", box=pair.box_id, version=version, nature=details["nature"])
        await self._until(pair, "settings", version, since, SETTLED["settings"])

    async def update(self, details: dict[str, Any]) -> None:
        """Other firmware for one box; `cut`: at that operation while it is written the power goes."""
        pair = self._injector.box(details["box"])
        since = len(self._town.evidence.outcomes)
        version = await self._want(pair.box_id, details["is_back"])
        self._injector.note("update", box=pair.box_id, version=version, is_back=details["is_back"])
        if details["cut"] and await self._until(pair, "firmware", version, since, ("files",), WRITING_S):
            async with self._injector.power_of(pair):
                await self._injector.cut_power(pair, details["cut"], details["down_s"], "update", details["of"])
        await self._until(pair, "firmware", version, since, SETTLED["firmware"])

    async def _want(self, box_id: str, is_back: bool) -> int:
        """-> which version is wanted now"""
        if is_back:
            try:
                return await self._fleet.want(box_id, None)
            except OrderRefused:
                pass  # there is none to go back to
        wanted = self._fleet.last_good(box_id, "firmware") or 1
        usual = [version for version in VERSIONS if version != FINAL_VERSION]
        return await self._fleet.want(box_id, next((one for one in usual if one > wanted), usual[0]))

    async def hang(self, details: dict[str, Any]) -> None:
        """Nothing of the box goes on until its watchdog has run out."""
        pair = self._injector.box(details["box"])
        async with self._injector.power_of(pair):
            self._injector.note("hang", box=pair.box_id, for_s=WATCHDOG_S + details["over_s"])
            await pair.freeze(WATCHDOG_S + details["over_s"])

    async def _until(
        self, pair: Box, what: str, version: int, since: int, outcomes: tuple[str, ...], limit_s: float | None = None
    ) -> bool:
        def said() -> bool:
            found = self._town.evidence.outcomes[since:]
            return any(
                (one.box_id, one.what, one.version) == (pair.box_id, what, version) and one.outcome in outcomes
                for one in found
            )

        try:
            async with asyncio.timeout(limit_s or PATIENCE_S):
                await self._town.witness.until(said)
        except TimeoutError:
            return False
        return True


async def last_word(town: Town, kinds: tuple[str, ...]) -> None:
    """What every box shall have in the end: settings and firmware that nobody has wished before."""
    if town.fleet is None:
        return
    for box_id in town.box_ids:
        if "settings" in kinds:
            wish = {"gate": {"name": "Cổng chính", "gate": "cong-chinh", "direction": "both"}}
            await town.fleet.set(box_id, wish, "good")
        if "update" in kinds:
            await town.fleet.want(box_id, FINAL_VERSION)
    town.evidence.wishes = town.fleet.wishes
