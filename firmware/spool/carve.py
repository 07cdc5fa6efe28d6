# What lies in the flash, whatever littlefs thinks of it: whole records of this box, found block by block. Reads only.
#
# 1. A record counts when its own checksum matches. It is known by how it begins, so it needs no directory.
# 2. It may go on in a second block of its file. That one begins with the number of the first (littlefs's list of blocks
#    points backwards), behind it one to four pointers; the checksum tells which is the right one.
# 3. Copies are found as often as they lie there: the caller knows what it has seen.

from array import array
from struct import unpack_from

from . import frames

_SLOT_WORD = b"tram-slot 1 "
_POINTER_BYTES = (4, 8, 12, 16)


class Carver:
    def __init__(self, flash, blocks, box_id):
        self._flash = flash
        self.blocks = blocks
        self._box_id = box_id
        self._prefix = frames.scan_prefix(box_id)
        self._first_words = None

    def is_blank(self):
        for number in range(self.blocks):
            data = self._flash.read(number)
            if data is None or data.count(b"\xff") != len(data):
                return False
        return True

    def block(self, number):
        # -> [(epoch, seq, record)] of the records that begin in this block
        found = []
        data = self._flash.read(number)
        at = data.find(self._prefix) if data else -1
        while at >= 0:
            record = self._whole(number, data, at)
            if record is not None:
                epoch, seq, _ = frames.identity(record, 0)
                if epoch is not None and seq > 0:
                    found.append((epoch, seq, record))
            # behind a whole record, not inside of it: a code may hold anything, also what looks like a record
            at = data.find(self._prefix, at + (len(record) if record else 1))
        return found

    def freed(self, number):
        # -> [(epoch, freed)] as the slots that lie in this block say
        found = []
        data = self._flash.read(number)
        at = data.find(_SLOT_WORD) if data else -1
        while at >= 0:
            sealed = frames.unseal(data, "tram-slot", at)
            if sealed is not None and len(sealed[0]) == 1 and sealed[1].startswith(self._prefix):
                found.append((frames.identity(sealed[1], 0)[0], max(0, frames.number(sealed[0][0]))))
            at = data.find(_SLOT_WORD, at + 1)
        return found

    def above(self, epoch, last_seq):
        # -> {seq: record} of this epoch above `last_seq`: a quick look at each block. Segments rise, so their last
        # record tells; slots lie in any order.
        prefix = frames.scan_prefix(self._box_id, epoch)
        found = {}
        for number in range(self.blocks):
            data = self._flash.read(number)
            at = data.rfind(prefix) if data else -1
            if at < 0:
                continue
            has_slots = data.find(_SLOT_WORD) >= 0
            while at >= 0:
                seq = frames.identity(data, at)[1]
                if seq > last_seq and seq not in found:
                    record = self._whole(number, data, at)
                    if record is not None:
                        found[seq] = record
                elif not has_slots and frames.measure(data, at, len(data)) >= 0:
                    break
                at = data.rfind(prefix, 0, at)
        return found

    def _whole(self, number, data, at):
        length = frames.measure(data, at, len(data))
        if length > 0:
            return data[at : at + length]
        if length < 0:
            return None
        head = data[at:]
        for follower in self._followers(number):
            following = self._flash.read(follower)
            if following is None:
                continue
            for pointers in _POINTER_BYTES:
                joined = head + following[pointers : pointers + frames.MAX_RECORD_BYTES]
                length = frames.measure(joined, 0, len(joined))
                if length > 0:
                    return joined[:length]
        return None

    def _followers(self, number):
        if self._first_words is None:
            self._first_words = array("I")
            for block in range(self.blocks):
                data = self._flash.read(block)
                self._first_words.append(unpack_from("<I", data)[0] if data else 0xFFFFFFFF)
        return [block for block in range(self.blocks) if self._first_words[block] == number and block != number]
