"""For what scans are kept, as the register says it: periods that may end. What follows is `presence/purpose.py`.

1. A period with an end is followed by `counts_only` until the next one begins.
2. What somebody writes into the register has to be in order: rising, no end after the next beginning, and an
   `identified` period names its legal basis. What a gateway has been wished already is taken as it is.
"""

from collections.abc import Iterable, Sequence

from presence import purpose
from presence.purpose import Since
from server.errors import Refused
from server.places.types import Period

MOST_PERIODS = 50
SECOND_MS = 1000
LAST_MS = 7_258_118_400_000  # 2200-01-01


def checked(periods: Sequence[Period]) -> tuple[Period, ...]:
    """The same. Raises `Refused`: `purpose_order`, `purpose_basis`, `purpose_until`, `purpose_many`."""
    if len(periods) > MOST_PERIODS:
        raise Refused("purpose_many", f"more than {MOST_PERIODS} periods")
    for one, after in zip(periods, [*periods[1:], None], strict=False):
        if one.mode == "identified" and not one.basis:
            raise Refused("purpose_basis", "an identified period names its legal basis")
        if not 0 <= one.since_ms < LAST_MS or not 0 <= (one.until_ms or 0) < LAST_MS:
            raise Refused("purpose_order", "an instant between 1970 and 2200")
        if one.since_ms % SECOND_MS or (one.until_ms or 0) % SECOND_MS:
            raise Refused("purpose_order", "instants are whole seconds")
        if one.until_ms is not None and one.until_ms <= one.since_ms:
            raise Refused("purpose_until", "a period ends after it began")
        if after is not None and after.since_ms <= one.since_ms:
            raise Refused("purpose_order", "each period begins after the one before")
        if after is not None and one.until_ms is not None and one.until_ms > after.since_ms:
            raise Refused("purpose_until", "a period ends before the next one begins")
    return tuple(periods)


def spelled(periods: Iterable[Period]) -> list[Period]:
    """The same periods without ends: what follows an end is a period of its own. As `[place]` takes them."""
    made: dict[int, Period] = {}
    ordered = sorted(periods, key=lambda one: one.since_ms)
    begins = {one.since_ms for one in ordered}
    for one in ordered:
        if one.since_ms not in made or one.mode == "counts_only":
            made[one.since_ms] = Period(one.since_ms, one.mode, one.basis)
        if one.until_ms is not None and one.until_ms not in begins:
            made[one.until_ms] = Period(one.until_ms, "counts_only")
    return sorted(made.values())


class Purpose(purpose.Purpose):
    """The periods, with what follows each end."""

    def __init__(self, periods: Iterable[Period] = ()) -> None:
        super().__init__(Since(one.since_ms, one.mode, one.basis) for one in spelled(periods))
