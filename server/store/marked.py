"""Changes of the register that reach into the past: which spools are to be derived anew, and what may not stay sealed.

1. A mark names a box, a gateway or a place, and a time. All spools that it may reach are derived anew as a whole: what
   it does not reach comes out as it was.
2. Where `counts_only` holds now for an instant at which scans were kept of people, what was sealed is blanked, and its
   sighting is nobody's. Older copies of the database end with the key of that day.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from server.ingest.kept import Reading
from server.places.seats import Seats
from server.places.types import Mark
from server.store import person_forget, place_register
from server.store.derive_tables import stale_spools
from server.store.dialect import upsert
from server.store.tables import ledgers
from server.store.visit_tables import sightings


def take_up(connection: Connection) -> int:
    """Turn marks into spools to derive anew; returns how many marks there were."""
    found = place_register.marks(connection)
    spools = {spool for one in found for spool in _spools(connection, one.mark)}
    upsert(
        connection,
        stale_spools,
        [{"box_id": box_id, "epoch": epoch, "from_seq": 0} for box_id, epoch in sorted(spools)],
    )
    place_register.unmark(connection, [one.no for one in found])
    return len(found)


def blank(connection: Connection, readings: Sequence[Reading], seats: Seats) -> set[tuple[str, str, int]]:
    """Blank what is sealed of these where only counts may be kept now; returns which."""
    gone = {
        one.stored[1:4]
        for one in readings
        if one.stored.sealed is not None
        and not seats.may_identify(
            one.stored.gateway_id, one.stored.box_id, one.instant.earliest_ms, one.instant.latest_ms
        )
    }
    if gone:
        person_forget.blank_scans(connection, gone)
    return gone


def _spools(connection: Connection, mark: Mark) -> list[tuple[str, str]]:
    if mark.subject == "place":
        asked = select(sightings.c.box_id, sightings.c.epoch).where(sightings.c.place_id == mark.id)
    elif mark.subject == "box":
        asked = select(ledgers.c.box_id, ledgers.c.epoch).where(ledgers.c.box_id == mark.id)
    else:
        asked = select(ledgers.c.box_id, ledgers.c.epoch).where(ledgers.c.gateway_id == mark.id)
    return [(row.box_id, row.epoch) for row in connection.execute(asked.distinct())]
