"""The purpose of scans as the settings say it, in local time; what follows from it is `presence/purpose.py`."""

from collections.abc import Sequence
from typing import Protocol

from gateway.place.days import parse_local
from presence import purpose
from presence.purpose import Mode as Mode
from presence.purpose import Since


class Period(Protocol):
    """From when on which purpose holds; `since` is local time."""

    @property
    def since(self) -> str: ...

    @property
    def mode(self) -> Mode: ...

    @property
    def basis(self) -> str: ...


class Purpose(purpose.Purpose):
    """The periods. Raises PlaceError `since` for a day that does not exist."""

    def __init__(self, periods: Sequence[Period] = ()) -> None:
        super().__init__(Since(parse_local(one.since), one.mode, one.basis) for one in periods)
