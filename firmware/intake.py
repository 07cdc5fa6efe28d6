# The way of a scan: code -> judged -> on flash -> green -> outbox. Nothing on it waits for the link.
#
# 1. Who showed a code gets a sign at once, before the flash is touched: `seen`, never green.
# 2. Green is shown when `append` has returned: the scan is on flash then. A gate may be set to wait a moment for what
#    the place says of it (rulings.py), and is green after that.
# 3. What could not be kept is forgotten as a judgement too: the person can try again.
# 4. A code that is for the box itself (a control code, a provisioning code) goes to whom it concerns, and nowhere else.
# 5. What is refused is shown and counted by its kind; nothing of it is kept.

from binascii import crc32

from firmware.rulings import Rulings
from firmware.scanner.accept import Accept
from firmware.spool import SpoolError
from firmware.wire.record import Scan, encode_scan

_REFUSED_GAP_MS = 300


class Intake:
    # `gate`: direction and marks. `on_provision(code)`: somebody shows where this box belongs. `changed()`: the status
    # has news. `is_there()`: the gateway takes scans.
    def __init__(self, config, spool, face, gate, clock, outbox, now_ms, count, on_provision, changed, is_there):
        accept = config.accept
        self._accept = Accept(accept.repeat_window_ms, accept.min_bytes, accept.max_bytes, config.kinds.take)
        self._box_id = config.box_id
        self._spool = spool
        self._face = face
        self._gate = gate
        self._clock = clock
        self._outbox = outbox
        self._now_ms = now_ms
        self._count = count
        self._on_provision = on_provision
        self._changed = changed
        self.rulings = Rulings(config.box_id, config.gate.ruling_ms, face, is_there, now_ms, count)
        self._refused_shown_ms = -_REFUSED_GAP_MS
        self.last_ms = None  # when the last scan was kept

    def stats(self):
        return self._accept.stats()

    def on_code(self, code, done_ms):
        seen = {"crc": f"{crc32(code) & 0xFFFFFFFF:08x}", "length": len(code)}
        if not self.rulings.begins(seen):
            self._face.show("seen")
        verdict = self._accept.judge(code, done_ms)
        self._count(verdict)
        if verdict == "accepted":
            self._keep(code, done_ms, seen)
        elif verdict == "control":
            self._control(code)
        elif verdict == "provision":
            self._on_provision(code)
        elif verdict == "wrong_kind":
            self._face.show("wrong_kind", kind=self._accept.kind, **seen)
        elif verdict != "repeat" or not self.rulings.again(seen):
            self._face.show("refused" if verdict == "too_short" else verdict, **seen)

    def _keep(self, code, done_ms, seen):
        utc_ms, bound_ms = self._clock.utc(done_ms)
        spool, marks = self._spool, self._gate.marks()
        try:
            seq, _ = spool.append(
                lambda seq: encode_scan(
                    Scan(self._box_id, spool.epoch, seq, spool.boot, done_ms, utc_ms, bound_ms, marks, code)
                )
            )
        except SpoolError as bad:
            self._accept.forget(code)
            self._count(f"spool_{bad.code}")
            self._face.show("spool_full" if bad.code == "full" else "spool_fault", code=bad.code, **seen)
            self._changed()
            return
        self.last_ms = self._now_ms()
        self.rulings.taken(spool.epoch, seq, done_ms, seen)
        self._outbox.accepted(seq)

    def _control(self, code):
        reason = self._gate.control(code)
        if reason:
            self._count("control_" + reason)
            self._face.show("wrong_kind", kind="control", reason=reason)
        else:
            self._face.show("direction", direction=self._gate.direction)
            self._changed()

    def on_refused(self, reason, length):
        # What came from the reader and was no whole code.
        self._count(f"refused_{reason}")
        now = self._now_ms()
        if now - self._refused_shown_ms >= _REFUSED_GAP_MS:
            self._refused_shown_ms = now
            self._face.show("too_long" if reason == "too_long" else "refused", reason=reason, length=length)
