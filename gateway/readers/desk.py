"""The way of a scan on the gateway itself: code -> judged -> committed -> "stored".

1. The rules are the box's (firmware/scanner/accept.py), and so are the words. What is for a box itself (a control code,
   a set-up code) has no meaning here, and is refused.
2. A scan is accepted when the buffer has committed it, and not before: there is no queue behind a green light. What the
   buffer does not take is forgotten as a judgement too, so that the person can try again.
3. One scan at a time is under way; behind it wait at most WAITING, judged and not accepted. Beyond, codes are refused
   as `busy`.
4. Number and epoch are identity.py's. After a failure that may have left bytes on the disk, and after a conflict, the
   numbers begin again in a new epoch.
5. What came of a code is told to whoever asks (`on_outcome`, `latest`): stored, repeat, refused or not_kept, with why.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from firmware.scanner.accept import Accept
from firmware.wire import message, record, topics
from firmware.wire.ack import Ack
from firmware.wire.beacon import Heard
from firmware.wire.message import Pack
from firmware.wire.record import Scan
from gateway.readers import identity
from gateway.readers.identity import Numbers

WAITING = 16
REST_S = 30.0
"""So long nothing must happen before it is written down that nothing is under way."""
HEARD_S = 60.0
_HARMLESS = ("disk_full",)
"""Failures of which nothing can be left on the disk."""


class Kept(NamedTuple):
    """A commit."""

    stored: int
    conflicts: int
    acks: list[Ack]


class NotKept(NamedTuple):
    """Nothing was kept, for a reason that may pass."""

    code: str
    detail: str


class Outcome(NamedTuple):
    """What came of a code."""

    word: str
    """stored, repeat, refused, not_kept"""
    reason: str
    mono_ms: int


class House(NamedTuple):
    """What a desk needs of the gateway; the same for all of them."""

    gateway_id: str
    folder: Path
    machine_boot: str
    mono_ms: Callable[[], int]
    utc: Callable[[], tuple[int, int] | None]
    """Between which instants it is now."""
    keep: Callable[[str, str, bytes, str, int], Awaitable[Kept | NotKept]]
    """(box_id, topic, payload, received_boot, received_mono_ms); returns after the commit."""
    on_heard: Callable[[Heard, int], Any]
    """As for a box's answer to a beacon; here both clocks are the same one."""
    on_enrolled: Callable[[str], Awaitable[None]]
    """Returns when it is written down that the server has to know this box; raises OSError."""
    on_outcome: Callable[[str, str, str], None]
    """(box_id, outcome, reason)"""
    is_buffer_whole: bool
    repeat_window_ms: int
    marks: str
    """Such as `dir=in,gate=north`."""


class Desk:
    """Takes the codes of one reader; run() is its task."""

    def __init__(self, house: House, key: str, port: str, life: str) -> None:
        self.box_id = identity.box_id_of(house.gateway_id, key)
        self.trouble: NotKept | None = None
        self.scans = 0
        self.counters: dict[str, int] = {}
        self.latest: Outcome | None = None
        """What came of the last code."""
        self._house = house
        self._key = key
        self._port = port
        self._life = life
        self._accept = Accept(house.repeat_window_ms)
        self._waiting: asyncio.Queue[tuple[bytes, int, str] | None] = asyncio.Queue(WAITING)
        self._numbers: Numbers | None = None
        self._began_ms = house.mono_ms()
        self._clock_told_ms = self._began_ms
        self._is_doubtful = False
        self._is_under_way = False
        """A commit has been asked for, and nobody knows yet what came of it."""

    # --- called by the reader; never raises

    def on_code(self, code: bytes, done_ms: int, how: str = "") -> None:
        """`how`: for a keyboard reader, see keys.py."""
        verdict = self._accept.judge(code, done_ms)
        self.count(verdict)
        if verdict != "accepted":
            self._say("repeat" if verdict == "repeat" else "refused", verdict)
            return
        try:
            self._waiting.put_nowait((code, done_ms, how))
        except asyncio.QueueFull:
            self._turn_away(code, "busy")

    def on_refused(self, reason: str, _length: int) -> None:
        self.count(f"refused_{reason}")
        self._say("refused", reason)

    def count(self, name: str) -> None:
        self.counters[name] = self.counters.get(name, 0) + 1

    # --- the task

    async def run(self) -> None:
        """Keep what is accepted, until close(). Raises what the buffer raises."""
        try:
            await self._keep_all()
        finally:
            if self._numbers is not None and not self._is_under_way:
                with suppress(OSError):  # then the next start takes a new epoch, if it has to
                    self._numbers.rest()

    async def _keep_all(self) -> None:
        while True:
            is_at_rest = self._numbers is not None and self._numbers.is_at_rest
            try:
                async with asyncio.timeout(HEARD_S if is_at_rest else REST_S):
                    taken = await self._waiting.get()
            except TimeoutError:
                await self._rest()
                continue
            if taken is None:
                return
            await self._keep(*taken)

    async def close(self) -> None:
        """Its reader is gone, its people are not: run() keeps what still waits, and ends."""
        await self._waiting.put(None)

    async def begin(self) -> bool:
        """Know the number of the next scan, and tell that this box is there; False: nothing can be kept now."""
        if self._numbers is not None:
            return await self._enrol()
        path = self._house.folder / f"{self.box_id}.json"
        known = identity.read(path)
        held = None
        if known is not None:
            said = await self._state(known.epoch, 1, 0)
            if said is None:
                return False
            held = said
        is_whole = self._house.is_buffer_whole and not self._is_doubtful
        ledger = identity.opened(known, held, self._life, is_whole, self._key, self._port)
        try:
            identity.write(path, ledger)
        except OSError as error:
            return self._failed("disk_full", str(error))
        self._numbers = Numbers(path, ledger)
        self._is_doubtful = False
        self._tell_clock()
        return await self._enrol()

    async def _enrol(self) -> bool:
        numbers = self._numbers
        if numbers is not None and not numbers.ledger.is_told:
            try:
                await self._house.on_enrolled(self.box_id)
                numbers.told()
            except OSError as error:
                return self._failed("disk_full", str(error))
        return True

    async def _keep(self, code: bytes, done_ms: int, how: str) -> None:
        number = await self._number()
        numbers = self._numbers
        if number is None or numbers is None:
            self._turn_away(code, self.trouble.code if self.trouble else "not_kept")
            return
        payload = record.encode_scan(self._scan(number, code, done_ms, how))
        said = await self._put(payload)
        if said is None or said.stored < 1:
            if said is not None:
                self._numbers, self._is_doubtful = None, True
                self._failed("conflict", f"number {number} of {numbers.ledger.epoch} is taken")
            self._turn_away(code, self.trouble.code if self.trouble else "not_kept")
            return
        numbers.kept()
        self.scans += 1
        self.trouble = None
        self._say("stored", "")
        if self._house.mono_ms() - self._clock_told_ms > 1000 * HEARD_S:
            self._tell_clock()

    async def _number(self) -> int | None:
        if not await self.begin() or self._numbers is None:
            return None
        try:
            return self._numbers.next()
        except OSError as error:
            self._failed("disk_full", str(error))
            return None

    async def _put(self, payload: bytes) -> Kept | None:
        house = self._house
        topic = topics.scan(self.box_id)
        self._is_under_way = True
        said = await house.keep(self.box_id, topic, payload, house.machine_boot, house.mono_ms())
        self._is_under_way = False
        if isinstance(said, Kept):
            return said
        if said.code not in _HARMLESS:
            self._numbers, self._is_doubtful = None, True
        self._failed(said.code, said.detail)
        return None

    async def _state(self, epoch: str, first_held: int, last_seq: int) -> Ack | None:
        """Say what this box holds, and hear what the buffer has of it."""
        said = await self._put(message.encode_pack(Pack(self.box_id, epoch, first_held, last_seq, [])))
        if said is None:
            return None
        self.trouble = None
        return next((ack for ack in said.acks if ack.epoch == epoch), Ack(self.box_id, epoch, 0, 0, []))

    def _scan(self, number: int, code: bytes, done_ms: int, how: str) -> Scan:
        assert self._numbers is not None  # noqa: S101 - _number() has just given one
        utc_ms = bound_ms = None
        now_ms, bounds = self._house.mono_ms(), self._house.utc()
        if bounds is not None:
            middle_ms = (bounds[0] + bounds[1]) // 2
            utc_ms, bound_ms = middle_ms - (now_ms - done_ms), bounds[1] - middle_ms + 1
        ledger = self._numbers.ledger
        marks = ",".join(filter(None, (self._house.marks, f"hid={how}" if how else "")))
        uptime_ms = max(0, done_ms - self._began_ms)
        return Scan(self.box_id, ledger.epoch, number, ledger.boot, uptime_ms, utc_ms, bound_ms, marks, code)

    async def _rest(self) -> None:
        """Nothing has come for a while: tell the clock, and write down that nothing is under way."""
        if not await self.begin() or self._numbers is None:
            return
        self._tell_clock()
        if not self._numbers.is_at_rest:
            last = self._numbers.last
            if await self._state(self._numbers.ledger.epoch, last + 1, last) is None:
                return
            try:
                self._numbers.rest()
            except OSError as error:
                self._failed("disk_full", str(error))

    def _tell_clock(self) -> None:
        if self._numbers is not None:
            self._clock_told_ms = now_ms = self._house.mono_ms()
            uptime_ms, ledger = now_ms - self._began_ms, self._numbers.ledger
            boot = self._house.machine_boot
            heard = Heard(self.box_id, ledger.epoch, ledger.boot, boot, now_ms, uptime_ms, uptime_ms)
            self._house.on_heard(heard, now_ms)

    def _failed(self, code: str, detail: str) -> bool:
        self.trouble = NotKept(code, detail)
        return False

    def _turn_away(self, code: bytes, reason: str) -> None:
        self._accept.forget(code)
        self.count(f"refused_{reason}")
        self._say("not_kept", reason)

    def _say(self, outcome: str, reason: str) -> None:
        self.latest = Outcome(outcome, reason, self._house.mono_ms())
        self._house.on_outcome(self.box_id, outcome, reason)
