# Whether a slot that has just been started may stay. A rule: facts in, a verdict out; no clock, no I/O.
#
# 1. A trial is confirmed when reader, Wi-Fi and gateway have all been there at the same time for `confirm_ms`, taken
#    together: a link that comes and goes is no fault of the firmware.
# 2. It is given up when that has not come about after `give_up_ms`.
# 3. A slot that is no trial only has to run for `confirm_ms`: then its failed boots are forgotten. Nobody else has to
#    be there, and it is never given up by this rule.


class Trial:
    def __init__(self, is_trial, now_ms, confirm_ms, give_up_ms):
        self._is_trial = is_trial
        self._started_ms = self._last_ms = now_ms
        self._confirm_ms = confirm_ms
        self._give_up_ms = give_up_ms
        self._good_ms = 0
        self.missing = "nothing"

    def judge(self, now_ms, reader, wifi, gateway):
        # -> "confirm", "give_up" or None. `missing`: what was not there the last time.
        passed_ms, self._last_ms = now_ms - self._last_ms, now_ms
        if not self._is_trial:
            return "confirm" if now_ms - self._started_ms >= self._confirm_ms else None
        absent = [name for name, there in (("reader", reader), ("wifi", wifi), ("gateway", gateway)) if not there]
        if absent:
            self.missing = ",".join(absent)
        else:
            self._good_ms += passed_ms
            if self._good_ms >= self._confirm_ms:
                return "confirm"
        return "give_up" if now_ms - self._started_ms >= self._give_up_ms else None
