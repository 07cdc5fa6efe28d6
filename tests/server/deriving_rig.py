"""What tests of deriving send, and what they find derived."""

import time

from sqlalchemy import select

from server.store import person_tables, visit_tables
from tests.server import people, rig
from tests.server.rig import BOX, OTHER_BOX, body, scan

DAY_MS = 86_400_000
NOON_MS = (time.time_ns() // 1_000_000 // DAY_MS - 2) * DAY_MS + 5 * 3_600_000  # 12:00 in Vietnam, two days ago
DERIVED = (
    visit_tables.sightings,
    visit_tables.visits,
    visit_tables.hours,
    person_tables.tokens,
    person_tables.edges,
)
TOWN = people.people(seed=3, count=6)


def shown(seq, code, at_ms, box_id=BOX, direction="in", boot=1, uptime_ms=None):
    marks = f"dir={direction}" if direction else ""
    bound_ms = None if at_ms is None else 500
    when = {"utc_ms": at_ms, "bound_ms": bound_ms}
    return scan(seq, code=code, box_id=box_id, boot=boot, uptime_ms=uptime_ms, marks=marks, **when)


def a_day():
    """Records of two boxes: everybody comes in with one document and goes out with another, half of them at least."""
    made, seq = [], {BOX: 0, OTHER_BOX: 0}
    for number, one in enumerate(TOWN):
        codes = [people.CODES[kind](one) for kind in one.shows]
        comes_ms = NOON_MS - 3_600_000 + number * 600_000
        for at_ms, box_id, code, direction in (
            (comes_ms, BOX, codes[0], "in"),
            (comes_ms + 30_000, BOX, codes[0], "in"),
            (comes_ms + 3_000_000, OTHER_BOX, codes[-1], "out"),
        ):
            if direction == "in" or number % 2:
                seq[box_id] += 1
                made.append(shown(seq[box_id], code, at_ms, box_id, direction))
    return made


async def rows(server):
    """Everything derived, but for what says when it came."""
    left_out = {"received_ms"}

    def job(connection):
        return {
            table.name: sorted(
                tuple((name, value) for name, value in row._mapping.items() if name not in left_out)
                for row in connection.execute(select(table))
            )
            for table in DERIVED
        }

    found = await server.shelf.database.read(job)
    return {name: sorted(map(repr, rows)) for name, rows in found.items()}


async def again(server):
    await server.shelf.deriving.clear()
    await server.deriver.all()
    return await rows(server)


async def sent(send, records, batch_no=1, **more):
    response = await send(body(records, batch_no=batch_no, **more))
    assert {one[1] for one in rig.verdicts(response)} <= {"accepted", "duplicate"}
