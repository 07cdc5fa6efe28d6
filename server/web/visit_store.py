"""The store of `server/visits` as the web sees it."""

from collections.abc import Sequence
from typing import Any, Protocol

from server.visits.occupancy import Level
from server.visits.types import PlaceRules, Visit


class VisitStore(Protocol):
    """Each verb raises `Unavailable` where it cannot be done now."""

    async def place(self, place_id: str) -> Any:
        """-> rules, above (the areas that it lies in), is_registered."""

    async def of_person(self, person: bytes) -> list[Any]:
        """Every visit of a person, in the order in which they began."""

    async def visits(
        self, place_id: str, from_ms: int, to_ms: int, zone: str | None, after: tuple[int, bytes] | None, limit: int
    ) -> list[Visit]:
        """Visits that may touch that time, in order, above `after` (in_low and id)."""

    async def hours(self, place_id: str, from_ms: int, to_ms: int, gate_id: str | None) -> list[Any]:
        """Counts by gate and box of the hours that begin in that time, in order."""

    async def undated(self, place_id: str, gate_id: str | None) -> list[Any]:
        """Counts of scans of which nobody knows the hour."""

    async def occupancy(self, place_id: str, instants: Sequence[int], rules: PlaceRules) -> list[Level]:
        """How many were inside at these instants, which rise."""
