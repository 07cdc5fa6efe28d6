"""Which record is to blame for a batch that keeps failing.

1. A batch is under suspicion when the server rejects it, or fails at it twice in a row. Its records are set aside and
   halved, and the halves tried: a half that passes is free of blame, one that fails is halved again, down to one
   record.
2. A single record that fails is tried once more after all the others; failing again it is accused, but only if
   something else had passed before. Where nothing had, it may have been the server: it is in doubt, and tried again
   as soon as something passes. An accused record is parked.
3. After `limit` failures in a row with nothing passed the hunt is called off: it is the server. Its records go back
   into the lanes.
4. While nothing has passed, nothing but the hunt is tried; as soon as something has, fresh batches go ahead of it,
   turn by turn.
"""

from collections.abc import Sequence


class Hunt:
    def __init__(self) -> None:
        self._groups: list[list[int]] = []
        self._accused: list[int] = []
        self._in_doubt: list[int] = []
        self._tried_once: set[int] = set()
        self._limit = 0
        self._failures = 0
        self.has_passed = False

    @property
    def suspects(self) -> set[int]:
        """Keys that are set aside."""
        return {key for group in self._groups for key in group} | set(self._accused) | set(self._in_doubt)

    @property
    def is_on(self) -> bool:
        return bool(self._groups or self._accused or self._in_doubt)

    def begin(self, keys: Sequence[int]) -> None:
        """Set a batch aside. One that comes while a hunt is on joins it."""
        if not self.is_on:
            self.call_off()
        self._limit = max(8, 2 * len(keys).bit_length() + 6)
        self._split(list(keys))

    def next(self) -> list[int] | None:
        """The group to try now; None: all are tried."""
        return self._groups[-1] if self._groups else None

    def passed(self) -> None:
        """The group of next() was answered for; settled or not, it is free of blame."""
        self._groups.pop()
        self.saw_success()

    def failed(self) -> None:
        """The group of next() failed in a way that raises suspicion."""
        self._failures += 1
        keys = self._groups.pop()
        if len(keys) > 1:
            self._split(keys)
        elif keys[0] in self._tried_once:
            (self._accused if self.has_passed else self._in_doubt).extend(keys)
        else:
            self._tried_once.update(keys)
            self._groups.insert(0, keys)

    def saw_success(self) -> None:
        """Any request passed: the server works."""
        self.has_passed = True
        self._failures = 0
        self._groups[:0] = [[key] for key in self._in_doubt]
        self._in_doubt.clear()

    @property
    def is_hopeless(self) -> bool:
        """Nothing has passed: it is not a record, it is the server."""
        tried_all = not self._groups and len(self._in_doubt) > 0
        return self.is_on and not self.has_passed and (tried_all or self._failures >= self._limit)

    def call_off(self) -> None:
        self._groups.clear()
        self._accused.clear()
        self._in_doubt.clear()
        self._tried_once.clear()
        self._failures = 0
        self.has_passed = False

    def condemned(self) -> list[int]:
        """Records to park now; they leave the hunt."""
        found, self._accused = self._accused, []
        return found

    def _split(self, keys: list[int]) -> None:
        middle = len(keys) // 2
        self._groups += [half for half in (keys[middle:], keys[:middle]) if half]
