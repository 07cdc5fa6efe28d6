"""One thread in which everything of a stand-in board happens, in order; and its timers."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

Event = Callable[[], None]
LOOK_S = 1.0


class Broken(RuntimeError):
    """A mistake of the stand-in's own, in its thread."""


class Loop:
    """`put` from any thread; `ask` waits for the answer. `due`: name -> when `on_due(name)` is called.

    What was put and fails ends the thread; whoever asks or waits then is told why.
    """

    def __init__(self, name: str, on_due: Callable[[str], None]) -> None:
        self.due: dict[str, float] = {}
        self.news = threading.Condition()
        """Held while something changes that others wait for."""
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._on_due = on_due
        self._broken: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What was put before is still done."""
        self._events.put(None)
        self._thread.join()

    def put(self, event: Event) -> None:
        """Do it, some time."""
        self._events.put(event)

    def ask(self, action: Callable[[], Any]) -> Any:
        """Do it -> what it returns. Raises what it raises."""
        answer: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def act() -> None:
            try:
                answer.put((action(), None))
            except Exception as bad:  # it is the caller's
                answer.put((None, bad))

        self._events.put(act)
        while True:
            try:
                value, bad = answer.get(timeout=LOOK_S)
            except queue.Empty:
                self._check()
                continue
            if bad is not None:
                raise bad
            return value

    def wait(self, is_so: Callable[[], bool], timeout_s: float | None) -> bool:
        """Until `is_so`, which is asked whenever there is news. -> whether it is so"""
        with self.news:
            found = self.news.wait_for(lambda: self._broken is not None or is_so(), timeout_s)
        self._check()
        return found

    def _check(self) -> None:
        if self._broken is not None:
            raise Broken(repr(self._broken)) from self._broken

    def after(self, name: str, seconds: float) -> None:
        """Set a timer; one of that name that runs already is set anew."""
        self.due[name] = time.monotonic() + seconds

    def _run(self) -> None:
        try:
            self._turns()
        except Exception as bad:  # nobody waits for it: it is kept for who comes next
            with self.news:
                self._broken = bad
                self.news.notify_all()

    def _turns(self) -> None:
        while True:
            try:
                event = self._events.get(timeout=self._patience())
            except queue.Empty:
                self._tick()
                continue
            if event is None:
                return
            event()
            self._tick()

    def _patience(self) -> float | None:
        return max(0.0, min(self.due.values()) - time.monotonic()) if self.due else None

    def _tick(self) -> None:
        now = time.monotonic()
        for name in [name for name, due in self.due.items() if due <= now]:
            if self.due.pop(name, None) is not None:
                self._on_due(name)
