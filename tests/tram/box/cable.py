"""A cable for the tests: a box's console at one end, a path for `tram --port` at the other."""

import os
import select
import threading
import tty
from types import TracebackType


class Cable:
    """`box_end`, `laptop_end`: paths. Everything that comes in at one goes out at the other."""

    def __init__(self) -> None:
        self._pairs = [os.openpty(), os.openpty()]  # the slaves stay open: otherwise the line hangs up
        for _, slave in self._pairs:
            tty.setraw(slave)
        self.box_end, self.laptop_end = (os.ttyname(slave) for _, slave in self._pairs)
        self._ended = threading.Event()
        self.said = b""
        """All that the box has said."""
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()

    def _relay(self) -> None:
        box, laptop = self._pairs[0][0], self._pairs[1][0]
        while not self._ended.is_set():
            for ready in select.select([box, laptop], [], [], 0.05)[0]:
                data = os.read(ready, 4096)
                self.said += data if ready == box else b""
                os.write(laptop if ready == box else box, data)

    def __enter__(self) -> "Cable":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(5)
        for pair in self._pairs:
            for end in pair:
                os.close(end)
