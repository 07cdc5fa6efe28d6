# Watches a slot that has just been started until it is confirmed or given up (trial.py says when).

import asyncio

from .slots import Slots
from .trial import Trial

_EVERY_MS = 500


async def watch(files, running, limits, now_ms, facts, say):
    # -> whether the box may go on. False: /slot names the other slot, and the box is to be restarted.
    # `facts()` -> (reader, wifi, gateway): whether each is there.
    slots = Slots(files, running)
    if not slots.needs_confirming():
        return True
    is_trial = slots.is_trial() and slots.can_go_back()
    trial = Trial(is_trial, now_ms(), limits.confirm_s * 1000, limits.give_up_s * 1000)
    say("update", state="trial" if is_trial else "watched", version=slots.version, slot=running)
    verdict = None
    while verdict is None:
        await asyncio.sleep_ms(_EVERY_MS)
        verdict = trial.judge(now_ms(), *facts())
    if verdict == "confirm":
        slots.confirm()
        say("update", state="confirmed", version=slots.version, slot=running)
        return True
    slots.give_up("unconfirmed", trial.missing)
    say("update", state="given_up", version=slots.version, slot=running, missing=trial.missing)
    return False
