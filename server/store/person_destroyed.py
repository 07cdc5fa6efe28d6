"""What was destroyed: begun before anything goes, finished with the number of rows. Kept for ever."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select, update

from server.persons.retention import Due
from server.store.dialect import insert_new, upsert
from server.store.person_tables import destructions, horizons

DAY, PERSON = "day", "person"


class Destruction(NamedTuple):
    """A certificate of destruction. `what`: `day` (a day's key of a class, and all under it) or `person` (who asked);
    `subject`: the day and class, or the number of the request. `rows`: by table; None: it has begun and is not done."""

    id: int
    what: str
    subject: str
    day: int | None
    class_: str | None
    fingerprint: str | None
    destroyed_ms: int
    rows: dict[str, int] | None


def subject_of(day: int, class_: str) -> str:
    """How a day of a class is called."""
    return f"{day}-{class_}"


def begin_day(connection: Connection, day: int, class_: str, fingerprint: str | None, destroyed_ms: int) -> None:
    """The key of a day is destroyed; what was under it goes next. Again: nothing changes."""
    row = {"day": day, "class": class_, "fingerprint": fingerprint, "destroyed_ms": destroyed_ms}
    insert_new(connection, destructions, [{"what": DAY, "subject": subject_of(day, class_), "rows": None, **row}])


def begin_person(connection: Connection, request: str, now_ms: int) -> None:
    """What is known of somebody goes, as this request says. Again: nothing changes."""
    row = {"day": None, "class": None, "fingerprint": None, "destroyed_ms": now_ms, "rows": None}
    insert_new(connection, destructions, [{"what": PERSON, "subject": request, **row}])


def finish(connection: Connection, what: str, subject: str, rows: Mapping[str, int]) -> Destruction:
    """It is done. Where it had been done before, what was said then stands."""
    where = (destructions.c.what == what, destructions.c.subject == subject)
    done = update(destructions).where(*where, destructions.c.rows.is_(None))
    connection.execute(done.values(rows=json.dumps(dict(rows), sort_keys=True)))
    return _read(connection.execute(select(destructions).where(*where)).one())


def begun(connection: Connection) -> list[Due]:
    """Days whose destruction has begun and is not done."""
    asked = select(destructions.c.day, destructions.c["class"]).where(
        destructions.c.rows.is_(None), destructions.c.what == DAY
    )
    return [Due(day, class_) for day, class_ in connection.execute(asked)]


def page(connection: Connection, after_id: int, limit: int) -> list[Destruction]:
    """Certificates in the order in which they came about."""
    asked = select(destructions).where(destructions.c.id > after_id, destructions.c.rows.is_not(None))
    return [_read(row) for row in connection.execute(asked.order_by(destructions.c.id).limit(limit))]


def not_destroyed(connection: Connection, days: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Of these (day, class) those that are not destroyed, nor older than what is kept."""
    gone = {(row[0], row[1]) for row in connection.execute(select(destructions.c.day, destructions.c["class"]))}
    first = {row[0]: int(row[1]) for row in connection.execute(select(horizons.c["class"], horizons.c.day))}
    return {(day, class_) for day, class_ in days if (day, class_) not in gone and day >= first.get(class_, 0)}


def set_horizons(connection: Connection, first_days: Mapping[str, int]) -> None:
    """From these days on things are kept; a horizon never goes back."""
    before = {row[0]: int(row[1]) for row in connection.execute(select(horizons.c["class"], horizons.c.day))}
    rows = [{"class": name, "day": max(day, before.get(name, day))} for name, day in first_days.items()]
    upsert(connection, horizons, rows)


def _read(row: Row[Any]) -> Destruction:
    number, what, subject, day, class_, fingerprint, destroyed_ms, rows = tuple(row)
    counts = None if rows is None else json.loads(rows)
    return Destruction(number, what, subject, day, class_, fingerprint, destroyed_ms, counts)
