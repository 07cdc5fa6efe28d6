# Small files that are kept twice, in the folders /a and /b: the state, and the last records in slots.
#
# Each folder is a metadata pair of littlefs of its own, and a file of up to 512 bytes lies in it: writing one costs a
# program, and an erase only when the pair's log is full. So each copy survives the loss of the other's blocks.
#
# 1. /a is written first, then /b, and only then the write counts. After a cut /a may be one write ahead, never more.
# 2. A copy that is not whole does not exist. The newer of two whole ones counts; `heal` writes it where it is missing.
# 3. Copies that contradict rule 1 tell that a part of the flash has gone back in time: see `torn_both`.

from array import array

from . import frames

SLOTS = 8
SIDES = ("/a", "/b")
_MOST_STATE_BYTES = 8192
_PAD_BYTES = 700


class Mirror:
    def __init__(self, volume, box_id, epoch):
        self._volume = volume
        self._box_id = box_id
        self.epoch = epoch
        self._seqs = array("I", [0] * SLOTS)
        self._bytes = array("I", [0] * SLOTS)
        self._stale = []
        self._generation = 0
        self.freed = 0  # the highest that any slot knows of
        self.torn_both = False

    # The state

    def load_state(self):
        # -> (epoch, boot, freed, last_seq, lost records), or None where neither copy is whole
        found = None
        for side in SIDES:
            sealed = self._sealed(side + "/state", "tram-state", _MOST_STATE_BYTES)
            if sealed is None or len(sealed[0]) != 6 or sealed[0][1] != self._box_id.encode():
                continue
            generation = frames.number(sealed[0][0])
            if generation > self._generation:
                self._generation = generation
                found = sealed
        if found is None:
            return None
        _, _, epoch, boot, freed, last_seq = found[0]
        self.epoch = epoch.decode()
        return self.epoch, frames.number(boot), frames.number(freed), frames.number(last_seq), found[1]

    def write_state(self, boot, freed, last_seq, lost):
        self._generation += 1
        data = frames.seal(
            "tram-state", (self._generation, self._box_id, self.epoch, boot, freed, last_seq), b"".join(lost)
        )
        for side in SIDES:
            self._volume.write(side + "/state", data)

    # The slots

    def load_slots(self):
        # -> the highest number in them, 0 if they are empty. Writes nothing.
        # A slot that is there and whole on neither side has lost its record, never by a cut: it may have held the next
        # number, so that one counts as given.
        newer = [0, 0]
        broken = []
        for slot in range(SLOTS):
            seqs = []
            for side in SIDES:
                seq, length, freed = self._read_slot(side, slot)
                seqs.append(seq)
                self.freed = max(self.freed, freed)
                if seq > self._seqs[slot]:
                    self._seqs[slot], self._bytes[slot] = seq, length
            if max(seqs) < 0:
                broken.append(slot)
            elif seqs[0] != seqs[-1] and max(seqs) > 0:
                ahead = 0 if seqs[0] > seqs[-1] else 1
                newer[ahead] += 1
                self._stale.append((slot, SIDES[ahead], SIDES[1 - ahead]))
        self.torn_both = newer[0] > 0 and newer[1] > 0
        self.damaged = newer[0] > 1 or newer[1] > 0 or bool(broken)
        last_seq = max(self._seqs)
        for _ in broken:
            if (last_seq + 1) % SLOTS in broken:
                last_seq += 1
        return last_seq

    def _read_slot(self, side, slot):
        # -> (seq, record bytes, freed); seq 0: never written, -1: written and not whole any more
        path = "%s/%d" % (side, slot)
        try:
            data = self._volume.read(path, 0, frames.MAX_RECORD_BYTES + 64)
        except OSError:
            return -1, 0, 0
        if data is None:
            return 0, 0, 0
        sealed = frames.unseal(data, "tram-slot")
        if sealed is None or len(sealed[0]) != 1:
            # the empty file is the first half of making one: what it is to hold comes with the second
            return -1 if data else 0, 0, 0
        record = sealed[1]
        seq = frames.identity(record, 0)[1]
        ours = record.startswith(frames.scan_prefix(self._box_id, self.epoch))
        if not ours or seq < 1 or frames.measure(record, 0, len(record)) != len(record):
            return -1, 0, 0
        return seq, len(record), max(0, frames.number(sealed[0][0]))

    def heal(self):
        for side in SIDES:
            self._volume.make_folder(side)
        for slot, source, target in self._stale:
            data = self._volume.read("%s/%d" % (source, slot))
            self._volume.write("%s/%d" % (target, slot), data)
        self._stale = []

    def put(self, seq, record, freed):
        slot = seq % SLOTS
        data = frames.seal("tram-slot", (freed,), record)
        for side in SIDES:
            self._volume.write("%s/%d" % (side, slot), data)
        self._seqs[slot], self._bytes[slot] = seq, len(record)

    def holds(self, seq):
        return seq > 0 and self._seqs[seq % SLOTS] == seq

    def bytes_of(self, seq):
        return self._bytes[seq % SLOTS] if self.holds(seq) else 0

    def read(self, seq):
        # -> the record, or None where neither copy can be read
        if self.holds(seq):
            for side in SIDES:
                sealed = self._sealed("%s/%d" % (side, seq % SLOTS), "tram-slot", frames.MAX_RECORD_BYTES + 64)
                if sealed is not None and frames.identity(sealed[1], 0)[1] == seq:
                    return sealed[1]
        return None

    def _sealed(self, path, word, most):
        try:
            data = self._volume.read(path, 0, most)
        except OSError:
            return None  # this copy is broken: the other one counts
        return frames.unseal(data, word) if data else None


def make_folders(volume):
    # The pad lets the two folders' logs fill up at different moments: they are not compacted in the same append, and
    # damage does not take both back to the same number.
    for side in SIDES:
        volume.make_folder(side)
    for part in range(2):
        volume.write("%s/pad%d" % (SIDES[-1], part), b"\xff" * (_PAD_BYTES // 2))
