"""The register as taking in needs it: kept in memory, and asked for again in the very transaction that keeps a batch.

1. A batch is judged by the register that was read last, without a question to the database.
2. The transaction that keeps it asks first whether that register still holds. Where it does not, nothing is kept
   (`RegisterChanged`), and the batch is judged anew by the new one. So a change of purpose is in force for each batch
   that comes after the change was answered, whichever node answered it and whichever node the batch comes to. On
   SQLite it is for each batch that is committed after it.
"""

from sqlalchemy import Connection

from server.ingest.receive import RegisterChanged, Version
from server.places.seats import Seats
from server.store import place_seats
from server.store.database import Database

Seating = tuple[Version, Seats]


class Seatings:
    """What is known of the register. Raises `Unavailable` where the database cannot be asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: Seating | None = None

    async def known(self) -> Seating:
        """The register that was read last, with its version."""
        if self._known is None:
            self._known = await self._database.read(_read)
        return self._known

    def forget(self) -> None:
        """It is another one by now: the next `known` reads it."""
        self._known = None


def must_hold(connection: Connection, register: Version | None) -> None:
    """Raises `RegisterChanged` where this is not the version of the register any more; None: nobody minds."""
    if register is not None and place_seats.version(connection) != register:
        raise RegisterChanged("register_changed", "the register has changed since the batch was judged")


def _read(connection: Connection) -> Seating:
    return place_seats.version(connection), place_seats.seats(connection)
