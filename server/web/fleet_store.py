"""The fleet's part of the store, as handlers see it."""

from collections.abc import Callable
from typing import Any, Protocol

from server.fleet.bundle import Bundle
from server.fleet.finding import Finding
from server.fleet.report import Report
from server.fleet.wishes import Command, Result, Wishes

OnEnrolled = Callable[[str, str], str | None]


class FleetStore(Protocol):
    """Each verb raises `Unavailable` where it cannot be done now, and `Refused` where it may not be."""

    async def take(self, report: Report, kept: bytes, on_enrolled: OnEnrolled) -> Any:
        """Keep a report and its events; -> events_to, events, assigned."""

    async def wishes(self, gateway_id: str, boxes: frozenset[str], updates_at_once: int) -> Wishes:
        """All that is wished of a gateway."""

    async def raise_version(self, gateway_id: str, above: int) -> int:
        """The next version is above this one."""

    async def versions(self) -> tuple[int, dict[str, int]]:
        """Of the fleet, and of the gateways that have their own."""

    async def wish_settings(
        self, gateway_id: str, box_id: str, settings: bytes, reported: list[object], seen: int | None = None
    ) -> int:
        """Settings for a box; returns the number that they have."""

    async def wish_firmware(self, gateway_id: str, box_id: str, version: int, seen: int | None = None) -> int:
        """Firmware for a box; 0: none any more."""

    async def wish_place(self, gateway_id: str, place: bytes | None, seen: int | None = None) -> int:
        """The rules of a place."""

    async def sealing_key(self) -> tuple[str | None, int]:
        """The key that every gateway is to seal to, and the version that a change of it names."""

    async def wish_sealing_key(self, key: str | None, seen: int) -> int:
        """The key that every gateway seals to."""

    async def give_command(self, command: Command) -> bool:
        """A command; False where it was given before."""

    async def results(
        self, gateway_id: str, command_id: str | None, limit: int, after: tuple[int, str] | None = None
    ) -> list[Result]:
        """Commands of a gateway with what came of them, the latest first; `after`: given then, with this id."""

    async def put_bundle(self, bundle: Bundle, by: str) -> bool:
        """A bundle of firmware; False where it is here already."""

    async def bundle_file(self, version: int, path: str) -> bytes:
        """A file of a bundle."""

    async def bundles(self) -> list[dict[str, object]]:
        """Every bundle."""

    async def give_box(
        self, box_id: str, gateway_id: str | None, before: list[str], by: str, seen: tuple[str, int] | None = None
    ) -> None:
        """This box is this gateway's (None: nobody's). `seen`: a gateway, and the version of its wishes."""

    async def events(self, gateway_id: str, limit: int) -> list[Any]:
        """The latest events of a gateway."""

    async def findings(self) -> list[Finding]:
        """Everything that somebody has to look at."""

    async def settle(self, gateway_id: str, box_id: str, code: str) -> None:
        """A finding is settled."""
