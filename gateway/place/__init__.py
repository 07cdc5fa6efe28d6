"""What the place itself counts and allows: without the internet, and without keeping anything personal.

    place = Place(config.place, shelf, clock.instant, utc_ms, machine.mono_ms, machine.boot, memory.load())
    place.judge(box_id, payload, received_mono_ms)   # -> Ruling or None, at arrival
    place.take(fresh)                                # each of PutResult.scans, after the commit
    place.load(kept)                                 # after a start, and while place.wants_times: what the buffer holds
    place.set_rules(settings), place.set_held({box_id: how many scans it has for us, or None: it is away})
    place.today(), place.day("2026-03-01"), place.days(), place.last()   # for the place's page
    place.rules.purpose.mode_of(earliest_ms, latest_ms)   # "identified" or "counts_only"; from any thread
    memory.save(place.dump())                        # now and then, and at the end: tmpfs only

All of `place` on one thread; only `rules.purpose` may be asked from others. The shelf of keys is gateway.seal.Shelf, or
anything of its shape.
"""

from gateway.place.errors import PlaceError
from gateway.place.memory import Memory
from gateway.place.place import Place
from gateway.place.presence import Inside
from gateway.place.purpose import Mode, Purpose
from gateway.place.rules import Rules
from gateway.place.types import Day, GateDay, Last

__all__ = ["Day", "GateDay", "Inside", "Last", "Memory", "Mode", "Place", "PlaceError", "Purpose", "Rules"]
