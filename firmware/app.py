# The box as one object: builds the rooms, hands them to each other, and keeps their tasks running.
#
# The way of a scan is in intake.py: reader -> accept -> spool (on flash when `append` returns) -> green -> outbox.
# Nothing on it waits for the link (uplink.py), and the link works whatever state reader and spool are in. Settings,
# commands and updates are in care.py.

import asyncio
import sys

from firmware.face import Face
from firmware.gate import Gate
from firmware.intake import Intake
from firmware.link.uptime import Uptime
from firmware.scanner.uart import ReaderLoop
from firmware.spool import Spool
from firmware.supervise import Watch, guard, keep_running
from firmware.uplink import Uplink
from firmware.vitals import Vitals

_BEATS_MS = {"reader": 10000, "link": 120000, "health": 10000}
_READS = ("ready", "half_configured", "listening")  # the reader's states in which codes are taken
_BUSY_MS = 3000
# What goes into the log, and whether at once.
_LOGGED = {
    "boot": True,
    "command": False,
    "late": True,
    "link": False,
    "notice": False,
    "provision": False,
    "reader": False,
    "restart": True,
    "settings": True,
    "spool_repaired": False,
    "spool_rescue": True,
    "task": True,
    "update": False,
    "wifi": False,
}


class App:
    program = "box"
    is_provisioned = True
    seldom = ("commands.self_test", "update.slots", "wire.base64url")  # for the console, and let go of after

    # `start`: what start.py found.
    def __init__(self, board, start):
        self.board = board
        self.config = config = start.config
        self.files = start.files = self._masked(start.files)
        self.reader = None
        self.counters = {}
        self.now_ms = Uptime(board.ticks_ms, board.ticks_diff)
        self.face = Face(board, config.face, config.gate.name)
        self.log = self.late = self.care = None
        self.reader_state = ("starting", "")
        self._restarting = None
        self._watch = Watch(_BEATS_MS, self.now_ms)
        self.spool = Spool.open(
            self._spool_flash(), config.box_id, board.random_bytes, config.flash.limit_bytes or None, self.say
        )
        self._known = (self.spool.epoch, self.spool.boot)
        self.gate = Gate(config.gate, config.marks, self.now_ms)
        self.count("marks_left_out", len(self.gate.left_out))
        self._uart = board.open_uart()
        if self.files is not None:
            from firmware.care import Care
            from firmware.log import Log

            self.log = Log(self.files, self.spool.boot, self.now_ms, config.health.log_bytes, self.is_quiet)
            self.care = Care(self, start)
        more = self.care.handlers() if self.care else {}
        self.uplink = Uplink(self, start.cas, more, self._watch.beater("link"))
        if self.care:
            self.care.build()
        self.intake = Intake(
            config,
            self.spool,
            self.face,
            self.gate,
            self.uplink.clock,
            self.uplink.outbox,
            self.now_ms,
            self.count,
            self._on_provision,
            self.uplink.presence.changed,
            self.uplink.takes_scans,
        )
        self.vitals = Vitals(self, self._tick, self._watch.beater("health"))

    def _masked(self, files):
        if files is None or not self.board.masks_interrupts:
            return files
        from firmware.files import Files
        from firmware.masked import MaskedFs

        return Files(MaskedFs(files.fs, self._hold, self._release))

    def _spool_flash(self):
        flash = self.board.open_flash(self.config.flash)
        if hasattr(flash, "erases"):
            return flash
        from firmware.metered import Metered

        if not self.board.masks_interrupts:
            return Metered(flash)
        return Metered(flash, self._hold, self._release)

    async def run(self):
        self._tell_boot()
        tasks = {"reader": self._run_reader, "health": self.vitals.watch}
        tasks.update(self.uplink.tasks())
        if self.care:
            tasks.update(self.care.tasks())
        tasks["face"] = self.face.run
        tasks.update(self.board.tasks())
        running = [
            asyncio.create_task(keep_running(name, start, self.now_ms, self.count, self.say))
            for name, start in tasks.items()
        ]
        dog = self.board.watchdog(self.config.health.watchdog_s * 1000)
        running.append(asyncio.create_task(guard(self._watch, dog.feed, self._on_late)))
        await self.board.stopped()
        await self._end()
        for task in running:
            task.cancel()
        self.say("stopped", uptime_ms=self.now_ms())

    async def _end(self):
        await self.uplink.goodbye()
        if self.log:
            self.vitals.keep_tally()
            self.log.flush()

    def _tell_boot(self):
        spool = self.spool
        self.say(
            "boot",
            epoch=spool.epoch,
            boot=spool.boot,
            first_held=spool.first_held,
            last_seq=spool.last_seq,
            spool=spool.state,
            cause=self.board.reset_cause(),
            micropython=".".join([str(part) for part in sys.implementation.version[:3]]),
            heap_limit=self.board.heap_limit,
        )

    # The reader

    async def _run_reader(self):
        intake, beat = self.intake, self._watch.beater("reader")
        self.reader = ReaderLoop(
            self._uart, self.now_ms, self.config.reader, intake.on_code, self._on_reader, intake.on_refused, beat
        )
        await self.reader.run()

    def _on_reader(self, state, detail):
        self.reader_state = (state, detail)
        self.say("reader", state=state, detail=detail)
        self.rest_face()
        self.uplink.presence.changed()

    def reads(self):
        return self.reader_state[0] in _READS

    def rest_face(self):
        # What is shown while nothing happens.
        state = self.reader_state[0]
        if state in _READS:
            self.face.over("reader_fault") or self.face.show("ready")
        elif state != "starting":
            self.face.show("reader_fault", state=state)

    def _hold(self):
        self.board.gate_reader(True)
        if self.reader:
            self.reader.hold()

    def _release(self):
        if self.reader:
            self.reader.release()
        self.board.gate_reader(False)

    def _on_provision(self, code):
        if self.care:
            self.care.on_provision(code)
        else:
            self.face.show("provision_refused", reason="provisioned")

    # For the console (console/answer.py)

    def room(self):
        from firmware.console import words

        return words

    # Health

    def report(self):
        return self.vitals.report()

    def is_quiet(self):
        # Nobody is at the gate, nor was a moment ago.
        last_ms = self.intake.last_ms
        return last_ms is None or self.now_ms() - last_ms >= _BUSY_MS

    def _tick(self):
        self._follow_spool()
        if self.gate.poll():
            self.face.show("direction", direction=self.gate.direction)
        if self.log:
            self.log.tick()

    def _follow_spool(self):
        # A flash that failed while we ran may have been mended, and the spool has begun a new epoch.
        now = (self.spool.epoch, self.spool.boot)
        if now != self._known and self.spool.state != "rescue":
            self._known = now
            self.uplink.rename(*now)
            if self.log:
                self.log.rename(self.spool.boot)
            self._tell_boot()

    def _on_late(self, name):
        self.late = name
        self.say("late", name=name)

    def restart_in(self, wait_ms, why):
        if self._restarting is None:
            self.say("restart", why=why)
            self._restarting = asyncio.create_task(self._restart(wait_ms))

    async def _restart(self, wait_ms):
        await asyncio.sleep_ms(wait_ms)
        await self._end()
        self.board.reset()

    def count(self, name, by=1):
        if by:
            self.counters[name] = self.counters.get(name, 0) + by

    def say(self, event, **facts):
        told = dict(facts)
        self.board.say(event, facts)
        if self.log and event in _LOGGED:
            self.log.add(event, told, _LOGGED[event])

    def random_below(self, most):
        return int.from_bytes(self.board.random_bytes(4), "big") % most if most else 0
