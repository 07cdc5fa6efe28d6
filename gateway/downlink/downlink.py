"""What is wished, compared with what the boxes say, until both agree.

1. Every `look_s` the wishes are read anew and each box that is online is looked at; nothing is sent to one that is not.
2. Settings: sent while the box names another version than the wished one, unless it says that it refused this one.
3. Firmware: offered in the same way. Where none is wished any more, an offer is taken back once per connection. A box
   in safe mode (`mode`) runs no firmware that anybody wished for, whatever its version: it takes an offer to get out.
4. A command is sent until it is answered or its deadline has come. What the box refused for a reason that passes
   (`no_beacon`, `busy`) is sent again soon. From the deadline on it is `expired`, for LINGER_MS an answer that was
   under way still counts more than that.
5. A command of the server's has its deadline in UTC: it is given when that is known here, and not after the latest
   instant that it may be now. What came of it is an event (events.py) before it is forgotten as a command.
6. New firmware is offered to so many boxes at the same time (turns.py).
7. Whatever is said again has its pace (pace.py), and a beacon goes before a command, so that the box knows our clock.
8. What a box says or asks is taken in without waiting; the disk is touched by run() only.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import structlog

from firmware.wire import fields
from firmware.wire.command import Command, Result
from firmware.wire.settings import Settings
from firmware.wire.update import Offer, Piece, Want
from gateway.downlink.answers import MOST_KNOWN, Answer, Answers
from gateway.downlink.bundle import Bundle
from gateway.downlink.events import Events
from gateway.downlink.orders import as_orders, body_of
from gateway.downlink.pace import Pace, Waits
from gateway.downlink.pieces import Pieces
from gateway.downlink.roster import refusal_of
from gateway.downlink.store import NO_WISHES, Order, Store, Wishes
from gateway.downlink.turns import HANGS_MS, Behind, Turns

log = structlog.get_logger()

LINGER_MS = 600_000
PASSING = ("no_beacon", "busy")
"""Why a box refuses a command that it would take a moment later."""
AGAIN_MS = 2_000
Status = dict[str, Any]


class Voice(Protocol):
    """What this room needs of outbound; False: there was no connection."""

    def command(self, one: Command) -> bool: ...

    def settings(self, one: Settings) -> bool: ...

    def offer(self, one: Offer) -> bool: ...

    def piece(self, one: Piece) -> bool: ...

    def flush(self) -> None: ...


class Limits(NamedTuple):
    look_s: float = 0.5
    waits: Waits = Waits()
    pieces_per_s: float = 64.0
    updates_at_once: int = 3
    """Where the server does not wish for another number."""
    hangs_ms: int = HANGS_MS


class Downlink:
    """on_result() and on_want() take what came in; run() is the task."""

    def __init__(
        self,
        store: Store,
        voice: Voice,
        statuses: Callable[[], Mapping[str, Status]],
        beacon: Callable[[], None],
        boot: str,
        mono_ms: Callable[[], int],
        limits: Limits = Limits(),  # noqa: B008 - immutable
        utc_bounds: Callable[[], tuple[int, int] | None] = lambda: None,
        events: Events | None = None,
    ) -> None:
        """`statuses`: the latest of each box. `beacon`: says our clock to every box. `events`: for the server."""
        self._store = store
        self._voice = voice
        self._statuses = statuses
        self._beacon = beacon
        self._boot = boot
        self._mono_ms = mono_ms
        self._limits = limits
        self._pace = Pace(limits.waits)
        self.answers = Answers()
        self._whole: dict[str, Answer] = {}
        self._expired: set[str] = set()
        self._theirs: dict[str, None] = {}
        """Commands of the server's, also when it names them no more."""
        self._lingering: dict[str, Order] = {}
        """Commands of the server's that have expired, while an answer may still be under way."""
        self._news = asyncio.Event()
        self._utc_bounds = utc_bounds
        self._events = events
        self._latest_wants: dict[str, Want] = {}
        self.wishes: Wishes = NO_WISHES
        self.turns = Turns(limits.hangs_ms)
        self.pieces = Pieces(self._send_piece, mono_ms, limits.pieces_per_s, self.turns.has)
        self.sent = {"command": 0, "settings": 0, "offer": 0}
        self.outcomes: dict[str, int] = {}
        self.trouble: str | None = None
        """Why wishes cannot be read or results not be kept just now."""
        self.damaged: list[str] = []

    # --- taking in; never raises, never waits

    def on_result(self, result: Result) -> str | None:
        """-> why it is refused, or None."""
        whole = self._whole.get(result.id)
        if whole is not None and whole.order.box_id == result.box_id:
            self.answers.duplicates += 1
            return None
        taken = self.answers.take(result, self.wishes.orders)
        if isinstance(taken, str):
            return taken
        if taken is not None:
            self._whole[result.id] = taken
            self._news.set()
        return None

    def on_want(self, want: Want) -> str | None:
        if self._latest_wants.get(want.box_id) != want:
            self._latest_wants[want.box_id] = want
            self.turns.moved(want.box_id, self._mono_ms())
        self.pieces.ask(want)
        return None

    def on_status(self) -> None:
        """Somebody said something: look at once."""
        self._news.set()

    # --- the tasks

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.pieces.run(), name="pieces")
            group.create_task(self._look_again_and_again(), name="wishes")

    async def _look_again_and_again(self) -> None:
        while True:
            self._news.clear()
            try:
                await self.look()
                self.trouble = None
            except OSError as error:  # a full or failing disk: what was wished and answered is looked at again
                self.trouble = f"{error.strerror or error}"
            try:
                async with asyncio.timeout(self._limits.look_s):
                    await self._news.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(self._limits.look_s / 10)  # what comes at once is looked at together

    async def look(self) -> None:
        """Read the wishes, record what was answered, say what is due."""
        await self._record()
        wishes = await asyncio.to_thread(self._store.wishes)
        self._theirs.update(dict.fromkeys(one.id for one in wishes.asked))
        while len(self._theirs) > MOST_KNOWN:
            del self._theirs[next(iter(self._theirs))]
        asked = as_orders(wishes.asked, self._boot, self._mono_ms(), self._utc_bounds())
        wishes = wishes._replace(orders={**self._lingering, **wishes.orders, **asked})
        self.wishes = self.pieces.wishes = wishes
        self.damaged = list(self._store.damaged)
        await self._expire()
        self._deal()
        said = 0
        for box_id, status in list(self._statuses().items()):
            if status["state"] == "online":
                said += self._settle(box_id, status)
        said += self._command_all()
        if said:
            self._voice.flush()

    # --- settings and firmware

    def _settle(self, box_id: str, status: Status) -> int:
        said = 0
        wished = self.wishes.settings.get(box_id)
        is_open = wished is not None and _is_open(status, "settings", wished.version)
        if wished is not None and is_open and self._is_due(box_id, "settings", wished, status):
            said += self._said(box_id, "settings", self._voice.settings(wished))
        version = self.wishes.wanted_by(box_id)
        if version == 0 and self._is_due(box_id, "offer", 0, status):
            said += self._said(box_id, "offer", self._voice.offer(Offer(box_id, 0, 0, "")))
            self._pace.again_in(box_id, "offer", fields.MS_MAX)
        bundle = None if version is None else self.wishes.bundles.get(version)
        if bundle is not None and self.turns.has(box_id) and _is_open(status, "firmware", bundle.version):
            said += self._offer(box_id, bundle, status)
        return said

    def _offer(self, box_id: str, bundle: Bundle, status: Status) -> int:
        if not self._is_due(box_id, "offer", bundle.version, status):
            return 0
        offer = Offer(box_id, bundle.version, bundle.manifest_bytes, bundle.manifest_sha256)
        return self._said(box_id, "offer", self._voice.offer(offer))

    def _deal(self) -> None:
        """Whose turn it is to take new firmware."""
        behind = {}
        for box_id, status in self._statuses().items():
            version = self.wishes.wanted_by(box_id)
            if version and version in self.wishes.bundles and _is_open(status, "firmware", version):
                seen = status["boot"], status["session"], status.get("firmware_version")
                is_safe = status.get("mode") == "safe"
                behind[box_id] = Behind(version, status["state"] == "online", is_safe, seen)
        at_once = self.wishes.updates_at_once or self._limits.updates_at_once
        self.turns.deal(behind, at_once, self._mono_ms())
        for box_id in self._latest_wants.keys() - behind.keys():
            del self._latest_wants[box_id]

    def _is_due(self, box_id: str, what: str, which: object, status: Status) -> bool:
        return self._pace.is_due(box_id, what, which, (status["boot"], status["session"]), self._mono_ms())

    # --- commands

    def _command_all(self) -> int:
        due = list(self._due_orders())
        if due:
            self._beacon()
        return sum(self._said(one.box_id, f"command {one.id}", self._voice.command(one.on_the_wire())) for one in due)

    def _due_orders(self) -> Iterator[Order]:
        statuses = self._statuses()
        for order in self.wishes.orders.values():
            status = statuses.get(order.box_id)
            if order.id in self._expired or status is None or status["state"] != "online":
                continue
            if self._is_due(order.box_id, f"command {order.id}", order.id, status):
                yield order

    async def _expire(self) -> None:
        now_ms = self._mono_ms()
        for order in self.wishes.orders.values():
            is_over = order.gateway_boot != self._boot
            if not is_over and now_ms < order.deadline_ms:
                continue
            if order.id not in self._expired:
                if await self._finish(order, "expired", b"", not is_over):
                    self._lingering[order.id] = order
                self._expired.add(order.id)
                self._pace.forget(order.box_id, f"command {order.id}")
                self._note(order, "expired")
            elif is_over or now_ms >= order.deadline_ms + LINGER_MS:
                await asyncio.to_thread(self._store.forget, order)
                self._lingering.pop(order.id, None)
        self._expired &= self.wishes.orders.keys()

    async def _finish(self, order: Order, outcome: str, body: bytes, keep_order: bool = False) -> bool:
        """What came of it is kept for who gave it before it is no command any more; -> whether that is the server."""
        is_theirs = order.id in self._theirs
        if self._events is not None and is_theirs and not (outcome == "expired" and self._events.holds(order.id)):
            said = body_of(order.name, body)
            event = {"box_id": order.box_id, "id": order.id, "name": order.name, "outcome": outcome, "body": said}
            await self._events.put("result", event)
        await asyncio.to_thread(self._store.finish, order, outcome, body, keep_order)
        return is_theirs

    async def _record(self) -> None:
        """What the boxes answered; where the disk refuses, it is still there the next time."""
        for answer in list(self._whole.values()):
            if self._is_passing(answer):
                self._pace.again_in(answer.order.box_id, f"command {answer.order.id}", AGAIN_MS)
            else:
                await self._finish(answer.order, answer.outcome, answer.body)
                self._lingering.pop(answer.order.id, None)
                self.answers.finished(answer.order)
                self._pace.forget(answer.order.box_id, f"command {answer.order.id}")
                self._note(answer.order, answer.outcome)
            del self._whole[answer.order.id]

    def _is_passing(self, answer: Answer) -> bool:
        is_late = self._mono_ms() >= answer.order.deadline_ms
        return answer.outcome == "refused" and not is_late and _code_of(answer.body) in PASSING

    # --- for health

    def behind(self) -> dict[str, int]:
        """How many boxes that are online have not got what is wished."""
        counts = {"settings": 0, "firmware": 0}
        for status, what, version in self._wished():
            counts[what] += version is not None and _has(status, what) != version
        return counts

    def refusing(self) -> list[str]:
        """What boxes refuse of what is wished for them."""
        found = []
        for status, what, version in self._wished():
            refused = refusal_of(status, f"{what}_refused")
            if version is not None and refused is not None and refused["version"] == version:
                found.append(f"{status['box_id']}: {what} {version}: {refused['code']} {refused['key']}".rstrip())
        return found

    def _wished(self) -> Iterator[tuple[Status, str, int | None]]:
        for box_id, status in self._statuses().items():
            if status["state"] == "online":
                wished = self.wishes.settings.get(box_id)
                yield status, "settings", None if wished is None else wished.version
                yield status, "firmware", self.wishes.wanted_by(box_id) or None

    # --- counting

    def _note(self, order: Order, outcome: str) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        log.info("command", box=order.box_id, name=order.name, id=order.id, outcome=outcome)

    def _said(self, box_id: str, what: str, went: bool) -> int:
        """What did not go is due again at once."""
        if not went:
            self._pace.forget(box_id, what)
        self.sent[what.split(" ")[0]] += went
        return int(went)

    def _send_piece(self, piece: Piece) -> bool:
        went = self._voice.piece(piece)
        self._voice.flush()
        return went


def _is_open(status: Status, what: str, version: int) -> bool:
    """Whether the box has another version of it than this one, and has not refused this one."""
    if _has(status, what) == version:
        return False
    refused = refusal_of(status, f"{what}_refused")
    return refused is None or refused["version"] != version


def _has(status: Status, what: str) -> object:
    """The version of it that the box says it has."""
    return None if what == "firmware" and status.get("mode") == "safe" else status.get(f"{what}_version")


def _code_of(body: bytes) -> object:
    try:
        said = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return said.get("code") if isinstance(said, dict) else None
