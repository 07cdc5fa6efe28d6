"""The gateways of the province: what they hold is sent in batches through the server's own door, as on the wire.

1. Batches go out at turns. Items are shuffled now and then, some batches are sent twice, some items again in the next.
2. Some gateways seal what they send to the server's public key (SPEC §14), as all do in the field.
3. A gateway that is cut off holds everything until it is back, and is not heard of. The others are, at every turn.
4. Whose box has a wrong clock sends within ten minutes: that a scan came before it was made is what shows it.
5. Every verdict is looked at: what is accepted or a duplicate is fine, anything else is a defect.
"""

import asyncio
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, cast

import httpx
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from firmware.wire import answer, batch, envelope, record
from server.ingest.seal import key_id
from server.sim import faults
from server.sim.clock import BEGINS_MS, DAY_MS
from server.sim.faults import Fault
from server.sim.passing import Made, boot_of, uptime
from server.sim.sites import SAMPLES, Box, Site

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
MOST_ITEMS = 500
AT_ONCE_MS = 600_000
AT_ONCE = 4
TWICE, AGAIN, SHUFFLED = 0.03, 0.02, 0.5
FINE = ("accepted", "duplicate")


class Door(Protocol):
    """What batches and reports are posted through."""

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """The answer."""


class Sealer:
    """Closes records as a gateway does."""

    def __init__(self, public: bytes) -> None:
        self._public = X25519PublicKey.from_public_bytes(public)
        self._key_id = key_id(public)

    def __call__(self, raw: bytes) -> bytes:
        """A scan's record as its envelope."""
        scan = cast(record.Scan, record.decode(raw))
        info = envelope.sealed_info(scan, self._key_id)
        closed = SUITE.encrypt(envelope.plain_of(scan), self._public, info)
        return envelope.encode_sealed(envelope.Sealed._make((*scan[:8], self._key_id, closed)))


class Gateways:
    """`take` what boxes made, `turn` sends what is due. `verdicts`: how many of each."""

    def __init__(
        self,
        seed: int,
        sites: Sequence[Site],
        found: Iterable[Fault],
        door: Door,
        sealer: Sealer,
        heard: Callable[[str], None] = lambda gateway_id: None,
    ) -> None:
        self._draw = random.Random(f"{seed}/sending")  # noqa: S311 - repeatable, not secret
        self._sites = sites
        self._faults = list(found)
        self._cut = {one.box_id: one for one in self._faults if one.kind == faults.CUT}
        self._at_once = {one.site for one in self._faults if one.kind == faults.CLOCK}
        self._door = door
        self._sealer = sealer
        self._heard = heard
        self._waiting: list[list[Made]] = [[] for _ in sites]
        self._samples: list[list[batch.ClockSample]] = [[] for _ in sites]
        self._declared: list[list[bytes]] = [[] for _ in sites]
        self._tips: list[list[batch.Tip]] = [[] for _ in sites]
        self._sent: list[list[batch.Item]] = [[] for _ in sites]
        self._batch_no = [0] * len(sites)
        self._event_no = [0] * len(sites)
        self.verdicts: Counter[str] = Counter()
        self.batches = self.declared = 0

    def take(self, made: Iterable[Made]) -> None:
        """These are on their way."""
        for one in made:
            self._waiting[one.site].append(one)

    def declare(self, raws: Iterable[bytes], boxes: Mapping[str, Box]) -> None:
        """What was lost, declared by its box."""
        for raw in raws:
            self.declared += 1
            self._declared[boxes[record.decode(raw).box_id].site].append(raw)

    def hold(self, box: Box, first: int, last: int) -> None:
        """A box says what it still holds."""
        self._tips[box.site].append(batch.Tip(box.box_id, box.epoch, first, last))

    @property
    def waiting(self) -> int:
        """How many records are not sent yet."""
        return sum(map(len, self._waiting))

    def due(self, until_ms: int) -> list[int]:
        """At which instants before then gateways send at once what their boxes make: those with a wrong clock."""
        times = {one.ready_ms // AT_ONCE_MS + 1 for site in self._at_once for one in self._waiting[site]}
        return [one * AT_ONCE_MS for one in sorted(times) if one * AT_ONCE_MS < until_ms]

    async def at_once(self, day: int, now_ms: int) -> int:
        """Only those."""
        return await self.turn(day, now_ms, [self._sites[number] for number in sorted(self._at_once)])

    async def turn(self, day: int, now_ms: int, among: Sequence[Site] | None = None) -> int:
        """Everything that is due by now, from whoever is not cut off; returns how many records."""
        up = [one for one in among or self._sites if not self._is_cut(one, now_ms)]
        self._draw.shuffle(up)
        jobs: list[tuple[Site, batch.Batch]] = []
        for site in up:
            self._heard(site.gateway_id)
            jobs += [(site, one) for one in self._batches(site, day, now_ms)]
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(site: Site, made: batch.Batch) -> None:
            async with gate:
                await self._post(site, made)

        await asyncio.gather(*(one(*job) for job in jobs))
        for site in up:
            await self._report(site, now_ms)
        return sum(len(made.items) for _, made in jobs)

    def _is_cut(self, site: Site, now_ms: int) -> bool:
        fault = self._cut.get(site.gateway_id)
        return fault is not None and fault.holds(now_ms)

    def _batches(self, site: Site, day: int, now_ms: int) -> list[batch.Batch]:
        waiting = self._waiting[site.number]
        due = [one for one in waiting if one.ready_ms <= now_ms]
        if not due and not self._declared[site.number] and not self._tips[site.number]:
            return []
        self._waiting[site.number] = [one for one in waiting if one.ready_ms > now_ms]
        items = [self._item(site, one) for one in due]
        items += [batch.Item(raw, None, None) for raw in self._declared[site.number]]
        self._declared[site.number] = []
        items += [one for one in self._sent[site.number] if self._draw.random() < AGAIN]
        if self._draw.random() < SHUFFLED:
            self._draw.shuffle(items)
        clocks, self._samples[site.number] = self._clocks(site, day, now_ms)
        made = []
        for start in range(0, max(1, len(items)), MOST_ITEMS):
            self._batch_no[site.number] += 1
            some = items[start : start + MOST_ITEMS]
            tips = self._tips[site.number] if not start else []
            made.append(
                batch.Batch(site.gateway_id, self._batch_no[site.number], some, clocks if not start else [], tips)
            )
        self._tips[site.number] = []
        self._sent[site.number] = items[-200:]
        return made + [one for one in made if self._draw.random() < TWICE]

    def _item(self, site: Site, one: Made) -> batch.Item:
        raw = self._sealer(one.raw) if site.is_sealed else one.raw
        return batch.Item(raw, one.earliest_ms, one.latest_ms)

    def _clocks(self, site: Site, day: int, now_ms: int) -> tuple[list[batch.ClockSample], list[batch.ClockSample]]:
        """-> (those that are told now, those that come with the next batch)"""
        fresh = []
        for box in site.boxes:
            if box.clock == SAMPLES:
                at_ms = min(now_ms, BEGINS_MS + (day + 1) * DAY_MS) - self._draw.randrange(60_000)
                boot, began_ms = boot_of(box, day)
                low, high = at_ms - self._draw.randrange(1, 60), at_ms + self._draw.randrange(1, 60)
                fresh.append(batch.ClockSample(box.box_id, box.epoch, boot, uptime(box, began_ms, at_ms), low, high))
        before = self._samples[site.number]
        return (before, fresh) if self._draw.random() < 0.3 else (before + fresh, [])

    async def _post(self, site: Site, made: batch.Batch) -> None:
        headers = {"Authorization": f"Bearer {site.token}", "Content-Type": batch.CONTENT_TYPE}
        response = await self._door.post("/api/v1/batches", content=batch.encode(made), headers=headers)
        while response.status_code == 503:  # no room in the queue just now: as a gateway does, it comes again
            await asyncio.sleep(0.05)
            response = await self._door.post("/api/v1/batches", content=batch.encode(made), headers=headers)
        if response.status_code != 200:
            raise RuntimeError(f"a batch of {site.gateway_id} was refused: {response.text[:300]}")
        self.batches += 1
        for verdict in answer.decode(response.content).verdicts:
            self.verdicts[verdict.verdict if verdict.verdict in FINE else f"{verdict.verdict}/{verdict.code}"] += 1

    async def _report(self, site: Site, now_ms: int) -> None:
        """A gateway whose box was away says so."""
        events = []
        for one in self._faults:
            if one.kind != faults.OUTAGE or one.site != site.number:
                continue
            for at_ms, state in ((one.from_ms, "away"), (one.to_ms, "ok")):
                if at_ms <= now_ms and self._event_no[site.number] < (1 if state == "away" else 2):
                    self._event_no[site.number] += 1
                    body = {"part": "box", "box_id": one.box_id, "state": state, "reason": "box_away"}
                    times = [at_ms - 1000, at_ms + 30_000]
                    events.append({"no": self._event_no[site.number], "kind": "alert", "at_ms": times, "body": body})
        if not events:
            return
        said = {"v": 1, "gateway_id": site.gateway_id, "wishes_version": 0, "sent_utc_ms": now_ms, "uptime_ms": 1000}
        said |= {"events_epoch": hashlib.sha256(site.gateway_id.encode()).hexdigest()[:12], "software": "1.0"}
        said |= {"health": [], "boxes": [], "numbers": {}, "events": events}
        headers = {"Authorization": f"Bearer {site.token}", "Content-Type": "application/json"}
        response = await self._door.post("/api/v1/fleet/report", content=json.dumps(said).encode(), headers=headers)
        if response.status_code != 200:
            raise RuntimeError(f"a report of {site.gateway_id} was refused: {response.text[:300]}")
