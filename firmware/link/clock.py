# Time on a box without a clock: what UTC must have been at an uptime, and what the gateway's clock shows now.
#
# 1. A beacon is answered with `heard`, after a short random while so that a hall full of boxes does not answer at
#    once. Only the newest beacon is answered. Waiting costs no accuracy: both uptimes travel with the answer.
# 2. A `time` message is a sample: at that uptime, UTC was between the two. The last few are kept, so that a wrong one
#    from a gateway that knew no better is forgotten after as many right ones.
# 3. What UTC was at an uptime is known only as the span in which all samples agree; its half is the bound.
# 4. A beacon is also a sample of the gateway's clock: it left the gateway after the broker had what it has since
#    answered (session.py, rule 4), and before it was heard. What is between the gateway and its own broker, on one
#    machine, is taken for nothing. The samples of another boot of the gateway are forgotten.
# 5. A sample of another epoch or boot, or from an uptime that is not yet, is not about us: counted and dropped.

from firmware.wire import beacon, clock

MAX_SAMPLES = 4
_AWAY_MS = 30000
_U32_MAX = 4294967295


class Clock:
    def __init__(self, box_id, epoch, boot, uptime_ms, random_below, count, spread_ms=300):
        self._box_id = box_id
        self._epoch = epoch
        self._boot = boot
        self._uptime_ms = uptime_ms
        self._random_below = random_below
        self._count = count
        self._spread_ms = spread_ms
        self._samples = []
        self._beacon = None
        self._gateway_boot = None
        self._heard_ms = self._gap_ms = 0
        self._answer_ms = 0
        self._answered_ms = None
        self._gateway_samples = []

    def rename(self, epoch, boot):
        # The spool has begun a new epoch within this boot. Uptime goes on, so the samples stay right.
        self._epoch = epoch
        self._boot = boot

    def on_beacon(self, payload):
        # -> True if the gateway was away, or has started anew.
        self._beacon = beacon.decode_beacon(payload)
        now = self._uptime_ms()
        was_away = self._gateway_boot != self._beacon.gateway_boot or self.is_gateway_away()
        self._gap_ms = now - self._heard_ms if self._gateway_boot == self._beacon.gateway_boot else 0
        if self._gateway_boot != self._beacon.gateway_boot:
            self._gateway_samples = []
        self._gateway_boot = self._beacon.gateway_boot
        if self._answered_ms is not None:
            mono_ms = self._beacon.mono_ms
            self._gateway_samples.append((now, mono_ms, mono_ms + now - self._answered_ms))
            del self._gateway_samples[:-MAX_SAMPLES]
        self._heard_ms = now
        self._answer_ms = self._heard_ms + self._random_below(self._spread_ms + 1)
        return was_away

    def broker_answered(self, sent_ms):
        # The broker has what we sent at that uptime.
        self._answered_ms = sent_ms if self._answered_ms is None else max(sent_ms, self._answered_ms)

    def gateway_now(self):
        # -> (gateway_boot, earliest_ms, latest_ms) of the gateway's monotonic clock at this moment, or None
        span = clock.instant(self._gateway_samples, self._uptime_ms())
        return None if span is None else (self._gateway_boot, span[0], span[1])

    def is_gateway_away(self):
        # No beacon for a long while, by the pace at which they last came.
        return self._uptime_ms() - self._heard_ms > max(_AWAY_MS, 3 * self._gap_ms)

    def answer_in_ms(self):
        # None: there is nothing to answer.
        return None if self._beacon is None else max(0, self._answer_ms - self._uptime_ms())

    def answer(self):
        heard, self._beacon = self._beacon, None
        return beacon.encode_heard(
            beacon.Heard(
                self._box_id,
                self._epoch,
                self._boot,
                heard.gateway_boot,
                heard.mono_ms,
                self._heard_ms,
                self._uptime_ms(),
            )
        )

    def on_time(self, payload):
        time = beacon.decode_time(payload)
        if (time.box_id, time.epoch, time.boot) != (self._box_id, self._epoch, self._boot):
            self._count("time_not_ours")
        elif time.uptime_ms > self._uptime_ms():
            self._count("time_from_future")
        else:
            self._samples.append((time.uptime_ms, time.earliest_ms, time.latest_ms))
            del self._samples[:-MAX_SAMPLES]

    def utc(self, uptime_ms):
        # -> (utc_ms, bound_ms), or (None, None) where it is not known.
        span = clock.instant(self._samples, uptime_ms)
        if span is None:
            return None, None
        earliest_ms, latest_ms = span
        bound_ms = (latest_ms - earliest_ms + 1) // 2
        middle_ms = earliest_ms + bound_ms
        return (middle_ms, bound_ms) if middle_ms >= 1 and bound_ms <= _U32_MAX else (None, None)
