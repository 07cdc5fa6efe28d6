# What a box runs that does not know its place, or is busy with a code that says where it is.
#
# 1. It asks for its code, by light and display. The code may be shown to the reader or typed on the console; every
#    other one is refused with the hint what is wanted, and nothing of it is kept.
# 2. A code that is taken is on flash before anything else happens. Then the box joins the network that the code names,
#    finds the gateway, and is enrolled; it tries until it is. A newer code takes the place of the one it is busy with.
# 3. When it is enrolled it says so and starts again, as itself.
# 4. A final refusal by the gateway drops the code: the face says why, and a new box asks for another one.
# 5. A box that has its place already does not scan while it is busy with a new code, which is a matter of minutes: it
#    says so, and whatever fails finally, or has not worked within GIVE_UP_MS, makes it start again as what it was.
# 6. Its spool is not opened: what is in it stays for when the box is itself again.
# 7. No token, password or Wi-Fi password is in anything that it says.

import asyncio

from firmware import provision
from firmware.console import listen
from firmware.face import Face
from firmware.link.backoff import Backoff
from firmware.link.door import Door
from firmware.link.names import Names
from firmware.link.tasks import first_end
from firmware.link.uptime import Uptime
from firmware.provision import check, enrol, identity
from firmware.scanner.uart import ReaderLoop
from firmware.supervise import keep_running
from firmware.wire import provisioning

GIVE_UP_MS = 600000
_LOOK_MS = 3000  # how long a person gets to see a verdict
_SAME_MS = 3000  # a code that stays before the reader is judged once
_FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 1000, 30000
_TICK_MS = 1000
_JOIN_MS = 30000


class Newcomer:
    program = "newcomer"
    seldom = ("commands", "update", "spool", "wire.record")  # for the console, and let go of after
    spool = None

    # `config`: the settings for reader, link and test; who the box is and where it belongs is not looked at there.
    def __init__(self, board, config, box_id):
        self.board = board
        self.config = config
        config.box_id = box_id
        self.now_ms = Uptime(board.ticks_ms, board.ticks_diff)
        self.face = Face(board, config.face)
        self.files = board.system()
        self._modulus = provision.fleet_key(self.files)
        self.identity = identity.load(self.files, box_id)
        self.is_provisioned = self.identity.now is not None
        self.counters = {}
        self.reader = self.wifi = self.trouble = None  # trouble: why the last attempt to be enrolled failed
        self.reader_state = ("starting", "")
        self._last = (None, 0)
        self._work = asyncio.Event()
        self._since_ms = 0
        self._backoff = Backoff(self._random_below, _FIRST_PAUSE_MS, _LONGEST_PAUSE_MS)

    async def run(self):
        known = self.identity
        self._say("newcomer", box_id=known.box_id, provisioned=known.now is not None, busy=known.code is not None)
        if not self._modulus:
            self._say("fleet_key", state="missing")
        if not self._start():
            await self._go_back("starts")
        self._ask()
        tasks = {"face": self.face.run, "reader": self._run_reader, "enrol": self._enrol, "health": self._watch}
        console = self.board.console()
        if console is not None:
            tasks["console"] = lambda: listen(console, self, lambda text: self._judge(text, "console"))
        tasks.update(self.board.tasks())
        running = [
            asyncio.create_task(keep_running(name, start, self.now_ms, self._count, self._say))
            for name, start in tasks.items()
        ]
        await self.board.stopped()
        for task in running:
            task.cancel()
        self._say("stopped", uptime_ms=self.now_ms())

    def _start(self):
        try:
            return self.identity.start()
        except OSError as bad:
            self._say("storage", errno=bad.errno)
            return True

    # The code

    async def _run_reader(self):
        self.reader = ReaderLoop(
            self.board.open_uart(), self.now_ms, self.config.reader, self._on_code, self._on_reader
        )
        await self.reader.run()

    def _on_reader(self, state, detail):
        self.reader_state = (state, detail)
        self._say("reader", state=state, detail=detail)
        if state in ("ready", "half_configured", "listening"):
            self._ask()
        elif state != "starting":
            self.face.show("reader_fault", state=state)

    def _on_code(self, code, done_ms):
        last, at_ms = self._last
        self._last = (code, done_ms)
        if code != last or done_ms - at_ms >= _SAME_MS:
            self._judge(code, "reader")

    def _judge(self, text, source):
        # -> the verdict, in a word
        if not provisioning.looks_like(text):
            self._count("other_codes")
            self._say("not_wanted", source=source, length=len(text))
            self.face.show("provision_refused", reason="not_wanted")
            return "not_wanted"
        known = self.identity
        reason = check.take(known, self._modulus, text, self.board.button(), None, self.board.random_bytes)
        verdict = reason or "taken"
        self._count("provision_" + verdict)
        self._say("provision", verdict=verdict, source=source)
        if reason is None:
            self._backoff.reset()
            self.trouble = None
            self._since_ms = self.now_ms()
            self._work.set()
        if reason in (None, check.SAME):
            self._ask()
        else:
            self.face.show("provision_refused", reason=reason)
        return verdict

    def _ask(self):
        # what the box waits for
        if self.identity.code is None:
            self.face.show("unprovisioned")
        else:
            self.face.show("provisioning")

    # The gateway

    async def _enrol(self):
        while True:
            if self.identity.code is None:
                await self._work.wait()
                self._work.clear()
            else:
                await self._be_busy(self.identity.code)

    async def _be_busy(self, code):
        wanted = self.wanted()
        wlan = self.board.wlan() if wanted.wifi else None
        if wlan is None:
            await self._attempts(code, wanted, None)
            return
        from firmware.link.wifi import Wifi  # only where there is one

        self.wifi = Wifi(wlan, wanted.wifi, self.now_ms, self._random_below, self._count, self._on_wifi)
        try:
            await first_end(self.wifi.run(), self._attempts(code, wanted, self.wifi))
        finally:
            self.wifi = None

    def wanted(self):
        # -> what the code says that the box is busy with, or None
        return provisioning.decode(self.identity.code)[0] if self.identity.code else None

    async def _attempts(self, code, wanted, wifi):
        known = self.identity
        while known.code == code:
            try:
                ca_der = await self._try(code, wanted, known.password, wifi)
            except enrol.Trouble as bad:
                await self._again(bad.code)
            except enrol.Refusal as bad:
                if known.code == code:
                    await self._refused(bad)
            else:
                if known.code == code:
                    await self._enrolled(ca_der)

    async def _try(self, code, wanted, password, wifi):
        # -> the CA's certificate: the box is enrolled
        limits = self.config.link
        if wifi is not None and not wifi.is_ready():
            try:
                await asyncio.wait_for_ms(wifi.ready(), _JOIN_MS)
            except asyncio.TimeoutError:
                raise enrol.Trouble("no_wifi")
        names = Names(self.board.hosts, self.board.name_servers, self._random_below, limits.resolve_ms)
        door = Door(names, wanted.host, wanted.enrol_port, wanted.gateway, limits.connect_ms)
        ca_der = await enrol.fetch_ca(door, wanted.ca, limits.answer_ms)
        if wifi is not None:
            wifi.reached(True)
        await enrol.enrol_box(door, (ca_der,), self.identity.box_id, password, code, limits.answer_ms)
        return ca_der

    def _on_wifi(self, state, **facts):
        self._say("wifi", state=state, **facts)
        if state == "down":
            self.face.show("provisioning", code="wifi_" + facts["reason"])

    async def _again(self, code):
        known = self.identity
        if known.now is not None and self.now_ms() - self._since_ms >= GIVE_UP_MS:
            await self._go_back("time")
        self.trouble = code
        pause_ms = self._backoff.next_ms()
        self._say("enrol", state="failed", code=code, retry_ms=pause_ms)
        self.face.show("provisioning", code=code)
        try:
            await asyncio.wait_for_ms(self._work.wait(), pause_ms + 1)
        except asyncio.TimeoutError:
            pass
        self._work.clear()

    async def _refused(self, bad):
        if not bad.is_final:
            await self._again(bad.code)
            return
        self.trouble = bad.code
        self._say("enrol", state="refused", code=bad.code)
        self.face.show("provision_refused", reason=bad.code)
        if self.identity.now is not None:
            await self._go_back(bad.code)
        self.identity.drop()
        await asyncio.sleep_ms(_LOOK_MS)
        self._ask()

    async def _enrolled(self, ca_der):
        self.identity.enrolled(ca_der)
        self._clear_wishes()
        now = self.identity.now
        self._say("enrolled", box_id=now.box_id, gateway=now.gateway, place=now.place, gate=now.gate)
        self.face.show("provision_ok", place=now.place, gate=now.gate)
        await asyncio.sleep_ms(_LOOK_MS)
        self.board.reset()

    def _clear_wishes(self):
        # What was wished for the box that it was says nothing about the one that it is now.
        from firmware.settings.store import Store

        Store(self.files).clear()

    async def _go_back(self, reason):
        self._say("enrol", state="gave_up", code=reason)
        self.face.show("provision_gave_up", reason=reason)
        self.identity.drop()
        await asyncio.sleep_ms(_LOOK_MS)
        self.board.reset()

    # For the console (console/answer.py)

    def room(self):
        from firmware.console import words

        return words

    def report(self):
        state, detail = self.reader_state
        facts = {"mode": "newcomer", "busy": self.identity.code is not None, "uptime_ms": self.now_ms()}
        facts.update({"reader": state, "reader_detail": detail or None, "enrol": self.trouble})
        facts["reader_model"] = self.reader.model if self.reader else None
        facts["counters"] = self.counters
        return facts

    # Health

    async def _watch(self):
        dog = self.board.watchdog(self.config.health.watchdog_s * 1000)
        while True:
            dog.feed()
            await asyncio.sleep_ms(_TICK_MS)

    def _count(self, name, by=1):
        self.counters[name] = self.counters.get(name, 0) + by

    def _say(self, event, **facts):
        self.board.say(event, facts)

    def _random_below(self, most):
        return int.from_bytes(self.board.random_bytes(4), "big") % most if most else 0
