# What a sound spool holds: the newest records in slots, the backlog in segments, what is lost in the state.
#
# 1. A number is given once: `last_seq` + 1, and it counts when both copies of its slot are synced.
# 2. When a slot is needed again, what is in the slots moves to the segments first, as a whole.
# 3. Only `free_to` frees. The freed number is on flash before what it frees is removed or overwritten.
# 4. What should be there and is not is looked for in the whole flash, and if it is nowhere, declared lost until an ack
#    covers it. `scrub` does that for everything, because littlefs can write nothing at all while one file's list of
#    blocks is broken.

from .errors import SpoolError
from .losses import Losses
from .mirror import SLOTS

_CORRUPT = 84  # littlefs: what it reads cannot be right
_ROOM_BYTES = 256


class Held:
    # `carver()`: a new Carver. Everything that writes may raise SpoolError("flash"): then `broken` is True, and the
    # flash has to be read again.
    def __init__(self, loaded, carver, box_id, usable_bytes, data_blocks, limit_bytes, log):
        self.epoch, self.boot = loaded.epoch, loaded.boot + 1
        self.last_seq, self.freed = loaded.last_seq, loaded.freed
        self.broken = self.corrupt = self.full = False
        self._volume, self._mirror, self.segments = loaded.volume, loaded.mirror, loaded.segments
        self._carver = carver
        self._usable_bytes = usable_bytes
        self._data_blocks = data_blocks
        self._limit_bytes = limit_bytes
        self._log = log
        self.losses = Losses(box_id, self.epoch, loaded.lost)
        self.losses.answered(self.freed)
        for first, last in loaded.holes:
            self.losses.declare(first, last)

    def settle(self, loaded):
        # The first writes: what a cut or damage has left behind is put right, and the boot is counted.
        self.guarded(self._settle, loaded)

    def _settle(self, loaded):
        self._mirror.heal()
        self.write_state()
        while loaded.empty:
            self._volume.remove("/seg/" + loaded.empty[-1])
            loaded.empty.pop()
        self.segments.drop(self.segments.done(self.freed))
        if loaded.orphan is not None:
            self._store(self.last_seq + 1, loaded.orphan)
            loaded.orphan = None

    def write_state(self):
        self._mirror.write_state(self.boot, self.freed, self.last_seq, self.losses.encoded())

    def guarded(self, write, *what):
        # All that `write` does may be done twice.
        for scrubbed in (False, True):
            try:
                return write(*what)
            except OSError as bad:
                if scrubbed or bad.errno != _CORRUPT or not self._scrubbed():
                    self.broken = True
                    self.corrupt = bad.errno == _CORRUPT
                    raise SpoolError("flash", str(bad))

    # Storing

    def append(self, encode, most_bytes):
        seq = self.last_seq + 1
        record = encode(seq)
        if len(record) > most_bytes:
            raise SpoolError("too_long")
        self.full = not self._has_room(len(record))
        if self.full:
            raise SpoolError("full")
        self.guarded(self._store, seq, record)
        return seq, record

    def _store(self, seq, record):
        if seq - SLOTS > self._kept_to() or self.unmoved_bytes() + len(record) > 2 * self._usable_bytes:
            seqs = [unmoved for unmoved in self._unmoved() if self._mirror.holds(unmoved)]
            self.segments.append(seqs, self._mirror.bytes_of, self._mirror.read)
        self._mirror.put(seq, record, self.freed)
        self.last_seq = seq

    def _kept_to(self):
        # what is not above this number needs its slot no more
        return max(self.freed, self.segments.end)

    def _unmoved(self):
        return range(self._kept_to() + 1, self.last_seq + 1)

    def unmoved_bytes(self):
        return sum([self._mirror.bytes_of(seq) for seq in self._unmoved()])

    def _has_room(self, length):
        unmoved = self.unmoved_bytes() + length
        blocks = self.segments.blocks() + unmoved // self._usable_bytes + 2
        return self.segments.bytes + unmoved <= self._limit_bytes and blocks <= self._data_blocks

    # Reading

    def read(self, seq):
        if not self.freed < seq <= self.last_seq:
            return None
        record = self._mirror.read(seq) or self.segments.read(seq)
        if record is None and self._missed([(seq, seq)]):
            record = self.segments.read(seq)
        return record

    def pick(self, first_seq, max_bytes, max_records):
        seq = max(first_seq, self.freed + 1)
        picked = []
        if seq <= self.segments.end:
            picked, holes = self.segments.collect(seq, max_bytes, max_records)
            if holes and self._missed(holes):
                picked, _ = self.segments.collect(seq, max_bytes, max_records)
            if picked and picked[-1][0] < self.segments.end:
                return picked
            seq = self.segments.end + 1
        total = sum([len(record) for _, record in picked])
        while seq <= self.last_seq and len(picked) < max_records:
            if picked and total + self._mirror.bytes_of(seq) > max_bytes:
                break
            record = self._mirror.read(seq)
            if record is None:
                self._missed([(seq, seq)])
            else:
                picked.append((seq, record))
                total += len(record)
            seq += 1
        return picked

    # Freeing

    def free_to(self, complete_to):
        freed = max(0, complete_to - self.freed)
        self.freed += freed
        self.guarded(self._release)
        return freed

    def _release(self):
        done = self.segments.done(self.freed)
        if self.losses.answered(self.freed) or done:
            self.write_state()
            self.segments.drop(done)
        if self.full:
            self.full = not self._has_room(_ROOM_BYTES)

    def answer_other(self, epoch, complete_to):
        answered = self.losses.answered_other(epoch, complete_to)
        if answered:
            self.guarded(self.write_state)
        return answered

    # What is missing

    def _missed(self, holes):
        # -> True if something of it was found after all
        missing = []
        for first, last in holes:
            missing += self.losses.unknown(max(first, self.freed + 1), last)
        if not missing or self.broken:
            return False
        from . import salvage

        found = salvage.search(self._carver(), self.epoch, missing)
        if found:
            self.guarded(salvage.mend, self.segments, found)
        if self._declare(salvage, missing, found):
            self.guarded(self.write_state)
        self._log("spool_lost", ranges=missing, found=len(found))
        return bool(found)

    def _declare(self, salvage, missing, found):
        # -> True if any of it is new
        new = False
        for first, last in missing:
            for low, high in salvage.without(first, last, found):
                new = self.losses.declare(low, high) or new
        return new

    def _scrubbed(self):
        # One segment that cannot give all that it should is written anew, with what it can give and what is found
        # elsewhere. -> True if that was possible. With two of them it is not: nothing can be written while the other
        # one is there.
        broken = [
            (first, holes)
            for first, holes in [(one, self.segments.holes(one)) for one in self.segments.firsts]
            if holes
        ]
        if len(broken) != 1:
            return False
        first, holes = broken[0]
        from . import salvage

        found = salvage.search(self._carver(), self.epoch, holes)
        try:
            self.segments.replace(first, found)
        except OSError:
            return False
        missing = []
        for low, high in holes:
            missing += self.losses.unknown(max(low, self.freed + 1), high)
        self._declare(salvage, missing, found)
        self._log("spool_scrubbed", ranges=holes, found=len(found))
        return True
