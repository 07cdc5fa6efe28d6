# What is on its way to the gateway, and what the newest ack says is there. A rule, without clock and I/O.
#
# 1. Everything that is held, not in flight, and not known to be with the gateway, is still to be sent: `gap` finds
#    it.
# 2. Only the newest ack counts. It names 32 holes at most: above the last of those nothing is known.
# 3. A message of which the gateway misses something, although it has one that left later, is lost: it is in flight no
#    more. Each such loss doubles the pause before the next one is believed, until the gateway gets further.

from collections import namedtuple

from firmware.wire.ack import MAX_RANGES
from firmware.wire.spans import Spans

_PAUSE_MS = 500
_PAUSE_CAP_MS = 30000

Sent = namedtuple("Sent", "first last length_bytes sent_ms")


class Window:
    def __init__(self, max_bytes, max_messages):
        self._max_bytes = max_bytes
        self._max_messages = max_messages
        self.clear()

    def clear(self):
        self._has = Spans()
        self._pause_ms = 0
        self._believe_from_ms = 0
        self.complete_to = 0
        self.forget_sent()

    def forget_sent(self):
        # Whatever is in flight went to nobody.
        self._in_flight = []
        self._in_flight_bytes = 0
        self._taken = self._has.copy()

    def __len__(self):
        return len(self._in_flight)

    def oldest_ms(self):
        return self._in_flight[0].sent_ms if self._in_flight else None

    def has_room(self, more_messages=0):
        messages = self._max_messages + more_messages
        return len(self._in_flight) < messages and (more_messages or self._in_flight_bytes < self._max_bytes)

    def add(self, first, last, length_bytes, now_ms):
        self._in_flight.append(Sent(first, last, length_bytes, now_ms))
        self._in_flight_bytes += length_bytes
        self._taken.add(first, last)

    def holds(self, seq):
        return seq in self._taken

    def gap(self, first, last):
        # -> the first unbroken run within first … last that is still to be sent, or None.
        first = max(first, self.complete_to + 1)
        for start, end in self._taken.ranges:
            if first > last or start > last:
                break
            if start > first:
                return first, start - 1
            first = max(first, end + 1)
        return (first, last) if first <= last else None

    def learn(self, ack, now_ms):
        # -> (did the gateway get further, how many messages were lost)
        further = ack.complete_to > self.complete_to
        if further:
            self._pause_ms = 0
            self._believe_from_ms = now_ms
        self.complete_to = ack.complete_to
        self._has = _known(ack)
        kept = []
        lost = 0
        overtaken = False
        for sent in reversed(self._in_flight):
            if self._is_there(sent):
                overtaken = True
                further = True
            elif overtaken and now_ms >= self._believe_from_ms:
                lost += 1
            else:
                kept.append(sent)
        if lost:
            self._pause_ms = min(_PAUSE_CAP_MS, self._pause_ms * 2 or _PAUSE_MS)
            self._believe_from_ms = now_ms + self._pause_ms
        kept.reverse()
        self.forget_sent()
        for sent in kept:
            self.add(sent.first, sent.last, sent.length_bytes, sent.sent_ms)
        return further, lost

    def _is_there(self, sent):
        first = max(sent.first, self.complete_to + 1)
        return first > sent.last or any(start <= first and sent.last <= end for start, end in self._has.ranges)


def _known(ack):
    # -> what the ack says the gateway has above complete_to.
    spans = Spans()
    if ack.highest > ack.complete_to and ack.missing:
        before = ack.complete_to
        for first, last in ack.missing:
            if first > before + 1:
                spans.add(before + 1, first - 1)
            before = last
        if len(ack.missing) < MAX_RANGES:
            spans.add(before + 1, ack.highest)
    return spans
