"""The gateway as an object: the one place that knows all the rooms, and wires them.

    a message -> mqtt.session -> mqtt.inbound -> buffer.put -> commit -> ack to the broker, ack to the box
    buffer.claim -> upload -> the server's verdicts -> buffer.settle
    a wish in a file -> downlink -> mqtt.outbound -> the box; its result -> mqtt.inbound -> downlink -> a file
    a new box -> enrol -> its password on the disk -> the broker is told -> the box is answered

Every task has a name. A task that ends by itself ends the program, which is then started again from outside: there is
no half a gateway. Damage to the buffer's file is the exception: opening it again salvages it, here and at once.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from firmware.wire.ack import Ack
from firmware.wire.batch import ClockSample
from firmware.wire.beacon import Heard
from gateway import certs, clock, upload
from gateway import config as config_files
from gateway.admission import Admission
from gateway.buffer import Arrival, Buffer, BufferFault, Held, Refused, Stats
from gateway.buffer import Settings as BufferSettings
from gateway.buffer import types as buffer_types
from gateway.clock import ClockRefused, KernelClock, Machine, Timekeeper
from gateway.config import Config, ConfigError
from gateway.downlink import Downlink, Roster, Store
from gateway.downlink import Limits as DownlinkLimits
from gateway.downlink.pace import Waits
from gateway.enrol import Judge, Listener
from gateway.enrol import Limits as EnrolLimits
from gateway.health import Facts, Watch, judge, render, write
from gateway.mqtt.broker import BrokerError
from gateway.mqtt.inbound import Inbound, Keeper, NotKept, Routes
from gateway.mqtt.outbound import Outbound
from gateway.mqtt.session import Delivery, Session
from gateway.mqtt.session import Settings as SessionSettings
from gateway.numbers import numbers

log = structlog.get_logger()

BUFFER_NAME = "buffer.sqlite"
METRICS_NAME = "metrics.prom"
ROSTER_NAME = "boxes.json"
DOWNLINK_NAME = "downlink"
PASSING = ("disk_full", "io")
"""Faults of the buffer that go by when their cause does; with any other the buffer has to be opened anew."""
STOP_S = 5.0
"""So long may the commit in hand take when the gateway is told to stop."""
STUCK_S = 60.0
TEND_S = 1.0
SAVE_S = 10.0
SETTLE_S = 0.25
"""So long may the broker take to act on a signal; then the box is told that it may come."""
MOST_UNSAVED = 1_000


async def run(config: Config, stopping: asyncio.Event) -> None:
    """Run until `stopping` is set. Raises BufferFault or ConfigError where it cannot start."""
    machine = KernelClock(config.time.trust, config.time.bound_ms)
    data_dir = config.path(config.data_dir)
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError("setting", f"data_dir: {data_dir}: {error.strerror}") from error
    fleet_key = _fleet_key(config)
    while not stopping.is_set():
        buffer = await _open_buffer(config, data_dir / BUFFER_NAME, machine)
        try:  # from here on, whatever fails closes the buffer: its thread would keep a process alive that does nothing
            _tell_opening(buffer, data_dir / BUFFER_NAME)
            gateway = Gateway(config, machine, buffer, data_dir, fleet_key)
            try:
                await gateway.serve(stopping)
            finally:
                gateway.close()
        except* BufferFault as faults:
            if any(fault.code != "damaged" for fault in _leaves(faults)):
                raise
            log.error("the buffer's file is damaged: it is opened again and salvaged")
        finally:
            await _close(buffer)


def _fleet_key(config: Config) -> bytes | None:
    return (
        config_files.read_fleet_key(config.path(config.enrol.fleet_key_file)) if config.enrol.fleet_key_file else None
    )


async def _open_buffer(config: Config, path: Path, machine: Machine) -> Buffer:
    given = {name: getattr(config.buffer, name) for name in config.buffer.__struct_fields__}
    given["keep_delivered_s"] = int(config.buffer.keep_delivered_days * 86_400)
    settings = BufferSettings(**{name: value for name, value in given.items() if name in BufferSettings._fields})
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
    given = {name: getattr(config.upload, name) for name in config.upload.__struct_fields__}
    chosen = {name: value for name, value in given.items() if name in upload.Settings._fields}
    return upload.Settings(url=config.server.url, token=token, **chosen)


def _downlink_limits(config: Config) -> DownlinkLimits:
    waits = Waits(int(1000 * config.downlink.first_wait_s), int(1000 * config.downlink.longest_wait_s))
    return DownlinkLimits(waits=waits, pieces_per_s=config.downlink.pieces_per_s)


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

    def __init__(
        self, config: Config, machine: Machine, buffer: Buffer, data_dir: Path, fleet_key: bytes | None = None
    ) -> None:
        self._config = config
        self._machine = machine
        self._buffer = buffer
        self._data_dir = data_dir
        self._beacon_now = asyncio.Event()
        self._unsaved: tuple[list[clock.Sample], list[clock.Anchor]] = [], []
        self.watch = Watch()
        self.began_ms = machine.mono_ms()
        self.clock = Timekeeper(config.gateway_id, machine, config.time.server_bound_ms)
        self.session = Session(_session_settings(config), self._on_delivery, self._on_up, machine.mono_ms, self._stuck)
        self.outbound = Outbound(self.session)
        keeper = Keeper(Arrival, Refused, self._keep)
        self.roster = Roster(data_dir / ROSTER_NAME, machine.boot, machine.mono_ms, self._utc_ms)
        self.downlink = Downlink(
            Store(data_dir / DOWNLINK_NAME, fleet_key),
            self.outbound,
            lambda: self.inbound.births,
            lambda: self.outbound.beacon(self.clock.beacon()),
            machine.boot,
            machine.mono_ms,
            _downlink_limits(config),
        )
        routes = Routes(self._on_status, self.downlink.on_result, self.downlink.on_want)
        acks = self.outbound.acks
        self.inbound = Inbound(keeper, self.session, acks, self._on_heard, machine.boot, routes=routes)
        self.admission = Admission(config)
        self.enrol = None if fleet_key is None else self._new_listener(fleet_key)
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

    def _new_listener(self, fleet_key: bytes) -> Listener:
        """Raises EnrolError, CertError or ConfigError where it could not work."""
        settings = self._config.enrol
        papers = certs.ensure(self.admission.certs_folder, self._config.gateway_id)
        self.admission.check()
        taken = self._config.broker.username
        judge = Judge(self._config.gateway_id, fleet_key, self.admission.registry, self.admission.listed, taken)
        limits = EnrolLimits(per_minute=settings.per_minute)
        made = Listener(
            judge, papers.chain_file, papers.ca_file, self._publish, self._utc_bounds, self._machine.mono_ms, limits
        )
        made.open(settings.listen, settings.port)
        log.info("boxes can enrol", ports=made.ports, ca=papers.fingerprint)
        return made

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
            "downlink": self.downlink.run,
        }
        if self.enrol is not None:
            jobs |= {"enrol": self.enrol.run, "admit": self._admit}
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job(), name=name) for name, job in jobs.items()]
            await stopping.wait()
            log.info("stopping", in_hand=self.inbound.in_hand)
            await self._finish()
            for task in tasks:
                task.cancel()

    def close(self) -> None:
        """Let go of what was opened to be served."""
        if self.enrol is not None:
            self.enrol.close()

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

    def _on_status(self, box_id: str, said: dict[str, Any]) -> None:
        self.roster.heard(box_id, said)
        self.downlink.on_status()

    async def _publish(self) -> None:
        """Let the broker know who may come in; raises OSError where that cannot be written."""
        try:
            if await asyncio.to_thread(self.admission.publish):
                await asyncio.sleep(SETTLE_S)
        except (ConfigError, BrokerError) as error:
            raise OSError(str(error)) from error

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

    def _utc_bounds(self) -> tuple[int, int] | None:
        return self.clock.utc_at(self._machine.boot, self._machine.mono_ms())

    def _utc_ms(self) -> int | None:
        bounds = self._utc_bounds()
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

    async def _admit(self) -> None:
        """Once at the start: who died between a box's password and the broker's signal has not given it."""
        try:
            await self._publish()
        except OSError as error:
            log.error("the broker could not be told who may come in", reason=str(error))
        await asyncio.Event().wait()

    def _write_roster(self) -> None:
        """What a full disk refuses is written the next time."""
        with suppress(OSError):
            self.roster.write()

    async def _report(self) -> None:
        """Judge the parts, log what has changed, write the metrics."""
        while True:
            await asyncio.sleep(self._config.health.every_s)
            self._write_roster()
            with _passing_faults():
                stats = await self._buffer.stats()
                now_ms = self._machine.mono_ms()
                for state in self.watch.changes(judge(self._facts(stats)), now_ms):
                    speak = log.info if state.state == "ok" else log.warning
                    speak("health", part=state.part, state=state.state, reason=state.reason)
                write(self._data_dir / METRICS_NAME, render(numbers(self, stats, self._facts(stats), now_ms)))

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
            wishes_trouble=self.downlink.trouble,
            wishes_damaged=self.downlink.damaged,
            boxes_refusing=self.downlink.refusing(),
            boxes_damaged=self.admission.registry.damaged,
        )
