"""How often somebody may try a password.

1. Each address has FREE_BY_ADDRESS tries, each name FREE_BY_NAME over all addresses; after that each further one that
   fails brings a wait, twice as long as the one before, and LONGEST_MS at most.
2. A try within a wait is not judged, and makes the wait no longer: whoever is kept out is in again after LONGEST_MS at
   most, whatever others do meanwhile.
3. A name's wait does not hold for an address from which that name has logged in before, nor for this machine itself:
   nobody can lock the owner out from where the owner usually is.
4. Names that do not exist are treated like those that do.
5. A try counts as failed from its beginning, so that many at once are no way around; success takes it back.
6. What failed is forgotten FORGET_MS after the last time. There are never more than MOST entries: then the oldest goes.
7. Of an IPv6 address the first half counts: who has one has all of them.
"""

import ipaddress
from typing import NamedTuple

FREE_BY_ADDRESS = 5
FREE_BY_NAME = 10
FIRST_MS = 2_000
LONGEST_MS = 60_000
FORGET_MS = 900_000
MOST = 4_096


class _Tries(NamedTuple):
    failed: int
    last_ms: int
    until_ms: int


class Throttle:
    """begin() before the password is checked, succeeded() after it was right."""

    def __init__(self) -> None:
        self._tries: dict[tuple[str, str], _Tries] = {}
        self._homes: dict[tuple[str, str], None] = {}

    def begin(self, name: str, address: str, now_ms: int) -> int:
        """0: it may be judged, and counts; else so many milliseconds to wait."""
        where = network_of(address)
        is_home = (name, where) in self._homes or where == "loopback"
        keys = [("address", where)] if is_home else [("address", where), ("name", name)]
        wait_ms = max(self._left(key, now_ms) for key in keys)
        if wait_ms > 0:
            return wait_ms
        for key in keys:
            self._failed(key, now_ms)
        return 0

    def succeeded(self, name: str, address: str) -> None:
        where = network_of(address)
        self._tries.pop(("address", where), None)
        self._tries.pop(("name", name), None)
        self._homes.pop((name, where), None)
        self._homes[name, where] = None
        while len(self._homes) > MOST:
            del self._homes[next(iter(self._homes))]

    def _left(self, key: tuple[str, str], now_ms: int) -> int:
        known = self._tries.get(key)
        return 0 if known is None else max(0, known.until_ms - now_ms)

    def _failed(self, key: tuple[str, str], now_ms: int) -> None:
        known = self._tries.pop(key, None)
        before = 0 if known is None or now_ms - known.last_ms > FORGET_MS else known.failed
        over = before + 1 - (FREE_BY_ADDRESS if key[0] == "address" else FREE_BY_NAME)
        wait_ms = 0 if over < 0 else min(LONGEST_MS, FIRST_MS << min(over, 20))
        self._tries[key] = _Tries(before + 1, now_ms, now_ms + wait_ms)
        while len(self._tries) > MOST:
            del self._tries[next(iter(self._tries))]


def network_of(address: str) -> str:
    """What counts as one place: an IPv4 address, half an IPv6 address, `loopback`."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    known = mapped or known
    if known.is_loopback:
        return "loopback"
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(known) >> 64 << 64, 64)))
    return str(known)
