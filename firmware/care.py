# What looks after a box that nobody visits: settings, commands, updates. Only where there is a system volume.

import asyncio
import sys

from firmware.commands import Commander
from firmware.console import listen
from firmware.modules import forget
from firmware.settings import Keeper
from firmware.update.door import Door

DUTIES = (
    "identify",
    "reboot",
    "self_test",
    "reader_reinit",
    "fetch_log",
    "drop_wifi",
    "rotate_password",
    "trust",
    "succession",
)
_SEEN_MS = 1000
_UPDATING = ("begun", "manifest", "cleaning", "files", "lean", "restarting")
_RESUME_EVERY_MS = 30000


class Care:
    # `app`: app.py's box; `start`: what start.py found.
    def __init__(self, app, start):
        self._app = app
        self._start = start
        self.settings = self._commander = self._door = self._fleet_key = None

    def handlers(self):
        return {
            "settings": lambda payload: self.settings.on_settings(payload),
            "command": lambda payload: self._commander.on_command(payload),
            "update": lambda payload: self._door.on_message(payload),
        }

    def build(self):
        # Once the link is there.
        app, start = self._app, self._start
        config, uplink = app.config, app.uplink
        post, changed = uplink.link.post, uplink.presence.changed
        self.settings = Keeper(
            config.box_id,
            start.files,
            start.chosen,
            config.update,
            app.now_ms,
            _checker(start.base),
            self._for_settings,
            self._restart_for,
            changed,
            app.say,
            app.count,
            forget,
        )
        do = {name: self._duty(name) for name in DUTIES}
        self._commander = Commander(
            config.box_id, start.files, uplink.clock.gateway_now, post, do, app.say, app.count, forget
        )
        self._door = Door(
            {
                "files": start.files,
                "running": sys.path[0][5:] if sys.path[0][:5] == "/run/" else "",
                "box_id": config.box_id,
                "board": app.board.name,
                "limits": config.update,
                "post": post,
                "now_ms": app.now_ms,
                "there": self._for_update,
                "say": self._say_update,
                "count": app.count,
                "changed": changed,
                "restart": lambda: app.restart_in(0, "update"),
                "forget": forget,
            }
        )
        self.look_at_key()

    def tasks(self):
        tasks = {"settings": self.settings.run, "commands": self._commander.run, "update": self._door.run}
        if self._start.is_rotating:
            tasks["password"] = self._resume_rotation
        console = self._app.board.console()
        if console is not None:
            tasks["console"] = lambda: listen(console, self._app, self.on_provision)
        return tasks

    def facts(self):
        facts = self.settings.report()
        facts.update(self._door.facts)
        facts["fleet_key"] = self._fleet_key
        return facts

    def look_at_key(self, is_new=False):
        # -> which key of the fleet's this box trusts (provision/succession.py)
        from firmware.provision import succession

        self._fleet_key = succession.mark(self._start.files)
        needed = succession.NEEDED_SELDOM
        del succession
        _let_go(["firmware." + name for name in needed])
        if is_new:
            self._door.key_changed()
            self._app.uplink.presence.changed()
        return self._fleet_key

    def _say_update(self, event, **facts):
        app = self._app
        app.say(event, **facts)
        if facts.get("state") in _UPDATING:
            app.face.show("updating")
        else:
            app.face.over("updating")

    def _for_settings(self):
        app = self._app
        return app.uplink.link.is_up(), app.uplink.clock.gateway_now() is not None, app.reader_state[0]

    def _for_update(self):
        app = self._app
        return app.reads(), app.uplink.has_wifi(), app.uplink.hears_gateway()

    async def _restart_for(self, why):
        self._app.restart_in(0, why)

    def _duty(self, name):
        async def do(argument):
            from firmware import duties

            try:
                return await getattr(duties, name)(self._app, argument)
            finally:
                del duties
                _let_go()

        return do

    async def _resume_rotation(self):
        from firmware import duties

        outcome = await duties.resume_rotation(self._app)
        while outcome == "unsettled":
            await asyncio.sleep_ms(_RESUME_EVERY_MS)
            outcome = await duties.resume_rotation(self._app)
        del duties
        _let_go()
        if outcome == "done":  # the link has been logging in with the old one
            self._app.restart_in(0, "password")
        await asyncio.Event().wait()

    def on_provision(self, code):
        # Somebody shows this box where it belongs. -> the verdict, in a word
        from firmware import provision

        app = self._app
        utc_ms, bound_ms = app.uplink.clock.utc(app.now_ms())
        earliest_ms = None if utc_ms is None else utc_ms - bound_ms
        button = app.board.button()
        reason = provision.offer(
            self._start.files, app.config.box_id, code, button, earliest_ms, app.board.random_bytes
        )
        seldom = provision.NEEDED_SELDOM
        del provision
        _let_go(seldom)
        if reason == "same":  # held before the reader until the restart
            return reason
        app.say("provision", verdict=reason or "taken")
        app.count("provision_" + (reason or "taken"))
        if reason is None:
            app.face.show("provisioning")
            app.restart_in(_SEEN_MS, "provision")
        else:
            app.face.show("provision_refused", reason=reason)
        return reason or "taken"


def _let_go(more=()):
    for name in more:
        forget(name)
    for name in ("duties", "provision", "link.door", "commands.self_test", "commands.fetch_log", "commands.drop_wifi"):
        forget("firmware." + name)


def _checker(base):
    # -> check(text) for a wish: the tables of the settings are loaded for it, and let go after.
    def check(text):
        from firmware import config as configs
        from firmware.scanner.settings import complete

        try:
            complete(configs.settle(base, text).reader)
        finally:
            del configs
            forget("firmware.config")

    return check
