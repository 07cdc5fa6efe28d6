"""What is due is destroyed: the key first, then all that was under it, then the certificate.

1. For each day of a class whose time is over: the holder destroys the key, and from that moment no copy of the
   database, wherever it is, tells anything of that day. Then what is left of it here is deleted, in pages.
2. Cut off at any point, the next run goes on: what has begun is in `destructions`, and every step may be done again.
3. What is older than a horizon is never derived again, so a rebuild does not bring it back.
4. The certificate is kept and handed on (to the record of looks) when all is done. It holds no key and nobody's name.
5. At the end the files are tidied: what was deleted is not left in free pages, nor in the log of the database.
   `compact` also writes them anew, which is for hours in which nobody works.
6. Somebody who asks to be forgotten is forgotten at once here. What is sealed in older copies of the database ends
   with the keys of those days; the certificate says on which day the last of them does.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol

from server.codes.types import CODE, PERSON
from server.holder.holder import Holder
from server.persons.retention import Due, Retention, begins_ms, cutoffs, day_of, due
from server.store.person_destroyed import DAY, Destruction, subject_of
from server.store.person_destroyed import PERSON as OF_PERSON
from server.store.person_shelf import Held, Page

PAGE_ROWS = 500
TIDIED = ("scans", "quarantine", "sightings", "visits", "tokens", "edges", "probables")


class Shelf(Protocol):
    """What is needed of the store."""

    async def held(self) -> list[Held]:
        """What is still sealed."""

    async def begun(self) -> list[Due]:
        """Days whose destruction was cut off."""

    async def set_horizons(self, first_days: Mapping[str, int]) -> None:
        """What is older is not derived again."""

    async def begin_day(self, day: int, class_: str, fingerprint: str | None, destroyed_ms: int) -> None:
        """The key of a day is destroyed."""

    async def blank_day(self, day: int, class_: str, limit: int) -> Page:
        """A page of what was sealed under that key."""

    async def expire(self, before_day: int, limit: int) -> Page:
        """A page of who was where."""

    async def blank_digests(self, received_before_ms: int, limit: int) -> int:
        """Digests of scans of which nothing else was kept."""

    async def blank_envelopes(self, received_before_ms: int, after_id: int, limit: int) -> tuple[int, int | None]:
        """What is in envelopes that nobody could open."""

    async def begin_person(self, request: str) -> None:
        """Somebody has asked to be forgotten."""

    async def drop_person(self, person: bytes, limit: int) -> Page:
        """A page of what is known of a person."""

    async def pseudonyms(self, person: bytes) -> list[bytes]:
        """Every pseudonym that this person may have had."""

    async def forget_contacts(self, persons: list[bytes]) -> int:
        """They stand in no answer of a case any more."""

    async def finish(self, what: str, subject: str, rows: Mapping[str, int]) -> Destruction:
        """It is done: the certificate."""

    async def tidy(self, tables: tuple[str, ...], compact: bool) -> None:
        """What was deleted is not left in the files."""


class Done(NamedTuple):
    """What a run did: certificates of what was destroyed, and rows by table."""

    certificates: list[Destruction]
    rows: dict[str, int]


Tell = Callable[[int, int, int], None]
"""(days in all, days done, rows gone)"""
Record = Callable[[Destruction], Awaitable[None]]


async def nobody(certificate: Destruction) -> None:
    """Hands a certificate to nobody."""


class Purge:
    """`run` destroys what is due, `forget` what is known of a person. One at a time."""

    def __init__(
        self,
        shelf: Shelf,
        holder: Holder,
        retention: Retention,
        now_ms: Callable[[], int],
        record: Record = nobody,
        page_rows: int = PAGE_ROWS,
        compact: bool = False,
    ) -> None:
        self._shelf = shelf
        self._holder = holder
        self._retention = retention
        self._now_ms = now_ms
        self._record = record
        self._page_rows = page_rows
        self._compact = compact

    async def due(self) -> list[Held]:
        """Days of a class whose time is over, the oldest first, with how many rows are sealed. Changes nothing."""
        rows = {(one.day, one.class_): one.rows for one in await self._shelf.held()}
        keys = {(key.day, key.class_) for key in await self._holder.days()}
        found = due({*rows, *keys}, self._retention, self._now_ms())
        both = sorted({*found, *await self._shelf.begun()})
        return [Held(*one, rows.get((one.day, one.class_), 0)) for one in both]

    async def run(self, tell: Tell = lambda days, done, rows: None) -> Done:
        """Destroy what is due. Raises `Unavailable` where it cannot go on now; the next run does."""
        first_days = cutoffs(self._retention, self._now_ms())
        await self._shelf.set_horizons(first_days)
        waiting = await self.due()
        gone: Counter[str] = Counter()
        certificates = []
        for number, one in enumerate(waiting):
            tell(len(waiting), number, gone.total())
            rows = await self._destroy(one)
            gone.update(rows)
            certificates.append(await self._finish(DAY, subject_of(one.day, one.class_), rows))
        gone.update(await self._expire(first_days[PERSON]))
        gone["digests"] = await self._digests(begins_ms(first_days[PERSON]))
        gone["envelopes"] = await self._envelopes(begins_ms(first_days[CODE]))
        if gone.total():
            await self._shelf.tidy(TIDIED, self._compact)
        tell(len(waiting), len(waiting), gone.total())
        return Done(certificates, {name: count for name, count in sorted(gone.items()) if count})

    async def forget(self, person: bytes, request: str) -> Destruction:
        """Let go of what is known of a person, as the request with this number asks."""
        await self._shelf.begin_person(request)
        rows: Counter[str] = Counter()
        rows["contacts"] = await self._shelf.forget_contacts([person, *await self._shelf.pseudonyms(person)])
        more = True
        while more:
            page = await self._shelf.drop_person(person, self._page_rows)
            rows.update(page.rows)
            more = page.more
        last = day_of(self._now_ms()) + max(self._retention.days().values()) + 1
        certificate = await self._finish(OF_PERSON, request, {**rows, "older_copies_end_on_day": last})
        await self._shelf.tidy(TIDIED, self._compact)
        return certificate

    async def _destroy(self, one: Held) -> Counter[str]:
        certificate = await self._holder.destroy(one.day, one.class_)
        await self._shelf.begin_day(*certificate)
        rows: Counter[str] = Counter()
        more = True
        while more:
            page = await self._shelf.blank_day(one.day, one.class_, self._page_rows)
            rows.update(page.rows)
            more = page.more
        if one.class_ == PERSON:
            rows.update(await self._expire(one.day + 1))
        return rows

    async def _expire(self, before_day: int) -> Counter[str]:
        rows: Counter[str] = Counter()
        more = True
        while more:
            page = await self._shelf.expire(before_day, self._page_rows)
            rows.update(page.rows)
            more = page.more
        return rows

    async def _digests(self, before_ms: int) -> int:
        done = 0
        while page := await self._shelf.blank_digests(before_ms, self._page_rows):
            done += page
        return done

    async def _envelopes(self, before_ms: int) -> int:
        done = 0
        next_id: int | None = 0
        while next_id is not None:
            count, next_id = await self._shelf.blank_envelopes(before_ms, next_id, self._page_rows)
            done += count
        return done

    async def _finish(self, what: str, subject: str, rows: Mapping[str, int]) -> Destruction:
        certificate = await self._shelf.finish(what, subject, rows)
        await self._record(certificate)
        return certificate
