"""What people may ask of whoever keeps data on them, and by when it has to be done.

Law: Law 91/2025/QH15 on the protection of personal data and Decree 356/2025/ND-CP, both in force since 1 January 2026.
1. A request is answered (taken, or refused with the reason) within 2 working days [cdlaf.vn on Decree 356].
2. Withdrawal, restriction and objection are done within 15 days, 20 where processors or third parties have to act; one
   extension of 15 days [cdlaf.vn]. The other rights within 10 to 20 days [cdlaf.vn].
3. Our reading, where the sources leave it open: access and correction 10 days, deletion 20; the same one extension of
   15 days; days are calendar days, counted from the day after the request came; a last day on a weekend or a holiday
   stays the last day (the stricter reading: Civil Code art. 148 would move it on).
4. A refusal names its ground as a code; explaining it is owed (Law 91/2025 art. 14 on deletion [nghean24h.vn]).
5. received -> answered -> done, received -> refused, answered -> refused. An extension once, before the deadline.
   Nothing leads out of `done` and `refused`. A step is never taken back.
6. What is known of who asks is looked up, and let go of, between `answered` and `done`, and never by the one who took
   the last step: a request that somebody made up alone opens nobody.
7. Nothing here says who somebody is: `subject` is a pseudonym, `reference` the number of the paper.
"""

from datetime import date, timedelta
from typing import NamedTuple

from server.access import working_days
from server.errors import Refused

KINDS = ("access", "correction", "deletion", "restriction", "objection", "withdrawal")
RECEIVED, ANSWERED, DONE, REFUSED = "received", "answered", "done", "refused"
OPEN = (RECEIVED, ANSWERED)
GROUNDS = ("not_the_person", "no_data", "law_requires_keeping", "epidemic_duty", "others_rights", "excessive")
ANSWER_WORKING_DAYS = 2
EXTENSION_DAYS = 15
DAYS = {"access": 10, "correction": 10, "deletion": 20, "restriction": 15, "objection": 15, "withdrawal": 15}
DAYS_WITH_PROCESSORS = dict.fromkeys(DAYS, 20)
STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    "answer": ((RECEIVED,), ANSWERED),
    "done": ((ANSWERED,), DONE),
    "refuse": ((RECEIVED, ANSWERED), REFUSED),
    "extend": ((RECEIVED, ANSWERED), ""),
}


class Asked(NamedTuple):
    """A request. `extended`: 0 or 1; `ground`: of a refusal."""

    id: str
    kind: str
    subject: str
    reference: str
    with_processors: bool
    received_ms: int
    state: str
    taken_by: str
    answered_ms: int | None
    ended_ms: int | None
    extended: int
    ground: str
    version: int


class Deadlines(NamedTuple):
    """Last days, and whether every holiday in between is known."""

    answer: date
    done: date
    is_sure: bool


def judge(kind: str) -> str:
    """Raises `Refused`: `request_kind`."""
    if kind not in KINDS:
        raise Refused("request_kind", "one of: " + ", ".join(KINDS))
    return kind


def deadlines(asked: Asked) -> Deadlines:
    """By when it has to be answered and done."""
    came = working_days.local_date(asked.received_ms)
    days = (DAYS_WITH_PROCESSORS if asked.with_processors else DAYS)[asked.kind] + EXTENSION_DAYS * asked.extended
    answer = working_days.after(came, ANSWER_WORKING_DAYS)
    return Deadlines(answer, came + timedelta(days=days), working_days.is_sure(came, answer))


def step(asked: Asked, name: str, by: str, now_ms: int, ground: str = "") -> Asked:
    """After a step: `answer`, `done`, `refuse`, `extend`.

    Raises `Refused`: `request_step`, `request_ground`, `request_late`.
    """
    if name not in STEPS or asked.state not in STEPS[name][0]:
        raise Refused("request_step", f"{name} is not a step from {asked.state}")
    if (name == "refuse") != (ground in GROUNDS) or (ground and ground not in GROUNDS):
        raise Refused("request_ground", "a refusal names one of: " + ", ".join(GROUNDS))
    changed = asked._replace(version=asked.version + 1, taken_by=by)
    if name == "extend":
        if asked.extended or now_ms >= working_days.end_of_ms(deadlines(asked).done):
            raise Refused("request_late", "it is extended once, and before its last day is over")
        return changed._replace(extended=1)
    state = STEPS[name][1]
    if name == "answer":
        return changed._replace(state=state, answered_ms=now_ms)
    return changed._replace(state=state, ended_ms=now_ms, ground=ground, answered_ms=asked.answered_ms or now_ms)


def must_open(asked: Asked, by: str) -> None:
    """Whether this one may look up who asks. Raises `Refused`: `request_step`, `request_own`."""
    if asked.state != ANSWERED:
        raise Refused("request_step", "only a request that was answered, and is not done yet, opens what is known")
    if asked.taken_by == by:
        raise Refused("request_own", "another person has to answer the request first")


def overdue(asked: Asked, now_ms: int) -> str:
    """`answer`, `done`, or "" while nothing is late."""
    if asked.state not in OPEN:
        return ""
    last = deadlines(asked)
    if now_ms >= working_days.end_of_ms(last.done):
        return "done"
    return "answer" if asked.state == RECEIVED and now_ms >= working_days.end_of_ms(last.answer) else ""
