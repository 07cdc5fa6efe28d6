# One MQTT session, from CONNECT until the connection is no good any more.
#
# 1. Nothing received for `ping_after_ms`: PINGREQ. Nothing for `dead_after_ms` longer: the connection is dead,
#    whatever TCP says. Nothing sent for `ping_after_ms`: PINGREQ too, so that the broker does not give us up.
# 2. At most `max_in_flight` publishes of QoS 1 wait for their PUBACK; who wants to send more waits. A PUBACK says
#    only that the broker took the message: it is flow control, and frees nothing.
# 3. A PUBACK that does not come in `answer_ms` ends the session. So does a packet that cannot be sent whole.
# 4. What the broker answers was sent by us before: everything that comes after the answer, the broker got after that.
#    `on_answer` is told when what is answered was sent.
# 5. Every way to end is a LinkError with a stable code.

import asyncio

from . import packets
from .errors import LinkError

_READ_BYTES = 1024


class Session:
    # `tcp`: read_into(buffer), send(parts, limit_ms). `timing`: the limits of config's link section.

    def __init__(self, tcp, now_ms, timing, count, on_message, on_answer, on_watch):
        self._tcp = tcp
        self._now_ms = now_ms
        self._timing = timing
        self._count = count
        self._on_message = on_message
        self._on_answer = on_answer
        self._on_watch = on_watch
        self._incoming = packets.Incoming()
        self._buffer = bytearray(_READ_BYTES)
        self._waiting = []
        self._lock = asyncio.Lock()
        self._pid = 0
        self._in_flight = {}  # pid -> when sent
        self._room = asyncio.Event()
        self._suback = asyncio.Event()
        self._suback_codes = None
        self._subscribe_pid = 0
        self._received_ms = self._sent_ms = self._pinged_ms = self._subscribed_ms = now_ms()
        self._pings = []  # when those were sent that are not answered

    async def open(self, connect):
        await self._send([connect])
        try:
            await asyncio.wait_for_ms(self._connack(), self._timing.answer_ms)
        except asyncio.TimeoutError:
            raise LinkError("connack_timeout")

    async def _connack(self):
        events = []
        while not events:
            events = await self._read()
        first = events.pop(0)
        if not isinstance(first, packets.Connack):
            raise LinkError("connack_expected", type(first).__name__)
        if first.code:
            raise LinkError(f"connack_refused_{first.code}")
        self._waiting = events

    async def _read(self):
        count = await self._tcp.read_into(self._buffer)
        self._received_ms = self._now_ms()
        try:
            return self._incoming.feed(memoryview(self._buffer)[:count])
        except packets.PacketError as bad:
            raise LinkError(bad.code, bad.detail)

    async def read_loop(self):
        while True:
            for event in self._waiting:
                await self._take(event)
            self._waiting = await self._read()

    async def _take(self, event):
        if isinstance(event, packets.Publish):
            if event.qos:
                await self._send([packets.puback(event.pid)])
            self._on_message(event.topic, event.payload, event.retain)
        elif isinstance(event, packets.Puback):
            sent_ms = self._in_flight.pop(event.pid, None)
            if sent_ms is None:
                self._count("puback_unknown")
            else:
                self._on_answer(sent_ms)
            self._room.set()
        elif isinstance(event, packets.Suback):
            if event.pid == self._subscribe_pid:
                self._suback_codes = event.codes
                self._on_answer(self._subscribed_ms)
                self._suback.set()
        elif isinstance(event, packets.Pingresp):
            if self._pings:
                self._on_answer(self._pings.pop(0))
        elif isinstance(event, packets.Skipped):
            self._count("message_skipped")
        elif isinstance(event, packets.Connack):
            raise LinkError("connack_again")

    async def watch_loop(self):
        timing = self._timing
        while True:
            await asyncio.sleep_ms(min(500, timing.ping_after_ms // 2))
            self._on_watch()
            now = self._now_ms()
            silent_ms = now - self._received_ms
            if silent_ms >= timing.ping_after_ms + timing.dead_after_ms:
                raise LinkError("silent", str(silent_ms))
            if self._in_flight and now - min(self._in_flight.values()) > timing.answer_ms:
                raise LinkError("puback_timeout")
            quiet_ms = min(now - self._pinged_ms, max(silent_ms, now - self._sent_ms))
            if quiet_ms >= timing.ping_after_ms:
                self._pinged_ms = now
                self._pings.append(now)
                await self._send([packets.PINGREQ])

    async def subscribe(self, topics):
        # -> the topics that the broker refused.
        self._subscribe_pid, self._subscribed_ms = self._next_pid(), self._now_ms()
        await self._send([packets.subscribe(self._subscribe_pid, topics)])
        try:
            await asyncio.wait_for_ms(self._suback.wait(), self._timing.answer_ms)
        except asyncio.TimeoutError:
            raise LinkError("suback_timeout")
        if len(self._suback_codes) != len(topics):
            raise LinkError("packet_body", "suback")
        return [topic for (topic, _), code in zip(topics, self._suback_codes) if code == packets.REFUSED]

    async def publish(self, topic, parts, qos=1, retain=False):
        # The payload is the parts, end to end.
        while qos and len(self._in_flight) >= self._timing.max_in_flight:
            self._room.clear()
            await self._room.wait()
        pid = self._next_pid() if qos else 0
        if qos:
            self._in_flight[pid] = self._now_ms()
        length_bytes = sum([len(part) for part in parts])
        await self._send([packets.publish_head(topic, length_bytes, qos, retain, pid)] + parts)

    async def disconnect(self):
        await self._send([packets.DISCONNECT])

    def _next_pid(self):
        self._pid = packets.next_pid(self._pid)
        while self._pid in self._in_flight:
            self._pid = packets.next_pid(self._pid)
        return self._pid

    async def _send(self, parts):
        async with self._lock:
            await self._tcp.send(parts, self._timing.answer_ms)
            self._sent_ms = self._now_ms()
