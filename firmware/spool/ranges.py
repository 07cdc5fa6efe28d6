# A set of sequence numbers for the survey of a damaged flash: eight bytes for each range, not an object for each
# number.

from array import array


class Ranges:
    def __init__(self):
        self._firsts = array("I")
        self._lasts = array("I")

    def _index(self, seq):
        # of the first range that does not end below `seq`
        low, high = 0, len(self._lasts)
        while low < high:
            mid = (low + high) // 2
            if self._lasts[mid] < seq:
                low = mid + 1
            else:
                high = mid
        return low

    def __contains__(self, seq):
        at = self._index(seq)
        return at < len(self._firsts) and self._firsts[at] <= seq

    def __len__(self):
        return len(self._firsts)

    def add(self, seq):
        # -> False where it was there before
        firsts, lasts = self._firsts, self._lasts
        at = self._index(seq)
        if at < len(firsts) and firsts[at] <= seq:
            return False
        joins_left = at > 0 and lasts[at - 1] + 1 == seq
        joins_right = at < len(firsts) and firsts[at] == seq + 1
        if joins_left and joins_right:
            lasts[at - 1] = lasts[at]
            self._firsts = firsts[:at] + firsts[at + 1 :]
            self._lasts = lasts[:at] + lasts[at + 1 :]
        elif joins_left:
            lasts[at - 1] = seq
        elif joins_right:
            firsts[at] = seq
        else:
            one = array("I", (seq,))
            self._firsts = firsts[:at] + one + firsts[at:]
            self._lasts = lasts[:at] + one + lasts[at:]
        return True

    def highest(self):
        return self._lasts[-1] if len(self._lasts) else 0

    def gap_above(self, seq):
        # -> (first, last) of the next numbers above `seq` that are not in the set though a higher one is; or None
        at = self._index(seq + 1)
        if at >= len(self._firsts):
            return None
        if self._firsts[at] > seq + 1:
            return seq + 1, self._firsts[at] - 1
        if at + 1 >= len(self._firsts):
            return None
        return self._lasts[at] + 1, self._firsts[at + 1] - 1
