# Runs on MicroPython: what a box does with its spool, as stories that can be cut anywhere.
#
# A story keeps its flash operations (`journal`), the image before them (`before`) and its events, each
# (operations done when it began, … when it returned, kind, …).

from firmware.spool import Spool, SpoolError
from firmware.wire.record import Scan, encode_scan

BOX = "box-1"
SIZES = (90, 120, 150, 150, 150, 200, 260, 420, 700, 1500, 3072)


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join([str(part) for part in what]))


class Draw:
    # A small generator of its own, so that a seed means the same everywhere.
    def __init__(self, seed):
        self._state = (seed * 2654435761 + 12345) & 0xFFFFFFFF or 1

    def __call__(self, below):
        state = self._state
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        self._state = state
        return (state >> 8) % below

    def bytes(self, count):
        return bytes([self(256) for _ in range(count)])


def scan(spool, seq, salt, length):
    code = f"{seq}/{salt}/{length} ".encode() * (length // 6 + 1)
    return encode_scan(Scan(BOX, spool.epoch, seq, spool.boot, salt, None, None, "", code[:length]))


def append(spool, salt, length):
    return spool.append(lambda seq: scan(spool, seq, salt, length))


class Story:
    limit_bytes = None

    def __init__(self, flash, seed):
        self._flash = flash
        self._draw = Draw(seed)
        self._salt = 0
        self.events = []
        self.spool = None
        self.prepare()
        self.before = bytearray(flash.image)
        flash.journal = self.journal = []
        self.tell()
        flash.journal = None

    def prepare(self):
        pass

    def note(self, begun, *event):
        self.events.append((begun, len(self.journal)) + event)  # noqa: RUF005  # not in MicroPython

    def open(self):
        begun = len(self.journal)
        self.spool = Spool.open(self._flash, BOX, self._draw.bytes, self.limit_bytes)
        self.note(begun, "open", self.spool.epoch, self.spool.boot)

    def append(self, length=0):
        spool, draw = self.spool, self._draw
        self._salt += 1
        begun = len(self.journal)
        seq, record = append(spool, self._salt, length or SIZES[draw(len(SIZES))])
        self.note(begun, "append", spool.epoch, seq, record)

    def ack(self, complete_to, epoch=None):
        begun = len(self.journal)
        epoch = epoch or self.spool.epoch
        self.spool.ack(epoch, complete_to, complete_to)
        self.note(begun, "ack", epoch, complete_to)

    def check_state(self, spool, truth):
        # A power cut alone is no damage.
        check(spool.state in ("ok", "full") and not spool.lost, "state", spool.state, spool.lost)
        check(not truth.epochs or spool.epoch == truth.epochs[-1], "another epoch")


class Gate(Story):
    # First start, live scans with acks right behind, a backlog over several segments, reboots, a drain, a full spool.
    limit_bytes = 40000

    def tell(self):
        draw = self._draw
        self.open()
        for _ in range(12):
            self.append()
            self.ack(self.spool.last_seq)
        for _ in range(30):
            self.append()
            if draw(9) == 0:
                self.open()
        for part in (3, 2):
            self.ack(self.spool.first_held + self.spool.waiting // part)
        self.open()
        try:
            while True:
                self.append()
        except SpoolError as bad:
            if bad.code != "full":
                raise
        self.ack(self.spool.last_seq - 5)
        for _ in range(5):
            self.append(150)
        self.open()
        self.ack(self.spool.last_seq)
        for _ in range(14):
            self.append(150)
        self.open()
        self.ack(self.spool.last_seq - 2)
        self.append(150)
        self.open()


class Rescue(Story):
    # A flash whose file system is gone: what is on it is sent and acked, then a new volume is made, and scans go on.
    limit_bytes = 40000

    def prepare(self):
        self.journal = []
        self.open()
        self.old = self.spool.epoch
        for _ in range(25):
            self.append()
        self.ack(5)
        for block in (0, 1):
            at = block * self._flash.block_bytes
            self._flash.image[at : at + self._flash.block_bytes] = b"\x00" * self._flash.block_bytes
        self.highest = self.spool.last_seq

    def tell(self):
        self.open()
        self.finish_rescue(self.spool, True)
        for _ in range(10):
            self.append(150)
        self.open()
        self.ack(self.highest + 1, self.old)
        self.append(150)
        self.open()

    def finish_rescue(self, spool, noted=False):
        for _ in range(60):
            if spool.state != "rescue":
                break
            for epoch, _, _ in spool.others():
                last = spool.statement(epoch)[1]
                if noted:
                    self.ack(last, epoch)
                else:
                    spool.ack(epoch, last, last)
                break
        check(spool.state != "rescue", "the rescue does not end")

    def check_state(self, spool, truth):
        if spool.state == "rescue":
            check(spool.epoch != self.old, "the old epoch goes on")
        elif self.highest + 1 > truth.acked.get(self.old, 0):
            declared = [lost.seq for lost in spool.lost if lost.epoch == self.old and lost.last_seq is None]
            check(declared == [self.highest + 1], "not declared", spool.lost)


RUNS = {"gate": Gate, "rescue": Rescue}
