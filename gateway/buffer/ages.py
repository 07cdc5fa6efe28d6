"""How old things are, by a clock that never jumps: the running time of this gateway, added up over its boots.

1. The wall clock of a Pi may be in 1970; its monotonic clock starts again at every boot. So age is the monotonic
   clock plus an offset per boot, chosen so that ages go on where what was written last left off.
2. Time without power does not count: what is kept for a day is kept for a day of running. An age is never too old.
"""

from collections.abc import Callable


class Ages:
    def __init__(self, boot: str, mono_ms: Callable[[], int]) -> None:
        self._boot = boot
        self._mono_ms = mono_ms
        self._names: dict[int, str] = {}
        self._no: dict[str, int] = {}
        self._zero_ms: dict[int, int] = {}
        self._now_zero_ms = 0
        self.unwritten: list[int] = []

    def load(self, no: int, name: str, zero_ms: int | None) -> None:
        self._names[no] = name
        self._no[name] = no
        if zero_ms is not None:
            self._zero_ms[no] = zero_ms

    def begin(self, newest_ms: int) -> None:
        """Everything is loaded, and nothing is newer than this: from here on it goes on."""
        no = self.boot_no(self._boot)
        if no not in self._zero_ms:
            self._zero_ms[no] = newest_ms - self._mono_ms()
        self._now_zero_ms = self._zero_ms[no]

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
            no = max(self._names, default=0) + 1
            self.load(no, boot, None)
            self.unwritten.append(no)
        return no

    def boot_name(self, no: int) -> str:
        return self._names.get(no, "unknown")

    def names(self) -> dict[int, str]:
        return dict(self._names)

    def rows(self) -> list[tuple[int, str, int | None]]:
        return [(no, name, self._zero_ms.get(no)) for no, name in self._names.items()]
