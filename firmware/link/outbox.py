# From the spool to the topic: what goes out next, and what an ack does.
#
# 1. A scan that has just been accepted goes out alone and at once, ahead of any backlog. A backlog goes in packs,
#    oldest first. Nobody waits for the link: `accepted` only takes a note, and a live scan that finds no room is
#    backlog.
# 2. What is sent and not acked is bounded (window.py); live scans have a little room of their own.
# 3. Only a gateway's ack frees anything, and only through the spool. An ack of another box or epoch, or from the
#    future, is counted under its code and changes nothing.
# 4. No progress for `patience_ms`: nobody is listening. Then nothing counts as in flight, one message goes out as a
#    question, and the patience doubles up to its cap. The next ack opens the window again; so does a gateway that
#    returns.
# 5. After each connect, and when an ack asks for what is not held, the box states what it holds (a pack without
#    records). The backlog waits a moment for the answer, so that nothing is sent that the gateway has.
# 6. What was lost is declared, and what is left of an earlier epoch is sent, until an ack covers it.

from firmware.wire import ack as acks
from firmware.wire import message

from .window import Window

_STATEMENT_GAP_MS = 2000
_LIVE_WAITING = 16
_LIVE_ROOM = 8
_OTHERS_AT_ONCE = 32
_PAUSE_MS = 1000


class Outbox:
    # `limits`: config's link section. `count(name, by=1)`. `on_delivered(epoch, complete_to)`. `wake()`: there may be
    # work.

    def __init__(self, spool, box_id, now_ms, random_below, limits, count, on_delivered, wake):
        self._spool = spool
        self._box_id = box_id
        self._now_ms = now_ms
        self._random_below = random_below
        self._limits = limits
        self._count = count
        self._on_delivered = on_delivered
        self._wake = wake
        self._window = Window(limits.window_bytes, limits.window_messages)
        self._linked = False
        self._live = []
        self._delivered_to = 0
        self.connected()
        self._linked = False

    # What happens

    def connected(self):
        now = self._now_ms()
        self._linked = True
        self._live = []
        self._window.clear()
        self._others = []
        self._asking = False
        self._patience_ms = self._limits.patience_ms
        self._progress_ms = now
        self._backlog_from_ms = now + self._limits.answer_wait_ms
        self._state_wanted = True
        self._state_from_ms = now
        self._offer_others()

    def disconnected(self):
        self._linked = False

    def is_asking(self):
        # True while nobody seems to take what is sent.
        return self._asking

    def accepted(self, seq):
        if self._linked and len(self._live) < _LIVE_WAITING:
            self._live.append(seq)
            self._wake()

    def gateway_back(self):
        # A gateway that was away, or has started anew: what was in flight reached nobody.
        self._window.forget_sent()
        self._patience_ms = self._limits.patience_ms
        self._state_wanted = True
        self._state_from_ms = self._now_ms()
        self._offer_others()
        self._wake()

    def on_ack(self, payload):
        ack = acks.decode(payload)
        if ack.box_id != self._box_id:
            self._count("ack_other_box")
            return
        try:
            freed = self._spool.ack(ack.epoch, ack.complete_to, ack.highest)
        except self._spool.Error as bad:
            self._count(bad.code)
            return
        self._count("freed", freed)
        if ack.epoch == self._spool.epoch:
            self._learn(ack)
        elif freed:
            self._offer_others()
        self._wake()

    def _learn(self, ack):
        now = self._now_ms()
        further, lost = self._window.learn(ack, now)
        self._count("resent_messages", lost)
        self._asking = False
        self._backlog_from_ms = now
        if further:
            self._progress_ms = now
            self._patience_ms = self._limits.patience_ms
        if ack.complete_to < self._spool.first_held - 1:
            self._state_wanted = True
        if ack.complete_to > self._delivered_to:
            self._delivered_to = ack.complete_to
            self._on_delivered(ack.epoch, ack.complete_to)

    # What goes out

    def next_message(self):
        # -> the parts of the payload to publish now, or None.
        now = self._now_ms()
        try:
            return self._next(now)
        except self._spool.Error as bad:
            self._count(f"spool_{bad.code}")
            self._backlog_from_ms = self._others_from_ms = now + _PAUSE_MS
            return None

    def _next(self, now):
        self._lose_patience(now)
        if self._state_wanted and now >= self._state_from_ms:
            self._state_wanted = False
            self._state_from_ms = now + _STATEMENT_GAP_MS
            return self._pack(self._spool.epoch, [])
        live = self._live_record(now)
        if live is not None:
            return live
        others = self._other_records(now)
        if others is not None:
            return others
        if now < self._backlog_from_ms or not self._window.has_room() or (self._asking and len(self._window)):
            return None
        return self._backlog(now)

    def wait_ms(self):
        busy = self._state_wanted or len(self._window) or self._spool.waiting or self._has_others()
        return 100 if busy else 5000

    def _lose_patience(self, now):
        oldest_ms = self._window.oldest_ms()
        if oldest_ms is None or now - max(oldest_ms, self._progress_ms) < self._patience_ms:
            return
        self._window.forget_sent()
        self._asking = True
        self._progress_ms = now
        longer_ms = min(self._limits.patience_cap_ms, 2 * self._patience_ms)
        self._patience_ms = longer_ms * 3 // 4 + self._random_below(longer_ms // 2)
        self._count("patience_lost")

    def _live_record(self, now):
        while self._live and self._window.has_room(_LIVE_ROOM):
            seq = self._live.pop(0)
            if seq < self._spool.first_held or self._window.holds(seq):
                continue
            data = self._spool.read(seq)
            if data is not None:
                self._window.add(seq, seq, len(data), now)
                self._count("sent_live")
                return [data]
        return None

    def _backlog(self, now):
        first = self._spool.first_held
        while True:
            gap = self._window.gap(first, self._spool.last_seq)
            if gap is None:
                return None
            most = min(self._limits.pack_records, gap[1] - gap[0] + 1)
            picked = self._spool.pick(gap[0], self._limits.pack_bytes, most)
            records = [data for seq, data in picked if seq <= gap[1]]
            if records:
                parts = self._pack(self._spool.epoch, records)
                length_bytes = sum([len(part) for part in parts])
                self._window.add(gap[0], picked[len(records) - 1][0], length_bytes, now)
                self._count("sent_packs")
                self._count("sent_in_packs", len(records))
                return parts
            first = gap[1] + 1

    def _offer_others(self):
        self._others_from_ms = self._now_ms()
        self._others_pause_ms = self._limits.patience_ms

    def _has_others(self):
        return bool(self._spool.lost) or self._spool.state == "rescue"

    def _other_records(self, now):
        # Declarations, and in a rescue what was found: a pack for each epoch. The next ones at the next ack that frees.
        if not self._others and now >= self._others_from_ms and self._has_others():
            self._others_from_ms = now + self._others_pause_ms
            self._others_pause_ms = min(self._limits.patience_cap_ms, 2 * self._others_pause_ms)
            self._others = self._spool.others(self._limits.pack_bytes, _OTHERS_AT_ONCE)
        if not self._others:
            return None
        epoch = self._others[0][0]
        records = [data for of, _, data in self._others if of == epoch]
        self._others = [other for other in self._others if other[0] != epoch]
        self._count("sent_others", len(records))
        return self._pack(epoch, records)

    def _pack(self, epoch, records):
        first_held, last_seq = self._spool.statement(epoch)
        pack = message.Pack(self._box_id, epoch, first_held, last_seq, records)
        return [message.encode_pack_head(pack)] + records
