"""Whether who comes may come in.

1. Who leaves is never refused, nor is a scan that moves nobody; but a revoked card is refused each time.
2. Who comes in is refused in this order: `revoked`, `quota`, `place_full`.
3. Capacity is held against the best guess of who is inside; who is inside already is not one more.
4. A quota counts the times that this person came in on the latest `quota_days` days, today among them.
"""

from collections.abc import Callable
from typing import NamedTuple

from presence.inside import Presence

WELCOME, REVOKED, QUOTA, PLACE_FULL = "welcome", "revoked", "quota", "place_full"


class Limits(NamedTuple):
    """0: no limit."""

    capacity: int = 0
    quota_visits: int = 0
    quota_days: int = 1


def ruling(
    limits: Limits,
    presence: Presence,
    person: int,
    direction: str,
    at_ms: int,
    is_revoked: Callable[[], bool],
    visits: Callable[[], int],
) -> str:
    """What a scan gets for an answer; nothing changes. `at_ms`, on the axis of `presence`, is also the present.

    `visits`: how often this person came in on the days of the quota. Both are asked only where it matters.
    """
    move = presence.look(person, direction, at_ms)
    if direction == "out" or move == "out":
        return WELCOME
    if is_revoked():
        return REVOKED
    if move != "in":
        return WELCOME
    if limits.quota_visits and visits() >= limits.quota_visits:
        return QUOTA
    if limits.capacity and not presence.is_inside(person) and presence.inside(at_ms).best >= limits.capacity:
        return PLACE_FULL
    return WELCOME
