"""A store whose clock stands still, and counts by the hour put into it."""

from server.places.profile import HOUR_MS
from server.store.dialect import upsert
from server.store.visit_tables import hours
from tests.server.places.town import FIRST_MS

NUMBERS = ("ins", "outs", "boths", "unread", "counted_only")


class Clock:
    """Shows what it is set to."""

    def __init__(self, now_ms):
        self.now_ms = now_ms

    def __call__(self):
        return self.now_ms


async def put(shelf, place_id, box_id, hour_ms, reads, gate_id="", way="boths", first_ms=None, last_ms=None):
    """One row; the first and the last reading are those of a whole hour."""
    first_ms = hour_ms if first_ms is None else first_ms
    last_ms = hour_ms + HOUR_MS - 1 if last_ms is None else last_ms
    key = {"place_id": place_id, "gate_id": gate_id, "box_id": box_id, "hour_ms": hour_ms}
    row = key | dict.fromkeys(NUMBERS, 0) | {way: reads, "reads": reads, "first_ms": first_ms, "last_ms": last_ms}
    await shelf.database.write(lambda connection: upsert(connection, hours, [row]))


async def fill(shelf, place_id, box_id, from_ms, to_ms, reads=20, gate_id="", way="boths", without=()):
    """So many in every hour, but for some hours of the local day."""
    key = {"place_id": place_id, "gate_id": gate_id, "box_id": box_id} | dict.fromkeys(NUMBERS, 0)
    key |= {way: reads, "reads": reads}
    rows = [
        {**key, "hour_ms": at, "first_ms": at, "last_ms": at + HOUR_MS - 1}
        for at in range(from_ms, to_ms, HOUR_MS)
        if (at - FIRST_MS) // HOUR_MS % 24 not in without
    ]
    await shelf.database.write(lambda connection: upsert(connection, hours, rows))
