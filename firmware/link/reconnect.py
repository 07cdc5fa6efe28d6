# The link as a loop: find the broker, connect, work until it breaks, wait, again. For ever, and from the first boot
# on.
#
# 1. Every attempt resolves the broker's name anew, and every step has its limit. After an attempt that led nowhere the
#    next one begins at another name server and takes another of the addresses: one of them may lie.
# 2. The pauses between attempts grow from `retry_first_ms` to `retry_cap_ms` (backoff.py). A connection that has lasted
#    `stable_ms` starts them anew; one that breaks at once does not.
# 3. Nothing else on the box waits for this loop. It waits for Wi-Fi, where there is one: without an address even the
#    question for a name may hang.
# 4. Scans and mail (what `post` was given) go out in turn: a scan that has just been made waits for one message, at
#    most. Mail is bounded, and lives in RAM: of QoS 1 it outlives a connection on which it was not sent whole; of QoS 0
#    it is about now, and does not. Whoever must be sure keeps a copy until the gateway shows that it has it.
# 5. Where TLS is wanted there is no other way: without a CA there is no connection. Which ones are trusted may change
#    while it runs: that counts from the next connection on.
# 6. `beat` is called as long as this loop gets on, whatever phase it is in: connected, while the sender moves, and the
#    session's watch, which judges the reader; waiting for Wi-Fi, while that gets on.

import asyncio
from collections import namedtuple

from firmware.wire import topics

from . import packets
from .errors import LinkError
from .session import Session
from .tasks import first_end, wait_for_event
from .tcp import open_tcp

Login = namedtuple("Login", "box_id password host port")
# `work`, `heard`: the events that wake the sender of scans and of answers to beacons.
Parts = namedtuple("Parts", "outbox inbox presence clock work heard")
MAX_MAIL = 8
MAX_MAIL_BYTES = 12288
_BEAT_MS = 10000
_SENDER_LIMIT_MS = 30000


class Link:
    # `on_state(state, **facts)`: up or down. `cas`: the gateway's CAs, where TLS is wanted. `wifi`: None where there is
    # a cable. `signer`: the SHA-256 of the one that has signed what this session's gateway has shown.

    def __init__(self, login, names, parts, limits, now_ms, backoff, count, on_state, cas=None, wifi=None, beat=None):
        self._login = login
        self._names = names
        self._outbox = parts.outbox
        self._inbox = parts.inbox
        self._presence = parts.presence
        self._clock = parts.clock
        self._limits = limits
        self._now_ms = now_ms
        self._backoff = backoff
        self._count = count
        self._on_state = on_state
        self.trust(cas)
        self.signer = None
        self._wifi = wifi
        self._beat = beat or (lambda: None)
        self._mail = []  # (word, payload, QoS)
        self._attempt = 0
        self._session = None
        self._was_up = False
        self._work = parts.work
        self._heard = parts.heard

    async def run(self):
        while True:
            if self._wifi:
                await self._until_wifi()
            self._beat()
            started_ms = self._now_ms()
            self._was_up = False
            try:
                await self._one_life(started_ms)
                reason, detail = "ended", ""
            except LinkError as bad:
                reason, detail = bad.code, bad.detail
            self._attempt += 0 if self._was_up else 1
            if self._was_up and self._now_ms() - started_ms >= self._limits.stable_ms:
                self._backoff.reset()
            retry_ms = self._backoff.next_ms()
            self._count("link_lost" if self._was_up else "link_failed")
            self._on_state("down", reason=reason, detail=detail, retry_ms=retry_ms)
            while retry_ms > 0:
                self._beat()
                await asyncio.sleep_ms(min(_BEAT_MS, retry_ms))
                retry_ms -= _BEAT_MS

    async def _until_wifi(self):
        while not self._wifi.is_ready():
            if self._wifi.is_alive():
                self._beat()
            try:
                await asyncio.wait_for_ms(self._wifi.ready(), _BEAT_MS)
            except asyncio.TimeoutError:
                pass  # again, with a beat

    def _on_watch(self):
        if self._now_ms() - self._moved_ms < _SENDER_LIMIT_MS:
            self._beat()

    async def _one_life(self, started_ms):
        login, limits = self._login, self._limits
        addresses = await self._names.resolve(login.host, self._attempt)
        tcp = await self._open(addresses[self._attempt % len(addresses)])
        try:
            self._moved_ms = self._now_ms()
            told = (self._inbox.on_message, self._clock.broker_answered, self._on_watch)
            session = Session(tcp, self._now_ms, limits, self._count, *told)
            will = self._presence.next_session()
            await session.open(packets.connect(login.box_id, limits.keepalive_s, login.box_id, login.password, *will))
            await first_end(session.read_loop(), session.watch_loop(), self._use(session, tcp, started_ms))
        finally:
            self._session = None
            self._outbox.disconnected()
            tcp.close()
            if self._wifi:
                self._wifi.reached(False)

    async def _open(self, address):
        port, limits = self._login.port, self._limits
        if not limits.tls:
            return await open_tcp(address, port, limits.connect_ms)
        if not self._cas:
            raise LinkError("tls_no_ca")
        if self._trust is None:
            from .tls import Trust

            self._trust = Trust(self._cas)
        return await self._trust.open(address, port, limits.connect_ms + 2 * limits.answer_ms, limits.gateway)

    async def _use(self, session, tcp, started_ms):
        box_id = self._login.box_id
        refused = await session.subscribe(self._inbox.subscriptions())
        if topics.ack(box_id) in refused:
            raise LinkError("subscribe_refused", refused[0])
        self._count("subscribe_refused", len(refused))
        self._session, self._was_up = session, True
        self.signer = self._trust.signer if self._trust else None
        self._outbox.connected()
        self._mail = [mail for mail in self._mail if mail[2]]
        if self._wifi:
            self._wifi.reached(True)
        took_ms = self._now_ms() - started_ms
        self._on_state("up", session=self._presence.session, took_ms=took_ms, held_ms=tcp.held_ms)
        await first_end(self._presence.run(session), self._send(session), self._answer_beacons(session))

    def post(self, word, payload, qos=1):
        # -> was there room?
        mail = self._mail
        if len(mail) >= MAX_MAIL or sum([len(one[1]) for one in mail]) + len(payload) > MAX_MAIL_BYTES:
            self._count("mailbox_full")
            return False
        mail.append((word, payload, qos))
        self._work.set()
        return True

    async def _send(self, session):
        box_id = self._login.box_id
        scan = topics.scan(box_id)
        while True:
            self._moved_ms = self._now_ms()
            parts = self._outbox.next_message()
            if parts is not None:
                await session.publish(scan, parts)
            if self._mail:
                word, payload, qos = self._mail[0]
                await session.publish(topics.of(box_id, word), [payload], qos)
                self._mail.pop(0)
            elif parts is None:
                await wait_for_event(self._work, self._outbox.wait_ms())

    async def _answer_beacons(self, session):
        topic = topics.heard(self._login.box_id)
        while True:
            wait_ms = self._clock.answer_in_ms()
            if wait_ms == 0:
                await session.publish(topic, [self._clock.answer()], 0)
            else:
                await wait_for_event(self._heard, 60000 if wait_ms is None else wait_ms)

    def trust(self, cas):
        self._cas = cas
        self._trust = None

    def is_up(self):
        return self._session is not None

    async def stop(self):
        # A clean goodbye: the status says `gone`, and the broker drops the will.
        session = self._session
        if session is not None:
            topic, payload = self._presence.farewell()
            await session.publish(topic, [payload], 0, True)
            await session.disconnect()
