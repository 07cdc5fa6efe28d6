"""What is set for a place, in the form in which the rules use it."""

from collections.abc import Sequence
from typing import Protocol

from gateway.place.days import Calendar
from gateway.place.purpose import Period, Purpose
from presence.ruling import Limits


class Settings(Protocol):
    """`[place]` of the gateway's settings; gateway.config.Place is one."""

    @property
    def purpose(self) -> Sequence[Period]: ...

    @property
    def capacity(self) -> int: ...

    @property
    def quota_visits(self) -> int: ...

    @property
    def quota_days(self) -> int: ...

    @property
    def day_begins(self) -> str: ...

    @property
    def revoked(self) -> Sequence[str]: ...


class Rules:
    """Raises PlaceError where a rule cannot be."""

    def __init__(self, settings: Settings) -> None:
        self.purpose = Purpose(settings.purpose)
        self.calendar = Calendar(settings.day_begins)
        self.capacity = settings.capacity
        self.quota_visits = settings.quota_visits
        self.quota_days = settings.quota_days if settings.quota_visits else 1
        self.limits = Limits(self.capacity, self.quota_visits, self.quota_days)
        self.revoked = frozenset(bytes.fromhex(one) for one in settings.revoked)

    @property
    def is_any(self) -> bool:
        """Whether a scan gets an answer at all."""
        return bool(self.capacity or self.quota_visits or self.revoked)
