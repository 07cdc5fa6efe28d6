"""Who met whom: the server's answers against the truth, for some persons, under three rule sets.

1. The truth: at one place for 15 minutes and more. Asked is as a tracer asks, by each document of the person.
2. `possible` (any bound reaches the minimum): whoever is missing must be explained by a hole that the answer names for
   that box or place and that time. `sure`: whoever is named has been met. `likely`, the usual rule: how many of either.
3. A guard's card stands for nobody, and is left aside.
4. A wrong clock moves scans: one made elsewhere before may be told as if it had been within a stay, and end it early.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from server.codes.types import CITIZEN, INSURANCE, OLD_CITIZEN, PERSONAL_QR, Document
from server.sim.clock import BEGINS_MS, DAY_MS, HOUR_MS, MINUTE_MS
from server.sim.figures import Figure, must, share
from server.sim.passing import HELD, LOST, OFF, UNREAD, Passed
from server.sim.people import Person
from server.sim.truth import COUNTED, ODD_CLOCK, UNNAMED, Truth, overlap_ms
from server.tracing.rules import read
from server.tracing.types import LIKELY, POSSIBLE, SURE
from server.web.trace_work import Tracer, Wanted, Work

ROOM = "contacts"
LEAST_MIN = 15
WAIT_S = 300
CERTAINTIES = {LIKELY: 1, POSSIBLE: 2, SURE: 3}
NAMED_BY = {
    OFF: ("silent", "noon", "silent_elsewhere"),
    LOST: ("lost",),
    HELD: ("waiting", "missing"),
    UNREAD: ("unread", "unread_elsewhere"),
    COUNTED: ("counted_only", "counts_only_period", "counts_only_elsewhere"),
    UNNAMED: ("probable_link", "ambiguous_document"),
    ODD_CLOCK: ("wrong_clock",),
}


class Answered(NamedTuple):
    """What came of all questions about one person under one rule set. `took_ms`: of the slowest question."""

    persons: set[bytes]
    holes: list[dict[str, object]]
    took_ms: int


class Compared(NamedTuple):
    """`unexplained`, `false_sure`: evidence."""

    counts: Counter[str]
    reasons: Counter[str]
    unexplained: list[str]
    false_sure: list[str]
    slowest_ms: int


async def compare(
    truth: Truth, tell: Callable[[int, int], None] = lambda done, total: None
) -> tuple[list[Figure], dict[str, list[str]]]:
    """Figures, and evidence of what is wrong."""
    done = Compared(Counter(), Counter(), [], [], 0)
    asking = Asking(truth)
    await asking.open()
    whose = _whose(truth)
    asked = _index_persons(truth)
    for number, index in enumerate(asked):
        tell(number, len(asked))
        met = _met(truth, index)
        for certainty in CERTAINTIES:
            found = await asking.ask(index, certainty)
            done = done._replace(slowest_ms=max(done.slowest_ms, found.took_ms))
            _count(truth, index, certainty, met, found, whose, done)
    await asking.work.close()
    return _figures(done, len(asked)), {
        "missed_unexplained": done.unexplained,
        "sure_but_not_met": done.false_sure,
    }


class Asking:
    """A tracer with one case."""

    def __init__(self, truth: Truth) -> None:
        server = truth.province.server
        self._province, self._store = truth.province, server.shelf.tracing
        self.work = Work(self._store, server.holder, truth.province.clock)
        self._holder = server.holder
        self._who = Tracer("province")
        self._case = ""

    async def open(self) -> None:
        """The rule sets and the case."""
        for certainty, version in CERTAINTIES.items():
            made = read(
                {"certainty": certainty, "min_overlap_min": LEAST_MIN, "most_contacts": 100_000}, version, 0, certainty
            )
            await self._store.add_rule_set(made, "province")
        ends_ms = self._province.clock() + 10 * DAY_MS
        self._case = (await self.work.open_case(self._who, "Vụ việc mẫu", "QĐ mẫu 02/2026", "", ends_ms)).id

    async def ask(self, index: int, certainty: str) -> Answered:
        """By every document of that resident, each person that they name once."""
        persons: set[bytes] = set()
        holes: list[dict[str, object]] = []
        took_ms, named = 0, set()
        for document in _documents(self._province.residents[index].person):
            macs = [one.mac for one in await self._holder.tokens_of([document])]
            person = await self._store.named(macs)
            if person in named:
                continue
            named.add(person)
            window = BEGINS_MS, self._province.ends_ms
            wanted = Wanted((document,), from_ms=window[0], to_ms=window[1], rule_set=CERTAINTIES[certainty])
            started_s = time.perf_counter()
            asked = await self.work.ask(self._who, self._case, wanted)
            await self.work.wait(asked.id, WAIT_S)
            _, answer = await self.work.answered(self._who, self._case, asked.id)
            took_ms = max(took_ms, round((time.perf_counter() - started_s) * 1000))
            holes += (answer.summary or {})["holes"]
            after = 0
            while page := await self._store.contacts(asked.id, after, 500):
                persons |= {kept.person for _, kept in page}
                after = page[-1][0]
        return Answered(persons, holes, took_ms)


def _documents(one: Person) -> list[Document]:
    numbers = ((CITIZEN, "number"), (PERSONAL_QR, "qid"), (INSURANCE, "insurance"), (OLD_CITIZEN, "old_number"))
    return [Document(type_, getattr(one, name)) for type_, name in numbers if getattr(one, name)]


def _index_persons(truth: Truth) -> list[int]:
    seen = sorted(truth.by_resident)
    draw = random.Random(f"{truth.province.asked.seed}/index")  # noqa: S311 - repeatable, not secret
    return draw.sample(seen, min(truth.province.asked.traced, len(seen)))


def _whose(truth: Truth) -> dict[bytes, set[int]]:
    found: dict[bytes, set[int]] = {}
    for one in truth.told():
        if one.seen.person is not None:
            found.setdefault(one.seen.person, set()).add(one.resident)
    return found


def _met(truth: Truth, index: int) -> dict[int, list[tuple[int, int]]]:
    """contact -> (number of the index person's stay, of the contact's); only where they met."""
    found: dict[int, list[tuple[int, int]]] = {}
    for own in truth.by_resident[index]:
        stay = truth.stays[own]
        for other in truth.by_site[stay.site]:
            met = truth.stays[other]
            if met.resident != index and overlap_ms(stay, met) >= LEAST_MIN * MINUTE_MS:
                found.setdefault(met.resident, []).append((own, other))
    return found


def _count(
    truth: Truth,
    index: int,
    certainty: str,
    met: dict[int, list[tuple[int, int]]],
    answer: Answered,
    whose: dict[bytes, set[int]],
    done: Compared,
) -> None:
    guards = set(truth.province.passages.guards.values())
    found = {resident for person in answer.persons for resident in whose.get(person, ())} - guards - {index}
    counts = done.counts
    counts[f"{certainty}_found"] += len(found & met.keys())
    counts[f"{certainty}_missed"] += len(met.keys() - found)
    false = found - met.keys()
    counts[f"{certainty}_false"] += len(false)
    if certainty == SURE:
        for one in sorted(false):
            stays = _together(truth, index, one)
            if not any(truth.has_odd_clock(number) for pair in stays for number in pair):
                done.false_sure.append(f"{index} and {one}: {[_shown(truth, *pair) for pair in stays]}")
    if certainty == POSSIBLE:
        for one in sorted(met.keys() - found):
            reasons = [_reason(truth, answer, *pair) for pair in met[one]]
            if any(reason.startswith("unexplained") for reason in reasons):
                shown = [_shown(truth, *pair) for pair in met[one]]
                done.unexplained.append(f"{index} and {one}: {reasons} {shown}")
            done.reasons.update(set(reasons))


def _together(truth: Truth, index: int, other: int) -> list[tuple[int, int]]:
    mine, theirs = truth.by_resident[index], truth.by_resident[other]
    near = 12 * HOUR_MS
    return [
        (one, two)
        for one in mine
        for two in theirs
        if truth.stays[one].site == truth.stays[two].site and overlap_ms(truth.stays[one], truth.stays[two]) > -near
    ]


def _reason(truth: Truth, answer: Answered, own: int, other: int) -> str:
    """Why this meeting is not in the answer, where the answer says so."""
    causes: list[tuple[str, Passed]] = []
    for number in (own, other):
        if not truth.persons(number):
            causes += truth.blind(number)
    if not causes:
        causes = [(ODD_CLOCK, one) for number in (own, other) for one in truth.moved_into(number)]
    for cause, one in causes:
        if any(_names(hole, cause, one, truth) for hole in answer.holes):
            return cause
    return "unexplained:" + ("/".join(sorted({cause for cause, _ in causes})) or "seen")


def _names(hole: dict[str, object], cause: str, one: Passed, truth: Truth) -> bool:
    if hole["code"] not in NAMED_BY[cause]:
        return False
    site = truth.province.sites[truth.province.boxes[one.box_id].site]
    is_there = hole["box_id"] in ("", one.box_id) and hole["place_id"] in ("", site.place_id)
    first, last = hole["from_ms"], hole["to_ms"]
    return (
        is_there and isinstance(first, int) and isinstance(last, int) and first - HOUR_MS <= one.at_ms <= last + HOUR_MS
    )


def _shown(truth: Truth, own: int, other: int) -> str:
    return " | ".join(f"{truth.stays[one]} {truth.fates(one)} {truth.visit(one)}" for one in (own, other))


def _figures(done: Compared, index: int) -> list[Figure]:
    figures = [Figure(ROOM, "index_persons", index), Figure(ROOM, "slowest_answer_ms", done.slowest_ms)]
    for certainty in (SURE, LIKELY, POSSIBLE):
        found, missed, false = (done.counts[f"{certainty}_{what}"] for what in ("found", "missed", "false"))
        figures += [
            Figure(ROOM, f"{certainty}_found", found),
            Figure(ROOM, f"{certainty}_missed", missed),
            Figure(ROOM, f"{certainty}_false", false),
            Figure(ROOM, f"{certainty}_recall", share(found, found + missed)),
            Figure(ROOM, f"{certainty}_precision", share(found, found + false)),
        ]
    figures += [Figure(ROOM, f"missed_by_{reason}", many) for reason, many in sorted(done.reasons.items())]
    unexplained, false_sure = len(done.unexplained), len(done.false_sure)
    return [
        *figures,
        must(ROOM, "missed_unexplained", unexplained, unexplained == 0, "= 0"),
        must(ROOM, "sure_but_not_met", false_sure, false_sure == 0, "= 0"),
    ]
