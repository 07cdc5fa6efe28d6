"""The record of looks in the database: appended to, paged, checked, searched. Nothing changes or removes a line.

Where several servers write, a lock that ends with the transaction lets them append one after the other: there is one
chain and no fork. Whoever appends has taken it as the first act of its job (`LOCK`). On SQLite there is one writer.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from server.access import chain
from server.access.chain import Checker, Entry, Fault, Head, Signer
from server.store.access_tables import audit, audit_subjects, users

LOCK = "audit"
PSEUDONYMS = "pseudonyms"  # the subject of an entry that everybody has another pseudonym from here on
IN_ONE_QUESTION = 500
MOST_GONE = 1000
BYTES = ("detail", "prev", "hash", "signature")


def append(
    connection: Connection,
    signer: Signer,
    node: str,
    at_ms: int,
    actor: str,
    action: str,
    subjects: Sequence[str],
    detail: Mapping[str, object],
) -> Entry:
    """The next entry. Raises `ValueError` where it would hold what it must not."""
    joined, told = chain.said(actor, action, subjects, detail)
    made = chain.append(head(connection), at_ms, node, actor, action, joined, told, signer)
    connection.execute(audit.insert().values(**made._asdict()))
    if joined:
        rows = [{"subject": one, "no": made.no} for one in joined.split(" ")]
        connection.execute(audit_subjects.insert(), rows)
    return made


def head(connection: Connection) -> Head:
    """The last entry; number 0 before the first."""
    row = connection.execute(select(audit.c.no, audit.c.hash).order_by(audit.c.no.desc()).limit(1)).first()
    return chain.BEGINNING if row is None else Head(row.no, bytes(row.hash))


def head_at(connection: Connection, no: int) -> Head:
    """The head as it was with entry `no`; number 0 where there is none such."""
    row = connection.execute(select(audit.c.no, audit.c.hash).where(audit.c.no == no)).first()
    return chain.BEGINNING if row is None else Head(row.no, bytes(row.hash))


def page(
    connection: Connection, after_no: int, limit: int, actor: str | None = None, action: str | None = None
) -> list[Entry]:
    """Entries above `after_no`, in their order."""
    asked = select(audit).where(audit.c.no > after_no).order_by(audit.c.no).limit(limit)
    if actor is not None:
        asked = asked.where(audit.c.actor == actor)
    if action is not None:
        asked = asked.where(audit.c.action == action)
    return _entries(connection, asked)


def looks(connection: Connection, subjects: Sequence[str], after_no: int, limit: int) -> list[Entry]:
    """Entries about any of these, in their order."""
    found = select(audit_subjects.c.no).where(audit_subjects.c.subject.in_(subjects), audit_subjects.c.no > after_no)
    numbers = connection.execute(found.distinct().order_by(audit_subjects.c.no).limit(limit)).scalars().all()
    made: list[Entry] = []
    for start in range(0, len(numbers), IN_ONE_QUESTION):
        some = numbers[start : start + IN_ONE_QUESTION]
        made += _entries(connection, select(audit).where(audit.c.no.in_(some)).order_by(audit.c.no))
    return made


def told_since_ms(connection: Connection) -> int | None:
    """When everybody got another pseudonym the last time: by those of now no look before is found. None: never."""
    changed = select(audit.c.at_ms).join(audit_subjects, audit_subjects.c.no == audit.c.no)
    last = changed.where(audit_subjects.c.subject == PSEUDONYMS).order_by(audit_subjects.c.no.desc()).limit(1)
    return connection.execute(last).scalar()


def count(connection: Connection, after_no: int) -> int:
    """How many entries are above `after_no`."""
    return connection.execute(select(func.count()).select_from(audit).where(audit.c.no > after_no)).scalar_one()


def check(connection: Connection, checker: Checker, limit: int) -> tuple[int, list[Fault]]:
    """Check the next page, also that what finds in it finds it; returns how many entries, and what is wrong."""
    after = checker.head.no
    entries = page(connection, after, limit)
    faults = list(checker.feed(entries))
    faults += _index(connection, after, entries) if entries else _beyond(connection, after)
    return len(entries), faults


def _index(connection: Connection, after: int, entries: list[Entry]) -> Iterator[Fault]:
    asked = select(audit_subjects).where(audit_subjects.c.no > after, audit_subjects.c.no <= entries[-1].no)
    found: dict[int, set[str]] = {}
    for row in connection.execute(asked):
        found.setdefault(row.no, set()).add(row.subject)
    for entry in entries:
        if found.pop(entry.no, set()) != set(entry.subjects.split()):
            yield Fault(entry.no, "index")
    for no in sorted(found):
        yield Fault(no, "index")


def _beyond(connection: Connection, last: int) -> Iterator[Fault]:
    """Lines that are gone from the end, as far as something else in the database knows of them."""
    asked = select(audit_subjects.c.no).where(audit_subjects.c.no > last).distinct().order_by(audit_subjects.c.no)
    gone = connection.execute(asked.limit(MOST_GONE)).scalars().all()
    if not gone and not last and connection.execute(select(users.c.id).limit(1)).first() is not None:
        gone = [1]  # nobody becomes a user without a line
    for no in gone:
        yield Fault(no, "missing")


def _entries(connection: Connection, asked: Select[Any]) -> list[Entry]:
    return [_entry(row) for row in connection.execute(asked)]


def _entry(row: Row[Any]) -> Entry:
    said: dict[str, Any] = {name: getattr(row, name) for name in Entry._fields}
    return Entry(**said | {name: bytes(said[name]) for name in BYTES})
