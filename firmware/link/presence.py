# What others see of the box: birth, status, last will.
#
# 1. Each connection within a boot is a session with its own number. The will of a connection carries boot and
#    session.
# 2. The birth is the first status of a session, retained, and sent again every `status_every_ms` and soon after a
#    change.
# 3. A broker that notices the end of an old connection late publishes its will after our birth, and the retained
#    status then says `gone` for ever. So we listen to our own status, and whenever an older one stands there, we say
#    it again.
# 4. A spool that was mended begins a new epoch, and with it new boot numbers: the connection ends, so that the next one
#    has a will that fits.
# 5. A status of a session newer than ours means that a second box uses our name. We do not fight: it is counted.

import asyncio

from firmware.wire import status, topics
from firmware.wire.errors import WireError

from .errors import LinkError
from .tasks import wait_for_event

_MIN_GAP_MS = 1000


class Presence:
    # `report()` -> dict of what a status holds beside box_id, state, boot and session.

    def __init__(self, box_id, epoch, boot, report, every_ms, now_ms, count):
        self._box_id = box_id
        self._epoch = epoch
        self._boot = boot
        self._report = report
        self._every_ms = every_ms
        self._now_ms = now_ms
        self._count = count
        self._changed = asyncio.Event()
        self._is_renamed = False
        self.session = 0

    def rename(self, epoch, boot):
        self._epoch = epoch
        self._boot = boot
        self._is_renamed = True
        self.changed()

    def next_session(self):
        # -> (topic, payload) of the will of the session that begins.
        self.session += 1
        self._is_renamed = False
        return self.farewell()

    def farewell(self):
        # What a clean end leaves behind: the same as the will, which the broker then drops.
        return topics.status(self._box_id), status.will(self._box_id, self._boot, self.session)

    def changed(self):
        self._changed.set()

    def on_status(self, payload):
        seen = status.decode(payload)
        ours = {"boot": self._boot, "session": self.session}
        if seen["state"] == "gone" or status.is_older(seen, ours):
            self._count("status_was_old")
            self.changed()
        elif status.is_older(ours, seen) and seen["epoch"] == self._epoch:
            self._count("status_of_a_twin")

    def _online(self):
        told = self._report()
        told.update(box_id=self._box_id, state="online", boot=self._boot, session=self.session)
        try:
            return status.encode(told)
        except WireError:  # more counters than a status can hold: being there matters more
            self._count("status_cut")
            told["counters"] = {"status_cut": 1}
            return status.encode(told)

    async def run(self, session):
        self._changed.clear()
        while True:
            if self._is_renamed:
                raise LinkError("new_epoch", self._epoch)
            await session.publish(topics.status(self._box_id), [self._online()], 1, True)
            await asyncio.sleep_ms(_MIN_GAP_MS)
            await wait_for_event(self._changed, self._every_ms - _MIN_GAP_MS)
