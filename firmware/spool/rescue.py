# A flash whose volume cannot be trusted any more: everything on it that is still whole is handed out, then it is let
# go.
#
# 1. Nothing is written before everything has been acked: a cut, or a technician with a programmer, finds what was
#    there.
# 2. The survey notes for each epoch of this box which numbers are there and, if a slot says so, up to where an ack had
#    freed them. Numbers between that are not there are declared lost, so that an ack can reach the end.
# 3. Records go out in the order in which they lie, each once in a round; rounds go on until an ack covers the last.
# 4. What is above the highest number found is not known: that declaration (`?`) outlives the rescue, in the new volume.

from firmware.wire.record import Lost, encode_lost

from .errors import SpoolError
from .ranges import Ranges

REASON = "image_damaged"
_GAPS_AT_ONCE = 8


class Found:
    # What is left of one epoch.
    def __init__(self):
        self.numbers = Ranges()
        self.freed = 0
        self.done = 0  # covered by an ack, or freed before
        self.sent = Ranges()

    def highest(self):
        return self.numbers.highest()

    def is_done(self):
        return self.done >= self.highest()


class Rescue:
    def __init__(self, carver, box_id, retired, known_freed):
        # `known_freed`: {epoch: freed} that is known from elsewhere
        self._carver = carver
        self._box_id = box_id
        self._retired = retired
        self.epochs = {}
        self._next_block = 0
        self._left = []
        self._survey(known_freed)

    def _survey(self, known_freed):
        for number in range(self._carver.blocks):
            for epoch, seq, _ in self._carver.block(number):
                if epoch not in self._retired:
                    self._of(epoch).numbers.add(seq)
            for epoch, freed in self._carver.freed(number):
                if epoch in self.epochs:
                    self.epochs[epoch].freed = max(self.epochs[epoch].freed, freed)
        for epoch, found in self.epochs.items():
            found.freed = max(found.freed, known_freed.get(epoch, 0))
            found.done = found.freed

    def _of(self, epoch):
        if epoch not in self.epochs:
            self.epochs[epoch] = Found()
        return self.epochs[epoch]

    def is_done(self):
        return all(found.is_done() for found in self.epochs.values())

    def statement(self, epoch):
        found = self.epochs[epoch]
        return found.done + 1, max(found.highest(), found.done)

    def lost_so_far(self):
        # -> [Lost]: the first gaps of each epoch
        lost = []
        for epoch, found in self.epochs.items():
            gap = found.numbers.gap_above(found.done)
            while gap is not None and len(lost) < _GAPS_AT_ONCE:
                lost.append(Lost(self._box_id, epoch, gap[0], gap[1], REASON))
                gap = found.numbers.gap_above(gap[1])
        return lost

    def others(self, max_bytes, max_records):
        picked = [(lost.epoch, lost.seq, encode_lost(lost)) for lost in self.lost_so_far()]
        total = sum([len(record) for _, _, record in picked])
        looked = 0
        while looked <= self._carver.blocks:
            while self._left:
                epoch, seq, record = self._left[0]
                found = self.epochs.get(epoch)
                if found is None or seq <= found.done or seq in found.sent:
                    self._left.pop(0)
                    continue
                if picked and (total + len(record) > max_bytes or len(picked) >= max_records):
                    return picked
                self._left.pop(0)
                found.sent.add(seq)
                picked.append((epoch, seq, record))
                total += len(record)
            if self._next_block >= self._carver.blocks:
                if looked and picked:
                    break  # the round is over: what is handed out again may wait for the answer
                self._next_block = 0
                for found in self.epochs.values():
                    found.sent = Ranges()
            self._left = self._carver.block(self._next_block)
            self._next_block += 1
            looked += 1
        return picked

    def waiting(self):
        return sum([max(0, found.highest() - found.done) for found in self.epochs.values()])

    def ack(self, epoch, complete_to):
        # -> how many numbers it covers that were still to be answered
        found = self.epochs.get(epoch)
        if found is None:
            raise SpoolError("ack_other_epoch", epoch)
        freed = max(0, min(complete_to, found.highest()) - found.done)
        found.done = max(found.done, complete_to)
        return freed

    def remainders(self):
        # -> [Lost] for what may have been above the highest number of each epoch
        lost = []
        for epoch, found in self.epochs.items():
            lost.append(Lost(self._box_id, epoch, max(found.highest(), found.done) + 1, None, REASON))
        return lost
