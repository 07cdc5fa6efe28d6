"""How long somebody has to wait after log-ins that failed: per account, and per address.

1. An attempt counts when it begins and is taken back when it succeeds: a hundred at once are a hundred.
2. The first few are free. After that each failure makes the wait twice as long, from 30 s up to 15 minutes: nobody is
   locked out for ever, and nobody guesses more than about a hundred times a day.
3. An account that does not exist is counted like one that does. An IPv6 address is counted by its /64.
4. A day without a failure forgets them. Where the clock went back, a wait is never longer than the longest.
"""

import ipaddress
from typing import NamedTuple

FREE = {"account": 5, "address": 50}
FIRST_WAIT_MS = 30_000
MOST_WAIT_MS = 900_000
FORGET_MS = 86_400_000


class Attempts(NamedTuple):
    """Those that failed or are under way."""

    failures: int = 0
    last_ms: int = 0
    until_ms: int = 0


def wait_ms(attempts: Attempts, now_ms: int) -> int:
    """How long until the next may begin; 0: now."""
    return max(0, min(attempts.until_ms - now_ms, MOST_WAIT_MS))


def begun(attempts: Attempts, kind: str, now_ms: int) -> Attempts:
    """With one more."""
    failures = 1 if now_ms - attempts.last_ms > FORGET_MS else attempts.failures + 1
    over = failures - FREE[kind]
    wait = 0 if over < 0 else min(FIRST_WAIT_MS << min(over, 10), MOST_WAIT_MS)
    return Attempts(failures, now_ms, now_ms + wait if wait else 0)


def group(address: str) -> str:
    """What an address is counted by."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)
