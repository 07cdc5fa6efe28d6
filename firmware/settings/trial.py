# Whether new settings are good: the rule, with no clock and no flash of its own.
#
# 1. Good: the link is up, the gateway was heard since the start, and the reader is not worse than it was before; all
#    of it together and without a break for `confirm_ms`.
# 2. Given up when they do not hold `give_up_ms` after the start, or at the first break after that. `reader` says that
#    only the reader was against them, `cut_off` everything else.

_RANKS = {"ready": 0, "half_configured": 1}


class Trial:
    def __init__(self, reader_before, confirm_ms, give_up_ms, now_ms):
        self._rank_before = _RANKS.get(reader_before, 2)
        self._confirm_ms = confirm_ms
        self._give_up_ms = give_up_ms
        self._begun_ms = now_ms
        self._good_since_ms = None

    def step(self, now_ms, link_up, gateway_heard, reader):
        # -> None (not known yet), "good", "cut_off" or "reader"
        connected = link_up and gateway_heard
        reads = _RANKS.get(reader, 2) <= self._rank_before
        if not (connected and reads):
            self._good_since_ms = None
            if now_ms - self._begun_ms >= self._give_up_ms:
                return "reader" if connected else "cut_off"
            return None
        if self._good_since_ms is None:
            self._good_since_ms = now_ms
        return "good" if now_ms - self._good_since_ms >= self._confirm_ms else None
