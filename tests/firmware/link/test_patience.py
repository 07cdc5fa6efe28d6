"""What a box sends to a gateway that never acks, its disk being full for hours, say: hours of it, on a clock that is
told. And what it does once there is room again."""

import random
from collections import namedtuple

import pytest

from firmware.link.outbox import Outbox
from firmware.wire import ack, message
from firmware.wire.record import Scan, encode_scan
from firmware.wire.spans import Spans

BOX, EPOCH = "box-1", "0123456789ab"
STEP_MS = 50
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
Limits = namedtuple(
    "Limits", "window_bytes window_messages pack_bytes pack_records patience_ms patience_cap_ms answer_wait_ms"
)
USUAL = Limits(65536, 16, 8192, 128, 5000, 60000, 500)
"""As in firmware/config/tables.py; test_the_limits_are_those_of_the_box looks."""
PACK_BYTES = USUAL.pack_bytes + 600  # with its header


class Spool:
    """A queue in RAM, in the shape that the outbox is handed."""

    class Error(Exception):
        code = "never"

    epoch, state, lost = EPOCH, "ok", ()

    def __init__(self, waiting: int) -> None:
        self.first_held, self.last_seq = 1, waiting

    @property
    def waiting(self) -> int:
        return self.last_seq + 1 - self.first_held

    def append(self) -> int:
        self.last_seq += 1
        return self.last_seq

    def read(self, seq: int) -> bytes | None:
        if not self.first_held <= seq <= self.last_seq:
            return None
        return encode_scan(Scan(BOX, EPOCH, seq, 1, seq, None, None, "dir=in", b"%090d" % seq))

    def pick(self, first: int, max_bytes: int, max_records: int) -> list[tuple[int, bytes]]:
        picked, size = [], 0
        for seq in range(max(first, self.first_held), self.last_seq + 1):
            data = self.read(seq)
            size += len(data)
            if len(picked) == max_records or (picked and size > max_bytes):
                break
            picked.append((seq, data))
        return picked

    def others(self, max_bytes: int, max_records: int) -> list:
        return []

    def statement(self, epoch: str) -> tuple[int, int]:
        return self.first_held, self.last_seq

    def ack(self, epoch: str, complete_to: int, highest: int) -> int:
        freed = max(0, complete_to + 1 - self.first_held)
        self.first_held += freed
        return freed


class Story:
    """One box, an hour at a time. `acks_after_ms`: how long the gateway lingers; None: it never acks."""

    def __init__(self, waiting: int, seed: int, acks_after_ms: int | None = None) -> None:
        self.now_ms = 1000
        self.counts: dict[str, int] = {}
        self.sent: list[tuple[int, bytes]] = []
        self.spool = Spool(waiting)
        self.acks_after_ms = acks_after_ms
        self._kept, self._due_ms = Spans(), []
        below = random.Random(seed).randrange
        self.outbox = Outbox(
            self.spool, BOX, lambda: self.now_ms, lambda most: below(most) if most else 0, USUAL, self._count,
            lambda *_: None, lambda: None,
        )  # fmt: skip
        self.outbox.connected()

    def _count(self, name: str, by: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + by

    def run(self, for_ms: int, scan_every_ms: int = 0) -> list[tuple[int, bytes]]:
        """-> what was sent, with its time"""
        self.sent = []
        for at_ms in range(0, for_ms, STEP_MS):
            self.now_ms += STEP_MS
            if scan_every_ms and at_ms % scan_every_ms == 0:
                self.outbox.accepted(self.spool.append())
            while (parts := self.outbox.next_message()) is not None:
                payload = b"".join(parts)
                self.sent.append((self.now_ms, payload))
                self._take(payload)
            self._ack()
        return self.sent

    def _take(self, payload: bytes) -> None:
        if self.acks_after_ms is None:
            return
        records = message.decode_pack(payload).records if message.is_pack(payload) else [payload]
        for data in records:
            self._kept.add(int(data.split(b" ")[4]))
        if not self._due_ms:
            self._due_ms = [self.now_ms + self.acks_after_ms]

    def _ack(self) -> None:
        if self._due_ms and self._due_ms[0] <= self.now_ms:
            self._due_ms = []
            self.outbox.on_ack(ack.encode(ack.of(BOX, EPOCH, self._kept)))

    def worst_minute(self) -> tuple[int, int]:
        """-> (messages, bytes), each in the minute that had the most of them"""
        messages, sizes = {}, {}
        for at_ms, payload in self.sent:
            minute = at_ms // MINUTE_MS
            messages[minute] = messages.get(minute, 0) + 1
            sizes[minute] = sizes.get(minute, 0) + len(payload)
        return max(messages.values(), default=0), max(sizes.values(), default=0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("waiting", [1, 200, 20_000])
def test_a_box_that_only_waits_asks_about_once_a_minute(waiting, seed):
    story = Story(waiting, seed)
    story.run(HOUR_MS)
    assert story.worst_minute()[0] <= 16 + 6  # the window, and the first questions
    story.run(HOUR_MS)
    assert story.worst_minute()[0] <= 2
    assert 40 <= len(story.sent) <= 90
    assert story.worst_minute()[1] <= 2 * PACK_BYTES


@pytest.mark.parametrize("seed", range(3))
def test_at_rush_it_sends_each_scan_about_once_and_the_backlog_hardly_ever(seed):
    story = Story(5000, seed)
    story.run(HOUR_MS, scan_every_ms=1000)
    assert story.worst_minute()[0] <= 60 + 16 + 6
    story.run(HOUR_MS, scan_every_ms=1000)
    messages, size_bytes = story.worst_minute()
    assert messages <= 60 + 2
    assert size_bytes <= 60 * 300 + 2 * PACK_BYTES
    live = [payload for _, payload in story.sent if not message.is_pack(payload)]
    assert len(set(live)) == len(live)


@pytest.mark.parametrize("hours", [1, 6])
def test_once_there_is_room_again_everything_goes_within_minutes(hours):
    story = Story(2000, 5)
    for _ in range(hours):
        story.run(HOUR_MS, scan_every_ms=10_000)
    story.acks_after_ms = 2000
    story.run(4 * MINUTE_MS, scan_every_ms=10_000)
    assert story.spool.waiting <= 1


def test_a_gateway_that_lingers_for_two_seconds_is_no_reason_to_send_anything_twice():
    story = Story(3000, 6, acks_after_ms=2000)
    story.run(10 * MINUTE_MS, scan_every_ms=1000)
    assert story.spool.waiting <= 3
    assert story.counts.get("patience_lost", 0) == 0
    assert story.counts.get("resent_messages", 0) == 0
    live = [payload for _, payload in story.sent if not message.is_pack(payload)]
    packs = [message.decode_pack(payload).records for _, payload in story.sent if message.is_pack(payload)]
    assert len(set(live).union(*packs)) == len(live) + sum(map(len, packs))


def test_the_limits_are_those_of_the_box():
    from firmware.config.tables import SECTIONS

    assert {name: SECTIONS["link"][name][1] for name in Limits._fields} == USUAL._asdict()
