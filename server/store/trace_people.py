"""From keyed hashes to a person, and from a person to the sealed rows that say who it is.

A person's pseudonym is the mac of one of its tokens. Where persons came together since an answer was kept, that token
says who it is now.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, select

from server.errors import Refused
from server.ingest.meaning import SealedRow
from server.store.derive_tables import derivings
from server.store.deriving import PEPPER
from server.store.person_tables import tokens
from server.store.tables import scans
from server.store.visit_tables import sightings

LATEST = 200
OF_EACH = 2


def named(connection: Connection, macs: Sequence[bytes]) -> bytes | None:
    """Whom these tokens name; None: nobody that was seen, or several. Raises `Refused`: `documents_differ`."""
    asked = select(tokens.c.person).where(tokens.c.mac.in_(macs), tokens.c.person.is_not(None)).distinct()
    found: list[bytes] = list(connection.execute(asked).scalars())
    if len(found) > 1:
        raise Refused("documents_differ", "these documents are of different persons")
    return found[0] if found else None


def now(connection: Connection, person: bytes) -> bytes | None:
    """Who this pseudonym is now; None: the keys are others since, or all that was kept of them is destroyed."""
    row = connection.execute(select(tokens.c.person).where(tokens.c.mac == person)).first()
    if row is not None:
        return person if row.person is None else bytes(row.person)
    seen = connection.execute(select(sightings.c.seq).where(sightings.c.person == person).limit(1)).first()
    return None if seen is None else person


def pepper(connection: Connection) -> str:
    """The fingerprint of the key that tokens are made with; empty: none is noted."""
    asked = select(derivings.c.name).where(derivings.c.name.startswith(PEPPER)).order_by(derivings.c.name).limit(1)
    return str(connection.execute(asked).scalar() or "").removeprefix(PEPPER)


def sealed(connection: Connection, person: bytes) -> list[SealedRow]:
    """Rows in which this person's documents stand, the latest first: some of each kind and token."""
    columns = [*sightings.c["box_id", "epoch", "seq", "kind", "token", "has_phone"], *scans.c["day", "class", "sealed"]]
    same = and_(*(sightings.c[name] == scans.c[name] for name in ("box_id", "epoch", "seq")))
    asked = select(*columns).join_from(sightings, scans, same)
    asked = asked.where(sightings.c.person == person, scans.c.sealed.is_not(None))
    seen: dict[tuple[object, ...], int] = {}
    found = []
    for row in connection.execute(asked.order_by(sightings.c.at_ms.desc()).limit(LATEST)):
        box_id, epoch, seq, kind, token, has_phone, day, class_, data = row
        key = (kind, token, has_phone)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= OF_EACH:
            found.append(SealedRow(box_id, epoch, seq, day, class_, data))
    return found
