"""The session with the broker: connect, subscribe, hand over, acknowledge when told to, notice when it is dead.

1. A connection is a `generation` with a paho client of its own. A message is acknowledged on the connection that it
   came on, or never: after a reconnect the broker uses the same message ids for other messages.
2. Acknowledgements go out in the order in which the messages came (MQTT 3.1.1 §4.6); only ever after the commit.
3. Nothing that a message does can end the session: whatever is wrong ends the connection, and the next one begins.
4. A connection is alive by what it does, not by what it says: the broker has to bring our own beacon back within
   `silence_s`, take what we write, and be subscribed within `connect_s`. Else there is a new connection.
5. Reading can be paused while the gateway has enough in its hands. mosquitto 2.0.11 does not keep to its window: each
   acknowledgement of the oldest message lets up to a whole window more through. So the bound is here.
6. The session is clean: a box resends what the gateway has not acknowledged, so a queue kept for us by the broker would
   only bring the same scans twice. A retained birth from each box makes the gateway say what it has, at once.

MQTT 3.1.1 and paho inside the event loop, by measurement: messages of 205 bytes, 20 publishers in another process,
mosquitto 2.0.11, a subscriber that does nothing but acknowledge; thousands a second in two runs on 4 shared cores:

    paho's own thread, 3.1.1:  acknowledged by paho 18, 20    by hand in the callback 17, 19    by another thread 18, 17
    paho's own thread, MQTT 5: by hand in the callback 15, 11
    in the event loop, 3.1.1:  ack() 42, 32     all acknowledgements of a burst in one send 46, 39
    in the event loop, MQTT 5: all acknowledgements of a burst in one send 19, 27

So: 3.1.1, in the event loop, where a burst of packets comes with each wake-up instead of a select() with each packet,
and no lock changes hands. Behind it the gateway with its commits does 17 on paho alone and 35 on client.py, which reads
ahead and acknowledges together.
"""

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from firmware.wire import topics
from gateway.mqtt import twin
from gateway.mqtt.client import NO_TOPIC, PahoClient

BURST = 64
"""Packets that are read in one go before anything else gets its turn."""
MAX_UNSENT = 2_000
"""Publishes that may wait for a broker that takes nothing for the moment; what is beyond is said again later anyway."""
UP_FILTERS = [
    (topics.of("+", "scan"), 1),
    (topics.of("+", "status"), 1),
    (topics.of("+", "heard"), 0),
    (topics.of("+", "result"), 1),
    (topics.of("+", "want"), 0),
    (topics.BEACON, 0),
]


class Settings(NamedTuple):
    """How to reach the broker, and when to give a connection up."""

    host: str
    port: int
    username: str
    password: str
    keepalive_s: int = 15
    connect_s: float = 5.0
    silence_s: float = 15.0
    """So long may the broker not bring our own beacon back."""
    retry_first_s: float = 0.2
    retry_most_s: float = 5.0

    def __repr__(self) -> str:
        return f"Settings(host={self.host!r}, port={self.port}, username={self.username!r}, password='…')"


class Delivery(NamedTuple):
    """A message as it came."""

    generation: int
    mid: int
    """0: needs no acknowledgement."""
    topic: str
    payload: bytes
    received_mono_ms: int


class Session:
    """One connection after the other; use run() as a task, everything else from the same event loop."""

    def __init__(
        self,
        settings: Settings,
        on_delivery: Callable[[Delivery], None],
        on_up: Callable[[], None],
        mono_ms: Callable[[], int],
        stuck: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._on_delivery = on_delivery
        self._on_up = on_up
        self._mono_ms = mono_ms
        self._stuck = stuck
        self._client: PahoClient | None = None
        self._lost: asyncio.Future[str] | None = None
        self._paused = False
        self._echo_ms = 0
        self._silent_since_ms: int | None = None
        self._unsent = 0
        self._write_blocked_since_ms: int | None = None
        self.generation = 0
        self._twin = twin.Twin(lambda: twin.taken_over(*settings[:4], settings.silence_s))
        self.up = False
        self.reason = "not yet connected"
        self.since_ms = mono_ms()
        self.connections = 0
        self.stale_acks = 0
        self.dropped_publishes = 0

    # --- what the other rooms use

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        """Acknowledge, in this order; those of an earlier connection are left out. flush() sends."""
        client, generation = self._client, self.generation
        every = list(deliveries)
        ours = [] if client is None else [delivery.mid for delivery in every if delivery.generation == generation]
        self.stale_acks += len(every) - len(ours)
        if client is not None:
            client.ack_all(mid for mid in ours if mid)

    def publish(self, topic: str, payload: bytes, qos: int = 0) -> bool:
        """Send; False where there is no connection, or none that takes anything. QoS 1 is the broker's word only, and
        ends with the connection: whoever cares has to say it again."""
        if self._client is None or not self.up or self._unsent >= MAX_UNSENT:
            self.dropped_publishes += 1
            return False
        sent = self._client.publish(topic, payload, qos)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.dropped_publishes += 1
            return False
        self._unsent += 1
        return True

    def flush(self) -> None:
        """Write what ack() and publish() have queued."""
        client = self._client
        if client is None or not client.want_write():
            return
        self._guarded(client.loop_write)
        if not client.want_write():
            self._unsent = 0
            self._write_blocked_since_ms = None
        elif self._write_blocked_since_ms is None:
            self._write_blocked_since_ms = self._mono_ms()

    def pause(self) -> None:
        """Read nothing more until resume()."""
        self._paused = True
        self._watch_reading()

    def resume(self) -> None:
        self._paused = False
        self._echo_ms = self._silent_since_ms = self._mono_ms()
        self._watch_reading()

    def drop(self, reason: str) -> None:
        """End this connection; run() makes the next."""
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(reason)

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def is_shared(self) -> bool:
        """Whether somebody else comes in under our name (twin.py)."""
        return self._twin.is_there and not (self.up and self._mono_ms() - self.since_ms >= twin.LASTS_MS)

    @property
    def echo_age_s(self) -> float | None:
        """Since our own beacon last came back, or since there was a connection on which it could. A connection that
        brings nothing back and is given up for that does not begin the count anew; None: nothing is connected."""
        if not self.up or self._silent_since_ms is None:
            return None
        return (self._mono_ms() - self._silent_since_ms) / 1000

    async def run(self) -> None:
        """Keep a connection for as long as the task lives."""
        delay_s = self._settings.retry_first_s
        while True:
            began_ms, before = self._mono_ms(), self.connections
            reason = await self._one_connection()
            self._note(False, reason)
            lasted_ms = self._mono_ms() - began_ms
            await self._twin.ended(self.connections > before and reason.startswith("lost"), lasted_ms)
            if lasted_ms > 1000 * self._settings.retry_most_s:
                delay_s = self._settings.retry_first_s
            await asyncio.sleep(random.uniform(0.2, 1.0) * delay_s)  # noqa: S311 - jitter
            delay_s = min(2 * delay_s, self._settings.retry_most_s)

    # --- one connection

    async def _one_connection(self) -> str:
        self.generation += 1
        self._lost = asyncio.get_running_loop().create_future()
        client = self._new_client()
        try:
            async with asyncio.timeout(self._settings.connect_s):
                await asyncio.to_thread(
                    client.connect, self._settings.host, self._settings.port, self._settings.keepalive_s
                )
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            _close(client)
            return f"unreachable: {str(error) or 'no answer in time'}"
        self._client = client
        try:
            self._begin(client)
            return await self._until_lost(client)
        except OSError as error:  # it was closed again before it could be used
            return f"lost: {error}"
        finally:
            self._end(client)

    def _new_client(self) -> PahoClient:
        settings = self._settings
        client = PahoClient(
            CallbackAPIVersion.VERSION2,
            client_id=settings.username,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = settings.connect_s
        client.max_queued_messages_set(MAX_UNSENT)
        client.username_pw_set(settings.username, settings.password)
        return client

    def _begin(self, client: PahoClient) -> None:
        loop = asyncio.get_running_loop()
        sock = _socket_of(client)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.on_message = self._on_message
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = lambda *details: self.drop(f"lost: {details[3]}")
        client.on_socket_register_write = lambda *_: loop.add_writer(sock, self.flush)
        client.on_socket_unregister_write = lambda *_: _ignore(loop.remove_writer(sock))
        client.on_socket_close = lambda *_: _forget(loop, sock)
        self._unsent = 0
        self._write_blocked_since_ms = None
        self._echo_ms = self._mono_ms()
        self._watch_reading()
        self._guarded(client.loop_write)

    async def _until_lost(self, client: PahoClient) -> str:
        lost = self._lost
        assert lost is not None  # noqa: S101 - set by _one_connection
        began_ms = self._mono_ms()
        every_s = min(1.0, self._settings.silence_s / 4, self._settings.connect_s / 4)
        while not lost.done():
            await asyncio.wait([lost], timeout=every_s)
            if not lost.done() and not self._paused:
                self._guarded(client.loop_misc)
            reason = self._dead(began_ms)
            if reason:
                self.drop(reason)
        return lost.result()

    def _dead(self, began_ms: int) -> str | None:
        now_ms = self._mono_ms()
        if not self.up:
            return "not subscribed in time" if now_ms - began_ms > 1000 * self._settings.connect_s else None
        blocked_ms = self._write_blocked_since_ms
        if blocked_ms is not None and now_ms - blocked_ms > 1000 * self._settings.silence_s:
            return "the broker takes nothing"
        if self._paused:
            return None
        if now_ms - self._echo_ms > 1000 * self._settings.silence_s:
            return "the broker delivers nothing"
        return self._stuck()

    def _end(self, client: PahoClient) -> None:
        self._client = None
        age_s = self.echo_age_s
        if age_s is None or age_s < self._settings.silence_s:
            self._silent_since_ms = None
        self._note(False, self.reason)
        client.on_disconnect = None
        client.on_socket_register_write = None
        client.on_socket_unregister_write = None
        with contextlib.suppress(OSError, ValueError):  # of a line that is dead anyway
            client.disconnect()
        _close(client)

    def _note(self, up: bool, reason: str) -> None:
        if up != self.up:
            self.since_ms = self._mono_ms()
        self.up, self.reason = up, reason

    # --- called by the event loop and by paho; none of these may raise

    def _guarded(self, step: Callable[[], Any]) -> None:
        try:
            code = step()
        except Exception as error:  # a callback's top: whatever it is, this connection is not to be trusted any more
            self.drop(f"fault: {error!r}")
            return
        if code not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN):
            self.drop(f"lost: {code!r}")

    def _read(self) -> None:
        self._guarded(self._read_burst)

    def _read_burst(self) -> MQTTErrorCode:
        """Read what there is, BURST packets at most; what was read ahead has its turn with everything else."""
        client = self._client
        for _ in range(BURST):
            if client is None or self._paused:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            message = client.take()
            if message is not None:
                self._hand_over(*message)
            elif (code := client.loop_read()) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return code
            if not client.unread:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        self._read_soon()
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _read_soon(self) -> None:
        """The loop tells what waits in the socket, not what was read ahead."""
        generation = self.generation
        asyncio.get_running_loop().call_soon(lambda: self._read() if generation == self.generation else None)

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = NO_TOPIC
        self._hand_over(topic, message.qos, message.mid, bytes(message.payload))

    def _hand_over(self, topic: str, qos: int, mid: int, payload: bytes) -> None:
        if topic == topics.BEACON:
            self._echo_ms = self._silent_since_ms = self._mono_ms()
            return
        self._on_delivery(Delivery(self.generation, mid if qos else 0, topic, payload, self._mono_ms()))

    def _on_connect(self, client: Client, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.drop(f"refused: {code}")
        else:
            client.subscribe(UP_FILTERS)

    def _on_subscribe(self, _client: Client, _userdata: Any, _mid: int, codes: list[Any], _properties: Any) -> None:
        refused = [name for (name, _qos), code in zip(UP_FILTERS, codes) if code.is_failure]
        if refused:
            self.drop(f"refused: may not read {', '.join(refused)}")
            return
        self.connections += 1
        self._echo_ms = self._mono_ms()
        if self._silent_since_ms is None:
            self._silent_since_ms = self._echo_ms
        self._note(True, "connected")
        asyncio.get_running_loop().call_soon(self._on_up)

    def _watch_reading(self) -> None:
        sock = self._client.socket() if self._client is not None else None
        if sock is None:
            return
        loop = asyncio.get_running_loop()
        if self._paused:
            loop.remove_reader(sock.fileno())
        else:
            loop.add_reader(sock.fileno(), self._read)
            self._read_soon()


def _socket_of(client: PahoClient) -> socket.socket:
    sock = client.socket()
    if not isinstance(sock, socket.socket):
        raise OSError("no socket")
    return sock


def _ignore(_: object) -> None: ...


def _forget(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
    """paho is about to close it: its number must not be watched when the next socket gets it."""
    loop.remove_reader(sock)
    loop.remove_writer(sock)


def _close(client: PahoClient) -> None:
    sock = client.socket()
    if sock is not None:
        sock.close()
