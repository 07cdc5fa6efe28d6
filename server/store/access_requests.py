"""Requests of people, and approvals of exports, in the database: functions of a connection.

Whoever changes one has locked `LOCK` as the first act of its job.
"""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from server.access import approvals as rules
from server.access import rights
from server.access.approvals import Approval
from server.access.rights import Asked
from server.errors import Refused
from server.store.access_tables import approvals, requests

LOCK = "access_requests"


def add(connection: Connection, asked: Asked) -> None:
    """One more."""
    connection.execute(requests.insert().values(**asked._asdict()))


def page(connection: Connection, only_open: bool, after_id: str, limit: int) -> list[Asked]:
    """Requests in the order of their ids."""
    found = select(requests).where(requests.c.id > after_id).order_by(requests.c.id).limit(limit)
    if only_open:
        found = found.where(requests.c.state.in_(rights.OPEN))
    return [_asked(row) for row in connection.execute(found)]


def one(connection: Connection, request_id: str) -> Asked:
    """Raises `Refused`: `not_found`."""
    row = connection.execute(select(requests).where(requests.c.id == request_id)).first()
    if row is None:
        raise Refused("not_found", "no such request")
    return _asked(row)


def step(connection: Connection, request_id: str, version: int, name: str, by: str, now_ms: int, ground: str) -> Asked:
    """After a step. Raises `Refused`: `not_found`, `changed_meanwhile`, and what `rights.step` raises."""
    asked = one(connection, request_id)
    if asked.version != version:
        raise Refused("changed_meanwhile", "somebody has changed it")
    after = rights.step(asked, name, by, now_ms, ground)
    connection.execute(update(requests).where(requests.c.id == request_id).values(**after._asdict()))
    return after


def ask(connection: Connection, approval: Approval) -> None:
    """One more."""
    connection.execute(approvals.insert().values(**approval._asdict()))


def approval(connection: Connection, approval_id: str) -> Approval:
    """Raises `Refused`: `not_found`."""
    row = connection.execute(select(approvals).where(approvals.c.id == approval_id)).first()
    if row is None:
        raise Refused("not_found", "no such approval")
    return _approval(row)


def approvals_page(connection: Connection, after_id: str, limit: int) -> list[Approval]:
    """Approvals in the order of their ids."""
    found = select(approvals).where(approvals.c.id > after_id).order_by(approvals.c.id).limit(limit)
    return [_approval(row) for row in connection.execute(found)]


def judge(connection: Connection, approval_id: str, by: str, is_yes: bool, now_ms: int) -> Approval:
    """Raises `Refused`: `not_found`, and what `approvals.judge` raises."""
    return _keep(connection, rules.judge(approval(connection, approval_id), by, is_yes, now_ms))


def use(
    connection: Connection, approval_id: str, by: str, action: str, question: str, now_ms: int, people: int = 0
) -> Approval:
    """Use it up. Raises `Refused`: `not_found`, and what `approvals.use` raises."""
    return _keep(connection, rules.use(approval(connection, approval_id), by, action, question, now_ms, people))


def used(connection: Connection, by: str, question: str) -> list[Approval]:
    """Those for this question that this one has used, the latest first."""
    mine = approvals.c.state == rules.USED, approvals.c.question == question, approvals.c.asked_by == by
    asked = select(approvals).where(*mine).order_by(approvals.c.asked_ms.desc())
    return [_approval(row) for row in connection.execute(asked)]


def _keep(connection: Connection, after: Approval) -> Approval:
    connection.execute(update(approvals).where(approvals.c.id == after.id).values(**after._asdict()))
    return after


def _asked(row: Row[Any]) -> Asked:
    return Asked(**{name: getattr(row, name) for name in Asked._fields})


def _approval(row: Row[Any]) -> Approval:
    return Approval(**{name: getattr(row, name) for name in Approval._fields})
