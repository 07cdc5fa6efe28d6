# What the place says of the scan that was taken last (SPEC §15), and the wait for it.
#
# 1. The scan is on flash before anything here begins, and stays there whatever is said of it.
# 2. Where the gate waits (gate.ruling_ms) and the gateway is there, the light is white (`asked`) until the ruling comes
#    or the time is over. Then it is green, or the refusal is shown. Where the gateway is away nobody waits; nor where
#    it has let MOST_SILENT waits in a row run out, until it says anything of a scan again.
# 3. The next code ends the wait: nothing has been said against the scan, so it is green, before anything of the next.
# 4. Of a scan the first ruling counts, and only of the latest scan. One that comes when the time is over is shown all
#    the same: there is nothing to add to green for `welcome`.
# 5. While the ruling of a code is awaited, the same code again changes nothing. Who was refused and shows it again sees
#    the refusal again, not the green of a repeat.
# 6. What this firmware does not know is `stop`.

import asyncio

MOST_SILENT = 3
_KNOWN = ("welcome", "place_full", "quota", "revoked")


class Rulings:
    # `is_there()`: the gateway takes scans, as far as the box knows.
    def __init__(self, box_id, wait_ms, face, is_there, now_ms, count):
        self._box_id = box_id
        self._wait_ms = wait_ms
        self._face = face
        self._is_there = is_there
        self._now_ms = now_ms
        self._count = count
        self._latest = None  # (epoch, seq, when its code was read, its crc and length)
        self._said = None
        self._is_waiting = False
        self._silent = 0
        self._task = None

    def taken(self, epoch, seq, done_ms, seen):
        # A scan was kept just now.
        self._end("ruling_overtaken")
        self._latest = latest = (epoch, seq, done_ms, seen)
        self._said = None
        if self._wait_ms and self._silent < MOST_SILENT and self._is_there():
            self._is_waiting = True
            self._face.show("asked", epoch=epoch, seq=seq, **seen)
            self._task = asyncio.create_task(self._wait(latest))  # one of an earlier scan ends by itself
        else:
            self._show("stored")

    async def _wait(self, latest):
        await asyncio.sleep_ms(self._wait_ms)
        if self._is_waiting and self._latest is latest:
            self._silent += 1
            self._end("ruling_late")

    def _end(self, reason):
        if self._is_waiting:
            self._is_waiting = False
            self._count(reason)
            self._show("stored")

    def _show(self, outcome):
        epoch, seq, done_ms, seen = self._latest
        self._face.show(outcome, epoch=epoch, seq=seq, took_ms=self._now_ms() - done_ms, **seen)

    def begins(self, seen):
        # A code was read. -> it is the very one whose ruling is awaited
        if not self._is_waiting:
            return False
        if self._latest[3] != seen:
            self._end("ruling_overtaken")
        return self._is_waiting

    def again(self, seen):
        # A code was shown that counts as a repeat. -> there was more to say to it than that
        if self._latest is None or self._latest[3] != seen:
            return False
        if self._said and self._said != "welcome":
            self._show(self._said)
            return True
        return self._is_waiting

    def on_ruling(self, payload):
        from firmware.wire.ruling import decode_ruling  # at the first one; it stays

        said = decode_ruling(payload)
        if said.box_id != self._box_id:
            self._count("ruling_other_box")
            return
        self._silent = 0
        if self._latest is None or self._latest[:2] != (said.epoch, said.seq):
            self._count("ruling_old")
        elif self._said:
            self._count("ruling_again")
        else:
            self._follow(said.outcome if said.outcome in _KNOWN else "stop")

    def _follow(self, outcome):
        self._said = outcome
        self._count("ruling_" + outcome)
        was_waiting, self._is_waiting = self._is_waiting, False
        if outcome != "welcome":
            self._show(outcome)
        elif was_waiting:
            self._show("stored")
