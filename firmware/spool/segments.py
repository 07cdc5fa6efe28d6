# The backlog: records end to end in files /seg/<first number, 8 hex digits>, oldest first.
#
# 1. A segment's records rise. It is appended to until its last block is full, and removed as a whole.
# 2. There is no index of records: for each segment its first number and its size. Where a record begins is found by
#    going through its segment; the place of the last one found is remembered, so that a drain goes straight on.
# 3. What is broken is skipped up to the next whole record of this box and epoch whose number fits.

from array import array

from . import frames

SEGMENT_BLOCKS = 4
_WINDOW_BYTES = 4096
FOLDER = "/seg"
_MENDED = FOLDER + "/mended"


class Segments:
    def __init__(self, volume, box_id, epoch, block_bytes):
        self._volume = volume
        self._prefix = frames.scan_prefix(box_id, epoch)
        self._block_bytes = block_bytes
        # littlefs keeps 4 or 8 bytes of each further block of a file for itself
        self._most_bytes = SEGMENT_BLOCKS * (block_bytes - 8)
        self.firsts = array("I")
        self.sizes = array("I")
        self.end = 0  # the last number in them, 0 if there is none
        self.bytes = 0
        self._window = b""
        self._window_first = self._window_at = 0
        self._place = (0, 0, 0)  # first number of a segment, offset in it, number of the record there

    def load(self):
        # -> the names of files that hold nothing
        empty = []
        found = []
        for name, size in self._volume.sizes(FOLDER):
            try:
                first = int(name, 16)
            except ValueError:
                first = 0
            if size and len(name) == 8 and first:
                found.append((first, size))
            else:
                empty.append(name)
        found.sort()
        self.firsts = array("I", [first for first, _ in found])
        self.sizes = array("I", [size for _, size in found])
        self.bytes = sum(self.sizes)
        self.end = self._find_end()
        return empty

    def _find_end(self):
        last = len(self.firsts) - 1
        if last < 0:
            return 0
        end = self.firsts[last]
        offset = 0
        while offset < self.sizes[last]:
            seq, length = self._at(last, offset)
            if length:
                end = max(end, seq)
                offset += length
            else:
                offset = self._skip(last, offset, end)
        return end

    def blocks(self):
        usable = self._block_bytes - 8
        return sum([(size + usable - 1) // usable for size in self.sizes])

    # Writing

    def append(self, seqs, bytes_of, read):
        # Moves records in: each file is synced as a whole before the next is begun.
        while seqs:
            last = len(self.firsts) - 1
            fresh = last < 0 or self.sizes[last] + bytes_of(seqs[0]) > self._most_bytes
            size = 0 if fresh else self.sizes[last]
            count, added = 0, 0
            while count < len(seqs) and (count == 0 or size + added + bytes_of(seqs[count]) <= self._most_bytes):
                added += bytes_of(seqs[count])
                count += 1
            first = seqs[0] if fresh else self.firsts[last]
            self._volume.append(_path(first), _each(read, seqs[:count]))
            if fresh:
                self.firsts.append(first)
                self.sizes.append(added)
            else:
                self.sizes[last] = size + added
            self.bytes += added
            self.end = seqs[count - 1]
            seqs = seqs[count:]

    def rewrite(self, first, found):
        # The segment anew, with the records in `found` ({seq: record}) that it could not give.
        index = self.index_of(first)
        written = [0]
        self._volume.remove_if_there(_MENDED)
        self._volume.append(_MENDED, self._whole(index, found, written))
        self._volume.rename(_MENDED, _path(first))
        self._changed(index, written[0])

    def replace(self, first, found):
        # The same where nothing can be written while the broken file is there. A cut between the two halves leaves its
        # records where `salvage` finds them.
        index = self.index_of(first)
        written = [0]
        records = list(self._whole(index, found, written))
        self._volume.remove(_path(first))
        self._volume.append(_path(first), records)
        self._changed(index, written[0])

    def _whole(self, index, found, written):
        for seq in range(self.firsts[index], self.last_of(index) + 1):
            record = found[seq] if seq in found else self.read(seq)
            if record is not None:
                written[0] += len(record)
                yield record

    def _changed(self, index, size):
        self.bytes += size - self.sizes[index]
        self.sizes[index] = size
        self._window = b""
        self._place = (0, 0, 0)

    def holes(self, first):
        # -> [(low, high)] of the numbers that the segment should hold and cannot give
        index = self.index_of(first)
        found = []
        for seq in range(first, self.last_of(index) + 1):
            if self.read(seq) is None:
                if found and found[-1][1] == seq - 1:
                    found[-1] = (found[-1][0], seq)
                else:
                    found.append((seq, seq))
        return found

    def done(self, freed):
        # -> how many segments, from the oldest, hold nothing above `freed`
        count = 0
        for index in range(len(self.firsts)):
            if self.last_of(index) > freed:
                break
            count += 1
        return count

    def drop(self, count):
        for _ in range(count):
            self._volume.remove(_path(self.firsts[0]))
            self.bytes -= self.sizes[0]
            self.firsts = self.firsts[1:]
            self.sizes = self.sizes[1:]
        if not len(self.firsts):
            self.end = 0
        self._window = b""

    # Reading

    def last_of(self, index):
        return self.firsts[index + 1] - 1 if index + 1 < len(self.firsts) else self.end

    def index_of(self, seq):
        # of the segment that `seq` belongs to; -1 below the first one
        low, high = 0, len(self.firsts)
        while low < high:
            mid = (low + high) // 2
            if self.firsts[mid] <= seq:
                low = mid + 1
            else:
                high = mid
        return low - 1

    def collect(self, first, max_bytes, max_records):
        # -> ([(seq, record)] from `first` on, [(first, last)] of numbers that should be here and are not)
        index = max(0, self.index_of(first))
        records, holes, total, want = [], [], 0, first
        while index < len(self.firsts) and len(records) < max_records:
            start = self.firsts[index]
            offset = 0
            if self._place[0] == start and self._place[2] <= want:
                offset = self._place[1]
            before = start
            while offset < self.sizes[index] and len(records) < max_records:
                seq, length = self._at(index, offset)
                if not length:
                    offset = self._skip(index, offset, before)
                    continue
                if seq >= first:
                    if records and total + length > max_bytes:
                        return records, holes
                    if seq > want:
                        holes.append((want, seq - 1))
                    records.append((seq, self._cut(offset, length)))
                    total += length
                    want = seq + 1
                before = seq
                offset += length
                self._place = (start, offset, seq + 1)
            if offset >= self.sizes[index]:
                if want <= self.last_of(index):
                    holes.append((want, self.last_of(index)))
                    want = self.last_of(index) + 1
                index += 1
        return records, holes

    def read(self, seq):
        # -> the record, or None
        index = self.index_of(seq)
        if index < 0 or seq > self.end:
            return None
        start, offset = self.firsts[index], 0
        if self._place[0] == start and self._place[2] <= seq:
            offset = self._place[1]
        before = start
        while offset < self.sizes[index]:
            found, length = self._at(index, offset)
            if not length:
                offset = self._skip(index, offset, before)
                continue
            self._place = (start, offset, found)
            if found == seq:
                return self._cut(offset, length)
            if found > seq:
                break
            before = found
            offset += length
        return None

    def _cut(self, offset, length):
        return self._window[offset - self._window_at : offset - self._window_at + length]

    def _at(self, index, offset):
        # -> (seq, length) of the whole record at `offset`, which then lies in the window; length 0: there is none
        start = self.firsts[index]
        for fresh in (False, True):
            if fresh or self._window_first != start or not 0 <= offset - self._window_at < len(self._window):
                self._fill(start, offset)
            at = offset - self._window_at
            length = frames.measure(self._window, at, len(self._window))
            if length > 0:
                if not self._window.startswith(self._prefix, at):
                    return 0, 0
                seq = frames.identity(self._window, at)[1]
                fits = seq >= start and (index + 1 >= len(self.firsts) or seq < self.firsts[index + 1])
                return (seq, length) if fits else (0, 0)
            if length < 0 or at == 0:
                return 0, 0
        return 0, 0

    def _fill(self, start, offset):
        self._window_first, self._window_at = start, offset
        self._window = b""
        try:
            self._window = self._volume.read(_path(start), offset, _WINDOW_BYTES) or b""
        except OSError:
            pass  # unreadable: what should be there is missing, and is declared

    def _skip(self, index, offset, before):
        # -> the offset of the next whole record behind a broken place whose number is above `before`
        size = self.sizes[index]
        offset += 1
        while offset < size:
            if not 0 <= offset - self._window_at < len(self._window) or self._window_first != self.firsts[index]:
                self._fill(self.firsts[index], offset)
            at = self._window.find(self._prefix, offset - self._window_at)
            if at < 0:
                offset = max(offset + 1, self._window_at + max(len(self._window), _WINDOW_BYTES) - len(self._prefix))
                if offset + len(self._prefix) > size:
                    return size
                self._fill(self.firsts[index], offset)
                continue
            offset = self._window_at + at
            seq, length = self._at(index, offset)
            if length and seq > before:
                return offset
            offset += 1
        return size


def _each(read, seqs):
    for seq in seqs:
        # none: neither copy can be read any more; the number will be missing here, and is declared when it is looked
        # for
        yield read(seq) or b""


def _path(first):
    return "%s/%08x" % (FOLDER, first)
