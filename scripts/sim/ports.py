"""Free ports that stay ours while a part is down.

A port from the range that the system hands out to outgoing connections could be taken by one of them in the moment when
the part that listens on it is killed. So these come from below that range, and are tried first. Several programs of
ours look for ports at once on one machine: each holds a name for every port that it has chosen, for as long as it
lives: that of a socket in Linux's abstract namespace, which leaves nothing behind.
"""

import random
import socket

FIRST, LAST = 20_000, 31_999

_taken: set[int] = set()
_names: list[socket.socket] = []


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
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0tram-port-{port}")
    except OSError:
        name.close()
        return False
    _names.append(name)
    return True
