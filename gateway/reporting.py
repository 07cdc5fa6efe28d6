"""What the gateway says of itself: judged every few seconds, logged where it changes, written for whoever looks.

facts -> health -> log, alerts (events), metrics.prom, boxes.json, systemd, reports to the server
"""

import asyncio
import subprocess
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from gateway import certs, reasons
from gateway.buffer import Damage, Stats
from gateway.clock import Steps
from gateway.clock import machine as clocks
from gateway.downlink import Now
from gateway.health import Backlog, Facts, Health, Question, flat, lag_s, render, write
from gateway.health.metrics import Metric
from gateway.numbers import numbers
from gateway.passing import passing_faults
from gateway.readers import WELL
from gateway.seal import runtime_folder
from gateway.service import Service

if TYPE_CHECKING:
    from gateway.app import Gateway

log = structlog.get_logger()

METRICS_NAME = "metrics.prom"
SILENT_S = 60.0
"""So long may the buffer's writer keep a question before systemd is no longer told that we get on."""
READ_AGAIN_S = 60.0
COMMITS_MS = 60_000
MOST_COMMITS = 10_000
UPLOAD_WELL = ("idle", "sending")


class Reporting:
    """run() is the task."""

    def __init__(self, gateway: "Gateway", service: Service) -> None:
        self._gateway = gateway
        self.service = service
        self.software = software()
        self.health = Health(gateway.machine.mono_ms, self.alert, gateway.config.time.beacon_s)
        self._backlog = Backlog()
        self._steps = Steps()
        self._finished_before: int | None = None
        self._question: Question[Stats] = Question(gateway.buffer.stats, gateway.machine.mono_ms)
        self._metrics: list[Metric] = []
        self._commits: deque[tuple[int, int]] = deque()
        self._out: set[str] = set()
        self._registry_tag = -1
        self._registry_read_ms = 0
        self.stats: Stats | None = None
        """As the buffer said last."""
        self.certificate_days: float | None = None
        if gateway.buffer.opening.damage is not None:
            self.tell_damage(gateway.buffer.opening.damage)

    def committed(self, took_ms: int) -> None:
        """A commit has come back from the disk after so long."""
        now_ms = self._gateway.machine.mono_ms()
        while self._commits and (self._commits[0][0] < now_ms - COMMITS_MS or len(self._commits) > MOST_COMMITS):
            self._commits.popleft()
        while self._commits and self._commits[-1][1] <= took_ms:  # only those that may still be the longest
            self._commits.pop()
        self._commits.append((now_ms, took_ms))

    def _longest_commit_s(self, now_ms: int) -> float:
        return max((took_ms for at_ms, took_ms in self._commits if at_ms >= now_ms - COMMITS_MS), default=0) / 1000

    def tell_damage(self, damage: Damage) -> None:
        """What is gone from the buffer, by number: to the server."""
        for (box_id, epoch), gone in damage.gone.items():
            self._gateway.events.add("damage", {"box_id": box_id, "epoch": epoch, "gone": gone})
        if damage.gone_unknown:
            self._gateway.events.add("damage", {"gone_unknown": True})

    def alert(self, part: str, state: str, reason: str, box_id: str | None) -> None:
        """Something has changed: into the log in words, and to the server, now or when it can be reached."""
        speak = log.info if state == "ok" else log.warning
        where = {} if box_id is None else {"box": box_id}
        speak("health", part=part, state=state, reason=reasons.sentence(reason, "en"), **where)
        body = {"part": part, "state": state, "reason": reason, "box_id": box_id}
        self._gateway.events.add("alert", body)

    async def run(self) -> None:
        """Judge, say what has changed, and write down how things are."""
        gateway = self._gateway
        every_s = gateway.config.health.every_s
        try:
            while True:
                with passing_faults():
                    self.stats = await self._question.look(min(1.0, every_s / 4))
                facts = self._facts(await lag_s(gateway.machine.mono_ms))
                readers = {one.box_id: (one.state, one.reason) for one in gateway.readers.states() if one.box_id}
                own = {box: ("ok" if state in WELL else state, reason) for box, (state, reason) in readers.items()}
                with suppress(OSError):  # what the disk does not give out now is asked for again
                    await self._look_who_is_out()
                self.health.beat(facts, self.births, own)
                gateway.keeping.place.set_held(self.held_by_boxes())
                self._write(facts)
                if facts.writer_silent_s < SILENT_S:
                    self.service.ready(self._in_a_line(facts))
                    self.service.progress()
                await asyncio.sleep(every_s)
        finally:
            self._question.close()
            with suppress(OSError):  # what was in memory only stays readable when we are gone
                write(gateway.data_dir / METRICS_NAME, self.text())

    @property
    def births(self) -> dict[str, dict[str, Any]]:
        """The latest status of each box that belongs here: what was revoked does not."""
        return {box_id: said for box_id, said in self._gateway.inbound.births.items() if box_id not in self._out}

    async def _look_who_is_out(self) -> None:
        registry, now_ms = self._gateway.admission.registry, self._gateway.machine.mono_ms()
        tag = registry.changed_ns()
        if tag == self._registry_tag and now_ms - self._registry_read_ms < 1000 * READ_AGAIN_S:
            return
        out = (await asyncio.to_thread(registry.hashes))[1]
        for box_id in out:
            self.health.forget(box_id)
        self._out, self._registry_tag, self._registry_read_ms = out, tag, now_ms

    def _write(self, facts: Facts) -> None:
        """What a full disk refuses is written the next time."""
        gateway = self._gateway
        now_ms = gateway.machine.mono_ms()
        if self.stats is not None:
            self._metrics = numbers(gateway, self.stats, facts, now_ms)
            with suppress(OSError):
                write(numbers_path(gateway.data_dir), self.text())
        with suppress(OSError):
            gateway.roster.write()

    def text(self) -> str:
        """For whoever scrapes."""
        return render(self._metrics)

    def now(self) -> Now:
        """How things are, for a report to the server."""
        return Now(self.health.parts(), self.health.rows(self.births), flat(self._metrics))

    def held_by_boxes(self) -> dict[str, int | None]:
        """How many scans each box still has for us; None: it cannot be asked now, and may have scanned on since."""
        births = self.births
        known = self.health.boxes.unacknowledged()
        held: dict[str, int | None] = {box_id: known[box_id][0] for box_id in births if box_id in known}
        return held | {box_id: None for box_id, said in births.items() if self._is_away(box_id, said)}

    def _is_away(self, box_id: str, said: dict[str, Any]) -> bool:
        return said["state"] != "online" or self.health.watch.word("box", box_id) in ("away", "silent")

    def _in_a_line(self, facts: Facts) -> str:
        waiting = 0 if self.stats is None else self.stats.waiting
        return f"{waiting} scans wait for the server; broker {'up' if facts.broker_up else facts.broker_reason}"

    def _facts(self, lag: float) -> Facts:
        gateway, stats = self._gateway, self.stats
        inbound, session, config = gateway.inbound, gateway.session, gateway.config
        now_ms = gateway.machine.mono_ms()
        oldest_ms, trouble, damage = inbound.oldest_mono_ms(), inbound.trouble, gateway.buffer.opening.damage
        sending = gateway.upload.stats()
        said = clocks.discipline()
        self._steps.look(now_ms, said.wall_ms)
        step = self._steps.last
        answered = 0 if stats is None else sum(stats.verdicts.values())
        panel = gateway.panel.part
        self.certificate_days = self._certificate_days()
        return Facts(
            late_s=config.health.late_s,
            broker_up=session.up,
            broker_reason=session.reason,
            oldest_in_hand_s=0.0 if oldest_ms is None else (now_ms - oldest_ms) / 1000,
            trouble=None if trouble is None else f"{trouble.code}: {trouble.detail}",
            oldest_waiting_s=0.0 if stats is None else stats.oldest_waiting_s,
            server_reason=None if sending.state in UPLOAD_WELL else (sending.reason or sending.state),
            utc_known=gateway.hours.utc_ms() is not None,
            boxes_gone=[box for box, one in self.births.items() if one["state"] == "gone"],
            wishes_trouble=gateway.downlink.trouble,
            wishes_damaged=gateway.downlink.damaged,
            boxes_refusing=gateway.downlink.refusing(),
            boxes_damaged=gateway.admission.registry.damaged,
            enrol_trouble=gateway.enrol_trouble,
            echo_age_s=session.echo_age_s,
            beacon_s=config.time.beacon_s,
            is_paused=session.paused,
            writer_silent_s=self._question.silent_s,
            finished_files=self._finished_files(),
            rows_saved=None if damage is None else damage.rows_saved,
            is_falling_behind=stats is not None and self._backlog.look(stats.waiting, answered),
            certificate_days=self.certificate_days,
            is_synchronised=said.is_synchronised if config.time.trust == "kernel" else None,
            time_service=said.service,
            contradiction_ms=gateway.hours.clock.contradiction_ms,
            stepped_ms=0 if step is None else step.by_ms,
            step_age_s=None if step is None else (now_ms - step.at_mono_ms) / 1000,
            panel_trouble=None if panel is None or panel.state == "ok" else f"{panel.state}: {panel.reason}",
            readers=[(one.device, one.state, one.reason) for one in gateway.readers.states() if not one.box_id],
            commit_s=self._longest_commit_s(now_ms),
            is_shared=session.is_shared,
            told_in_vain=gateway.told_in_vain,
            lag_s=lag,
        )

    def _finished_files(self) -> int:
        """Since this start: what was given up years ago is no alarm any more."""
        if self.stats is None:
            return 0
        if self._finished_before is None:
            self._finished_before = self.stats.finished_files
        return self.stats.finished_files - self._finished_before

    def _certificate_days(self) -> float | None:
        bounds = self._gateway.hours.bounds()
        if self._gateway.enrol is None or bounds is None:
            return None
        ends = certs.ends(self._gateway.admission.certs_folder)
        return None if ends is None else (ends.timestamp() - bounds[1] / 1000) / 86_400


def numbers_path(data_dir: Path) -> Path:
    """In memory where systemd has made a folder there, and under its name in `data_dir` a link to it: written every few
    seconds, the numbers would wear a card out faster than the scans do."""
    named, folder = data_dir / METRICS_NAME, runtime_folder()
    if folder is None:
        return named
    there = folder.absolute() / METRICS_NAME
    if not named.is_symlink() or named.readlink() != there:
        fresh = named.with_name(named.name + ".link")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(there)
        fresh.replace(named)
    return there


def software() -> str:
    """Which version this is: of a file beside the program, or of the repository it lies in."""
    root = Path(__file__).resolve().parent.parent
    with suppress(OSError):
        return (root / "VERSION").read_text().strip()[:64]
    with suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
        return done.stdout.strip()
    return "unknown"
