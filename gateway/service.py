"""What systemd is told: that we are ready, that we get on, and what we do; the few lines of sd_notify(3) that it takes.

    service = Service()                      # without systemd every call does nothing
    service.ready("subscribed")              # once what others wait for works
    service.progress("12 scans wait")        # as often as there is progress: at least every `watchdog_s` / 2
    service.stopping()

1. `progress` is to be called only when something has got on: a loop that turns and moves nothing shall be restarted.
2. A socket that takes nothing is no reason to stop: what could not be said is said the next time.
"""

import contextlib
import os
import socket
from collections.abc import Mapping

START_S = 60.0


class Service:
    """One per process; what it needs stands in the environment that systemd gives."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self.watchdog_s = _watchdog_s(environment)
        """So long may nothing be said before systemd restarts the program; None: it does not watch."""
        folder = environment.get("RUNTIME_DIRECTORY", "").split(":")[0]
        self.runtime_folder = folder or None
        """On tmpfs, and there until the machine restarts; None: systemd gave none."""

    @property
    def is_watched(self) -> bool:
        return bool(self._address)

    def ready(self, status: str = "") -> bool:
        return self._say("READY=1", _status(status))

    def progress(self, status: str = "") -> bool:
        return self._say("WATCHDOG=1", _status(status))

    def status(self, status: str) -> bool:
        return self._say(_status(status))

    def stopping(self) -> bool:
        return self._say("STOPPING=1")

    def more_time(self, seconds: float) -> bool:
        """A start or a stop that takes longer, and gets on."""
        return self._say(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")

    def waits(self, seconds: float) -> bool:
        """Before a start, as the ones before ended soon."""
        said = _status(f"it ended again and again: the next try is in {seconds:.0f} s")
        return self._say(f"EXTEND_TIMEOUT_USEC={round((seconds + START_S) * 1_000_000)}", said)

    def _say(self, *lines: str) -> bool:
        """Whether it was taken."""
        if self._address[:1] not in ("/", "@"):
            return False
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as sock,
        ):
            sock.sendto("\n".join([line for line in lines if line]).encode(), address)
            return True
        return False


def _status(text: str) -> str:
    return f"STATUS={text.splitlines()[0][:200]}" if text.strip() else ""


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """None: not watched, or somebody else is meant."""
    pid, limit = environment.get("WATCHDOG_PID", ""), environment.get("WATCHDOG_USEC", "")
    if pid not in ("", str(os.getpid())) or not limit.isascii() or not limit.isdigit():
        return None
    return int(limit[:18]) / 1_000_000 or None
