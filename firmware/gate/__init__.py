# Which way people go through this gate, and what a record says about it.
#
# 1. The direction is the one that is set (in, out, both, or none), but for a while after a control code was shown:
#    then it is that code's, for `toggle_s` from its last showing, and comes back by itself.
# 2. A power cut or a restart returns to the direction that is set: what nobody remembers cannot stay turned for ever.
# 3. What a control code is, and when it is refused, stands in control.py, which is loaded when the first one is shown.
# 4. The marks of a record are dir, gate and place, then those of the settings whose keys are not among them. What does
#    not fit into the 64 bytes of the wire is left out whole, from the end, and named in `left_out`: a shortened name
#    would be the name of another gate.
# 5. The kind of a code is no mark: gateway and server name it as the box does, from the code (firmware/codes).

from firmware.wire.fields import MAX_MARKS_BYTES


class Gate:
    # settings: direction, gate, place, toggle_s, control_key. now_ms: a clock that never goes back.
    def __init__(self, settings, extra_marks, now_ms):
        self._settings = settings
        self._extra = extra_marks
        self._now_ms = now_ms
        self._turn("", 0)

    @property
    def direction(self):
        self.poll()
        return self._turned_to or self._settings.direction

    def marks(self):
        self.poll()
        return self._marks

    def control(self, code):
        # -> the reason for refusing it (form, no_key, tag), or "" when it was done
        from . import control

        verb, refused = control.read(code, self._settings.control_key)
        if not refused:
            is_back = verb == "default"
            self._turn("" if is_back else verb, self._now_ms() + self._settings.toggle_s * 1000)
        return refused

    def poll(self):
        # True when the direction has just come back by itself
        if not self._turned_to or self._now_ms() < self._until_ms:
            return False
        self._turn("", 0)
        return True

    def _turn(self, direction, until_ms):
        self._turned_to = direction
        self._until_ms = until_ms
        settings = self._settings
        pairs = [("dir", direction or settings.direction), ("gate", settings.gate), ("place", settings.place)]
        pairs = [pair for pair in pairs if pair[1]]
        own = [key for key, _ in pairs]
        pairs += [pair.split("=") for pair in self._extra.split(",") if pair and pair.split("=")[0] not in own]
        self._marks, self.left_out = "", []
        for key, value in pairs:
            longer = f"{self._marks}{',' if self._marks else ''}{key}={value}"
            if self.left_out or len(longer) > MAX_MARKS_BYTES:
                self.left_out.append(key)
            else:
                self._marks = longer
