# What the door does when there is something to do: watch a slot on trial, take an offer, run its update. It ends when
# nothing is left to do.
#
# 1. An offer of the version that runs asks for nothing. While a slot is on trial an offer waits: its update would be
#    written over the slot to go back to.
# 2. A version that was refused is not tried again before another one is offered, or the offer is taken back, or the
#    box restarts. One that went back from its trial stays refused until the offer has been taken back (/slot keeps it).
# 3. Where there is no room in memory for an update beside everything else, it is carried out in safe mode: the box
#    restarts into it, for this once.
# 4. The status tells all of it: `door.facts`.

import asyncio
import gc
import sys

from firmware.wire.errors import WireError

_RESTART_AFTER_MS = 1000
_TELL_EVERY_MS = 5000
_KEY = "/fleet.key"
_ROOM_BLOCKS = 40 if sys.maxsize >> 32 else 20  # KiB for the code of an update, and what it holds


class Work:
    # `door.parts`: "files" (the system volume, or None), "running" (its slot: "a", "b", "s", or "" where there are
    # none), "box_id", "board" (its name), "limits" (config's update section), "post(word, payload, qos)", "now_ms()",
    # "there()" -> (reader, wifi, gateway), "say(event, **facts)", "count(name)", "changed()": the status has,
    # "restart()", "forget(name)" of firmware/modules.py.
    def __init__(self, door):
        self._door = door
        self._parts = door.parts
        self._now_ms = door.parts["now_ms"]
        self._count = door.parts["count"]
        self._offer = self._updater = None
        self._told_ms = 0

    def on_message(self, payload):
        if payload[:8] != b"1 piece ":
            self._take(payload)
        elif self._updater:
            self._updater.on_piece(payload)
        else:
            self._count("update_not_asked")

    async def run(self, payload):
        if not self._parts["running"]:
            self._introduce()
        elif not self._door.is_settled:
            self._introduce()
            self._door.is_settled = await self._watch()
            if not self._door.is_settled:
                return await self._restart_soon()
        if payload:
            self._take_or_count(payload)
        while self._offer is not None:
            offer = self._offer
            await self._update(offer)
            if self._offer is offer:
                self._offer = None

    def _introduce(self):
        from .slots import Slots

        parts, facts = self._parts, self._door.facts
        slots = Slots(parts["files"], parts["running"])
        if not parts["running"] and not slots.version:
            return  # neither in a slot nor frozen: on a PC
        version = slots.version if parts["running"] != "s" else 0  # safe mode is none that anybody could want
        facts.update({"firmware_version": version, "firmware": slots.name, "slot": parts["running"]})
        if version:
            self._door.current = b"1 offer %s %d " % (parts["box_id"].encode(), version)
        back = slots.state().get("back")
        if back:
            facts["firmware_refused"] = {key: back.get(key) for key in ("version", "code", "detail")}

    async def _watch(self):
        from .watch import watch

        parts = self._parts
        return await watch(
            parts["files"], parts["running"], parts["limits"], self._now_ms, parts["there"], parts["say"]
        )

    # Offers

    def _take_or_count(self, payload):
        try:
            self._take(payload)
        except WireError as bad:
            self._count("update_" + bad.code)

    def _take(self, payload):
        from firmware.wire.update import decode_offer

        offer, door = decode_offer(payload), self._door
        if offer.box_id != self._parts["box_id"]:
            self._count("update_other_box")
        elif not offer.version:
            self._withdraw()
        elif payload.startswith(door.current):
            self.stop()
        elif self._offer and self._offer[1:] == offer[1:]:
            pass  # it is on its way
        elif door.refused == offer[1:]:
            self._count("update_refused_again")
        else:
            self.stop()
            self._offer = offer

    def _withdraw(self):
        self.stop()
        self._door.refused = None
        self._door.facts.pop("firmware_refused", None)
        if self._parts["running"]:
            from .slots import Slots

            Slots(self._parts["files"], self._parts["running"]).forgive()
        self._parts["changed"]()

    def stop(self):
        self._offer = None
        if self._updater:
            self._updater.stop()

    # An update

    async def _update(self, offer):
        from .refused import Refused

        self._tell("begun", offer)
        try:
            await self._run_updater(offer)
        except Refused as bad:
            self._refuse(offer, bad.code, bad.detail)
        except OSError as bad:  # the flash: full, or it fails
            self._refuse(offer, "storage", str(bad))
        except MemoryError:
            await self._go_lean(offer)
        else:
            self._tell("restarting", offer)
            await self._restart_soon()

    async def _run_updater(self, offer):
        from .refused import Refused

        parts = self._parts
        if not parts["running"]:
            raise Refused("no_slots")
        _try_room()
        from .slots import Slots
        from .updater import Updater

        try:
            key = bytes.fromhex((parts["files"].read_plain(_KEY) or b"").decode().strip())
        except (ValueError, UnicodeError):
            key = b""
        if not key:
            raise Refused("no_key")
        slots = Slots(parts["files"], parts["running"])
        self._updater = Updater(parts, slots, key, offer, self._on_state)
        try:
            await self._updater.run()
        finally:
            self._updater = None

    async def _go_lean(self, offer):
        from .slots import Slots

        if Slots(self._parts["files"], self._parts["running"]).go_lean():
            self._tell("lean", offer)
            await self._restart_soon()
        else:
            self._refuse(offer, "memory", "")

    def _refuse(self, offer, code, detail):
        facts = self._door.facts
        facts.pop("update_version", None)
        facts.pop("update_bytes", None)
        if code == "withdrawn":
            self._tell("idle", None)
            return
        self._count("update_refused")
        self._door.refused = offer[1:]
        facts["firmware_refused"] = {"version": offer.version, "code": code, "detail": detail[:80]}
        self._tell("refused", offer, code=code, detail=detail)

    def _on_state(self, state, done, total):
        facts = self._door.facts
        facts["update_bytes"] = [done, total]
        if state != facts["update"] or self._now_ms() - self._told_ms >= _TELL_EVERY_MS:
            self._tell(state, self._offer, done=done, total=total)

    def _tell(self, state, offer, **more):
        facts = self._door.facts
        facts["update"] = state
        if offer:
            facts["update_version"] = offer.version
        self._told_ms = self._now_ms()
        self._parts["say"]("update", state=state, version=offer.version if offer else 0, **more)
        self._parts["changed"]()

    async def _restart_soon(self):
        # The status and the line above go out first.
        await asyncio.sleep_ms(_RESTART_AFTER_MS)
        self._parts["restart"]()


def _try_room():
    # Raises MemoryError. In blocks: a heap that grows does so for them, one that does not may have no large one.
    gc.collect()
    blocks = []
    try:
        while len(blocks) < _ROOM_BLOCKS:
            blocks.append(bytearray(1024))
    finally:
        blocks.clear()  # whatever still points at the list


def let_go(forget):
    for name in ("work", "updater", "download", "fetch", "digest", "refused", "slots", "space", "watch", "trial"):
        forget("firmware.update." + name)
    for name in ("manifest", "update", "rsa"):
        forget("firmware.wire." + name)
