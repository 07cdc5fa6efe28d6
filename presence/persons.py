"""Who was here on one day, by keyed hashes: a table that takes few bytes a head, and no more than it was given.

1. A person is 64 bits of keyed hash. The same person has another one on every day, as each day has a key of its own.
2. Open addressing with linear probing over arrays: 14 bytes a slot, three quarters filled at most. It grows by
   doubling up to its most; then nobody new is taken, and whoever asks is told.
3. Nobody is ever removed: a day's table goes as a whole.
"""

import struct
from array import array

_FIRST_SLOTS = 256
_HEAD = struct.Struct("<III")


class Persons:
    """hash -> when seen last (whole seconds on any axis that begins at 0), state and visits (both 0 … 255)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._make(_FIRST_SLOTS)

    def __len__(self) -> int:
        return self._count

    @property
    def is_full(self) -> bool:
        return self._count >= self._most

    def find(self, person: int) -> int:
        """The slot; -1: not here."""
        at = self._probe(person)
        return at if self._keys[at] else -1

    def take(self, person: int) -> int:
        """The slot, made where there is none; -1: there is no room."""
        at = self._probe(person)
        if self._keys[at]:
            return at
        if self.is_full:
            return -1
        if 4 * (self._count + 1) > 3 * len(self._keys):
            self._grow()
            at = self._probe(person)
        self._keys[at] = person or 1
        self._count += 1
        return at

    def _probe(self, person: int) -> int:
        person = person or 1  # 0 marks a free slot
        keys, mask = self._keys, len(self._keys) - 1
        at = person & mask
        while keys[at] and keys[at] != person:
            at = (at + 1) & mask
        return at

    def _make(self, slots: int) -> None:
        self._keys = array("Q", bytes(8 * slots))
        self.seen_s = array("I", bytes(4 * slots))
        self.state = array("B", bytes(slots))
        self.visits = array("B", bytes(slots))

    def _grow(self) -> None:
        old = self._keys, self.seen_s, self.state, self.visits
        self._make(2 * len(old[0]))
        for person, seen_s, state, visits in zip(*old):
            if person:
                at = self._probe(person)
                self._keys[at] = person
                self.seen_s[at], self.state[at], self.visits[at] = seen_s, state, visits

    def states(self) -> dict[int, int]:
        """How many are in each state."""
        counts: dict[int, int] = {}
        for person, state in zip(self._keys, self.state):
            if person:
                counts[state] = counts.get(state, 0) + 1
        return counts

    # --- across a restart of the program

    def dump(self) -> bytes:
        """The arrays as they are: whoever asks is in a hurry."""
        parts = [getattr(self, name).tobytes() for name, _ in _ARRAYS]
        return _HEAD.pack(self._most, self._count, len(self._keys)) + b"".join(parts)

    @staticmethod
    def load(data: bytes) -> "Persons":
        """What `dump` gave, on the same machine."""
        made = Persons(0)
        made._most, made._count, slots = _HEAD.unpack_from(data)
        at = _HEAD.size
        for name, kind in _ARRAYS:
            column = array(kind)
            column.frombytes(data[at : at + slots * column.itemsize])
            setattr(made, name, column)
            at += slots * column.itemsize
        return made


_ARRAYS = (("_keys", "Q"), ("seen_s", "I"), ("state", "B"), ("visits", "B"))
