# What a box tells about itself: the facts of a status (SPEC §8), and when there is news worth telling at once.
#
# 1. `report` is a rule: facts in, what is told out. It fits in STATUS_BYTES whatever is counted. What does not fit is
#    cut in this order: counters that stand at zero; counters of CUT_FIRST, in its order; all other counters, the last
#    of the alphabet first; then the facts of SPARE, in its order. What is left always says how many were `cut`.
# 2. News are the facts of NEWS: a status at once, but not more often than every GAP_MS. Everything else waits for its
#    minute.
# 3. The largest free block is found by trying: the heap cannot be asked. Each try takes a block and lets it go at
#    once, from large to small, in eighths of what is free; one that fails makes the interpreter collect. So it is done
#    rarely, and with a pause after each.
# 4. What is left of the flash is told in years: 100,000 erases for each block, at the pace since the boot, if all
#    blocks wear alike. Before an hour has passed there is no pace to speak of.

import asyncio
import gc
import json

STATUS_BYTES = 3800  # of the 4,096 of a status: the rest is for box_id, state, boot and session
GAP_MS = 5000
CUT_FIRST = ("reader_", "spool_", "wifi_", "message_", "sent_")
SPARE = ("reader_detail", "heap_kept", "log_bytes", "temperature_c", "board", "wifi", "crash")
NEWS = (
    "reader",
    "spool",
    "settings_version",
    "settings_refused",
    "firmware_version",
    "firmware_refused",
    "update",
    "direction",
    "late",
)
BLOCK_CYCLES = 100000
_HOUR_MS = 3600000
_YEAR_MS = 31557600000


def report(facts):
    # -> a dict for a status: as `facts`, without what is None, and with `counters` cut to fit
    told = {}
    for key, value in facts.items():
        if value is not None:
            told[key] = value
    counters = told.pop("counters", {})
    for key in SPARE:
        if _size(told) <= STATUS_BYTES:
            break
        told.pop(key, None)
    told["counters"] = _fitting(counters, STATUS_BYTES - _size(told))
    return told


def _fitting(counters, room_bytes):
    # Each counter costs `"name": value, `; the braces, the key and `cut` are in the margin below.
    room_bytes -= 48
    kept = {}
    for name in sorted(counters, key=_weight):
        if counters[name]:
            room_bytes -= len(name) + len(str(counters[name])) + 6
            if room_bytes < 0:
                break
            kept[name] = counters[name]
    cut = sum([1 for name in counters if counters[name]]) - len(kept)
    if cut:
        kept["cut"] = cut
    return kept


def _weight(name):
    for place, prefix in enumerate(CUT_FIRST):
        if name.startswith(prefix):
            return len(CUT_FIRST) - place, name
    return 0, name


def _size(told):
    # as JSON, taken piece by piece: the whole of it would need a block of its own size
    return 2 + sum([len(key) + 6 + len(json.dumps(told[key]).encode()) for key in told])


class News:
    def __init__(self, now_ms):
        self._now_ms = now_ms
        self._known = None
        self._told_ms = -GAP_MS

    def is_due(self, facts):
        # True once for each change, as soon as the gap allows.
        seen = repr([facts.get(key) for key in NEWS])
        if self._known is None:
            self._known = seen
        if seen == self._known or self._now_ms() - self._told_ms < GAP_MS:
            return False
        self._known = seen
        self._told_ms = self._now_ms()
        return True


def oldest_s(record, boot, now_ms, utc_ms=None):
    # For how long the oldest scan has been waiting, in seconds; None where nothing of it can be read. Of a scan of an
    # earlier boot that is told by UTC; where that is not known, then and now, it is as long as this boot, and may be
    # longer.
    fields = record[:200].split(b" ") if record else []
    if fields[1:2] != [b"scan"] or len(fields) < 9:
        return None
    if fields[5] == b"%d" % boot:
        age_ms = now_ms - int(fields[6])
    elif fields[7] == b"-" or utc_ms is None:
        age_ms = now_ms
    else:
        age_ms = max(now_ms, utc_ms - int(fields[7]))
    return max(0, age_ms) // 1000


def flash_years(erases, blocks, uptime_ms, before=0):
    # `erases` since the boot, of `blocks` blocks that had `before` in all; None: too early to say
    if uptime_ms < _HOUR_MS or not blocks or not erases:
        return None
    left = max(0, BLOCK_CYCLES * blocks - before - erases)
    return min(999, left * uptime_ms // (erases * _YEAR_MS))


async def largest_block():
    # -> bytes of the largest block that could be had just now, within an eighth of what is free
    gc.collect()
    step = gc.mem_free() // 8
    for eighths in range(8, 0, -1):
        try:
            bytearray(eighths * step)
            return eighths * step
        except MemoryError:
            await asyncio.sleep_ms(0)
    return 0
