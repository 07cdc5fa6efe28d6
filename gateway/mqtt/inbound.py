"""What comes from the boxes: kept first, acknowledged after, in the order in which it came.

1. A message is taken in as it is and decoded by whoever keeps it; only `status`, `heard`, `result` and `want` are read
   here. The last three are handed on at once, and kept only where somebody refuses them.
2. Natural group commit: what came while a commit ran is the next one. With `linger_ms` a scan that comes alone, or what
   is refused, waits up to that long for others to share its commit: fewer writes to the card. A backlog, a birth or
   enough for a whole commit waits for nobody, and takes along what waits.
3. After the commit, and only then: the broker gets its acknowledgements in order of arrival, then each touched box its
   own ack.
4. Where nothing can be kept (disk full, input/output error) nothing is acknowledged: the same messages are tried again,
   less and less often, and when it works again everything goes on by itself. The boxes keep what they have.
5. What is in hand is bounded in messages and bytes; beyond, reading stops until half of it is gone.
6. A birth is a statement of the box's spool: it is kept like one, so the box gets an ack and learns what is missing,
   also from a gateway that has never heard of it.
7. A last will is out of date, and ignored, when it is older than the last birth of that box.
8. What cannot be read goes to quarantine in the same commit and is acknowledged: it blocks nobody.
9. A scan that comes alone is judged at once, before it is kept: somebody stands at the gate. What the place says of it
   goes out as soon as this message has been read, and says nothing about keeping.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from firmware.wire import beacon, command, message, status, topics, update
from firmware.wire.ack import Ack
from firmware.wire.beacon import Heard
from firmware.wire.command import Result
from firmware.wire.errors import WireError
from firmware.wire.message import Pack
from firmware.wire.ruling import Ruling
from firmware.wire.update import Want
from gateway.mqtt.session import Delivery

_parse = lru_cache(1024)(topics.parse)
_ALONE = b"1 scan "
A = TypeVar("A")
R = TypeVar("R")
S = TypeVar("S", Result, Want)


class Keeper(NamedTuple, Generic[A, R]):
    """How what came is kept: two makers of entries, and `keep`, which returns after the commit."""

    arrival: Callable[[str, str, bytes, str, int], A]
    """(box_id, topic, payload, received_boot, received_mono_ms)"""
    refused: Callable[[str, bytes, str, str, int], R]
    """(topic, payload, reason, received_boot, received_mono_ms)"""
    keep: Callable[[list[A], list[R]], "Awaitable[list[Ack] | NotKept]"]


class NotKept(NamedTuple):
    """Nothing of a commit was kept, for a reason that may pass."""

    code: str
    detail: str


class _Held(NamedTuple, Generic[A, R]):
    """A message in hand, and what is to be kept of it: at most one of the two."""

    delivery: Delivery
    arrival: A | None = None
    refused: R | None = None


class Link(Protocol):
    """What this module needs of the session."""

    def ack(self, deliveries: Iterable[Delivery]) -> None: ...

    def flush(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class Routes(NamedTuple):
    """Who gets what a box says of itself or asks for; each says why it refuses, or None. None of them may raise."""

    status: Callable[[str, dict[str, Any]], None] = lambda _box_id, _said: None
    result: Callable[[Result], str | None] = lambda _result: "nobody_asked"
    want: Callable[[Want], str | None] = lambda _want: "nothing_offered"
    judge: Callable[[str, bytes, int], Ruling | None] = lambda _box_id, _payload, _received_mono_ms: None
    """What the place says of a scan that came alone: (box_id, payload, received_mono_ms)."""
    ruling: Callable[[Ruling], None] = lambda _ruling: None
    """Says it to the box."""


class Limits(NamedTuple):
    commit_messages: int = 1_000
    commit_bytes: int = 512 * 1024
    """Some 2,500 scans of a backlog: a live scan behind them waits for no more than that."""
    hand_messages: int = 20_000
    hand_bytes: int = 32 * 1024 * 1024
    linger_ms: int = 0
    retry_first_s: float = 0.25
    retry_most_s: float = 10.0


class Counters:
    """What came in; plain numbers for health."""

    def __init__(self) -> None:
        self.messages = dict.fromkeys((*topics.UP_WORDS, "other"), 0)
        self.refused: dict[str, int] = {}
        self.commits = 0
        self.committed_messages = 0
        self.pauses = 0
        self.not_kept: dict[str, int] = {}
        self.old_wills = 0
        self.rulings = 0
        self.judge_faults = 0


class Inbound(Generic[A, R]):
    """offer() takes a message from the session; run() is the task that keeps and acknowledges."""

    def __init__(
        self,
        keeper: Keeper[A, R],
        link: Link,
        send_acks: Callable[[list[Ack]], None],
        on_heard: Callable[[Heard, int], str | None],
        boot: str,
        limits: Limits = Limits(),  # noqa: B008 - immutable
        routes: Routes = Routes(),  # noqa: B008 - immutable
    ) -> None:
        self._keeper = keeper
        self._link = link
        self._send_acks = send_acks
        self._on_heard = on_heard
        self._boot = boot
        self._limits = limits
        self._routes = routes
        self._hand: deque[_Held[A, R]] = deque()
        self._hand_bytes = 0
        self._paused = False
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()
        self._due_s: float | None = None
        """On the loop's clock: so long may what is in hand linger."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._committing: list[_Held[A, R]] = []
        self.births: dict[str, dict[str, Any]] = {}
        """The latest status of each box that is not out of date."""
        self.counters = Counters()
        self.trouble: NotKept | None = None

    # --- taking in: called by the session, never raises

    def offer(self, delivery: Delivery) -> None:
        """Take one message into the hand."""
        held = self._held(delivery)
        self._hand.append(held)
        self._hand_bytes += len(delivery.payload)
        self._see_how_long(held)
        self._news.set()
        self._idle.clear()
        limits = self._limits
        if not self._paused and (len(self._hand) >= limits.hand_messages or self._hand_bytes >= limits.hand_bytes):
            self._paused = True
            self.counters.pauses += 1
            self._link.pause()

    def _see_how_long(self, held: _Held[A, R]) -> None:
        """Whether what is in hand may linger, and until when."""
        limits = self._limits
        if not limits.linger_ms or (held.arrival is None and held.refused is None):
            return
        is_patient = held.refused is not None or held.delivery.payload.startswith(_ALONE)
        if not is_patient or len(self._hand) >= limits.commit_messages or self._hand_bytes >= limits.commit_bytes:
            self._hurry.set()
        elif self._due_s is None:
            self._due_s = asyncio.get_running_loop().time() + limits.linger_ms / 1000

    def _held(self, delivery: Delivery) -> _Held[A, R]:
        counts = self.counters.messages
        try:
            box_id, word = _parse(delivery.topic)
            if word == "scan" and box_id is not None:
                counts["scan"] += 1
                if delivery.payload.startswith(_ALONE):
                    self._judge(box_id, delivery)
                return self._arrival(box_id, delivery, delivery.payload)
            if word == "status" and box_id is not None:
                counts["status"] += 1
                return self._status(box_id, delivery)
            if word == "heard" and box_id is not None:
                counts["heard"] += 1
                return self._heard(box_id, delivery)
            if word == "result" and box_id is not None:
                counts["result"] += 1
                return self._handed_on(box_id, delivery, command.decode_result(delivery.payload), self._routes.result)
            if word == "want" and box_id is not None:
                counts["want"] += 1
                return self._handed_on(box_id, delivery, update.decode_want(delivery.payload), self._routes.want)
            counts["other"] += 1
            return self._refuse(delivery, "topic")
        except WireError as error:
            return self._refuse(delivery, error.code)
        except Exception:  # the top of what one message can do: it must not end the session, and come again
            return self._refuse(delivery, "fault")

    def _status(self, box_id: str, delivery: Delivery) -> _Held[A, R]:
        if not delivery.payload:  # a retained status that was taken away
            self.births.pop(box_id, None)
            return _Held(delivery)
        said = status.decode(delivery.payload)
        if said["box_id"] != box_id:
            return self._refuse(delivery, "other_box")
        known = self.births.get(box_id)
        if known is not None and said["state"] == "gone" and status.is_older(said, known):
            self.counters.old_wills += 1
            return _Held(delivery)
        self.births[box_id] = said
        self._routes.status(box_id, said)
        if said["state"] != "online":
            return _Held(delivery)
        pack = Pack(box_id, said["epoch"], said["first_held"], said["last_seq"], [])
        return self._arrival(box_id, delivery, message.encode_pack(pack))

    def _heard(self, box_id: str, delivery: Delivery) -> _Held[A, R]:
        heard = beacon.decode_heard(delivery.payload)
        if heard.box_id != box_id:
            return self._refuse(delivery, "other_box")
        reason = self._on_heard(heard, delivery.received_mono_ms)
        return self._refuse(delivery, reason) if reason else _Held(delivery)

    def _handed_on(self, box_id: str, delivery: Delivery, said: S, hand_on: Callable[[S], str | None]) -> _Held[A, R]:
        reason = "other_box" if said.box_id != box_id else hand_on(said)
        return self._refuse(delivery, reason) if reason else _Held(delivery)

    def _judge(self, box_id: str, delivery: Delivery) -> None:
        try:
            ruling = self._routes.judge(box_id, delivery.payload, delivery.received_mono_ms)
        except Exception:  # the top of what a rule of the place can do: the scan is kept all the same
            self.counters.judge_faults += 1
            return
        if ruling is not None:
            self.counters.rulings += 1
            self._routes.ruling(ruling)
            asyncio.get_running_loop().call_soon(self._link.flush)  # not in here: the client is still reading

    def _arrival(self, box_id: str, delivery: Delivery, payload: bytes) -> _Held[A, R]:
        made = self._keeper.arrival(box_id, delivery.topic, payload, self._boot, delivery.received_mono_ms)
        return _Held(delivery, arrival=made)

    def _refuse(self, delivery: Delivery, reason: str) -> _Held[A, R]:
        self.counters.refused[reason] = self.counters.refused.get(reason, 0) + 1
        topic, payload, received_ms = delivery.topic, delivery.payload, delivery.received_mono_ms
        return _Held(delivery, refused=self._keeper.refused(topic, payload, reason, self._boot, received_ms))

    # --- keeping

    async def run(self) -> None:
        """Keep what comes, then acknowledge it: in that order, and in the order of arrival."""
        while True:
            await self._news.wait()
            await self._linger()
            self._committing = taken = self._take()
            acks = await self._keep(taken)
            self._link.ack([held.delivery for held in taken])
            self._send_acks(acks)
            self._link.flush()
            self.counters.commits += 1
            self.counters.committed_messages += len(taken)
            self._committing = []
            self._go_on()

    async def drain(self) -> None:
        """Return when everything in hand is kept and acknowledged; nothing lingers any more."""
        if self._hand:
            self._hurry.set()
        await self._idle.wait()

    async def _linger(self) -> None:
        """Until enough has come for a commit, or something that cannot wait, or the first has waited long enough."""
        if self._due_s is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._due_s):
                await self._hurry.wait()

    def _take(self) -> list[_Held[A, R]]:
        limits, hand = self._limits, self._hand
        taken: list[_Held[A, R]] = []
        size = 0
        while hand and len(taken) < limits.commit_messages and size < limits.commit_bytes:
            one = hand.popleft()
            size += len(one.delivery.payload)
            taken.append(one)
        self._hand_bytes -= size
        if not hand:
            self._news.clear()
            self._hurry.clear()
            self._due_s = None
        return taken

    def _go_on(self) -> None:
        if not self._hand:
            self._idle.set()
        limits = self._limits
        if self._paused and 2 * len(self._hand) <= limits.hand_messages and 2 * self._hand_bytes <= limits.hand_bytes:
            self._paused = False
            self._link.resume()

    async def _keep(self, taken: list[_Held[A, R]]) -> list[Ack]:
        arrivals = [held.arrival for held in taken if held.arrival is not None]
        refused = [held.refused for held in taken if held.refused is not None]
        if not arrivals and not refused:
            return []
        delay_s = self._limits.retry_first_s
        while True:
            kept = await self._keeper.keep(arrivals, refused)
            if not isinstance(kept, NotKept):
                self.trouble = None
                return kept
            self.trouble = kept
            self.counters.not_kept[kept.code] = self.counters.not_kept.get(kept.code, 0) + 1
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, self._limits.retry_most_s)

    # --- for health

    @property
    def in_hand(self) -> int:
        return len(self._hand) + len(self._committing)

    @property
    def in_hand_bytes(self) -> int:
        return self._hand_bytes

    def oldest_mono_ms(self) -> int | None:
        """When the oldest message came that is not yet acknowledged."""
        if self._committing:
            return self._committing[0].delivery.received_mono_ms
        return self._hand[0].delivery.received_mono_ms if self._hand else None
