# The link as a loop: find the broker, connect, work until it breaks, wait, again. For ever, and from the first boot
# on.
#
# 1. Every attempt resolves the broker's name anew, and every step has its limit.
# 2. The pause before an attempt is random between nothing and a span that grows by half from `retry_first_ms` to
#    `retry_cap_ms` ("full jitter"), so that a hall full of boxes does not come back at once. A connection that has
#    lasted `stable_ms` starts the span anew; one that breaks at once does not.
# 3. Nothing else on the box waits for this loop.

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


class Backoff:
    def __init__(self, random_below, first_ms, cap_ms):
        self._random_below = random_below
        self._first_ms = first_ms
        self._cap_ms = cap_ms
        self._span_ms = first_ms

    def next_ms(self):
        span_ms, self._span_ms = self._span_ms, min(self._cap_ms, self._span_ms * 3 // 2)
        return self._random_below(span_ms + 1)

    def reset(self):
        self._span_ms = self._first_ms


class Link:
    # `on_state(state, **facts)`: up or down.

    def __init__(self, login, names, parts, limits, now_ms, backoff, count, on_state):
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
        self._session = None
        self._was_up = False
        self._work = parts.work
        self._heard = parts.heard

    async def run(self):
        while True:
            started_ms = self._now_ms()
            self._was_up = False
            try:
                await self._one_life(started_ms)
                reason, detail = "ended", ""
            except LinkError as bad:
                reason, detail = bad.code, bad.detail
            if self._was_up and self._now_ms() - started_ms >= self._limits.stable_ms:
                self._backoff.reset()
            retry_ms = self._backoff.next_ms()
            self._count("link_lost" if self._was_up else "link_failed")
            self._on_state("down", reason=reason, detail=detail, retry_ms=retry_ms)
            await asyncio.sleep_ms(retry_ms)

    async def _one_life(self, started_ms):
        login, limits = self._login, self._limits
        address = (await self._names.resolve(login.host))[0]
        tcp = await open_tcp(address, login.port, limits.connect_ms)
        try:
            session = Session(tcp, self._now_ms, limits, self._count, self._inbox.on_message)
            will = self._presence.next_session()
            await session.open(packets.connect(login.box_id, limits.keepalive_s, login.box_id, login.password, *will))
            await first_end(session.read_loop(), session.watch_loop(), self._use(session, started_ms))
        finally:
            self._session = None
            self._outbox.disconnected()
            tcp.close()

    async def _use(self, session, started_ms):
        box_id = self._login.box_id
        wanted = [topics.ack(box_id), topics.time(box_id), topics.BEACON, topics.status(box_id)]
        refused = await session.subscribe([(topic, 0) for topic in wanted])
        if topics.ack(box_id) in refused:
            raise LinkError("subscribe_refused", refused[0])
        self._session, self._was_up = session, True
        self._outbox.connected()
        self._on_state("up", session=self._presence.session, took_ms=self._now_ms() - started_ms)
        await first_end(self._presence.run(session), self._send_scans(session), self._answer_beacons(session))

    async def _send_scans(self, session):
        topic = topics.scan(self._login.box_id)
        while True:
            parts = self._outbox.next_message()
            if parts is None:
                await wait_for_event(self._work, self._outbox.wait_ms())
            else:
                await session.publish(topic, parts)

    async def _answer_beacons(self, session):
        topic = topics.heard(self._login.box_id)
        while True:
            wait_ms = self._clock.answer_in_ms()
            if wait_ms == 0:
                await session.publish(topic, [self._clock.answer()], 0)
            else:
                await wait_for_event(self._heard, 60000 if wait_ms is None else wait_ms)

    def is_up(self):
        return self._session is not None

    async def stop(self):
        # A clean goodbye: the status says `gone`, and the broker drops the will.
        session = self._session
        if session is not None:
            topic, payload = self._presence.farewell()
            await session.publish(topic, [payload], 0, True)
            await session.disconnect()
