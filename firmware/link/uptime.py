# How long since the boot. The counter of the port wraps; uptime does not. It must be asked at least once per half a
# turn (six days on a board).


class Uptime:
    def __init__(self, ticks_ms, ticks_diff):
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._last_ticks = ticks_ms()
        self._total_ms = 0

    def __call__(self):
        ticks = self._ticks_ms()
        step_ms = self._ticks_diff(ticks, self._last_ticks)
        if step_ms > 0:
            self._total_ms += step_ms
            self._last_ticks = ticks
        return self._total_ms
