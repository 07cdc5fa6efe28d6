"""The gateway as an object: the one place that knows all the rooms, and wires them.

    a message -> mqtt.session -> mqtt.inbound -> buffer.put (sealed) -> commit -> ack to the broker, ack to the box
    the same message, alone -> place.judge -> a ruling for the box, before the commit
    buffer.claim -> upload -> the server's verdicts -> buffer.settle
    a wish, the server's or in a file -> downlink -> mqtt.outbound -> the box; its result -> events -> the server
    a new box -> enrol -> its password on the disk -> the broker is told -> the box is answered
    a reader on a wire -> buffer.put, as from a box

Every task has a name. A task that ends by itself ends the program, which is then started again from outside: there is
no half a gateway. Damage to the buffer's files is the exception: opening it again salvages it, here and at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from firmware.wire.ack import Ack
from firmware.wire.beacon import Heard
from firmware.wire.ruling import Notice
from gateway import certs, making
from gateway import config as config_files
from gateway.admission import Admission
from gateway.aside import FILE_NAME as QUARANTINE_NAME
from gateway.aside import Aside
from gateway.buffer import Arrival, Buffer, BufferFault, PutResult, Refused
from gateway.clock import KernelClock, Machine, Timekeeper
from gateway.config import Config, ConfigError
from gateway.downlink import Events, Roster, Store
from gateway.downlink.roster import row_of
from gateway.enrol import EnrolError, Listener
from gateway.hours import Hours
from gateway.keeping import Keeping
from gateway.mqtt.broker import BrokerError
from gateway.mqtt.inbound import Inbound, Keeper, Limits, NotKept, Routes
from gateway.mqtt.outbound import Outbound
from gateway.mqtt.session import Delivery, Session
from gateway.opening import close, open_when_well, tell_opening
from gateway.passing import PASSING, passing_faults
from gateway.reporting import Reporting
from gateway.rollover import Rollover
from gateway.seal import harden
from gateway.service import Service
from gateway.tech.live import Live
from gateway.wired import wired_readers

log = structlog.get_logger()

BUFFER_NAME = "buffer"
ROSTER_NAME = "boxes.json"
DOWNLINK_NAME = "downlink"
EVENTS_NAME = "events.log"
ENROL_AGAIN_S = 5.0
STOP_S = 5.0
"""So long may the commit in hand take when the gateway is told to stop."""
STUCK_S = 60.0
TEND_S = 1.0
ROLL_S = 10.0
TELL_AGAIN_S = 10.0
REMEMBER_S = 30.0
SETTLE_S = 0.25
"""So long may the broker take to act on a signal; then the box is told that it may come."""


async def run(config: Config, stopping: asyncio.Event) -> None:
    """Run until `stopping` is set. Raises BufferFault, ConfigError or OSError where it cannot start."""
    harden()
    machine = KernelClock(config.time.trust, config.time.bound_ms)
    data_dir = config.path(config.data_dir)
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError("setting", f"data_dir: {data_dir}: {error.strerror}") from error
    fleet_key = _fleet_key(config)
    service = Service()
    while not stopping.is_set():
        clock = Timekeeper(config.gateway_id, machine, config.time.server_bound_ms)
        keeping = Keeping(config, machine, clock, partial(_utc_ms, clock, machine))
        buffer = await open_when_well(keeping, data_dir / BUFFER_NAME, stopping, service)
        if buffer is None:
            return
        try:  # from here on, whatever fails closes the buffer: its thread would keep a process alive that does nothing
            tell_opening(buffer, data_dir / BUFFER_NAME)
            gateway = Gateway(config, machine, clock, keeping, buffer, service, fleet_key)
            try:
                await gateway.serve(stopping)
            finally:
                gateway.close()
        except* BufferFault as faults:
            if any(fault.code != "damaged" for fault in _leaves(faults)):
                raise
            log.error("a file of the buffer is damaged: it is opened again and salvaged")
        finally:
            await close(buffer)


def _utc_ms(clock: Timekeeper, machine: Machine) -> int | None:
    bounds = clock.utc_at(machine.boot, machine.mono_ms())
    return None if bounds is None else (bounds[0] + bounds[1]) // 2


def _fleet_key(config: Config) -> bytes | None:
    return (
        config_files.read_fleet_key(config.path(config.enrol.fleet_key_file)) if config.enrol.fleet_key_file else None
    )


def _leaves(group: BaseExceptionGroup[BufferFault]) -> Iterator[BufferFault]:
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from _leaves(one)
        else:
            yield one


class Slept(Exception):
    """The machine was suspended: its monotonic clock is another one now, and everything begins anew."""


class Gateway:
    """One run of the gateway on an open buffer."""

    def __init__(
        self,
        config: Config,
        machine: Machine,
        clock: Timekeeper,
        keeping: Keeping,
        buffer: Buffer,
        service: Service,
        fleet_key: bytes | None = None,
    ) -> None:
        self.config = config
        self.machine = machine
        self.keeping = keeping
        self.buffer = buffer
        self.data_dir = config.path(config.data_dir)
        self.began_ms = machine.mono_ms()
        self.session = Session(
            making.session_settings(config), self._on_delivery, self._on_up, machine.mono_ms, self._stuck
        )
        self.outbound = Outbound(self.session)
        self.hours = Hours(clock, machine, buffer, self.outbound, config.time.beacon_s)
        self.hours.with_beacon = self._say_notice
        self._was_full = False
        self.events = Events(self.data_dir / EVENTS_NAME, machine.boot, machine.mono_ms)
        self.roster = Roster(self.data_dir / ROSTER_NAME, machine.boot, machine.mono_ms, self.hours.utc_ms)
        self.store = Store(self.data_dir / DOWNLINK_NAME, fleet_key, config.gateway_id)
        self.downlink = making.new_downlink(self)
        place = keeping.place
        routes = Routes(
            self._on_status, self.downlink.on_result, self.downlink.on_want, place.judge, self.outbound.ruling
        )
        self.inbound = Inbound(
            Keeper(Arrival, Refused, self._keep),
            self.session,
            self.send_acks,
            self._on_heard,
            machine.boot,
            Limits(linger_ms=config.buffer.linger_ms),
            routes,
        )
        self.admission = Admission(config)
        self.told_in_vain = 0
        """How often in a row a broker that runs was told who may come in, and did not hear."""
        self.enrol_trouble: str | None = None
        self.enrol = None if fleet_key is None else making.new_listener(self, fleet_key)
        self.way = making.new_way(self)
        self.upload = making.new_upload(self)
        self.reporting = Reporting(self, service)
        self.fetch = making.new_fetch(self)
        self.report = making.new_report(self)
        self.readers = wired_readers(self)
        self._aside = Aside(buffer, self.data_dir / QUARANTINE_NAME, lambda: self.reporting.stats, clock.utc_at)
        self.live = Live()
        self.panel = making.new_panel(self)
        self._rollover = Rollover(config, self.admission, self.store, machine.boot, machine.mono_ms, self.hours.utc_ms)

    # --- its life

    async def serve(self, stopping: asyncio.Event) -> None:
        """Do everything until told to stop; then finish the commit in hand and send its acknowledgements."""
        await self.hours.load()
        jobs: dict[str, Callable[[], Awaitable[None]]] = {
            "session": self.session.run,
            "inbound": self.inbound.run,
            "way": self.way.run,
            "upload": self._upload,
            "beacon": self.hours.send_beacons,
            "save clocks": self.hours.save,
            "tend": self._tend,
            "place": self._mind_the_place,
            "reporting": self.reporting.run,
            "aside": self._aside.run,
            "downlink": self.downlink.run,
            "fetch": self.fetch.run,
            "report": self.report.run,
            "readers": self.readers.run,
            "panel": self.panel.run,
        }
        if self.enrol is not None:
            jobs |= {"enrol": partial(self._enrol, self.enrol), "admit": self._admit, "authority": self._roll_over}
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_named(job), name=name) for name, job in jobs.items()]
            await stopping.wait()
            log.info("stopping", in_hand=self.inbound.in_hand)
            self.reporting.service.stopping()
            await self._finish()
            for task in tasks:
                task.cancel()

    def close(self) -> None:
        """Let go of what was opened to be served."""
        if self.enrol is not None:
            self.enrol.close()
        self.keeping.remember(self.keeping.tend())

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
        self.hours.beacon_now()

    def _on_delivery(self, delivery: Delivery) -> None:
        if not self.machine.has_slept():  # else its time of arrival means nothing: it comes again to the next start
            self.inbound.offer(delivery)

    async def _keep(self, arrivals: list[Arrival], refused: list[Refused]) -> list[Ack] | NotKept:
        result = await self.put(arrivals, refused)
        return result if isinstance(result, NotKept) else result.acks

    async def put(self, arrivals: list[Arrival], refused: list[Refused]) -> PutResult | NotKept:
        """Keep it, count it, show it; returns after the commit."""
        began_ms = self.machine.mono_ms()
        try:
            result = await self.buffer.put(arrivals, refused)
        except BufferFault as fault:
            if fault.code not in PASSING:
                raise
            return NotKept(fault.code, fault.detail)
        self.reporting.committed(self.machine.mono_ms() - began_ms)
        for fresh in result.scans:
            self.keeping.place.take(fresh)
        if result.scans:
            self.panel.changed()
        return result

    def send_acks(self, acks: list[Ack]) -> None:
        self.outbound.acks(acks)
        self.reporting.health.boxes.acked(acks)
        for ack in acks:
            self.live.told(ack.box_id, "kept", epoch=ack.epoch, to=ack.complete_to, highest=ack.highest)

    def _on_heard(self, heard: Heard, received_mono_ms: int) -> str | None:
        self.reporting.health.boxes.heard(heard.box_id)
        return self.hours.on_heard(heard, received_mono_ms)

    def _on_status(self, box_id: str, said: dict[str, Any]) -> None:
        self.roster.heard(box_id, said)
        self.reporting.health.boxes.status(box_id, said)
        self.downlink.on_status()
        if self.live.listeners:
            row = row_of(said) if said["state"] == "online" else {}
            self.live.told(box_id, "status", **{**row, "state": said["state"]})

    def _say_notice(self) -> None:
        """With each beacon while the disk is full, and once when it is over."""
        is_full = self.inbound.trouble is not None
        if is_full or self._was_full:
            state = "full" if is_full else "ok"
            self.outbound.notice(Notice(self.config.gateway_id, self.machine.boot, state))
        self._was_full = is_full

    async def publish(self) -> None:
        """Let the broker know who may come in; raises OSError where that cannot be written."""
        try:
            if await asyncio.to_thread(self.admission.publish):
                await asyncio.sleep(SETTLE_S)
        except (ConfigError, BrokerError) as error:
            raise OSError(str(error)) from error

    def _stuck(self) -> str | None:
        """Why the session should be made anew: what came long ago is not acknowledged, and not because of the disk."""
        oldest_ms = self.inbound.oldest_mono_ms()
        if oldest_ms is None or self.inbound.trouble is not None:
            return None
        age_s = (self.machine.mono_ms() - oldest_ms) / 1000
        return f"a message waits for its acknowledgement since {age_s:.0f} s" if age_s > STUCK_S else None

    # --- tasks

    async def _enrol(self, listener: Listener) -> None:
        """A port that is taken, or an address that is not there yet, keeps no scan from being kept."""
        ours = self.config.enrol
        while True:
            try:
                listener.open(ours.listen, ours.port)
            except EnrolError as error:
                if self.enrol_trouble is None:
                    log.error("boxes cannot enrol", code=error.code, detail=str(error))
                self.enrol_trouble = str(error)
                await asyncio.sleep(ENROL_AGAIN_S)
                continue
            self.enrol_trouble = None
            log.info("boxes can enrol", ports=listener.ports, ca=self.admission.papers().fingerprint)
            await listener.run()

    async def _upload(self) -> None:
        """What a failing disk does not give out now is asked for again."""
        while True:
            with passing_faults():
                await self.upload.run()
            await asyncio.sleep(TEND_S)

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(TEND_S)
            if self.machine.has_slept():
                raise Slept
            with passing_faults():
                await self.buffer.tend()
                for damage in await self.buffer.take_damages():
                    self.reporting.tell_damage(damage)

    async def _mind_the_place(self) -> None:
        """Count what the buffer holds, drop what may not be kept, remember what a restart should know."""
        place, changed = self.keeping.place, self.keeping.purpose_changed
        await self.keeping.recall(self.buffer)
        related = self.hours.clock.relations
        while True:
            if changed.is_set():
                changed.clear()
                await self.keeping.drop_what_may_not_be_kept(self.buffer)
            place.set_held(self.reporting.held_by_boxes())
            if place.wants_times and related != self.hours.clock.relations:
                related = self.hours.clock.relations
                await self.keeping.recall(self.buffer)
            await asyncio.to_thread(self.keeping.remember, self.keeping.tend())
            try:
                async with asyncio.timeout(REMEMBER_S):
                    await changed.wait()
            except TimeoutError:
                pass

    async def _admit(self) -> None:
        """At the start: who died between a box's password and the broker's signal has not given it. After that whatever
        no broker has heard, again and again."""
        try:
            await self.publish()
        except OSError as error:
            log.error("the broker could not be told who may come in", reason=str(error))
        for box_id in sorted(self.admission.users().hashes):  # the server takes the same one once
            self.events.add("enrolled", {"box_id": box_id})
        while True:
            await asyncio.sleep(TELL_AGAIN_S)
            if self.admission.is_unheard and self.session.up:
                with suppress(OSError):
                    await self.publish()
                self.told_in_vain += 1
            if not self.admission.is_unheard:
                self.told_in_vain = 0

    async def _roll_over(self) -> None:
        """The certificate before it ends, and another authority step by step, where one was begun."""
        while True:
            try:
                await asyncio.to_thread(self._tend_papers)
            except (certs.CertError, ConfigError, BrokerError, OSError) as error:
                log.warning("certificates could not be looked after", reason=str(error))
            await asyncio.sleep(ROLL_S)

    def _tend_papers(self) -> None:
        if self.admission.tend_certificate():
            log.info("the gateway has another certificate")
        self._rollover.tick()


async def _named(job: Callable[[], Awaitable[None]]) -> None:
    await job()
