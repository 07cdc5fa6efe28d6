"""What a place counts and allows, by itself: without the internet, and without keeping whoever it counts.

1. Every scan is counted once, by its identity: when it comes in alone and is judged, or else when it is committed.
2. It counts by the instant at which it was made (counts.py). Only a scan that came alone and whose time nobody knows is
   taken to have been made when it came, and only for who is inside, not for the hours.
3. Judged is what comes in alone, has the highest number of its stream and was made just now; whatever is resent or old
   gets no ruling. The same identity gets the same ruling again.
4. Who may come in is said by `presence/ruling.py`, for the server too. A repeated read of somebody who was let in is
   let in.
5. Whoever was refused is taken not to have come in.
6. The day ends when a later one begins by UTC; while that is not known, after 24 hours of running time. Then everybody
   is taken to have left. A clock that is set, forwards or back, changes the day's number and nothing else: only time
   that has passed ends a day.
7. Persons are keyed hashes in memory. What is read back from the buffer has no code any more, and is counted without
   being known: after a power cut quota and repeats begin anew, and `known_for_s` says when.
One thread only.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from firmware.codes.kind import kind_of
from firmware.wire import record
from firmware.wire.errors import WireError
from firmware.wire.record import Scan
from firmware.wire.ruling import Ruling
from gateway.place.counts import WIDEST_MS, Counts, direction_of, middle_ms
from gateway.place.days import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.place.known import Keys, Known
from gateway.place.lately import Lately
from gateway.place.masked import person_of, sums_of
from gateway.place.presence import Presence
from gateway.place.rules import Rules, Settings
from gateway.place.seen import Seen
from gateway.place.telling import Named, gates, held_by_way
from gateway.place.types import Day, Fresh, Instant, Kept, Last, Timed, Way
from presence.ruling import WELCOME, ruling

LIVE_MS = 15_000
"""A scan made longer ago than this is old: whoever made it has gone on."""
STEP_MS = 60_000
"""UTC that gets away from running time by more than this has been set."""
MOST_RULINGS = 4_096
_SUM_BYTES = 8
Identity = tuple[str, str, int]


class Place:
    """Rules only: it is told what happened, and asks the clocks that it was handed."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        instant: Instant,
        utc_ms: Callable[[], int | None],
        mono_ms: Callable[[], int],
        boot: str,
        remembered: bytes = b"",
    ) -> None:
        """`remembered`: what `dump` gave in an earlier run of the program; what is not of this boot is let go."""
        self._rules = Rules(settings)
        self._instant = instant
        self._utc = utc_ms
        self._mono_ms = mono_ms
        self._boot = boot
        self._offset_ms: int | None = None
        """UTC less running time, as last known; None: UTC has not been known yet."""
        self._began_ms = mono_ms()
        self._day_began_ms = self._began_ms
        self._known = Known(keys)
        self._counts = Counts()
        self._seen = Seen()
        self._untimed = Seen()
        """Counted without an hour."""
        self._unplaced = Seen()
        """Nobody knows whether who made them is inside."""
        self._rulings: dict[Identity, str] = {}
        self._lately = Lately()
        self._named = Named(boot)
        self._held: dict[str, int | None] = {}
        self._latest = (b"", "", b"")
        if not self._remember(remembered):
            self._presence = Presence(self._known.open(0, self._began_ms, 1).persons, self._whole_minute())
        self._roll()

    def _whole_minute(self) -> int:
        """The minute of UTC in which it began: people are timed in whole seconds and minutes, as the server does."""
        utc_ms = self._utc()
        return self._began_ms - (utc_ms % MINUTE_MS if utc_ms is not None else 0)

    # --- what is set

    def set_rules(self, settings: Settings) -> None:
        """Raises PlaceError where a rule cannot be, and then those before stay."""
        self._rules = Rules(settings)
        self._roll()
        self._known.forget(self._rules.quota_days)

    @property
    def rules(self) -> Rules:
        return self._rules

    def set_held(self, held: dict[str, int | None]) -> None:
        """How many scans each box still has that we do not; None: it is away, and nobody knows. Left out: none."""
        self._held = held

    # --- what happens

    def judge(self, box_id: str, payload: bytes, received_mono_ms: int) -> Ruling | None:
        """What the place says of a message that holds one scan, as it comes in; None: nothing."""
        if not self._rules.is_any:
            return None
        try:
            scan = record.decode(payload)
        except WireError:
            return None
        if not isinstance(scan, Scan) or scan.box_id != box_id:
            return None
        identity = (scan.box_id, scan.epoch, scan.seq)
        outcome = self._rulings.get(identity)
        if outcome is None:
            if not self._is_live(scan, received_mono_ms):
                return None
            self._roll()
            outcome = self._outcome(scan, received_mono_ms)
            self._rulings[identity] = outcome
            if len(self._rulings) > MOST_RULINGS:
                del self._rulings[next(iter(self._rulings))]
            self._count(scan, self._boot, received_mono_ms, True, outcome)
        return Ruling(*identity, outcome)

    def take(self, fresh: Fresh) -> None:
        """A scan has been committed for the first time."""
        scan = fresh.scan
        self._roll()
        if self._seen.has(scan.box_id, scan.epoch, scan.seq):
            self._count_again(scan, fresh.received_boot, fresh.received_mono_ms)
        else:
            self._count(scan, fresh.received_boot, fresh.received_mono_ms, fresh.is_alone, None)

    def load(self, kept: Iterable[Kept]) -> None:
        """What the buffer holds: after a start, and again while `wants_times`. Nothing is counted twice."""
        self._roll()
        for one in kept:
            if self._seen.has(one.box_id, one.epoch, one.seq):
                self._count_again(one, one.received_boot, one.received_mono_ms)
            else:
                self._count(one, one.received_boot, one.received_mono_ms, False, None)

    @property
    def wants_times(self) -> bool:
        """Some were counted without a time, and UTC is known: `load` may find it now."""
        return bool(self._untimed or self._unplaced) and not self._is_running

    def tend(self) -> None:
        """Now and then, so that a day ends although nobody comes."""
        self._roll()

    # --- judging

    def _is_live(self, scan: Scan, received_mono_ms: int) -> bool:
        if scan.seq <= self._seen.highest(scan.box_id, scan.epoch):
            return False
        latest_ms = self._instant(scan, self._boot, received_mono_ms)[1]
        now_ms = self._utc_ms()
        return latest_ms is None or now_ms is None or now_ms - latest_ms <= LIVE_MS

    def _outcome(self, scan: Scan, at_ms: int) -> str:
        direction = direction_of(scan.marks)
        if direction == "out":
            return WELCOME
        revoked = self._rules.revoked
        person = self._read(scan.code)[1]
        return ruling(
            self._rules.limits,
            self._presence,
            self._known.today.hashed(person),
            direction,
            at_ms,
            lambda: bool(revoked) and not revoked.isdisjoint(sums_of(scan.code)),
            lambda: self._known.visits(person),
        )

    # --- counting

    def _count(
        self, scan: Timed, received_boot: str, received_mono_ms: int, is_alone: bool, outcome: str | None
    ) -> None:
        self._seen.add(scan.box_id, scan.epoch, scan.seq)
        direction = direction_of(scan.marks)
        self._named.scan(scan, received_boot, received_mono_ms)
        middle = self._made_at(scan, received_boot, received_mono_ms)
        arrived_ms = received_mono_ms if is_alone and received_boot == self._boot else None
        is_refused = outcome not in (None, "welcome")
        at_ms, is_today = self._by_hour(scan, direction, middle, arrived_ms, outcome)
        code: bytes | None = getattr(scan, "code", None)
        if code is not None:
            shown_ms = middle if middle is not None or arrived_ms is None else self._utc_at(arrived_ms)
            bounds = self._instant(scan, received_boot, received_mono_ms)
            may_show = self._rules.purpose.mode_of(*bounds) == "identified"
            self._lately.add(scan, code if may_show else b"", self._read(code)[0], shown_ms, outcome)
        if is_refused:
            return
        if not is_today:
            if code is not None and middle is not None and direction != "out":
                self._known.add_visit(self._rules.calendar.day_of(middle), self._read(code)[1])
        elif at_ms is None:
            self._unplaced.add(scan.box_id, scan.epoch, scan.seq)
            self._presence.unknown(direction)
        elif code is None:
            self._presence.anonymous(direction, at_ms)
        else:
            self._move(self._read(code)[1], direction, at_ms)

    def _made_at(self, scan: Timed, received_boot: str, received_mono_ms: int) -> int | None:
        """The instant to count by; None: not known well enough, or said to be still to come."""
        middle, now_ms = middle_ms(self._instant(scan, received_boot, received_mono_ms)), self._utc_ms()
        return None if middle is None or (now_ms is not None and middle > now_ms + WIDEST_MS) else middle

    def _by_hour(
        self, scan: Timed, direction: str, middle: int | None, arrived_ms: int | None, outcome: str | None
    ) -> tuple[int | None, bool]:
        """-> (running time at which it was made or came; None: not known, whether it may be of today)"""
        counts = self._counts
        if middle is not None:
            day = self._rules.calendar.day_of(middle)
            counts.add(day, self._rules.calendar.hour_of(middle), scan.box_id, direction, outcome)
            if self._offset_ms is not None:
                return middle - self._offset_ms, day == self._known.today.number
            return arrived_ms, True
        self._untimed.add(scan.box_id, scan.epoch, scan.seq)
        if self._is_running and arrived_ms is not None:
            counts.add_running(arrived_ms // HOUR_MS % 24, scan.box_id, direction, outcome)
        else:
            counts.add_unknown(scan.box_id, direction, outcome)
        return arrived_ms, True

    def _count_again(self, scan: Timed, received_boot: str, received_mono_ms: int) -> None:
        """The time of one that had counted without may be known by now."""
        identity = (scan.box_id, scan.epoch, scan.seq)
        is_untimed, is_unplaced = self._untimed.has(*identity), self._unplaced.has(*identity)
        if self._offset_ms is None or not (is_untimed or is_unplaced):
            return
        middle = self._made_at(scan, received_boot, received_mono_ms)
        if middle is None:
            return
        direction = direction_of(scan.marks)
        calendar = self._rules.calendar
        if is_untimed:
            self._untimed.remove(*identity)
            outcome = self._rulings.get(identity)
            self._counts.became_known(scan.box_id, direction, outcome)
            self._counts.add(calendar.day_of(middle), calendar.hour_of(middle), scan.box_id, direction, outcome)
        if is_unplaced:
            self._unplaced.remove(*identity)
            self._presence.unknown(direction, -1)
            if calendar.day_of(middle) == self._known.today.number:
                self._presence.anonymous(direction, middle - self._offset_ms)

    def _move(self, person: bytes, direction: str, at_ms: int) -> None:
        today = self._known.today
        if self._presence.scan(today.hashed(person), direction, at_ms) == "in":
            self._known.add_visit(today.number, person)

    def _read(self, code: bytes) -> tuple[str, bytes]:
        """Its kind, and who it is; asked several times of the same code."""
        if code != self._latest[0]:
            kind = kind_of(code)
            self._latest = code, kind, person_of(code, kind)
        return self._latest[1:]

    # --- days

    @property
    def _is_running(self) -> bool:
        return self._offset_ms is None

    def _utc_ms(self) -> int | None:
        """UTC now, by the clock or, where that has been lost, by running time since it was known."""
        utc_ms = self._utc()
        if utc_ms is None and self._offset_ms is not None:
            return self._mono_ms() + self._offset_ms
        return utc_ms

    def _utc_at(self, mono_ms: int) -> int | None:
        return None if self._offset_ms is None else mono_ms + self._offset_ms

    def _roll(self) -> None:
        now_ms, utc_ms = self._mono_ms(), self._utc_ms()
        today = self._known.today.number
        if utc_ms is None:
            if now_ms - self._day_began_ms >= DAY_MS:
                self._begin_day(today + 1, now_ms)
            return
        number = self._rules.calendar.day_of(utc_ms)
        before_ms, self._offset_ms = self._offset_ms, utc_ms - now_ms
        if before_ms is None:
            self._counts.end_running()
            self._counts.drop_after(number)
        if before_ms is None or number < today or abs(self._offset_ms - before_ms) > STEP_MS:
            self._known.renumber(number)
        elif number > today:
            self._begin_day(number, self._rules.calendar.begins_ms(number) - self._offset_ms)

    def _begin_day(self, number: int, base_ms: int) -> None:
        self._day_began_ms = now_ms = self._mono_ms()
        if self._is_running:
            self._counts.running = {}
        else:
            self._counts.drop_after(number)
        table = self._known.open(number, now_ms, self._rules.quota_days).persons
        self._presence = Presence(table, base_ms)
        self._unplaced = Seen()

    # --- what is told

    def today(self) -> Day:
        self._roll()
        number = self._known.today.number
        boxes = self._counts.running if self._is_running else self._counts.days.get(number, {})
        return Day(
            None if self._is_running else self._rules.calendar.date_of(number),
            gates(boxes, self._counts.unknown, self._named.ways),
            self._rules.capacity,
            self._presence.inside(self._mono_ms(), held_by_way(self._held, self._named.ways)),
            self._presence.repeats,
            (self._mono_ms() - self._began_ms) // 1000,
            self._known.today.persons.is_full,
        )

    def days(self) -> list[str]:
        """The dates of which there are counts, the latest first."""
        return [self._rules.calendar.date_of(number) for number in sorted(self._counts.days, reverse=True)]

    def day(self, date: str) -> Day | None:
        """An earlier day; None: nothing is known of it (any more)."""
        for number, boxes in self._counts.days.items():
            if self._rules.calendar.date_of(number) == date:
                return Day(date, gates(boxes, {}, self._named.ways), self._rules.capacity, None, 0, 0, False)
        return None

    def last(self) -> list[Last]:
        """The last scans, masked, the latest first."""
        return self._lately.all()

    def ways(self) -> Mapping[str, Way]:
        """Where each box stands, as its latest scan said."""
        return self._named.ways

    # --- across a restart of the program

    def dump(self) -> bytes:
        """All that is remembered but the keys; only ever for memory (tmpfs), never for a disk."""
        values = {
            "v": 1,
            "boot": self._boot,
            "offset_ms": self._offset_ms,
            "began_ms": self._began_ms,
            "day_began_ms": self._day_began_ms,
            "known": self._known.dump(),
            "presence": self._presence.dump(),
            "counts": self._counts.dump(),
            "seen": [one.dump() for one in (self._seen, self._untimed, self._unplaced)],
            "ways": self._named.dump(),
            "refused": [(*identity, outcome) for identity, outcome in self._rulings.items() if outcome != "welcome"],
        }
        data = msgspec.msgpack.encode(values)
        return blake2b(data, digest_size=_SUM_BYTES).digest() + data

    def _remember(self, data: bytes) -> bool:
        """False: nothing, or not whole, or not of this boot; nothing has changed then."""
        whole, data = data[:_SUM_BYTES], data[_SUM_BYTES:]
        if not data or blake2b(data, digest_size=_SUM_BYTES).digest() != whole:
            return False
        values: dict[str, Any] = msgspec.msgpack.decode(data)
        if values["v"] != 1 or values["boot"] != self._boot or not self._known.load(values["known"]):
            return False
        self._presence = Presence.load(values["presence"], self._known.today.persons)
        self._counts.load(values["counts"])
        self._seen, self._untimed, self._unplaced = (Seen(texts) for texts in values["seen"])
        self._offset_ms, self._began_ms = values["offset_ms"], values["began_ms"]
        self._day_began_ms = values["day_began_ms"]
        self._named = Named(self._boot, values["ways"])
        self._rulings = {(box_id, epoch, seq): outcome for box_id, epoch, seq, outcome in values["refused"]}
        self._known.forget(self._rules.quota_days)
        return True
