# The box as one object: builds the rooms, hands them to each other, and keeps their tasks running.
#
# The way of a scan: reader -> accept -> spool (on flash when `append` returns) -> green -> outbox. Nothing on it
# waits for the link, and the link works whatever state reader and spool are in.

import asyncio
import gc
import sys
from binascii import crc32

from firmware.boards.errors import BoardError
from firmware.face import Face
from firmware.link.clock import Clock, Uptime
from firmware.link.errors import LinkError
from firmware.link.inbox import Inbox
from firmware.link.names import Names
from firmware.link.outbox import Outbox
from firmware.link.presence import Presence
from firmware.link.reconnect import Backoff, Link, Login, Parts
from firmware.scanner.accept import Accept
from firmware.scanner.settings import SettingsError, complete
from firmware.scanner.uart import ReaderLoop
from firmware.spool import Spool, SpoolError
from firmware.wire.record import Scan, encode_scan

from .config import ConfigError, load
from .supervise import keep_running

_GC_THRESHOLD_BYTES = 16384
_HEALTH_EVERY_MS = 5000
_HEAP_SAMPLE_MS = 250
_GOODBYE_MS = 1000
_REFUSED_GAP_MS = 300


class App:
    def __init__(self, board, config):
        self._board = board
        self._config = config
        self._counters = {}
        self._uptime_ms = Uptime(board.ticks_ms, board.ticks_diff)
        self._face = Face(board)
        accept = config.accept
        self._accept = Accept(accept.repeat_window_ms, accept.min_bytes, accept.max_bytes)
        complete(config.reader)  # refuses by name what it does not know
        self._reader = None
        self._reader_state = "starting"
        self._refused_shown_ms = -_REFUSED_GAP_MS
        self._heap_peak = self._heap_kept = 0
        flash = board.open_flash(config.flash)
        self._spool = Spool.open(flash, config.box_id, board.random_bytes, config.flash.limit_bytes or None, self._say)
        self._known = (self._spool.epoch, self._spool.boot)
        self._uart = board.open_uart()
        self._build_link()

    def _build_link(self):
        config, spool, count = self._config, self._spool, self._count
        limits, now_ms, random_below = config.link, self._uptime_ms, self._random_below
        work, heard = asyncio.Event(), asyncio.Event()
        self._clock = Clock(config.box_id, spool.epoch, spool.boot, now_ms, random_below, count, limits.heard_spread_ms)
        self._outbox = Outbox(spool, config.box_id, now_ms, random_below, limits, count, self._on_delivered, work.set)
        self._presence = Presence(
            config.box_id, spool.epoch, spool.boot, self._report, limits.status_every_ms, now_ms, count
        )
        handlers = {
            "ack": self._outbox.on_ack,
            "time": self._clock.on_time,
            "beacon": self._on_beacon,
            "status": self._presence.on_status,
        }
        self._link = Link(
            Login(config.box_id, config.password, limits.host, limits.port),
            Names(self._board.hosts, self._board.name_servers, random_below, limits.resolve_ms),
            Parts(self._outbox, Inbox(config.box_id, handlers, count), self._presence, self._clock, work, heard),
            limits,
            now_ms,
            Backoff(random_below, limits.retry_first_ms, limits.retry_cap_ms),
            count,
            self._on_link,
        )
        self._heard = heard

    async def run(self):
        self._tell_boot()
        tasks = {
            "reader": self._run_reader,
            "link": self._link.run,
            "health": self._watch_health,
            "gateway": self._watch_gateway,
        }
        tasks.update(self._board.tasks())
        running = [
            asyncio.create_task(keep_running(name, start, self._uptime_ms, self._count, self._say))
            for name, start in tasks.items()
        ]
        await self._board.stopped()
        try:
            await asyncio.wait_for_ms(self._link.stop(), _GOODBYE_MS)
        except (LinkError, asyncio.TimeoutError):
            pass  # nobody to say goodbye to: the will does it
        for task in running:
            task.cancel()
        self._say("stopped", uptime_ms=self._uptime_ms())

    def _tell_boot(self):
        spool = self._spool
        self._say(
            "boot",
            epoch=spool.epoch,
            boot=spool.boot,
            first_held=spool.first_held,
            last_seq=spool.last_seq,
            spool=spool.state,
            micropython=".".join([str(part) for part in sys.implementation.version[:3]]),
            heap_limit=self._board.heap_limit,
        )

    # A scan

    def _on_code(self, code, done_ms):
        seen = {"crc": f"{crc32(code) & 0xFFFFFFFF:08x}", "length": len(code)}
        verdict = self._accept.judge(code, done_ms)
        self._count(verdict)
        if verdict != "accepted":
            self._face.show("refused" if verdict == "too_short" else verdict, **seen)
            return
        utc_ms, bound_ms = self._clock.utc(done_ms)
        config, spool = self._config, self._spool
        try:
            seq, _ = spool.append(
                lambda seq: encode_scan(
                    Scan(config.box_id, spool.epoch, seq, spool.boot, done_ms, utc_ms, bound_ms, config.marks, code)
                )
            )
        except SpoolError as bad:
            self._accept.forget(code)
            self._count(f"spool_{bad.code}")
            self._face.show("spool_full" if bad.code == "full" else "spool_fault", code=bad.code, **seen)
            self._presence.changed()
            return
        self._face.show("stored", epoch=spool.epoch, seq=seq, took_ms=self._uptime_ms() - done_ms, **seen)
        self._outbox.accepted(seq)

    def _on_refused(self, reason, length):
        self._count(f"refused_{reason}")
        now = self._uptime_ms()
        if now - self._refused_shown_ms >= _REFUSED_GAP_MS:
            self._refused_shown_ms = now
            self._face.show("too_long" if reason == "too_long" else "refused", reason=reason, length=length)

    # The reader

    async def _run_reader(self):
        self._reader = ReaderLoop(
            self._uart, self._uptime_ms, self._config.reader, self._on_code, self._on_reader, self._on_refused
        )
        await self._reader.run()

    def _on_reader(self, state, detail):
        self._reader_state = state
        self._say("reader", state=state, detail=detail)
        if state in ("ready", "half_configured"):  # what a reader does not keep is reported; it reads all the same
            self._face.show("ready")
        elif state != "starting":
            self._face.show("reader_fault", state=state)
        self._presence.changed()

    # The link

    def _on_delivered(self, epoch, complete_to):
        self._face.show("delivered", epoch=epoch, complete_to=complete_to)

    def _on_beacon(self, payload):
        if self._clock.on_beacon(payload):
            self._outbox.gateway_back()
        self._heard.set()

    def _on_link(self, state, **facts):
        self._say("link", state=state, **facts)

    async def _watch_gateway(self):
        # Tells the gate when nobody takes the scans, and when somebody does again.
        away_from_ms, shown = self._uptime_ms(), False
        while True:
            await asyncio.sleep_ms(1000)
            now = self._uptime_ms()
            if self._link.is_up() and not self._outbox.is_asking() and not self._clock.is_gateway_away():
                away_from_ms = now
                if shown:
                    self._face.show("ready")
                shown = False
            elif now - away_from_ms >= self._config.link.no_gateway_after_ms and not shown:
                shown = True
                self._face.show("no_gateway", waiting=self._spool.waiting)

    # Health

    def _all_counters(self):
        counters = dict(self._counters)
        if self._reader:
            for name, value in self._reader.counters.items():
                counters["reader_" + name] = value
        for name, value in self._spool.stats().items():
            counters["spool_" + name] = value
        counters.update(self._board.counters())
        return counters

    def _report(self):
        spool = self._spool
        return {
            "epoch": spool.epoch,
            "uptime_ms": self._uptime_ms(),
            "first_held": spool.first_held,
            "last_seq": spool.last_seq,
            "counters": self._all_counters(),
            "reader": self._reader_state,
            "spool": spool.state,
            "clock_bound_ms": self._clock.utc(self._uptime_ms())[1],
            "heap_peak": self._heap_peak,
            "heap_limit": self._board.heap_limit,
        }

    async def _watch_health(self):
        # `peak` is the most that was in use, garbage included; `kept` the most that was still in use after a
        # collection.
        next_ms = 0
        while True:
            self._heap_peak = max(self._heap_peak, gc.mem_alloc())
            self._follow_spool()
            if self._uptime_ms() >= next_ms:
                next_ms = self._uptime_ms() + _HEALTH_EVERY_MS
                gc.collect()
                self._heap_kept = max(self._heap_kept, gc.mem_alloc())
                self._say("heap", peak=self._heap_peak, kept=self._heap_kept, limit=self._board.heap_limit)
                self._say("counters", counters=self._all_counters())
            await asyncio.sleep_ms(_HEAP_SAMPLE_MS)

    def _follow_spool(self):
        # A flash that failed while we ran may have been mended, and the spool has begun a new epoch.
        now = (self._spool.epoch, self._spool.boot)
        if now != self._known and self._spool.state != "rescue":
            self._known = now
            self._clock.rename(*now)
            self._presence.rename(*now)
            self._tell_boot()

    def _count(self, name, by=1):
        if by:
            self._counters[name] = self._counters.get(name, 0) + by

    def _say(self, event, **facts):
        self._board.say(event, facts)

    def _random_below(self, most):
        return int.from_bytes(self._board.random_bytes(4), "big") % most if most else 0


def main(board):
    gc.threshold(_GC_THRESHOLD_BYTES)
    try:
        config = load(board.config_path)
        board.adopt(config)
        app = App(board, config)
    except (BoardError, ConfigError, SettingsError, SpoolError) as bad:
        if isinstance(bad, SpoolError):
            Face(board).show("spool_fault", code=bad.code)
        board.say("refused", {"code": bad.code, "detail": str(bad)})
        sys.exit(78)
    asyncio.run(app.run())
