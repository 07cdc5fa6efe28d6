"""What takes two administrators, judged in the transaction that does it; and what a user is told of such acts.

Whoever asks has locked users, approvals and the record as the first act of its job.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from server.access import roles, two
from server.access.approvals import question_hash
from server.access.two import Act, How, Reset
from server.errors import Refused
from server.store import access_requests
from server.store.access_tables import audit, audit_subjects, users

LOGGED_IN = "logged_in"
TELLING = ("user_reset", "password_changed", "totp_set")
MOST_LOOKED_AT = 500


def allow(connection: Connection, act: Act | None, actor: str, approval_id: str, now_ms: int) -> How:
    """How this is let through; an approval is used up with it.

    Raises `Refused`: `approval_needed` (detail: the action and the hash to ask for), `approval_other`,
    `approval_state`, `approval_over`, `not_found`.
    """
    if act is None:
        return How()
    hashed = question_hash(act.action, act.question)
    if approval_id:
        found = access_requests.use(connection, approval_id, actor, act.action, hashed, now_ms)
        return How(approval_id, found.judged_by)
    if two.is_machine(actor) or not _another(connection, actor):
        return How(lone=True)
    raise Refused("approval_needed", f"action {act.action}, question {hashed}")


def resets(connection: Connection, user_id: str, now_ms: int) -> list[Reset]:
    """What others changed of what this user gets in by, the latest first: since the last log-in, and in a week."""
    mine = audit_subjects.c.subject == user_id, audit.c.action.in_((*TELLING, LOGGED_IN))
    asked = select(audit).join(audit_subjects, audit_subjects.c.no == audit.c.no).where(*mine)
    made: list[Reset] = []
    is_new = True
    for row in connection.execute(asked.order_by(audit_subjects.c.no.desc()).limit(MOST_LOOKED_AT)):
        if row.action == LOGGED_IN:
            is_new = False
        elif row.actor != user_id and (is_new or row.at_ms > now_ms - two.WEEK_MS):
            made.append(_reset(connection, row))
    return made


def _reset(connection: Connection, row: Row[Any]) -> Reset:
    detail = msgspec.json.decode(bytes(row.detail))
    name = connection.execute(select(users.c.name).where(users.c.id == row.actor)).scalar()
    return Reset(row.at_ms, row.actor, name or row.actor, two.what_of(detail), bool(detail.get("lone")))


def _another(connection: Connection, actor: str) -> bool:
    has_role = (" " + users.c.roles + " ").like(f"% {roles.ADMINISTRATOR} %")
    is_able = users.c.totp.is_not(None), users.c.totp_step >= 0
    asked = select(users.c.id).where(users.c.id != actor, has_role, *is_able)
    return connection.execute(asked.limit(1)).first() is not None
