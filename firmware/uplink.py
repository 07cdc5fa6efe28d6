# The way to the gateway, put together: link, clock, outbox, presence, and Wi-Fi where there is one; and what the gate
# is told while nobody takes the scans.
#
# A gateway whose disk is full says so with every beacon (SPEC §15). It is over when the gateway says that, when
# SILENT_BEACONS have come without it, or when the gateway is not there any more.

import asyncio
from binascii import hexlify
from hashlib import sha256

from firmware.link.backoff import Backoff
from firmware.link.clock import Clock
from firmware.link.errors import LinkError
from firmware.link.inbox import Inbox
from firmware.link.names import Names
from firmware.link.outbox import Outbox
from firmware.link.presence import Presence
from firmware.link.reconnect import Link, Login, Parts

SILENT_BEACONS = 3
_GOODBYE_MS = 1000


class Uplink:
    # `app`: app.py's box. `cas`: the authorities of the gateway that are trusted, DER. `more`: word -> handler of what
    # else comes.
    def __init__(self, app, cas, more, beat):
        config, spool, count, board = app.config, app.spool, app.count, app.board
        limits, now_ms, random_below = config.link, app.now_ms, app.random_below
        self._app = app
        self._heard = asyncio.Event()
        self.gateway_state = None  # what it says of itself; None: nothing
        self.link_state = ("down", None, None)  # and why, the last time
        self._silent_beacons = 0
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
            "ruling": lambda payload: app.intake.rulings.on_ruling(payload),
            "notice": self._on_notice,
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
            self._on_link,
            cas,
            self.wifi,
            beat,
        )
        self.trusted = _names_of(cas)

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

    def _on_link(self, state, **facts):
        _, reason, detail = self.link_state
        self.link_state = (state, facts.get("reason", reason), facts.get("detail", detail))
        self._app.say("link", state=state, **facts)

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
        self._silent_beacons += 1
        if self._silent_beacons >= SILENT_BEACONS:
            self._fall_silent()

    def _on_notice(self, payload):
        from firmware.wire.ruling import decode_notice  # at the first one; it stays

        self._silent_beacons = 0
        self._turn(decode_notice(payload).state)

    def _fall_silent(self):
        if self.gateway_state not in (None, "ok"):
            self._turn(None)

    def _turn(self, state):
        before, self.gateway_state = self.gateway_state, state
        if state == before:
            return
        app = self._app
        app.count("notice_" + (state if state in ("full", "ok") else "other" if state else "silent"))
        app.say("notice", state=state)
        if state == "full":
            app.face.show("gateway_full")
        elif before == "full":
            app.face.over("gateway_full")
            self.outbox.gateway_back()
        self.presence.changed()

    def trust(self, cas):
        self.link.trust(cas)
        self.trusted = _names_of(cas)
        self.presence.changed()

    def trust_used(self):
        signer = self.link.signer
        return hexlify(signer[:4]).decode() if signer else None

    def rename(self, epoch, boot):
        self.clock.rename(epoch, boot)
        self.presence.rename(epoch, boot)

    def has_wifi(self):
        return self.wifi is None or self.wifi.is_ready()

    def takes_scans(self):
        return self.link.is_up() and not self.outbox.is_asking() and not self.clock.is_gateway_away()

    def hears_gateway(self):
        # A full one is there all the same, and says itself that it takes nothing.
        return self.takes_scans() or (self.gateway_state == "full" and self.link.is_up())

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
            if self.clock.is_gateway_away():
                self._fall_silent()
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


def _names_of(cas):
    # of certificates: the first 8 hexadecimal digits of their SHA-256; None where there are none
    return [hexlify(sha256(der).digest()[:4]).decode() for der in cas] if cas else None
