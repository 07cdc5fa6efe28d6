# Safe mode: what runs when neither slot does, or when an update needs the whole memory. Link and update, nothing else.
#
# 1. It lies in a slot of its own, /s, which is written with the flash image and never again.
# 2. The spool is not opened and the reader not read: what is in the spool stays for when the box is itself again. The
#    face says so. The status names the epoch 000000000000 with nothing in it, since whose turn it is is not known here.
# 3. It takes every update that a slot would take; the slot is then on trial as ever.
# 4. Who the box is comes from its identity, and its settings are the last good ones; where these are refused, none.
#    No settings are changed, no commands are taken.
# 5. A wipe that was cut off (firmware/wipe.py) is finished here too, and before anything else. The slots get another go
#    after it: what ended them may have been the power cuts. One that cannot be finished is in the status (`wipe`), on
#    the console and on the screen for as long as it is so, and is tried again at the next start.
# 6. When nothing has come for RETRY_MS the slots get another go: what was wrong may have lain outside of them. Where it
#    was started for one update only, that is after LEAN_MS without one.

import asyncio
import gc

from firmware.console import listen
from firmware.face import Face
from firmware.link.backoff import Backoff
from firmware.link.errors import LinkError
from firmware.link.inbox import Inbox
from firmware.link.names import Names
from firmware.link.presence import Presence
from firmware.link.reconnect import Link, Login, Parts
from firmware.link.uptime import Uptime
from firmware.modules import forget
from firmware.supervise import Watch, guard, keep_running
from firmware.update.door import Door

RETRY_MS = 6 * 3600 * 1000
LEAN_MS = 180000
_EPOCH = "000000000000"
_NOBODY = "-"  # in the place of a password
_LINK_LIMIT_MS = 120000
_TICK_MS = 1000
_GOODBYE_MS = 1000


class Nothing:
    # In the place of the spool's outbox, and of the clock.
    def connected(self):
        pass

    disconnected = connected

    def next_message(self):
        return None

    def wait_ms(self):
        return 1000

    def broker_answered(self, *_):
        pass

    def answer_in_ms(self):
        return None


class Safe:
    program = "safe"
    seldom = ()  # what the console needs is here for updates too, or its own

    # `is_wiped`: False, where a wipe could not be finished.
    def __init__(self, board, config, cas, files, is_wiped=True):
        self.board = board
        self.config = config
        self.files = files
        self._is_wiped = is_wiped
        self._counters = {}
        self.now_ms = Uptime(board.ticks_ms, board.ticks_diff)
        self.is_provisioned = config.password != _NOBODY
        self.link_state = ("down", None, None)  # and why, the last time
        self._watch = Watch({"link": _LINK_LIMIT_MS}, self.now_ms)
        self._face = Face(board)
        limits = config.link
        self._presence = Presence(
            config.box_id, _EPOCH, 1, self.report, limits.status_every_ms, self.now_ms, self._count
        )
        self._wifi = self._open_wifi()
        handlers = {"update": lambda payload: self._door.on_message(payload), "status": self._presence.on_status}
        nothing = Nothing()
        self._link = Link(
            Login(config.box_id, config.password, limits.host, limits.port),
            Names(board.hosts, board.name_servers, self._random_below, limits.resolve_ms),
            Parts(
                nothing,
                Inbox(config.box_id, handlers, self._count),
                self._presence,
                nothing,
                asyncio.Event(),
                asyncio.Event(),
            ),
            limits,
            self.now_ms,
            Backoff(self._random_below, limits.retry_first_ms, limits.retry_cap_ms),
            self._count,
            self._on_link,
            cas,
            self._wifi,
            self._watch.beater("link"),
        )
        self._door = Door(self._parts())
        self._is_lean = self._slots().is_lean()

    def _open_wifi(self):
        wlan = self.board.wlan() if self.config.wifi else None
        if wlan is None:
            return None
        from firmware.link.wifi import Wifi

        return Wifi(
            wlan,
            self.config.wifi,
            self.now_ms,
            self._random_below,
            self._count,
            lambda state, **facts: self._say("wifi", state=state, **facts),
            lambda: True,
        )

    def _parts(self):
        return {
            "files": self.files,
            "running": "s",
            "box_id": self.config.box_id,
            "board": self.board.name,
            "limits": self.config.update,
            "post": self._link.post,
            "now_ms": self.now_ms,
            "there": lambda: (False, False, False),
            "say": self._say,
            "count": self._count,
            "changed": self._presence.changed,
            "restart": self._restart,
            "forget": forget,
        }

    async def run(self):
        self._say("safe_mode", lean=self._is_lean)
        if self._is_wiped:
            self._face.show("updating" if self._is_lean else "safe_mode")
        else:
            self._face.show("safe_mode", code="wipe")
        tasks = {"face": self._face.run, "link": self._link.run, "update": self._door.run, "retry": self._retry}
        if self._wifi:
            tasks["wifi"] = self._wifi.run
        console = self.board.console()
        if console is not None:
            tasks["console"] = lambda: listen(console, self, lambda text: "safe_mode")
        tasks.update(self.board.tasks())
        running = [
            asyncio.create_task(keep_running(name, start, self.now_ms, self._count, self._say))
            for name, start in tasks.items()
        ]
        dog = self.board.watchdog(self.config.health.watchdog_s * 1000)
        running.append(asyncio.create_task(guard(self._watch, dog.feed, lambda name: self._say("late", name=name))))
        await self.board.stopped()
        await self._goodbye()
        for task in running:
            task.cancel()
        self._say("stopped", uptime_ms=self.now_ms())

    async def _goodbye(self):
        try:
            await asyncio.wait_for_ms(self._link.stop(), _GOODBYE_MS)
        except (LinkError, asyncio.TimeoutError):
            pass  # nobody to say goodbye to: the will does it

    # Out of safe mode

    def _slots(self):
        from firmware.update.slots import Slots

        return Slots(self.files, "s")

    async def _retry(self):
        idle_from_ms = self.now_ms()
        while True:
            await asyncio.sleep_ms(_TICK_MS)
            if self._door.facts["update"] not in ("idle", "refused"):
                idle_from_ms = self.now_ms()
            elif self.now_ms() - idle_from_ms >= (LEAN_MS if self._is_lean else RETRY_MS):
                self._leave()

    def _leave(self):
        if not self._is_lean:
            self._slots().try_again()
        self._restart()

    def _restart(self):
        self._say("restart", why="update")
        self.board.reset()

    # What others see

    # For the console (console/answer.py): nothing but what every program answers, and how it is

    def room(self):
        return self

    async def status(self, _, argument, out):
        await out.tell_all({"v": 1, "box_id": self.config.box_id, "boot": 1})
        await out.tell_all(self.report())

    async def link(self, _, argument, out):
        limits, (state, reason, detail) = self.config.link, self.link_state
        facts = {"state": state, "reason": reason, "detail": detail, "host": limits.host, "port": limits.port}
        facts.update({"tls": limits.tls, "gateway": limits.gateway})
        if self._wifi:
            facts["wifi"] = {"state": self._wifi.state, "ssid": self._wifi.ssid, "reasons": self._wifi.reasons}
        await out.tell_all(facts)

    def _on_link(self, state, **facts):
        _, reason, detail = self.link_state
        self.link_state = (state, facts.get("reason", reason), facts.get("detail", detail))
        self._say("link", state=state, **facts)

    def report(self):
        gc.collect()
        facts = {
            "epoch": _EPOCH,
            "first_held": 1,
            "last_seq": 0,
            "uptime_ms": self.now_ms(),
            "counters": dict(self._counters),
            "mode": "safe",
            "board": self.board.name,
            "reset_cause": self.board.reset_cause(),
        }
        if not self._is_wiped:
            facts["wipe"] = "unfinished"
        facts.update(self._door.facts)
        return facts

    def _say(self, event, **facts):
        self.board.say(event, facts)

    def _count(self, name, by=1):
        if by:
            self._counters[name] = self._counters.get(name, 0) + by

    def _random_below(self, most):
        return int.from_bytes(self.board.random_bytes(4), "big") % most if most else 0


def main(board):
    gc.threshold(16384)
    files = board.system()
    is_wiped = files.read_plain("/wipe") is None
    if not is_wiped:
        _finish_wipe(board, files)
    config, cas = settle(board, files)
    asyncio.run(Safe(board, config, cas, files, is_wiped).run())


def _finish_wipe(board, files):
    # Does not return, but where it cannot be finished.
    from firmware import config as configs
    from firmware import wipe
    from firmware.update.slots import Slots

    try:
        Slots(files, "s").try_again()
        wipe.finish(board, files, configs)
    except Exception:  # whatever they meet, safe mode must start: it says that the wipe is not finished
        pass
    del configs, wipe
    for name in ("config", "wipe"):
        forget("firmware." + name)


def settle(board, files):
    # -> (settings, the gateway's CAs or None)
    from firmware import config as configs
    from firmware import provision
    from firmware.provision import identity as identities

    base, cas = _own(board, configs), None
    box_id = base.get("box_id") or provision.box_id_of(board.unique_id())
    nobody = {"box_id": box_id, "password": _NOBODY}
    if "password" not in base:
        identity = identities.load(files, box_id)
        if identity.now is not None:
            base, cas = configs.combine(base, identity.now.settings()), identity.now.cas()
    base = configs.combine(nobody, base)
    config = _wished(configs, base, files) or configs.read(base)
    board.adopt(config)
    del configs, provision, identities
    for name in ("config", "provision", "settings"):
        forget("firmware." + name)
    return config, cas


def _own(board, configs):
    # What stands in the board's file; where that is refused, nothing.
    try:
        base = configs.load_object(board.config_path) if board.config_path else {}
        configs.read(configs.combine({"box_id": "box-new", "password": _NOBODY}, base))
    except configs.ConfigError as bad:
        board.say("refused", {"code": bad.code, "detail": str(bad)})
        base = {}
    return configs.combine(base, board.overlay())


def _wished(configs, base, files):
    from firmware.settings.store import Store

    try:
        good = Store(files).good()
        return configs.settle(base, good[1]) if good else None
    except Exception:  # whatever is wrong with them, safe mode must start
        return None
