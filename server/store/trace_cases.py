"""Cases, rule sets, questions, answers and exports as rows. All of it within the caller's transaction.

1. A question is written before it is answered, and its answer in one transaction when it is there: `working` -> `done`,
   or `failed` with a code. What a server left `working` when it ended is `failed` (`ended`) after LONGEST_MS.
2. Closing a case destroys the contacts of its answers; so does the end of its time, at the next sweep.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from server.errors import Refused
from server.store.trace_tables import cases, contacts, exports, questions, rule_sets
from server.tracing import rules
from server.tracing.cases import Case
from server.tracing.kept import DONE, FAILED, WORKING, Asked, Export, Found
from server.tracing.rules import RuleSet
from server.tracing.told import Kept, ToldContact

ROWS_AT_ONCE = 1000
LONGEST_MS = 900_000
"""No question is worked on for longer."""
_CASE = [cases.c[name] if name != "key" else cases.c.case_key for name in Case._fields]


def put_case(connection: Connection, case: Case) -> None:
    """A new case."""
    values = case._asdict()
    connection.execute(insert(cases), {**values, "case_key": values.pop("key")})


def case(connection: Connection, case_id: str) -> Case:
    """Raises `Refused`: `no_such_case`."""
    row = connection.execute(select(*_CASE).where(cases.c.id == case_id)).first()
    if row is None:
        raise Refused("no_such_case", "there is no such case")
    return Case(*row)


def list_cases(connection: Connection, after: str, limit: int) -> list[Case]:
    """In the order of their ids."""
    asked = select(*_CASE).where(cases.c.id > after).order_by(cases.c.id).limit(limit)
    return [Case(*row) for row in connection.execute(asked)]


def close_case(connection: Connection, case_id: str, version: int, by: str, now_ms: int) -> Case:
    """Closed, and the contacts of its answers destroyed. Raises `Refused`: `changed_meanwhile`, `case_closed`."""
    before = case(connection, case_id)
    if before.version != version:
        raise Refused("changed_meanwhile", "the case has changed meanwhile")
    if before.closed_ms is not None:
        raise Refused("case_closed", "the case is closed already")
    after = before._replace(closed_by=by, closed_ms=now_ms, version=version + 1)
    values = {"closed_by": by, "closed_ms": now_ms, "version": after.version}
    connection.execute(update(cases).where(cases.c.id == case_id).values(values))
    _forget(connection, [case_id])
    return after


def sweep(connection: Connection, now_ms: int) -> int:
    """Destroy the contacts of cases whose time is over; returns how many rows."""
    held = select(contacts.c.question_id).distinct()
    over = select(questions.c.case_id).where(questions.c.id.in_(held)).distinct()
    ended = select(cases.c.id).where(cases.c.id.in_(over), cases.c.ends_ms <= now_ms)
    return _forget(connection, list(connection.execute(ended).scalars()))


def end_working(connection: Connection, now_ms: int) -> int:
    """What a server before left unfinished has failed; returns how many."""
    done = update(questions).where(questions.c.state == WORKING, questions.c.asked_ms < now_ms - LONGEST_MS)
    return connection.execute(done.values(state=FAILED, code="ended", done_ms=now_ms)).rowcount


def put_rule_set(connection: Connection, made: RuleSet, by: str, now_ms: int) -> RuleSet:
    """A new version, the next number; returns it as it is kept."""
    version = int(connection.execute(select(func.coalesce(func.max(rule_sets.c.version), 0))).scalar_one()) + 1
    numbered = made._replace(version=version)
    row = {"version": version, "since_ms": made.since_ms, "name": made.name, "made_by": by, "made_ms": now_ms}
    connection.execute(insert(rule_sets), {**row, "body": msgspec.json.encode(rules.said(numbered))})
    return numbered


def all_rule_sets(connection: Connection) -> list[RuleSet]:
    """By version."""
    found = connection.execute(select(rule_sets).order_by(rule_sets.c.version))
    return [rules.read(msgspec.json.decode(row.body), row.version, row.since_ms, row.name) for row in found]


def put_question(connection: Connection, asked: Asked) -> None:
    """A question that is being worked on. Raises `Refused`: `case_closed`, `no_such_case`."""
    case(connection, asked.case_id).must_be_open(asked.asked_ms)
    row = asked._asdict()
    connection.execute(insert(questions), {**row, "body": _json(asked.body), "summary": None})


def question(connection: Connection, question_id: str) -> Asked:
    """Raises `Refused`: `no_such_question`."""
    row = connection.execute(select(questions).where(questions.c.id == question_id)).first()
    if row is None:
        raise Refused("no_such_question", "there is no such question")
    return _asked(row)


def questions_of(connection: Connection, case_id: str, after: tuple[int, str], limit: int) -> list[Asked]:
    """In the order in which they were asked."""
    behind = (questions.c.asked_ms > after[0]) | ((questions.c.asked_ms == after[0]) & (questions.c.id > after[1]))
    asked = select(questions).where(questions.c.case_id == case_id, behind)
    return [
        _asked(row) for row in connection.execute(asked.order_by(questions.c.asked_ms, questions.c.id).limit(limit))
    ]


def finish(connection: Connection, found: Found) -> None:
    """What came of a question, and its contacts. A case that was closed meanwhile gets none."""
    asked = question(connection, found.question_id)
    is_open = case(connection, asked.case_id).is_open(found.done_ms)
    code = found.code if is_open else "case_closed"
    values = {
        "state": FAILED if code else DONE,
        "code": code,
        "done_ms": found.done_ms,
        "took_ms": found.took_ms,
        "contacts": len(found.contacts),
        "sha256": found.sha256,
        "summary": _json(found.summary),
    }
    connection.execute(update(questions).where(questions.c.id == found.question_id).values(values))
    if code:
        return
    rows = [
        {
            "question_id": found.question_id,
            "number": number,
            "person": one.person,
            "pseudonym": one.pseudonym,
            "body": msgspec.json.encode(one.contact),
        }
        for number, one in enumerate(found.contacts, 1)
    ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(insert(contacts), rows[start : start + ROWS_AT_ONCE])


def page(connection: Connection, question_id: str, after: int, limit: int) -> list[tuple[int, Kept]]:
    """Contacts of an answer, numbered."""
    asked = select(contacts).where(contacts.c.question_id == question_id, contacts.c.number > after)
    return [(row.number, _kept(row)) for row in connection.execute(asked.order_by(contacts.c.number).limit(limit))]


def contact(connection: Connection, question_id: str, pseudonym: str) -> Kept:
    """Raises `Refused`: `no_such_contact`."""
    asked = select(contacts).where(contacts.c.question_id == question_id, contacts.c.pseudonym == pseudonym)
    row = connection.execute(asked).first()
    if row is None:
        raise Refused("no_such_contact", "nobody in this answer has this pseudonym")
    return _kept(row)


def put_export(connection: Connection, made: Export) -> None:
    """That it was taken out."""
    connection.execute(insert(exports), made._asdict())


def exports_of(connection: Connection, case_id: str, limit: int) -> list[Export]:
    """The latest first."""
    asked = select(exports).where(exports.c.case_id == case_id).order_by(exports.c.made_ms.desc()).limit(limit)
    return [Export(*row) for row in connection.execute(asked)]


def _forget(connection: Connection, case_ids: Sequence[str]) -> int:
    if not case_ids:
        return 0
    theirs = select(questions.c.id).where(questions.c.case_id.in_(case_ids))
    return connection.execute(delete(contacts).where(contacts.c.question_id.in_(theirs))).rowcount


def _asked(row: Any) -> Asked:
    summary = None if row.summary is None else msgspec.json.decode(row.summary)
    return Asked(*row)._replace(body=msgspec.json.decode(row.body), summary=summary)


def _kept(row: Any) -> Kept:
    return Kept(row.person, row.pseudonym, msgspec.json.decode(row.body, type=ToldContact))


def _json(value: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(value)


def forget_persons(connection: Connection, persons: Sequence[bytes]) -> int:
    """Somebody asked to be forgotten: they stand in no answer any more; returns in how many they did."""
    return connection.execute(delete(contacts).where(contacts.c.person.in_(persons))).rowcount
