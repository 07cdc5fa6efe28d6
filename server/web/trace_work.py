"""A tracer's work, whoever asks for it: the API and the command line do the same through here.

1. A question is written down before anybody looks, with the keyed hashes of what was asked for and never a document.
2. It is worked on as a task of its own; `wait` gives its answer a moment, then whoever asked comes again.
3. An answer is kept whole or not at all. Asked again it is looked up anew, under a number of its own: the same data
   give the same hash.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import structlog

from server.codes.types import Document, Parsed
from server.errors import Refused, TramError
from server.holder.holder import Holder
from server.tracing import cases, classes, holes, notes, told
from server.tracing.asking import Search
from server.tracing.cases import Case
from server.tracing.kept import Asked, Found
from server.tracing.rules import Rules, RuleSet
from server.tracing.types import Answer, PlaceFacts, Question, Window
from server.web.trace_store import TraceStore

LONGEST_S = 900
MOST_AT_ONCE = 4


class Tracer(NamedTuple):
    """Who works. `areas`: bounded by these; empty: by none."""

    id: str
    areas: frozenset[str] = frozenset()


class Wanted(NamedTuple):
    """A question as it is put: documents, or a place."""

    documents: tuple[Document, ...] = ()
    place_id: str = ""
    gate_id: str = ""
    zone: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    degree: int = 1
    rule_set: int | None = None


class Identity(NamedTuple):
    """Who a contact is, from everything of theirs that can still be read. `is_gone`: nobody is known by this pseudonym
    any more."""

    pseudonym: str
    person: bytes
    documents: tuple[Document, ...]
    names: tuple[str, ...]
    born: tuple[str, ...]
    sex: tuple[str, ...]
    guardian: tuple[Document, ...]
    on_behalf: bool
    unreadable: int
    is_gone: bool = False

    def __repr__(self) -> str:
        return f"Identity({self.pseudonym})"


class Work:
    """`ask` begins, `wait` waits a little, `close` ends what is under way."""

    def __init__(self, store: TraceStore, holder: Holder, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._holder = holder
        self._now_ms = now_ms
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.looked_at: dict[str, int] = {}

    async def open_case(self, who: Tracer, title: str, legal_basis: str, area: str, ends_ms: int) -> Case:
        """A new case. Raises `Refused`: `text`, `case_end`, `area_unknown`, `forbidden_area`."""
        now_ms = self._now_ms()
        known = await self._store.areas()
        if area and area not in known:
            raise Refused("area_unknown", "there is no such area")
        self._must_reach(who, known.above(area))
        case = Case(
            secrets.token_hex(6),
            cases.text(title, "title"),
            cases.text(legal_basis, "legal_basis"),
            area,
            who.id,
            now_ms,
            cases.checked_end(ends_ms, now_ms),
            secrets.token_bytes(32),
        )
        await self._store.open_case(case)
        return case

    async def case(self, who: Tracer, case_id: str) -> Case:
        """A case that this tracer reaches. Raises `Refused`: `no_such_case`, `forbidden_area`."""
        case = await self._store.case(case_id)
        self._must_reach(who, (await self._store.areas()).above(case.area))
        return case

    async def cases(self, who: Tracer, after: str, limit: int) -> tuple[list[Case], str | None]:
        """A page of cases that this tracer reaches, and where the next begins."""
        page = await self._store.cases(after, limit)
        areas = await self._store.areas()
        found = [one for one in page if cases.covers(who.areas, areas.above(one.area))]
        return found, page[-1].id if len(page) == limit else None

    async def ask(self, who: Tracer, case_id: str, wanted: Wanted) -> Asked:
        """Begin to look. Raises `Refused`; see `server.web.said.tracing`."""
        now_ms = self._now_ms()
        case = await self.case(who, case_id)
        case.must_be_open(now_ms)
        if len(self._tasks) >= MOST_AT_ONCE:
            raise Refused("too_many_questions", f"{MOST_AT_ONCE} questions are being worked on")
        await self._store.sweep()
        await self._store.end_working()
        rules, window = await self._rules(wanted, now_ms)
        pepper = await self._store.pepper()
        question = await self._question(case, wanted, window)
        asked = Asked(
            secrets.token_hex(6),
            case.id,
            who.id,
            now_ms,
            _body(question, rules, pepper),
            *("working", None, None, None, None, None, None),
        )
        await self._store.ask(asked)
        self._begin(asked.id, case, question, rules)
        return asked

    async def wait(self, question_id: str, wait_s: float) -> None:
        """Until a question of this process is done, or the time is over."""
        task = self._tasks.get(question_id)
        if task is not None:
            await asyncio.wait([task], timeout=wait_s)

    async def question(self, who: Tracer, case_id: str, question_id: str) -> tuple[Case, Asked]:
        """Raises `Refused`: `no_such_case`, `no_such_question`, `forbidden_area`."""
        case = await self.case(who, case_id)
        asked = await self._store.question(question_id)
        if asked.case_id != case.id:
            raise Refused("no_such_question", "there is no such question in this case")
        return case, asked

    async def answered(self, who: Tracer, case_id: str, question_id: str) -> tuple[Case, Asked]:
        """A question with its answer, in an open case. Raises `Refused`: besides, `case_closed`, `not_answered`."""
        case, asked = await self.question(who, case_id, question_id)
        case.must_be_open(self._now_ms())
        if asked.state != "done":
            raise Refused("not_answered", f"it is {asked.state}")
        return case, asked

    async def must_name(self, asked: Asked) -> None:
        """Raises `Refused`: `pseudonym_gone` where its answer names persons by keys that are not used any more."""
        made_with = asked.body.get("pepper", "")
        if made_with and made_with != await self._store.pepper():
            raise Refused("pseudonym_gone", "this answer was made before the keys were changed")

    async def identities(self, pairs: Sequence[tuple[str, bytes]]) -> list[Identity]:
        """Who these are: (pseudonym, person) of contacts of an answer. Whoever calls has put down the look."""
        found = []
        for pseudonym, person in pairs:
            current, rows = await self._store.sealed(person)
            if current is None:
                found.append(Identity(pseudonym, person, (), (), (), (), (), False, 0, True))
                continue
            found.append(_identity(pseudonym, current, await self._holder.read(rows)))
        return found

    async def close(self) -> None:
        """End what is under way; a question that is not answered has failed."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _must_reach(self, who: Tracer, above: frozenset[str]) -> None:
        if not cases.covers(who.areas, above):
            raise Refused("forbidden_area", "this area is not among yours")

    async def _rules(self, wanted: Wanted, now_ms: int) -> tuple[Rules, Window]:
        rules = Rules(await self._store.rule_sets(), wanted.rule_set)
        ends_ms = now_ms if wanted.to_ms is None else wanted.to_ms
        return rules, cases.checked_window(wanted.from_ms, wanted.to_ms, rules.at(ends_ms), now_ms)

    async def _question(self, case: Case, wanted: Wanted, window: Window) -> Question:
        if wanted.degree not in (1, 2):
            raise Refused("degree", "the degree is 1 or 2")
        if bool(wanted.documents) == bool(wanted.place_id):
            raise Refused("ask_for", "ask for a person's documents, or for a place")
        if wanted.place_id and wanted.from_ms is None:
            raise Refused("window_needed", "a question about a place needs its window")
        until_ms = max(window.to_ms, self._now_ms()) if wanted.place_id and wanted.degree == 2 else window.to_ms
        base = Question(case.id, window, until_ms, wanted.degree, wanted.rule_set, area=case.area)
        if wanted.place_id:
            facts = (await self._store.places([wanted.place_id])).get(wanted.place_id)
            if not _reaches(case.area)(facts):
                raise Refused("forbidden_area", "this place is not in the case's area")
            about = base._replace(place_id=wanted.place_id, gate_id=wanted.gate_id, zone=wanted.zone)
            await self._store.must_know(about)
            return about
        macs = tuple(one.mac for one in await self._holder.tokens_of(list(wanted.documents)))
        return base._replace(tokens=macs, person=await self._store.named(macs))

    def _begin(self, question_id: str, case: Case, question: Question, rules: Rules) -> None:
        task = asyncio.create_task(self._run(question_id, case, question, rules), name="tracing")
        self._tasks[question_id] = task
        task.add_done_callback(lambda _: self._forget(question_id))

    def _forget(self, question_id: str) -> None:
        self._tasks.pop(question_id, None)
        self.looked_at.pop(question_id, None)

    async def _run(self, question_id: str, case: Case, question: Question, rules: Rules) -> None:
        began_ms = self._now_ms()
        try:
            async with asyncio.timeout(LONGEST_S):
                found = await self._search(question_id, case, question, rules, began_ms)
        except TimeoutError:
            found = self._failed(question_id, "too_long_a_question", began_ms)
        except TramError as err:
            found = self._failed(question_id, err.code, began_ms)
        except Exception as err:  # the top of a task: whoever asked is told, and nobody waits for it
            structlog.get_logger().error("mistake", what="tracing", exc_info=err)
            found = self._failed(question_id, "internal", began_ms)
        try:
            await self._store.finish(found)
        except TramError as err:
            structlog.get_logger().warning("answer_not_kept", question=question_id, error=err.code)
            return
        structlog.get_logger().info(
            "traced", question=question_id, case=case.id, contacts=len(found.contacts), took_ms=found.took_ms
        )

    async def _search(self, question_id: str, case: Case, question: Question, rules: Rules, began_ms: int) -> Found:
        def tell(looked_at: int) -> None:
            self.looked_at[question_id] = looked_at

        answer = await Search(question, rules, self._store, _reaches(case.area), tell).run()
        kept = told.contacts(answer, lambda person: cases.pseudonym(case.key, person))
        done_ms = self._now_ms()
        fingerprint = told.fingerprint(kept, answer.holes)
        sets = rules.within(question.window.from_ms, question.until_ms)
        summary = _summary(answer, sets) | {"notes": [one._asdict() for one in notes.told(question, sets)]}
        return Found(question_id, None, done_ms, done_ms - began_ms, fingerprint, summary, kept)

    def _failed(self, question_id: str, code: str, began_ms: int) -> Found:
        now_ms = self._now_ms()
        return Found(question_id, code, now_ms, now_ms - began_ms, None, {}, [])


def _reaches(area: str) -> Callable[[PlaceFacts | None], bool]:
    """A place that nobody registered lies nowhere, and is looked into under every case."""
    return lambda facts: not area or facts is None or not facts.above or area in facts.above


def _body(question: Question, rules: Rules, pepper: str) -> dict[str, Any]:
    sets: list[RuleSet] = rules.within(question.window.from_ms, question.until_ms)
    return {
        "from_ms": question.window.from_ms,
        "to_ms": question.window.to_ms,
        "until_ms": question.until_ms,
        "degree": question.degree,
        "rule_set": question.rule_set,
        "rule_sets": [one.version for one in sets],
        "tokens": [mac.hex() for mac in question.tokens],
        "person": None if question.person is None else question.person.hex(),
        "place_id": question.place_id,
        "gate_id": question.gate_id,
        "zone": question.zone,
        "pepper": pepper,
    }


def _summary(answer: Answer, sets: Sequence[RuleSet]) -> dict[str, Any]:
    return {
        "stays": answer.stays,
        "looked_at": answer.looked_at,
        "nearly": answer.nearly,
        "by_certainty": classes.numbers(answer.contacts),
        "counted": classes.counted(sets),
        "cut": list(answer.cut),
        "rule_sets": list(answer.rule_sets),
        "first_degree": sum(one.degree == 1 for one in answer.contacts),
        "without_phone": sum(not one.has_phone for one in answer.contacts),
        "holes": [told.hole_fields(one) for one in answer.holes[: holes.MOST_HOLES]],
    }


def _identity(pseudonym: str, person: bytes, read: Sequence[Parsed | bytes | None]) -> Identity:
    parsed = [one for one in read if isinstance(one, Parsed)]
    theirs = dict.fromkeys(document for one in parsed for document in one.documents)
    guardian = dict.fromkeys(document for one in parsed for document in one.guardian)
    return Identity(
        pseudonym,
        person,
        tuple(theirs),
        tuple(dict.fromkeys(one.name for one in parsed if one.name)),
        tuple(dict.fromkeys(one.born for one in parsed if one.born)),
        tuple(dict.fromkeys(one.sex for one in parsed if one.sex)),
        tuple(guardian),
        any(one.on_behalf for one in parsed),
        len(read) - len(parsed),
    )
