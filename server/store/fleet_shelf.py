"""The fleet in the store, as the rest of the server sees it: a few verbs to await, each one transaction."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection

from server.errors import Refused
from server.fleet import forms
from server.fleet.bundle import Bundle
from server.fleet.finding import DAMAGE, ELSEWHERE, EVENTS_MISSING, NOT_TAKEN, Finding
from server.fleet.report import Event, Report, fresh
from server.fleet.wishes import Command, Result, Wishes, next_settings_version
from server.store import assignments, bundles, told, wishes
from server.store.bell import FLEET
from server.store.database import Database
from server.store.dialect import notify

OnEnrolled = Callable[[str, str], str | None]
"""(box, gateway) -> None, `assign`, or the code of a finding."""


class Taken(NamedTuple):
    """What a report led to: up to which event is kept, and the boxes that are this gateway's from now on."""

    events_to: int
    events: list[Event]
    assigned: list[str]


class Loaded(NamedTuple):
    """What is known of the fleet when the server starts."""

    given: dict[str, str]
    reports: list[tuple[str, int, bytes]]
    version: int
    versions: dict[str, int]
    findings: list[Finding]


class FleetShelf:
    """Every verb raises `Unavailable` where the database cannot do it now, and `Refused` where it may not be."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms

    async def load(self) -> Loaded:
        """Everything that is kept in memory while the server runs."""
        return await self._database.read(
            lambda connection: Loaded(
                assignments.load(connection),
                told.all_reports(connection),
                *wishes.versions(connection),
                told.all_findings(connection),
            )
        )

    async def take(self, report: Report, kept: bytes, on_enrolled: OnEnrolled) -> Taken:
        """Keep a report and its events; returns after the commit. `kept`: the report as it is to be read again."""
        now_ms = self._now_ms()
        return await self._database.write(lambda connection: _take(connection, report, kept, on_enrolled, now_ms))

    async def wishes(self, gateway_id: str, boxes: frozenset[str], updates_at_once: int) -> Wishes:
        """All that is wished of a gateway."""
        now_ms = self._now_ms()
        return await self._database.read(
            lambda connection: wishes.read(connection, gateway_id, boxes, updates_at_once, now_ms)
        )

    async def raise_version(self, gateway_id: str, above: int) -> int:
        """The gateway knows of a later version than there is: the next one is above it."""
        return await self._database.write(lambda connection: wishes.touch(connection, gateway_id, above))

    async def wish_settings(
        self, gateway_id: str, box_id: str, settings: bytes, reported: list[object], seen: int | None = None
    ) -> int:
        """Settings for a box; returns the number that they have."""

        def job(connection: Connection) -> int:
            wishes.must_be(connection, gateway_id, seen)
            number = next_settings_version(wishes.settings_version(connection, box_id), reported)
            wishes.wish_settings(connection, box_id, settings, number)
            wishes.touch(connection, gateway_id)
            return number

        return await self._database.write(job)

    async def wish_firmware(self, gateway_id: str, box_id: str, version: int, seen: int | None = None) -> int:
        """Firmware for a box (0: none any more); returns the version of the gateway's wishes."""

        def job(connection: Connection) -> int:
            wishes.must_be(connection, gateway_id, seen)
            wishes.wish_firmware(connection, box_id, version)
            return wishes.touch(connection, gateway_id)

        return await self._database.write(job)

    async def wish_place(self, gateway_id: str, place: bytes | None, seen: int | None = None) -> int:
        """The rules of a place; returns the version of the gateway's wishes."""

        def job(connection: Connection) -> int:
            wishes.must_be(connection, gateway_id, seen)
            wishes.wish_place(connection, gateway_id, place)
            return wishes.touch(connection, gateway_id)

        return await self._database.write(job)

    async def sealing_key(self) -> tuple[str | None, int]:
        """The key that every gateway is to seal to, and the version that a change of it names."""
        return await self._database.read(wishes.sealing_key)

    async def wish_sealing_key(self, key: str | None, seen: int) -> int:
        """The key that every gateway seals to; returns the fleet's version. Raises `Refused`: `changed_meanwhile`."""
        return await self._database.write(lambda connection: wishes.wish_sealing_key(connection, key, seen))

    async def give_command(self, command: Command) -> bool:
        """A command; False where it was given before."""

        def job(connection: Connection) -> bool:
            is_new = wishes.give(connection, command)
            if is_new:
                wishes.touch(connection, command.gateway_id)
            return is_new

        return await self._database.write(job)

    async def results(
        self, gateway_id: str, command_id: str | None, limit: int, after: tuple[int, str] | None = None
    ) -> list[Result]:
        """Commands of a gateway with what came of them, the latest first; `after`: given then, with this id."""
        return await self._database.read(
            lambda connection: wishes.results(connection, gateway_id, command_id, limit, after)
        )

    async def put_bundle(self, bundle: Bundle, by: str) -> bool:
        """A bundle of firmware; False where it is here already."""
        return await self._database.write(lambda connection: bundles.put(connection, bundle, by, self._now_ms()))

    async def bundle_file(self, version: int, path: str) -> bytes:
        """A file of a bundle. Raises `Refused`: `not_found`."""
        found = await self._database.read(lambda connection: bundles.file(connection, version, path))
        if found is None:
            raise Refused("not_found", "no such file of a bundle")
        return found

    async def bundles(self) -> list[dict[str, object]]:
        """Every bundle."""
        return await self._database.read(bundles.listed)

    async def give_box(
        self, box_id: str, gateway_id: str | None, before: list[str], by: str, seen: tuple[str, int] | None = None
    ) -> None:
        """This box is this gateway's (None: nobody's); whoever had it is told too. `seen`: a gateway, and the version
        of its wishes that was looked at. Raises `Refused`: `changed_meanwhile`."""

        def job(connection: Connection) -> None:
            if seen is not None:
                wishes.must_be(connection, *seen)
            if gateway_id is None:
                assignments.take(connection, box_id)
            else:
                assignments.give(connection, box_id, gateway_id, by, self._now_ms())
            for code in (ELSEWHERE, NOT_TAKEN):
                told.settle(connection, None, box_id, code)
            for one in {*before, *([gateway_id] if gateway_id else [])}:
                wishes.touch(connection, one)

        await self._database.write(job)

    async def versions(self) -> tuple[int, dict[str, int]]:
        """The versions of all wishes: of the fleet, and of the gateways that have their own."""
        return await self._database.read(wishes.versions)

    async def events(self, gateway_id: str, limit: int) -> list[told.KeptEvent]:
        """The latest events of a gateway."""
        return await self._database.read(lambda connection: told.events_of(connection, gateway_id, limit))

    async def findings(self) -> list[Finding]:
        """Everything that somebody has to look at."""
        return await self._database.read(told.all_findings)

    async def settle(self, gateway_id: str, box_id: str, code: str) -> None:
        """A finding is settled. Raises `Refused`: `not_found`."""
        if not await self._database.write(lambda connection: told.settle(connection, gateway_id, box_id, code)):
            raise Refused("not_found", "no such finding")


def _take(connection: Connection, report: Report, kept: bytes, on_enrolled: OnEnrolled, now_ms: int) -> Taken:
    gateway_id, epoch = report.gateway_id, report.events_epoch
    taken_to = told.taken_to(connection, gateway_id, epoch)
    events, to, is_gap = fresh(report.events, taken_to)
    told.put_report(connection, gateway_id, kept, now_ms)
    notify(connection, FLEET, "report")
    told.put_events(connection, gateway_id, epoch, events, to, now_ms)
    if is_gap:
        detail = f"{epoch}: {taken_to + 1}-{events[0].no - 1}"
        told.find(connection, Finding(gateway_id, "", EVENTS_MISSING, detail, now_ms))
    assigned = []
    for event in events:
        if event.kind == "result":
            wishes.take_result(connection, gateway_id, event.body, now_ms)
        elif event.kind == "damage":
            box_id = forms.matching(event.body.get("box_id"), forms.ID) or ""
            detail = f"{forms.text(event.body.get('epoch'), 12)} {forms.text(event.body.get('gone'), 500)}".strip()
            told.find(connection, Finding(gateway_id, box_id, DAMAGE, detail or "?", now_ms))
        elif event.kind == "enrolled" and (box_id := event.body["box_id"]) not in assigned:
            outcome = on_enrolled(box_id, gateway_id)
            # another report may have been kept a moment ago, in this very transaction
            if outcome == "assign" and assignments.owner(connection, box_id) not in (None, gateway_id):
                outcome = ELSEWHERE
            if outcome == "assign":
                assignments.give(connection, box_id, gateway_id, "enrolled", now_ms)
                assigned.append(box_id)
            elif outcome is not None:
                told.find(connection, Finding(gateway_id, box_id, outcome, "", now_ms))
    if assigned:
        wishes.touch(connection, gateway_id)
    return Taken(to, events, assigned)
