"""The gateway as an object: the one place that knows all the rooms, and wires them.

    a message -> mqtt.session -> mqtt.inbound -> buffer.put -> commit -> ack to the broker, ack to the box
    buffer.claim -> upload -> the server's verdicts -> buffer.settle

Every task has a name. A task that ends by itself ends the program, which is then started again from outside: there is
no half a gateway. Damage to the buffer's file is the exception: opening it again salvages it, here and at once.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from firmware.wire.ack import Ack
from firmware.wire.batch import ClockSample
from firmware.wire.beacon import Heard
from gateway import clock, upload
from gateway.buffer import Arrival, Buffer, BufferFault, Held, Refused, Stats
from gateway.buffer import Settings as BufferSettings
from gateway.buffer import types as buffer_types
from gateway.clock import ClockRefused, KernelClock, Machine, Timekeeper
from gateway.config import Config, ConfigError
from gateway.health import Facts, Kind, Metric, Watch, judge, render, write
from gateway.mqtt.inbound import Inbound, Keeper, NotKept
from gateway.mqtt.outbound import Outbound
from gateway.mqtt.session import Delivery, Session
from gateway.mqtt.session import Settings as SessionSettings

log = structlog.get_logger()

BUFFER_NAME = "buffer.sqlite"
METRICS_NAME = "metrics.prom"
PASSING = ("disk_full", "io")
"""Faults of the buffer that go by when their cause does; with any other the buffer has to be opened anew."""
STOP_S = 5.0
"""So long may the commit in hand take when the gateway is told to stop."""
STUCK_S = 60.0
TEND_S = 1.0
SAVE_S = 10.0
MOST_UNSAVED = 1_000


async def run(config: Config, stopping: asyncio.Event) -> None:
    """Run until `stopping` is set. Raises BufferFault or ConfigError where it cannot start."""
    machine = KernelClock(config.time.trust, config.time.bound_ms)
    data_dir = config.path(config.data_dir)
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError("setting", f"data_dir: {data_dir}: {error.strerror}") from error
    while not stopping.is_set():
        buffer = await _open_buffer(config, data_dir / BUFFER_NAME, machine)
        try:  # from here on, whatever fails closes the buffer: its thread would keep a process alive that does nothing
            _tell_opening(buffer, data_dir / BUFFER_NAME)
            await Gateway(config, machine, buffer, data_dir).serve(stopping)
        except* BufferFault as faults:
            if any(fault.code != "damaged" for fault in _leaves(faults)):
                raise
            log.error("the buffer's file is damaged: it is opened again and salvaged")
        finally:
            await _close(buffer)


async def _open_buffer(config: Config, path: Path, machine: Machine) -> Buffer:
    settings = BufferSettings(**{name: getattr(config.buffer, name) for name in config.buffer.__struct_fields__})
    return await Buffer.open(path, boot=machine.boot, mono_ms=machine.mono_ms, settings=settings)


def _tell_opening(buffer: Buffer, path: Path) -> None:
    log.info("buffer open", path=str(path), found=buffer.opening.found)
    if buffer.opening.damage is not None:
        log.error("the buffer was damaged and has been salvaged", **buffer.opening.damage._asdict())


async def _close(buffer: Buffer) -> None:
    try:
        await buffer.close()
    except BufferFault as fault:  # what was acknowledged is kept all the same; the next opening looks at the file
        log.warning("the buffer could not be closed cleanly", code=fault.code, detail=fault.detail)


def _session_settings(config: Config) -> SessionSettings:
    return SessionSettings(
        config.broker.host,
        config.broker.port,
        config.broker.username,
        config.secret(config.broker.password_file).reveal(),
        keepalive_s=config.broker.keepalive_s,
        silence_s=max(config.broker.silence_s, 3 * config.time.beacon_s),
    )


def _upload_settings(config: Config) -> upload.Settings:
    token = config.secret(config.server.token_file).reveal()
    chosen = {name: getattr(config.upload, name) for name in config.upload.__struct_fields__}
    return upload.Settings(url=config.server.url, token=token, **chosen)


@contextmanager
def _passing_faults() -> Iterator[None]:
    """What a full or failing disk refuses is seen in the buffer's state, and is asked again the next time."""
    try:
        yield
    except BufferFault as fault:
        if fault.code not in PASSING:
            raise


def _leaves(group: BaseExceptionGroup[BufferFault]) -> Iterator[BufferFault]:
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from _leaves(one)
        else:
            yield one


class Gateway:
    """One run of the gateway on an open buffer."""

    def __init__(self, config: Config, machine: Machine, buffer: Buffer, data_dir: Path) -> None:
        self._config = config
        self._machine = machine
        self._buffer = buffer
        self._data_dir = data_dir
        self._beacon_now = asyncio.Event()
        self._unsaved: tuple[list[clock.Sample], list[clock.Anchor]] = [], []
        self._watch = Watch()
        self._began_ms = machine.mono_ms()
        self.clock = Timekeeper(config.gateway_id, machine, config.time.server_bound_ms)
        self.session = Session(_session_settings(config), self._on_delivery, self._on_up, machine.mono_ms, self._stuck)
        self.outbound = Outbound(self.session)
        keeper = Keeper(Arrival, Refused, self._keep)
        self.inbound = Inbound(keeper, self.session, self.outbound.acks, self._on_heard, machine.boot)
        self.upload = upload.Upload(
            config.gateway_id,
            buffer,
            _upload_settings(config),
            mono_ms=machine.mono_ms,
            utc_ms=self._utc_ms,
            instant=self._instant,
            clocks=self._clock_samples,
            random=random.random,
            on_server_time=self._on_server_time,
        )

    async def serve(self, stopping: asyncio.Event) -> None:
        """Do everything until told to stop; then finish the commit in hand and send its acknowledgements."""
        samples = [clock.Sample(*one) for one in await self._buffer.samples()]
        self.clock.load(samples, [clock.Anchor(*one) for one in await self._buffer.anchors()])
        self.clock.tick()
        jobs = {
            "session": self.session.run,
            "inbound": self.inbound.run,
            "upload": self.upload.run,
            "beacon": self._send_beacons,
            "tend": self._tend,
            "save clocks": self._save_clocks,
            "report": self._report,
        }
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job(), name=name) for name, job in jobs.items()]
            await stopping.wait()
            log.info("stopping", in_hand=self.inbound.in_hand)
            await self._finish()
            for task in tasks:
                task.cancel()

    async def _finish(self) -> None:
        self.session.pause()
        try:
            async with asyncio.timeout(STOP_S):
                await self.inbound.drain()
        except TimeoutError:
            log.warning("stopped with messages that could not be kept; their boxes still have them")
        self.session.flush()

    # --- between the rooms

    def _on_up(self) -> None:
        log.info("subscribed at the broker", connection=self.session.connections)
        self._beacon_now.set()

    def _on_delivery(self, delivery: Delivery) -> None:
        self.inbound.offer(delivery)

    async def _keep(self, arrivals: list[Arrival], refused: list[Refused]) -> list[Ack] | NotKept:
        try:
            result = await self._buffer.put(arrivals, refused)
        except BufferFault as fault:
            if fault.code not in PASSING:
                raise
            return NotKept(fault.code, fault.detail)
        return result.acks

    def _on_heard(self, heard: Heard, received_mono_ms: int) -> str | None:
        try:
            self.clock.heard(heard, received_mono_ms)
        except ClockRefused as refused:
            return refused.code
        self._tell_time(heard.box_id)
        return None

    def _tell_time(self, box_id: str) -> None:
        time = self.clock.time(box_id)
        if time is not None:
            self.outbound.time(time)

    def _stuck(self) -> str | None:
        """Why the session should be made anew: what came long ago is not acknowledged, and not because of the disk."""
        oldest_ms = self.inbound.oldest_mono_ms()
        if oldest_ms is None or self.inbound.trouble is not None:
            return None
        age_s = (self._machine.mono_ms() - oldest_ms) / 1000
        return f"a message waits for its acknowledgement since {age_s:.0f} s" if age_s > STUCK_S else None

    def _utc_ms(self) -> int | None:
        bounds = self.clock.utc_at(self._machine.boot, self._machine.mono_ms())
        return None if bounds is None else (bounds[0] + bounds[1]) // 2

    def _instant(self, held: Held) -> tuple[int | None, int | None]:
        return self.clock.instant(held.scan, held.received_boot, held.received_mono_ms)

    def _clock_samples(self, helds: Sequence[Held]) -> list[ClockSample]:
        wanted = {(held.box_id, held.epoch, held.scan.boot) for held in helds if held.scan is not None}
        return [one for one in self.clock.samples() if (one.box_id, one.epoch, one.boot) in wanted]

    def _on_server_time(self, utc_ms: int, sent_mono_ms: int, received_mono_ms: int) -> None:
        if self.clock.server_said(utc_ms, sent_mono_ms, received_mono_ms):
            self._tell_everybody()

    def _tell_everybody(self) -> None:
        log.info("UTC is known")
        for box_id in self.clock.boxes():
            self._tell_time(box_id)
        self._beacon_now.set()

    # --- tasks

    async def _send_beacons(self) -> None:
        """A beacon at once when the broker is there, and then every few seconds."""
        while True:
            try:
                async with asyncio.timeout(self._config.time.beacon_s):
                    await self._beacon_now.wait()
            except TimeoutError:
                pass
            self._beacon_now.clear()
            if self.clock.tick():
                self._tell_everybody()
            self.outbound.beacon(self.clock.beacon())

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(TEND_S)
            with _passing_faults():
                await self._buffer.tend()

    async def _save_clocks(self) -> None:
        """Keep across a restart what relates the clocks; what a full disk refuses is tried again."""
        while True:
            await asyncio.sleep(SAVE_S)
            samples, anchors = self.clock.unsaved()
            samples, anchors = self._unsaved[0] + samples, self._unsaved[1] + anchors
            self._unsaved = samples[-MOST_UNSAVED:], anchors[-MOST_UNSAVED:]
            with _passing_faults():
                if samples:
                    await self._buffer.add_samples([buffer_types.Sample(*one) for one in samples])
                    self._unsaved = [], anchors
                for anchor in anchors:
                    await self._buffer.add_anchor(buffer_types.Anchor(*anchor))
                self._unsaved = [], []

    async def _report(self) -> None:
        """Judge the parts, log what has changed, write the metrics."""
        while True:
            await asyncio.sleep(self._config.health.every_s)
            with _passing_faults():
                stats = await self._buffer.stats()
                now_ms = self._machine.mono_ms()
                for state in self._watch.changes(judge(self._facts(stats)), now_ms):
                    speak = log.info if state.state == "ok" else log.warning
                    speak("health", part=state.part, state=state.state, reason=state.reason)
                write(self._data_dir / METRICS_NAME, render(self._metrics(stats, now_ms)))

    def _facts(self, stats: Stats) -> Facts:
        oldest_ms = self.inbound.oldest_mono_ms()
        trouble = self.inbound.trouble
        return Facts(
            late_s=self._config.health.late_s,
            broker_up=self.session.up,
            broker_reason=self.session.reason,
            oldest_in_hand_s=0.0 if oldest_ms is None else (self._machine.mono_ms() - oldest_ms) / 1000,
            trouble=None if trouble is None else f"{trouble.code}: {trouble.detail}",
            oldest_waiting_s=stats.oldest_waiting_s,
            server_reason=None if (state := self.upload.stats().state) in ("idle", "sending") else state,
            utc_known=self._utc_ms() is not None,
            boxes_gone=[box for box, said in self.inbound.births.items() if said["state"] == "gone"],
        )

    def _metrics(self, stats: Stats, now_ms: int) -> list[Metric]:
        inbound, session, outbound = self.inbound, self.session, self.outbound
        counts, facts = inbound.counters, self._facts(stats)
        single: list[tuple[str, Kind, str, float]] = [
            ("tram_up_seconds", "gauge", "Since this run began.", (now_ms - self._began_ms) / 1000),
            ("tram_broker_up", "gauge", "1 while subscribed at the broker.", int(session.up)),
            ("tram_broker_connections_total", "counter", "Connections made.", session.connections),
            ("tram_in_hand_messages", "gauge", "Messages not yet committed.", inbound.in_hand),
            ("tram_in_hand_oldest_seconds", "gauge", "Age of the oldest of them.", facts.oldest_in_hand_s),
            ("tram_commits_total", "counter", "Commits of messages.", counts.commits),
            ("tram_committed_messages_total", "counter", "Messages committed.", counts.committed_messages),
            ("tram_reading_paused_total", "counter", "Times that reading was paused.", counts.pauses),
            ("tram_stale_acks_total", "counter", "Acknowledgements of an earlier connection.", session.stale_acks),
            ("tram_old_wills_total", "counter", "Last wills older than a birth.", counts.old_wills),
            ("tram_acks_sent_total", "counter", "Acks sent to boxes.", outbound.acks_sent),
            ("tram_unsaid_total", "counter", "Messages to boxes for which there was no connection.", outbound.unsaid),
            ("tram_waiting_records", "gauge", "Records without the server's answer.", stats.waiting),
            ("tram_waiting_oldest_seconds", "gauge", "Age of the oldest of them.", stats.oldest_waiting_s),
            ("tram_parked_records", "gauge", "Records set aside.", stats.parked),
            ("tram_stored_total", "counter", "Records kept.", stats.stored),
            ("tram_duplicates_total", "counter", "Records that had been kept before.", stats.duplicates),
            ("tram_conflicts_total", "counter", "Same identity, other bytes.", stats.conflicts),
            ("tram_unreadable_total", "counter", "Records kept that cannot be read here.", stats.unreadable),
            ("tram_deferred_total", "counter", "Records left unanswered for too many holes.", stats.deferred),
            ("tram_buffer_file_bytes", "gauge", "Size of the buffer's file.", stats.file_bytes),
            ("tram_buffer_wal_bytes", "gauge", "Size of its write-ahead log.", stats.wal_bytes),
            ("tram_utc_known", "gauge", "1 where this machine knows UTC.", int(facts.utc_known)),
        ]
        boxes = {box: int(said["state"] == "online") for box, said in inbound.births.items()}
        return [
            *(Metric(name, kind, what, {"": value}) for name, kind, what, value in single),
            Metric("tram_messages_total", "counter", "Messages by topic.", counts.messages, "topic"),
            Metric("tram_refused_total", "counter", "Messages refused by reason.", counts.refused, "reason"),
            Metric("tram_not_kept_total", "counter", "Commits that failed.", counts.not_kept, "reason"),
            Metric("tram_quarantined_total", "counter", "In quarantine, by reason.", stats.quarantined, "reason"),
            Metric("tram_verdicts_total", "counter", "The server's verdicts.", stats.verdicts, "verdict"),
            Metric("tram_box_online", "gauge", "1 where the box's latest status is online.", boxes, "box"),
            *self._watch.metrics(now_ms),
        ]
