"""What `server/tracing` keeps and looks up: a few verbs to await, each one transaction or some short reads."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

from sqlalchemy import Connection

from server.ingest.meaning import SealedRow
from server.places.areas import Areas
from server.places.seats import Seats
from server.store import (
    place_seats,
    trace_absences,
    trace_cases,
    trace_gaps,
    trace_known,
    trace_ledgers,
    trace_people,
    trace_visits,
)
from server.store.database import Database
from server.tracing import holes
from server.tracing.cases import Case
from server.tracing.kept import Asked, Export, Found
from server.tracing.rules import Rules, RuleSet
from server.tracing.told import Kept
from server.tracing.types import MINUTE_MS, Gap, PlaceFacts, Question, Stay, Window

SPANS_AT_ONCE = 5
ABSENCES_AT_ONCE = 20
SPOOLS_AT_ONCE = 20
MOST_SPOOLS = 500


class TraceShelf:
    """Each verb raises `Unavailable` where the database cannot do it now."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._known: tuple[place_seats.Version, Seats, Areas] | None = None

    async def open_case(self, case: Case) -> None:
        """A new case."""
        await self._database.write(lambda connection: trace_cases.put_case(connection, case))

    async def case(self, case_id: str) -> Case:
        """Raises `Refused`: `no_such_case`."""
        return await self._database.read(lambda connection: trace_cases.case(connection, case_id))

    async def cases(self, after: str, limit: int) -> list[Case]:
        """In the order of their ids."""
        return await self._database.read(lambda connection: trace_cases.list_cases(connection, after, limit))

    async def close_case(self, case_id: str, version: int, by: str) -> Case:
        """Closed; the contacts of its answers are destroyed. Raises `Refused`: `changed_meanwhile`, `case_closed`."""
        now_ms = self._now_ms()
        return await self._database.write(
            lambda connection: trace_cases.close_case(connection, case_id, version, by, now_ms)
        )

    async def sweep(self) -> int:
        """Destroy the contacts of cases whose time is over; -> how many."""
        now_ms = self._now_ms()
        return await self._database.write(lambda connection: trace_cases.sweep(connection, now_ms))

    async def end_working(self) -> int:
        """Questions that a server before left unfinished have failed; -> how many."""
        now_ms = self._now_ms()
        return await self._database.write(lambda connection: trace_cases.end_working(connection, now_ms))

    async def add_rule_set(self, made: RuleSet, by: str) -> RuleSet:
        """A new version; returns it with its number."""
        now_ms = self._now_ms()
        return await self._database.write(lambda connection: trace_cases.put_rule_set(connection, made, by, now_ms))

    async def rule_sets(self) -> list[RuleSet]:
        """By version."""
        return await self._database.read(trace_cases.all_rule_sets)

    async def ask(self, asked: Asked) -> None:
        """A question that is being worked on. Raises `Refused`: `case_closed`, `no_such_case`."""
        await self._database.write(lambda connection: trace_cases.put_question(connection, asked))

    async def finish(self, found: Found) -> None:
        """What came of it."""
        await self._database.write(lambda connection: trace_cases.finish(connection, found))

    async def question(self, question_id: str) -> Asked:
        """Raises `Refused`: `no_such_question`."""
        return await self._database.read(lambda connection: trace_cases.question(connection, question_id))

    async def questions(self, case_id: str, after: tuple[int, str], limit: int) -> list[Asked]:
        """In the order in which they were asked."""
        return await self._database.read(lambda connection: trace_cases.questions_of(connection, case_id, after, limit))

    async def contacts(self, question_id: str, after: int, limit: int) -> list[tuple[int, Kept]]:
        """A page of an answer, numbered."""
        return await self._database.read(lambda connection: trace_cases.page(connection, question_id, after, limit))

    async def contact(self, question_id: str, pseudonym: str) -> Kept:
        """Raises `Refused`: `no_such_contact`."""
        return await self._database.read(lambda connection: trace_cases.contact(connection, question_id, pseudonym))

    async def add_export(self, made: Export) -> None:
        """That an answer was taken out."""
        await self._database.write(lambda connection: trace_cases.put_export(connection, made))

    async def exports(self, case_id: str, limit: int) -> list[Export]:
        """The latest first."""
        return await self._database.read(lambda connection: trace_cases.exports_of(connection, case_id, limit))

    async def named(self, macs: Sequence[bytes]) -> bytes | None:
        """Whom these tokens name. Raises `Refused`: `documents_differ`."""
        return await self._database.read(lambda connection: trace_people.named(connection, macs))

    async def sealed(self, person: bytes) -> tuple[bytes | None, list[SealedRow]]:
        """Who this pseudonym is now (None: nobody any more), and rows in which its documents stand."""

        def job(connection: Connection) -> tuple[bytes | None, list[SealedRow]]:
            current = trace_people.now(connection, person)
            return current, [] if current is None else trace_people.sealed(connection, current)

        return await self._database.read(job)

    async def pepper(self) -> str:
        """The fingerprint of the key that pseudonyms are made with now; empty: none are made yet."""
        return await self._database.read(trace_people.pepper)

    async def must_know(self, question: Question) -> None:
        """What a question about a place names. Raises `Refused`: `place_unknown`, `gate_unknown`, `zone_unknown`."""
        await self._database.read(lambda connection: trace_known.must_know(connection, question))

    async def areas(self) -> Areas:
        """The tree of areas."""
        return await self._database.read(lambda connection: self._register(connection)[1])

    async def of_persons(self, persons: Sequence[bytes], window: Window) -> list[Stay]:
        """Every stay of these persons that may reach into the window."""
        return await self._database.read(lambda connection: trace_visits.of_persons(connection, persons, window))

    async def at_places(
        self, spans: Sequence[tuple[str, Window]], usual_ms: int | None
    ) -> AsyncGenerator[tuple[int, list[Stay]], None]:
        """Every stay at a place that may reach into its window, in pages, each with the number of its span. The next
        page is read while one is judged."""
        coming = self._ahead(spans, 0, usual_ms, None)
        try:
            while coming is not None:
                number, page, after = await coming
                coming = self._ahead(spans, number + (after is None), usual_ms, after)
                if page:
                    yield number, page
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.wait([coming])

    def _ahead(
        self, spans: Sequence[tuple[str, Window]], number: int, usual_ms: int | None, after: trace_visits.After | None
    ) -> "asyncio.Task[tuple[int, list[Stay], trace_visits.After | None]] | None":
        if number == len(spans):
            return None
        place_id, window = spans[number]

        async def read() -> tuple[int, list[Stay], trace_visits.After | None]:
            page, next_ = await self._database.read(
                lambda connection: trace_visits.at_place(connection, place_id, window, usual_ms, after)
            )
            return number, page, next_

        return asyncio.create_task(read(), name="tracing-page")

    async def places(self, place_ids: Sequence[str]) -> Mapping[str, PlaceFacts]:
        """What is known of places; those that nobody registered are left out."""
        return await self._database.read(
            lambda connection: trace_visits.facts(connection, place_ids, self._register(connection)[1])
        )

    async def gaps(self, question: Question, spans: Sequence[tuple[str, Window]]) -> list[Gap]:
        """What is not known: of these places at these times, and of everything in the question's window."""
        longest_ms = MINUTE_MS * max(one.max_stay_min for one in await self._rule_sets(question))
        window, wider = question.window, Window(question.window.from_ms - longest_ms, question.window.to_ms)
        parts = trace_gaps.around(spans, longest_ms)
        seats = await self._database.read(lambda connection: self._register(connection)[0])
        found = trace_gaps.of_purposes(seats, parts, window)
        inside = 0
        for start in range(0, len(parts), SPANS_AT_ONCE):
            gaps, number = await self._of_hours(parts[start : start + SPANS_AT_ONCE], window)
            found, inside = found + gaps, inside + number
        for start in range(0, len(spans), SPANS_AT_ONCE):
            found += await self._of_timeless(spans[start : start + SPANS_AT_ONCE])
        found += await self._of_gateways({place_id for place_id, _ in spans}, window)
        silent, away = await self._of_alerts(parts, window, seats)
        found += silent
        if not question.place_id or question.degree == 2:  # somebody may have been elsewhere
            outside = await self._database.read(lambda connection: trace_gaps.unread(connection, window)) - inside
            found += [Gap(holes.UNREAD_ELSEWHERE, "", "", *window, outside, outside)] if outside > 0 else []
            found += [Gap(holes.SILENT_ELSEWHERE, "", "", *window, None, away)] if away else []
        found += await self._of_ledgers(seats, wider)
        found += await self._database.read(lambda connection: trace_gaps.of_person(connection, question))
        found += await self._of_window(trace_gaps.of_findings, wider)
        found += await self._database.read(
            lambda connection: trace_gaps.of_register(connection, question, self._register(connection)[1])
        )
        for job in (trace_gaps.of_destructions, trace_gaps.of_deriving):
            found += await self._of_window(job, window)
        return found

    async def _rule_sets(self, question: Question) -> list[RuleSet]:
        rules = Rules(await self.rule_sets(), question.rule_set)
        return rules.within(question.window.from_ms, question.until_ms)

    async def _of_window(self, job: Callable[[Connection, Window], list[Gap]], window: Window) -> list[Gap]:
        return await self._database.read(lambda connection: job(connection, window))

    async def _of_hours(self, spans: Sequence[tuple[str, Window]], window: Window) -> tuple[list[Gap], int]:
        return await self._database.read(
            lambda connection: (trace_gaps.of_hours(connection, spans), trace_gaps.unread(connection, window, spans))
        )

    async def _of_timeless(self, spans: Sequence[tuple[str, Window]]) -> list[Gap]:
        return await self._database.read(lambda connection: trace_gaps.of_timeless(connection, spans))

    async def _of_gateways(self, place_ids: set[str], window: Window) -> list[Gap]:
        gateways = await self._database.read(lambda connection: trace_gaps.gateways_of(connection, place_ids))
        return await self._database.read(lambda connection: trace_gaps.of_reports(connection, gateways, window))

    async def _of_alerts(
        self, spans: Sequence[tuple[str, Window]], window: Window, seats: Seats
    ) -> tuple[list[Gap], int]:
        """-> (what is told by itself, how many boxes were away elsewhere)"""
        alerts = trace_absences.Alerts()
        while await self._database.read(alerts.read):
            pass
        first_ms = min([window.from_ms, *(span.from_ms for _, span in spans)])
        last_ms = max([window.to_ms, *(span.to_ms for _, span in spans)])
        absences = alerts.within(Window(first_ms, last_ms))
        found: list[Gap] = []
        elsewhere: set[str] = set()
        for start in range(0, len(absences), ABSENCES_AT_ONCE):
            told, boxes = await self._of_absences(absences[start : start + ABSENCES_AT_ONCE], spans, seats, window)
            found, elsewhere = found + told, elsewhere | boxes
        return found, len(elsewhere)

    async def _of_absences(
        self,
        absences: Sequence[trace_absences.Absence],
        spans: Sequence[tuple[str, Window]],
        seats: Seats,
        window: Window,
    ) -> tuple[list[Gap], set[str]]:
        return await self._database.read(
            lambda connection: trace_absences.holes_of(connection, absences, spans, seats, window)
        )

    async def _of_ledgers(self, seats: Seats, window: Window) -> list[Gap]:
        found: list[Gap] = []
        after, looked_at = ("", ""), 0
        while looked_at < MOST_SPOOLS:
            spools, gaps = await self._spools(after, seats, window)
            found += gaps
            if len(spools) < SPOOLS_AT_ONCE:
                break
            after, looked_at = spools[-1][:2], looked_at + len(spools)
        return found

    async def _spools(
        self, after: tuple[str, str], seats: Seats, window: Window
    ) -> tuple[list[trace_ledgers.Troubled], list[Gap]]:
        def job(connection: Connection) -> tuple[list[trace_ledgers.Troubled], list[Gap]]:
            spools = trace_ledgers.troubled(connection, after, SPOOLS_AT_ONCE)
            return spools, trace_ledgers.gaps_of(connection, spools, seats, window)

        return await self._database.read(job)

    def _register(self, connection: Connection) -> tuple[Seats, Areas]:
        version = place_seats.version(connection)
        known = self._known  # set at once and never in part: several threads may be here
        if known is None or known[0] != version:
            known = self._known = (version, place_seats.seats(connection), trace_visits.areas(connection))
        return known[1], known[2]
