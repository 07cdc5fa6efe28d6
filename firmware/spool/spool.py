# The spool (interface: __init__.py): either sound (held.py) or, where the last number is not sure or more lies in the
# flash than the volume knows of, in a rescue (rescue.py), in which nothing is written until all that was found has been
# acked.

from firmware.modules import forget
from firmware.wire.record import Lost, encode_lost

from . import frames
from .errors import SpoolError, Untrusted
from .flash import MARKER_BLOCKS, Flash
from .held import Held

_RESERVE_BLOCKS = 28  # littlefs's own work: directories, two copies of large slots, blocks to move to


def _no_log(event, **facts):
    pass


class Spool:
    Error = SpoolError

    def __init__(self, bdev, box_id, random_bytes, limit_bytes, log):
        self.box_id = box_id
        self._random_bytes = random_bytes
        self._log = log
        self._flash = Flash(bdev)
        blocks = self._blocks = self._flash.blocks - MARKER_BLOCKS
        self._usable_bytes = self._flash.block_bytes - 8
        self._data_blocks = max(0, blocks - _RESERVE_BLOCKS - blocks // 64)
        most_bytes = self._data_blocks * self._usable_bytes
        self.limit_bytes = min(limit_bytes, most_bytes) if limit_bytes else most_bytes
        self._held = self._rescue = None
        self._new_epoch = ""

    # Starting

    @staticmethod
    def open(bdev, box_id, random_bytes, limit_bytes=None, log=None):
        spool = Spool(bdev, box_id, random_bytes, limit_bytes, log or _no_log)
        try:
            spool._open()
        except OSError as bad:
            raise SpoolError("flash", str(bad))
        spool._flash.release()
        _let_go()
        return spool

    def _open(self):
        from . import birth

        markers = self._markers()
        marker, same, blank = markers.read()
        birth.check_geometry(self._flash, marker, self.box_id)
        if marker is None and blank and self._carver().is_blank():
            self._log("spool_first_use")
            marker = birth.first_marker(self._flash, self.box_id, self._draw_epoch(), None, [], [])
            markers.write(marker)
        if marker is not None and marker.state == "making" and not self._carver().above(marker.epoch, 0):
            marker, same = birth.make(self._flash, markers, marker), True
        self._start(marker, same)

    def _start(self, marker, same):
        # `same`: both blocks hold the marker.
        from . import birth, start

        try:
            loaded = start.load(self._flash, self._carver(), self.box_id, marker)
            self._held = self._settled(loaded)
        except Untrusted as why:
            self._start_rescue(marker, why)
            return
        if not same or marker is None or marker.state != "made":
            self._markers().write(birth.renewed(self._flash, self.box_id, self._held.epoch, marker))
            loaded.notes.append("marker")
        if loaded.notes:
            self._log("spool_repaired", what=loaded.notes)

    def _settled(self, loaded):
        held = Held(
            loaded, self._carver, self.box_id, self._usable_bytes, self._data_blocks, self.limit_bytes, self._log
        )
        try:
            held.settle(loaded)
        except SpoolError:
            if not held.corrupt:
                raise
            raise _unwritable(held)
        return held

    def _start_rescue(self, marker, why):
        try:
            from .rescue import Rescue
        except (ImportError, MemoryError) as bad:  # the flash that fails may hold our own code
            raise SpoolError("flash", str(bad))
        self._log("spool_rescue", why=why.reason)
        self._held = None
        self._marker = marker
        self._new_epoch = self._draw_epoch()
        self._rescue = Rescue(self._carver(), self.box_id, marker.retired if marker is not None else [], why.known)
        self._end_rescue()

    def _finish_rescue(self):
        from . import birth
        from .rescue import REASON

        rescue, epoch = self._rescue, self._new_epoch
        lost = rescue.remainders() or [Lost(self.box_id, epoch, 0, 0, REASON)]
        marker = birth.first_marker(
            self._flash, self.box_id, epoch, self._marker, list(rescue.epochs), [encode_lost(one) for one in lost]
        )
        markers = self._markers()
        markers.write(marker)
        made = birth.make(self._flash, markers, marker)
        self._rescue = None
        self._start(made, True)
        _let_go()

    # What is needed at a start and in trouble only is loaded for it.

    def _markers(self):
        from .marker import MarkerBlocks

        return MarkerBlocks(self._flash)

    def _carver(self):
        from .carve import Carver

        return Carver(self._flash, self._blocks, self.box_id)

    def _draw_epoch(self):
        return "".join(["%02x" % byte for byte in self._random_bytes(6)])

    def _reload(self):
        # After a write that failed nobody knows what is on the flash: it is read again, as at a start.
        try:
            from . import start
        except (ImportError, MemoryError) as bad:
            raise SpoolError("flash", str(bad))
        held = self._held
        marker = self._markers().read()[0]
        try:
            loaded = start.load(self._flash, self._carver(), self.box_id, marker)
            loaded.boot = held.boot - 1
            loaded.freed = max(held.freed, loaded.freed)
            fresh = self._settled(loaded)
        except Untrusted as why:
            self._start_rescue(marker, why)
            return
        except OSError as bad:
            raise SpoolError("flash", str(bad))
        fresh.full = held.full
        self._held = fresh

    # What it is

    @property
    def epoch(self):
        return self._held.epoch if self._held is not None else self._new_epoch

    @property
    def boot(self):
        return self._held.boot if self._held is not None else 1

    @property
    def first_held(self):
        return self._held.freed + 1 if self._held is not None else 1

    @property
    def last_seq(self):
        return self._held.last_seq if self._held is not None else 0

    @property
    def waiting(self):
        held = self._held
        if held is None:
            return self._rescue.waiting()
        return held.last_seq - held.freed - held.losses.count_above(held.freed)

    @property
    def lost(self):
        return self._held.losses.all if self._held is not None else self._rescue.lost_so_far()

    @property
    def state(self):
        if self._held is None:
            return "rescue"
        if self._held.broken:
            return "fault"
        if self._held.full:
            return "full"
        return "damaged" if self._held.losses.all else "ok"

    # What it does

    def append(self, encode):
        if self._held is not None and self._held.broken:
            self._reload()
        if self._held is None:
            raise SpoolError("rescue")
        return self._asked(self._held.append, encode, frames.MAX_RECORD_BYTES)

    # What cannot be read cannot always be written down as lost either: then these give nothing, `state` says why, and
    # what is still whole comes with the next call.

    def read(self, seq):
        try:
            return self._asked(self._held.read, seq) if self._held is not None else None
        except SpoolError:
            return None

    def pick(self, first_seq, max_bytes, max_records):
        try:
            return self._asked(self._held.pick, first_seq, max_bytes, max_records) if self._held is not None else []
        except SpoolError:
            return []

    def _asked(self, do, *what):
        # A volume that can be read and not be written any more is let go while all of it can be read.
        held = self._held
        try:
            return do(*what)
        except SpoolError:
            if held.corrupt:
                self._start_rescue(self._markers().read()[0], _unwritable(held))
            raise

    def others(self, max_bytes=8192, max_records=32):
        if self._held is None:
            return self._rescue.others(max_bytes, max_records)
        return [(lost.epoch, lost.seq, encode_lost(lost)) for lost in self._held.losses.all[:max_records]]

    def statement(self, epoch):
        if epoch == self.epoch:
            return self.first_held, self.last_seq
        return (self._rescue if self._held is None else self._held.losses).statement(epoch)

    def ack(self, epoch, complete_to, highest):
        if epoch != self.epoch:
            if self._held is not None:
                return self._asked(self._held.answer_other, epoch, complete_to)
            answered = self._rescue.ack(epoch, complete_to)
            self._end_rescue()
            return answered
        if highest > self.last_seq or complete_to > highest:
            raise SpoolError("ack_from_future", "%d of %d" % (highest, self.last_seq))
        return self._asked(self._held.free_to, complete_to) if self._held is not None else 0

    def _end_rescue(self):
        if self._rescue.is_done():
            try:
                self._finish_rescue()
            except OSError as bad:
                raise SpoolError("flash", str(bad))  # the next ack tries again

    def stats(self):
        stats = {"limit_bytes": self.limit_bytes, "waiting": self.waiting, "lost": len(self.lost)}
        if self._held is not None:
            stats["held_bytes"] = self._held.segments.bytes + self._held.unmoved_bytes()
            stats["segments"] = len(self._held.segments.firsts)
        stats["blocks"] = self._flash.blocks
        for name in ("programs", "erases", "programmed_bytes"):
            if hasattr(self._flash.bdev, name):
                stats[name] = getattr(self._flash.bdev, name)
        return stats


def _unwritable(held):
    return Untrusted("cannot be written", {held.epoch: held.freed})


def _let_go():
    for name in ("birth", "carve", "marker", "salvage", "start"):
        forget("firmware.spool." + name)
