# Plays one signal over a board's light and buzzer.
#
# 1. What is lit and what sounds depends on nothing but how long ago the signal began: a late tick skips, and does not
#    drag the rest along.
# 2. `start` lights and sounds at once; after that `tick` is called about every 20 ms, and never waits.
# 3. The port: light(red, green, blue) of 0 to 255, tone(hz), ticks_ms(), ticks_diff(a, b). It is told changes only.


class Player:
    def __init__(self, port, has_sound, brightness):
        self._port = port
        self._has_sound = has_sound
        self._brightness = brightness  # per cent
        self._signal = None
        self._is_lit = self._hz = 0

    def start(self, signal, with_sound, limit_ms=0):
        # limit_ms: one that lasts is over after that, all the same
        self._signal = signal
        self._sound = signal[5] if with_sound and self._has_sound else ()
        self._limit_ms = limit_ms
        self._last_ms = self._port.ticks_ms()
        self._at_ms = 0
        self._is_lit = None  # another colour
        self.tick()

    def tick(self):
        # -> it is over
        if not self._signal:
            return False
        colour, _, on_ms, off_ms, times, _, _ = self._signal
        now_ms = self._port.ticks_ms()
        self._at_ms += self._port.ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        at_ms, turn_ms = self._at_ms, on_ms + off_ms
        ends_ms = turn_ms * times or self._limit_ms
        self._light(colour, at_ms % turn_ms < on_ms and not 0 < ends_ms <= at_ms)
        self._tone()
        if ends_ms:
            if at_ms < ends_ms or self._sound:
                return False
            self._signal = None
            return True
        if not self._sound:
            self._at_ms = at_ms % turn_ms  # stays a small number for as long as it lasts
        return False

    def _light(self, colour, is_lit):
        if is_lit != self._is_lit:
            self._is_lit = is_lit
            share = self._brightness * 17 if is_lit else 0
            self._port.light(*[int(part, 16) * share // 100 for part in colour])

    def _tone(self):
        now_hz, ends_ms = -1, 0
        for hz, ms in self._sound:
            ends_ms += ms
            if self._at_ms < ends_ms:
                now_hz = hz
                break
        if now_hz < 0:
            now_hz, self._sound = 0, ()
        if now_hz != self._hz:
            self._hz = now_hz
            self._port.tone(now_hz)
