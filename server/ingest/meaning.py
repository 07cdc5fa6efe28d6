"""What is kept in the place of a code: the holder of the keys reads it and seals the minimum, before it is written.

1. A scan with a code becomes its `counted` form (SPEC §14) and, beside it, what was read from the code, sealed under
   the data key of a day and a class. The code of a person is nowhere after that.
2. `digest` knows the record again: a keyed hash of all of it, 16 bytes. The same record is a duplicate, another one
   under the same identity a conflict.
3. Where only counts may be kept nothing is sealed. Where it is not sure that more may be kept, only counts may.
"""

from typing import NamedTuple


class KeepAsk(NamedTuple):
    """One scan to be kept: its identity, the record as the box made it, its code, when it was made as far as is known
    (ms of UTC), when it came, and whether more than the count may be kept of it."""

    box_id: str
    epoch: str
    seq: int
    raw: bytes
    code: bytes
    at_ms: int | None
    received_ms: int
    is_identified: bool

    def __repr__(self) -> str:
        return f"KeepAsk({self.box_id}, {self.epoch}, {self.seq})"


class Kept(NamedTuple):
    """What is written of it. `raw`: the counted form; `digest`: 16 bytes; `kind`: of `firmware.codes`, None where only
    the count is kept; `unread`: why the code of a person could not be read; `day` (days since 1970-01-01, local) and
    `class_` name the data key that `sealed` is under."""

    raw: bytes
    digest: bytes
    kind: str | None = None
    unread: str | None = None
    day: int | None = None
    class_: str | None = None
    sealed: bytes | None = None


class SealedRow(NamedTuple):
    """A stored row that only the holder can read."""

    box_id: str
    epoch: str
    seq: int
    day: int
    class_: str
    sealed: bytes
