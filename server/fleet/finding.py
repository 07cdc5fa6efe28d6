"""What somebody has to look at, and no machine can settle: kept until it is settled."""

from typing import NamedTuple

ELSEWHERE = "box_elsewhere"
NOT_TAKEN = "box_not_taken"
EVENTS_MISSING = "events_missing"
DAMAGE = "damage"
CODES = (ELSEWHERE, NOT_TAKEN, EVENTS_MISSING, DAMAGE)


class Finding(NamedTuple):
    """`box_id` is "" where it is of the gateway itself."""

    gateway_id: str
    box_id: str
    code: str
    detail: str
    since_ms: int
