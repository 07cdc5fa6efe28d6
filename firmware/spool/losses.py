# What is known to be lost and has not been answered yet.
#
# 1. A declaration of this epoch is answered by an ack that reaches its last number; one of an earlier epoch whose end
#    is not known (`?`), by an ack that reaches its first.
# 2. Number 0 has no ack of its own: it goes out before the first scan of its epoch, and is answered with it.
# 3. There are _MOST at once. Further losses are declared when an ack has covered some: until then acks stop before
#    them.

from firmware.wire.record import Lost, encode_lost

from .errors import SpoolError

_MOST = 32
_REASON = "unreadable"


class Losses:
    def __init__(self, box_id, epoch, known):
        self._box_id = box_id
        self._epoch = epoch
        self.all = known

    def unknown(self, first, last):
        # -> [(first, last)] of what is not declared in that range
        parts = []
        for one in sorted([(lost.seq, lost.last_seq) for lost in self.all if lost.epoch == self._epoch and lost.seq]):
            if one[1] < first or one[0] > last:
                continue
            if first < one[0]:
                parts.append((first, one[0] - 1))
            first = one[1] + 1
        if first <= last:
            parts.append((first, last))
        return parts

    def declare(self, first, last):
        # -> True if anything of it is new
        new = False
        for part in self.unknown(first, last):
            if len(self.all) < _MOST:
                self.all.append(Lost(self._box_id, self._epoch, part[0], part[1], _REASON))
                new = True
        return new

    def answered(self, freed):
        # An ack of this epoch reaches `freed`. -> True if it covers a declaration
        return self._keep([lost for lost in self.all if lost.epoch != self._epoch or max(lost.last_seq, 1) > freed]) > 0

    def answered_other(self, epoch, complete_to):
        # -> how many declarations of an earlier epoch it covers
        if epoch == self._epoch or not [lost for lost in self.all if lost.epoch == epoch]:
            raise SpoolError("ack_other_epoch", epoch)
        return self._keep(
            [lost for lost in self.all if lost.epoch != epoch or (lost.last_seq or lost.seq) > complete_to]
        )

    def _keep(self, left):
        answered = len(self.all) - len(left)
        if answered:
            self.all = left
        return answered

    def count_above(self, freed):
        # numbers of this epoch that are not held though they are above the freed one
        return sum([lost.last_seq - max(lost.seq, freed + 1) + 1 for lost in self.all if self._is_above(lost, freed)])

    def _is_above(self, lost, freed):
        return lost.epoch == self._epoch and lost.seq > 0 and lost.last_seq > freed

    def statement(self, epoch):
        firsts = [lost.seq for lost in self.all if lost.epoch == epoch]
        return (min(firsts), max(firsts)) if firsts else (1, 0)

    def encoded(self):
        return [encode_lost(lost) for lost in self.all]
