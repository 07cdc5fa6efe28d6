# The way to the gateway, put together: link, clock, outbox, presence, and Wi-Fi where there is one; and what the gate
# is told while nobody takes the scans.

import asyncio

from firmware.link.backoff import Backoff
from firmware.link.clock import Clock
from firmware.link.errors import LinkError
from firmware.link.inbox import Inbox
from firmware.link.names import Names
from firmware.link.outbox import Outbox
from firmware.link.presence import Presence
from firmware.link.reconnect import Link, Login, Parts

_GOODBYE_MS = 1000


class Uplink:
    # `app`: app.py's box. `ca`: the gateway's CA certificate, or None. `more`: word -> handler of what else comes.
    def __init__(self, app, ca, more, beat):
        config, spool, count, board = app.config, app.spool, app.count, app.board
        limits, now_ms, random_below = config.link, app.now_ms, app.random_below
        self._app = app
        self._heard = asyncio.Event()
        work = asyncio.Event()
        self.clock = Clock(config.box_id, spool.epoch, spool.boot, now_ms, random_below, count, limits.heard_spread_ms)
        self.outbox = Outbox(spool, config.box_id, now_ms, random_below, limits, count, self._on_delivered, work.set)
        self.presence = Presence(
            config.box_id, spool.epoch, spool.boot, app.report, limits.status_every_ms, now_ms, count
        )
        handlers = {
            "ack": self.outbox.on_ack,
            "time": self.clock.on_time,
            "beacon": self._on_beacon,
            "status": self.presence.on_status,
        }
        handlers.update(more)
        self.wifi = self._wifi()
        self.names = Names(board.hosts, board.name_servers, random_below, limits.resolve_ms)
        self.link = Link(
            Login(config.box_id, config.password, limits.host, limits.port),
            self.names,
            Parts(self.outbox, Inbox(config.box_id, handlers, count), self.presence, self.clock, work, self._heard),
            limits,
            now_ms,
            Backoff(random_below, limits.retry_first_ms, limits.retry_cap_ms),
            count,
            lambda state, **facts: app.say("link", state=state, **facts),
            ca,
            self.wifi,
            beat,
        )

    def _wifi(self):
        app = self._app
        wlan = app.board.wlan() if app.config.wifi else None
        if wlan is None:
            return None
        from firmware.link.wifi import Wifi

        return Wifi(
            wlan,
            app.config.wifi,
            app.now_ms,
            app.random_below,
            app.count,
            self._on_wifi,
            app.is_quiet,
            reach_ms=app.config.link.reach_s * 1000,
        )

    def _on_wifi(self, state, **facts):
        app = self._app
        app.say("wifi", state=state, **facts)
        if state == "up":
            app.face.over("connecting")
        else:
            app.face.show("connecting")

    def tasks(self):
        tasks = {"link": self.link.run, "gateway": self._watch}
        if self.wifi is not None:
            tasks["wifi"] = self.wifi.run
        return tasks

    def _on_delivered(self, epoch, complete_to):
        face = self._app.face
        if self._app.spool.state != "full":
            face.over("spool_full")
        face.show("delivered", epoch=epoch, complete_to=complete_to)

    def _on_beacon(self, payload):
        if self.clock.on_beacon(payload):
            self.outbox.gateway_back()
        self._heard.set()

    def rename(self, epoch, boot):
        self.clock.rename(epoch, boot)
        self.presence.rename(epoch, boot)

    def has_wifi(self):
        return self.wifi is None or self.wifi.is_ready()

    def hears_gateway(self):
        return self.link.is_up() and not self.outbox.is_asking() and not self.clock.is_gateway_away()

    def wifi_facts(self):
        return {"ssid": self.wifi.ssid, "state": self.wifi.state, "rssi": self.wifi.rssi} if self.wifi else None

    async def goodbye(self):
        try:
            await asyncio.wait_for_ms(self.link.stop(), _GOODBYE_MS)
        except (LinkError, asyncio.TimeoutError):
            pass  # nobody to say goodbye to: the will does it

    async def _watch(self):
        # Tells the gate when nobody takes the scans, and when somebody does again; restarts as the last resort.
        app = self._app
        away_from_ms, shown = app.now_ms(), False
        while True:
            await asyncio.sleep_ms(1000)
            now = app.now_ms()
            if self.hears_gateway():
                away_from_ms = now
                if shown:
                    app.face.over("no_gateway")
                shown = False
            elif now - away_from_ms >= app.config.link.no_gateway_after_ms and not shown:
                shown = True
                app.face.show("no_gateway", waiting=app.spool.waiting)
            if self.wifi is not None and self.wifi.is_stuck():
                self._last_resort(now, away_from_ms)

    def _last_resort(self, now, away_from_ms):
        from firmware.link.last_resort import is_due

        after_ms = self._app.config.link.last_resort_s * 1000
        if is_due(now, away_from_ms, self._app.intake.last_ms, True, after_ms):
            self._app.restart_in(0, "link")
