"""Free ports that stay ours while a part is down.

A port from the range that the system hands out to outgoing connections could be taken by one of them in the moment when
the part that listens on it is killed. So these come from below that range, and are tried first. Several programs of
ours look for ports at once on one machine: each keeps a lock on the ports that it has chosen, for as long as it lives.
"""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

FIRST, LAST = 20_000, 31_999

_taken: set[int] = set()
_locks: list[int] = []


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that this process did not hand out before."""
    draw = random.SystemRandom()
    while True:
        port = draw.randint(FIRST, LAST)
        if port not in _taken and _is_ours(port) and _is_free(port):
            _taken.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _is_ours(port: int) -> bool:
    folder = Path(tempfile.gettempdir(), f"tram-ports-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _locks.append(lock)
    return True
