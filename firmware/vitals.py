# What the box knows of itself: gathered from its rooms for the status, for the self-test, and for who reads its lines.
#
# 1. Nothing here decides anything. How a status is cut to size and what counts as news is health.py's.
# 2. `heap_peak` is the most that was in use, garbage included; `heap_kept` the most that was in use after a collection;
#    `heap_block` the largest block that could be had when it was last tried.

import asyncio
import gc
import sys

from firmware import health
from firmware.modules import forget

_SAMPLE_MS = 250
_TELL_EVERY_MS = 5000
_TALLY_EVERY_MS = 86400000


class Vitals:
    # `app`: the rooms, by their names in app.py. `tick()`: what is to be done four times a second.
    def __init__(self, app, tick, beat):
        self._app = app
        self._board = app.board
        self._cause = app.board.reset_cause()
        self._tick = tick
        self._beat = beat
        self._peak = self._kept = 0
        self._totals, self._erases_kept = {}, 0
        if app.files is not None:
            self.keep_tally(1 if self._cause == "watchdog" else 0)
        self._block = None
        self._news = health.News(app.now_ms)

    def counters(self):
        app = self._app
        counters = dict(app.counters)
        counters.update(app.intake.stats())
        reader = app.reader
        if reader:
            for name, value in reader.counters.items():
                counters["reader_" + name] = value
        for name, value in app.spool.stats().items():
            counters["spool_" + name] = value
        counters.update(self._board.counters())
        return counters

    def report(self):
        app = self._app
        facts = self._facts()
        if app.care:
            facts.update(app.care.facts())
        facts["counters"] = self.counters()
        return health.report(facts)

    def _facts(self):
        app, spool, board = self._app, self._app.spool, self._board
        stats = spool.stats()
        now, erases = app.now_ms(), stats.get("erases", 0)
        before = self._totals.get("erases", 0) - self._erases_kept
        bound_ms = app.uplink.clock.utc(now)[1]
        return {
            "epoch": spool.epoch,
            "uptime_ms": now,
            "first_held": spool.first_held,
            "last_seq": spool.last_seq,
            "reader": app.reader_state[0],
            "reader_detail": app.reader_state[1] or None,
            "reader_model": app.reader.model if app.reader else None,
            "spool": spool.state,
            "waiting": spool.waiting,
            "oldest_unacked_s": self.oldest_s(),
            "direction": app.gate.direction or None,
            "clock_bound_ms": bound_ms,
            "gateway_state": app.uplink.gateway_state,
            "trust": app.uplink.trusted,
            "trust_used": app.uplink.trust_used(),
            "wifi": app.uplink.wifi_facts(),
            "heap_peak": self._peak,
            "heap_kept": self._kept,
            "heap_block": self._block,
            "heap_limit": board.heap_limit,
            "flash_erases": before + erases,
            "flash_years": health.flash_years(erases, stats["blocks"], now, before),
            "watchdog_resets": self._totals.get("watchdog"),
            "temperature_c": board.temperature_c(),
            "reset_cause": self._cause,
            "late": app.late,
            "crash": app.log.crash if app.log else None,
            "log_bytes": app.log.size_bytes if app.log else None,
            "micropython": ".".join([str(part) for part in sys.implementation.version[:3]]),
            "board": board.name,
        }

    def oldest_s(self):
        app, spool = self._app, self._app.spool
        now = app.now_ms()
        if not spool.waiting:
            return 0
        return health.oldest_s(spool.read(spool.first_held), spool.boot, now, app.uplink.clock.utc(now)[0])

    def keep_tally(self, watchdog=0):
        # What is counted over all boots; in flash once a day, and at the end.
        from firmware import tally

        erases = self._app.spool.stats().get("erases", 0)
        try:
            self._totals = tally.add(self._app.files, watchdog=watchdog, erases=erases - self._erases_kept)
            self._erases_kept = erases
        except OSError:  # a system volume that cannot be written holds up neither a start nor a restart
            self._app.count("tally_not_kept")
        del tally
        forget("firmware.tally")

    def self_test_facts(self):
        app = self._app
        gc.collect()
        return {
            "reader": app.reader_state[0],
            "spool": app.spool.state,
            "link": "up" if app.uplink.link.is_up() else "down",
            "clock_bound_ms": app.uplink.clock.utc(app.now_ms())[1],
            "heap_free": gc.mem_free(),
            "waiting": app.spool.waiting,
        }

    async def watch(self):
        next_ms, block_ms, tally_ms = 0, _TELL_EVERY_MS, _TALLY_EVERY_MS
        while True:
            self._peak = max(self._peak, gc.mem_alloc())
            self._beat()
            self._tick()
            now = self._app.now_ms()
            if now >= next_ms:
                next_ms = now + _TELL_EVERY_MS
                self._tell()
            if now >= block_ms and self._app.is_quiet():
                block_ms = now + self._app.config.health.block_every_s * 1000
                self._block = await health.largest_block()
            if now >= tally_ms and self._app.files is not None:
                tally_ms = now + _TALLY_EVERY_MS
                self.keep_tally()
            await asyncio.sleep_ms(_SAMPLE_MS)

    def _tell(self):
        gc.collect()
        used = gc.mem_alloc()
        self._kept = max(self._kept, used)
        say, limit = self._board.say, self._board.heap_limit
        say("heap", {"peak": self._peak, "kept": self._kept, "used": used, "limit": limit, "block": self._block})
        say("counters", {"counters": self.counters()})
        if self._news.is_due(self._news_facts()):
            self._app.uplink.presence.changed()

    def _news_facts(self):
        app = self._app
        facts = {
            "reader": app.reader_state[0],
            "spool": app.spool.state,
            "direction": app.gate.direction,
            "late": app.late,
        }
        if app.care:
            facts.update(app.care.facts())
        return facts
