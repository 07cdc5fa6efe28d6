"""How old things are, by a clock that never jumps: the running time of this gateway, added up over its boots.

1. The wall clock of a Pi may be in 1970; its monotonic clock starts again at every boot. So age is the monotonic
   clock plus an offset per boot, chosen so that ages go on where the file's newest row left off.
2. Time without power does not count: what is kept for a day is kept for a day of running. An age is never too old.
"""

import sqlite3
from collections.abc import Callable


class Ages:
    def __init__(self, db: sqlite3.Connection, boot: str, mono_ms: Callable[[], int]) -> None:
        self._db = db
        self._mono_ms = mono_ms
        self._zero_ms: dict[int, int] = {}
        self._no: dict[str, int] = {}
        self._unwritten: list[int] = []
        for no, name, zero_ms in db.execute("SELECT no, boot, age_zero_ms FROM boot"):
            self._no[name] = no
            if zero_ms is not None:
                self._zero_ms[no] = zero_ms
        no = self.boot_no(boot)
        if no not in self._zero_ms:
            self._zero_ms[no] = self._newest_ms() - mono_ms()
        self._now_zero_ms = self._zero_ms[no]

    def _newest_ms(self) -> int:
        row = self._db.execute("SELECT boot, mono_ms FROM record ORDER BY id DESC LIMIT 1").fetchone()
        received_ms = 0 if row is None else self.of(*row) or 0
        answered_ms = self._db.execute("SELECT max(since_ms) FROM answered").fetchone()[0] or 0
        return max(received_ms, answered_ms)

    def now_ms(self) -> int:
        return self._now_zero_ms + self._mono_ms()

    def of(self, boot_no: int, mono_ms: int) -> int | None:
        """The age clock when this was received; None for a boot that is not related to it."""
        zero_ms = self._zero_ms.get(boot_no)
        return None if zero_ms is None else zero_ms + mono_ms

    def boot_no(self, boot: str) -> int:
        """A small number for a gateway boot; a new one is written down with the next put."""
        no = self._no.get(boot)
        if no is None:
            no = max(self._no.values(), default=0) + 1
            self._no[boot] = no
            self._unwritten.append(no)
        return no

    @property
    def is_due(self) -> bool:
        return bool(self._unwritten)

    def write(self) -> None:
        """Write down new boots, in the caller's transaction."""
        for no in self._unwritten:
            self._db.execute("INSERT INTO boot VALUES (?, ?, ?)", (no, self.boot_name(no), self._zero_ms.get(no)))
        self._unwritten.clear()

    def boot_name(self, no: int) -> str:
        return next(name for name, number in self._no.items() if number == no)
