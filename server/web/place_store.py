"""The store of `server/places` as the web sees it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from server.places.areas import Areas
from server.places.seats import Seats
from server.places.types import Area, BoxSeat, Gate, GatewaySeat, Mark, Place

Within = tuple[Iterable[str], Iterable[str]] | None


class PlaceStore(Protocol):
    """Each verb raises `Unavailable` where it cannot be done now, and `Refused` where it may not be."""

    async def version(self) -> tuple[int, int]:
        """Changes when `seats` would be others."""

    async def seats(self) -> Seats:
        """Who sits where."""

    async def areas(self) -> Areas:
        """The tree of areas."""

    async def area_list(self) -> list[Area]:
        """Every area."""

    async def page(
        self, after: str, limit: int, within: Within, area_codes: Iterable[str] | None = None, kind: str = ""
    ) -> list[tuple[Place, int]]:
        """Places by id, with their versions."""

    async def entry(self, place_id: str) -> Any:
        """-> place, version, gates, periods, gateways, boxes."""

    async def put_place(self, place: Place, seen: int | None) -> int:
        """Add (`seen` None) or change; returns its version."""

    async def put_gate(self, gate: Gate, seen: int) -> int:
        """Add or change; returns its place's version."""

    async def drop_gate(self, place_id: str, gate_id: str, seen: int) -> int:
        """Take it away; returns its place's version."""

    async def box_seats(self, box_id: str) -> list[BoxSeat]:
        """Where a box hangs, and hung."""

    async def box_page(self, after: str, limit: int) -> list[tuple[str, list[BoxSeat]]]:
        """Boxes by id, with their seats."""

    async def put_box_seats(
        self, box_id: str, found: Sequence[BoxSeat], seen: Sequence[BoxSeat], by: str
    ) -> list[Mark]:
        """All seats of a box; returns what is to be derived anew."""

    async def gateway_seats(self, gateway_id: str) -> list[GatewaySeat]:
        """What a gateway serves, and served."""

    async def put_gateway_seat(self, seat: GatewaySeat, by: str, seen: Sequence[GatewaySeat] | None = None) -> None:
        """Add or replace one; `seen`: all that the gateway had."""

    async def export(self, name: str, within: Within) -> bytes:
        """A table of the register as a file."""

    async def merged(self, gateway_id: str, wish: dict[str, object] | None) -> dict[str, object] | None:
        """What is wished of this gateway, where somebody wishes this by hand."""

    async def wish(self) -> list[str]:
        """Wish of every gateway what the register says now."""

    async def learn(self, tell: Callable[[int], None] = ...) -> int:
        """Learn every profile anew; returns how many."""

    async def look(self, heard: Mapping[str, int] | None = None) -> Any:
        """Judge every point; -> raised, there, gone."""

    async def findings(
        self, after: int, limit: int, is_open: bool, within: Within = None, place_id: str = ""
    ) -> list[Any]:
        """Findings by number."""

    async def finding(self, number: int) -> Any:
        """-> id, finding, area, raised_ms, seen_ms, gone_ms, settled_ms, settled_by."""

    async def settle(self, number: int, by: str) -> None:
        """A person has dealt with it."""
