"""How many contacts of an answer somebody has opened one after the other: told by the record of looks.

Whoever asks has locked approvals and the record as the first act of its job, and writes the look in the same one.
"""

import re

from sqlalchemy import Connection, func, select

from server.access import approvals as rules
from server.access.approvals import Opening
from server.errors import Refused
from server.store import access_requests
from server.store.access_tables import audit, audit_subjects
from server.store.trace_tables import contacts

OPENED = "contact_opened"
IN_ONE_QUESTION = 500
PERSON = re.compile(r"[0-9a-f]{32}\Z")


def allow(connection: Connection, actor: str, opening: Opening, now_ms: int) -> bool:
    """Let this one be opened; returns whether an approval was used up with it.

    Raises `Refused`: `approval_needed` (detail: the action and the hash to ask for), `approval_other`,
    `approval_state`, `approval_over`, `not_found`.
    """
    if opening.people <= opening.most:
        return False
    known = opened(connection, actor, opening.case_id)
    if opening.person in known or _of_answer(connection, opening.question_id, known) < opening.most:
        return False
    given = access_requests.used(connection, actor, opening.question)
    if any(rules.is_open(one, opening, actor, now_ms) for one in given):
        return False
    if not opening.approval:
        raise Refused("approval_needed", f"action {opening.action}, question {opening.question}")
    asked = actor, opening.action, opening.question, now_ms, opening.people
    access_requests.use(connection, opening.approval, *asked)
    return True


def opened(connection: Connection, actor: str, case_id: str) -> set[str]:
    """Whom this user has opened under this case."""
    mine = audit_subjects.c.subject == f"case:{case_id}", audit.c.actor == actor, audit.c.action == OPENED
    asked = select(audit.c.subjects).join(audit_subjects, audit_subjects.c.no == audit.c.no).where(*mine)
    found = connection.execute(asked).scalars()
    return {one for subjects in found for one in subjects.split() if PERSON.match(one)}


def _of_answer(connection: Connection, question_id: str, people: set[str]) -> int:
    """How many of these people are in this answer."""
    found, macs = 0, [bytes.fromhex(one) for one in sorted(people)]
    for start in range(0, len(macs), IN_ONE_QUESTION):
        some = contacts.c.question_id == question_id, contacts.c.person.in_(macs[start : start + IN_ONE_QUESTION])
        asked = select(func.count(contacts.c.person.distinct())).where(*some)
        found += connection.execute(asked).scalar_one()
    return found
