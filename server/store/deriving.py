"""Scans taken up for deriving, and what is derived written, with how far that has come: one transaction each.

1. Scans are taken in the order of their commits, each once. Which instants, places and persons they have follows from
   what is stored alone, never from when they came; so a rebuild gives the same rows.
2. An instant that a scan's own row knows to within VAGUE_MS stands. To another the clock samples next to it, before and
   after in its boot, are added. Where these change the scan is *stale*, and is derived anew.
3. A spool is stale as a whole where the register was changed for its past.
4. Who takes a page says from where it was taken: if another was faster, or more became stale, nothing is written.
5. A row of which the record has rotted is passed over, and noted with what is wrong with it: nothing follows from it,
   and nothing waits for it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, or_, select, update

from firmware.wire.errors import WireError
from server.errors import Unusable
from server.ingest.instant import Sample, beside
from server.ingest.kept import Reading, StoredScan, reading, scan_in
from server.ingest.meaning import SealedRow
from server.ingest.settle import Identity
from server.store import clocks, scans
from server.store.derive_tables import derivings, stale_spools, vague_scans
from server.store.dialect import insert_new, is_postgres
from server.store.person_tables import tokens
from server.store.place_tables import place_marks
from server.store.tables import scans as scan_table
from server.store.visit_tables import sightings, visits

VAGUE_MS = 120_000
NAME = "visits"
PEPPER, DIGEST, RULES = "pepper ", "digest ", "rules "  # and a fingerprint, or a number: names in `derivings`
ROTTED = "rotted "  # and the code of what is wrong, and the number of the row
RULES_VERSION = 2
"""Higher by one with each change of the rules by which the same scans give other rows."""
OTHER_KEYS = (
    "the holder's keys are not those that this database was written with: put the right folder there. If it is lost for"
    " good, `rebuild` goes on with these keys, and what was sealed with the others stays unread"
)
OLD_HOLDER = "the holder was started before the newest pepper was made: start it again"
Cursor = tuple[int, int]
START: Cursor = (0, 0)
_VAGUE = (vague_scans.c.box_id, vague_scans.c.epoch, vague_scans.c.seq, vague_scans.c.stale)
_COLUMNS = [scan_table.c[name.rstrip("_")] for name in StoredScan._fields]


class Spool(NamedTuple):
    """A spool whose scans are to be derived anew, from this number on."""

    box_id: str
    epoch: str
    from_seq: int


class Rotted(NamedTuple):
    """A stored scan that cannot be read, and what is wrong with it."""

    id: int
    box_id: str
    epoch: str
    seq: int
    code: str


class Page(NamedTuple):
    """Scans to be derived: new ones; stale ones (`stale`: how often, by identity); or some of a stale spool, of which
    `next_seq` is where to go on. `after`: the cursor behind new ones. `rotted`: those among them that nobody can read.
    """

    before: Cursor
    after: Cursor
    readings: list[Reading]
    stale: dict[Identity, int] | None = None
    spool: Spool | None = None
    next_seq: int | None = None
    rotted: Sequence[Rotted] = ()

    @property
    def is_new(self) -> bool:
        """Whether these were never derived."""
        return self.stale is None and self.spool is None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.is_new and self.after == self.before

    def sealed(self) -> list[SealedRow]:
        """What of them only the holder can read."""
        return [
            SealedRow(*one[1:4], one.day, one.class_, one.sealed)
            for one, _, _ in self.readings
            if one.sealed is not None and one.day is not None and one.class_ is not None
        ]


def cursor(connection: Connection) -> Cursor:
    """How far deriving has come."""
    row = connection.execute(select(derivings.c.tx, derivings.c.id).where(derivings.c.name == NAME)).first()
    return START if row is None else (row.tx, row.id)


def waiting(connection: Connection) -> bool:
    """Whether there is anything to derive."""
    rows, _ = scans.next_scans(connection, cursor(connection), 1)
    others = (
        select(vague_scans.c.seq).where(vague_scans.c.stale > 0),
        select(stale_spools.c.from_seq),
        select(place_marks.c.no),
    )
    return bool(rows) or any(connection.execute(one.limit(1)).first() is not None for one in others)


def page(connection: Connection, limit: int) -> Page:
    """The next scans; where there are none, stale ones; where there are none either, some of a stale spool."""
    before = cursor(connection)
    rows, after = scans.next_scans(connection, before, limit)
    if rows:
        readings, rotted = read(rows)
        return Page(before, after, readings, rotted=rotted)
    asked = select(*_VAGUE).where(vague_scans.c.stale > 0).order_by(*_VAGUE[:3]).limit(limit)
    stale = {(box_id, epoch, seq): times for box_id, epoch, seq, times in connection.execute(asked)}
    if stale:
        readings, rotted = read(_these(connection, stale))
        return Page(before, before, readings, stale, rotted=rotted)
    row = connection.execute(select(stale_spools).order_by(stale_spools.c.box_id).limit(1)).first()
    if row is None:
        return Page(before, before, [])
    spool = Spool(*row)
    rows = _of_spool(connection, spool, limit)
    readings, rotted = read(rows)
    return Page(before, before, readings, None, spool, rows[-1].seq + 1 if len(rows) == limit else None, rotted)


def read(rows: Iterable[StoredScan]) -> tuple[list[Reading], list[Rotted]]:
    """What stands in these rows, and when each scan was made as far as its own row says; and those without sense."""
    readings: list[Reading] = []
    rotted: list[Rotted] = []
    for one in rows:
        try:
            readings.append(reading(one, scan_in(one), ()))
        except WireError as err:
            rotted.append(Rotted(*one[:4], err.code))
    return readings, rotted


def note(connection: Connection, rotted: Sequence[Rotted], now_ms: int) -> None:
    """They are passed over."""
    rows = [
        {"name": f"{ROTTED}{one.code} {one.id}", "tx": 0, "id": one.id, "count": 1, "at_ms": now_ms} for one in rotted
    ]
    insert_new(connection, derivings, rows)


def rotted(connection: Connection) -> dict[str, int]:
    """How many were passed over, by what is wrong with them."""
    asked = select(derivings.c.name).where(derivings.c.name.startswith(ROTTED))
    return dict(Counter(name.split(" ")[1] for name in connection.execute(asked).scalars()))


def alone(connection: Connection) -> None:
    """Nobody else derives or destroys until the end of this transaction, whatever its isolation."""
    if is_postgres(connection):
        names = ", ".join(table.name for table in (derivings, tokens, sightings, visits))
        connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def timed(connection: Connection, readings: Sequence[Reading]) -> list[Reading]:
    """When each scan was made, by rule 2."""
    samples: dict[clocks.Boot, list[Sample]] = {}
    found = []
    for one in readings:
        if is_vague(one):
            boot = (one.stored.box_id, one.stored.epoch, one.scan.boot)
            if boot not in samples:
                samples[boot] = sorted(clocks.of(connection, *boot))
            one = reading(one.stored, one.scan, beside(samples[boot], one.scan.uptime_ms))
        found.append(one)
    return found


def _these(connection: Connection, identities: Iterable[Identity]) -> list[StoredScan]:
    seqs: dict[tuple[str, str], list[int]] = {}
    for box_id, epoch, seq in identities:
        seqs.setdefault((box_id, epoch), []).append(seq)
    found = []
    for (box_id, epoch), some in seqs.items():
        of_spool = (scan_table.c.box_id == box_id, scan_table.c.epoch == epoch, scan_table.c.seq.in_(some))
        found += [StoredScan(*row) for row in connection.execute(select(*_COLUMNS).where(*of_spool))]
    return found


def _of_spool(connection: Connection, spool: Spool, limit: int) -> list[StoredScan]:
    of_spool = (scan_table.c.box_id == spool.box_id, scan_table.c.epoch == spool.epoch)
    asked = select(*_COLUMNS).where(*of_spool, scan_table.c.seq >= spool.from_seq)
    return [StoredScan(*row) for row in connection.execute(asked.order_by(scan_table.c.seq).limit(limit))]


def move(connection: Connection, found: Page, now_ms: int) -> bool:
    """Say that these are derived; False: that is not so any more, and nothing of this may be written."""
    if found.stale is not None:
        return _move_stale(connection, found.stale)
    if found.spool is not None:
        return _move_spool(connection, found.spool, found.next_seq)
    if found.before == START:
        row = {"name": NAME, "tx": 0, "id": 0, "count": 0, "at_ms": now_ms}
        insert_new(connection, derivings, [row])
    done = connection.execute(
        update(derivings)
        .where(derivings.c.name == NAME, derivings.c.tx == found.before[0], derivings.c.id == found.before[1])
        .values(tx=found.after[0], id=found.after[1], count=derivings.c.count + len(found.readings), at_ms=now_ms)
    )
    return done.rowcount == 1


def _move_stale(connection: Connection, stale: Mapping[Identity, int]) -> bool:
    seqs: dict[tuple[str, str], list[int]] = {}
    for box_id, epoch, seq in stale:
        seqs.setdefault((box_id, epoch), []).append(seq)
    now: dict[Identity, int] = {}
    for (box_id, epoch), some in seqs.items():
        of_spool = (vague_scans.c.box_id == box_id, vague_scans.c.epoch == epoch, vague_scans.c.seq.in_(some))
        for seq, times in connection.execute(select(vague_scans.c.seq, vague_scans.c.stale).where(*of_spool)):
            now[box_id, epoch, seq] = times
    if now != dict(stale):
        return False
    for (box_id, epoch), some in seqs.items():
        of_spool = (vague_scans.c.box_id == box_id, vague_scans.c.epoch == epoch, vague_scans.c.seq.in_(some))
        connection.execute(update(vague_scans).where(*of_spool).values(stale=0))
    return True


def _move_spool(connection: Connection, spool: Spool, next_seq: int | None) -> bool:
    same = (
        stale_spools.c.box_id == spool.box_id,
        stale_spools.c.epoch == spool.epoch,
        stale_spools.c.from_seq == spool.from_seq,
    )
    if next_seq is None:
        return connection.execute(delete(stale_spools).where(*same)).rowcount == 1
    return connection.execute(update(stale_spools).where(*same).values(from_seq=next_seq)).rowcount == 1


def remember_vague(connection: Connection, readings: Sequence[Reading]) -> None:
    """Of these (as their own rows say) those of which clock samples may tell more."""
    rows = [
        {
            "box_id": one.stored.box_id,
            "epoch": one.stored.epoch,
            "seq": one.stored.seq,
            "boot": one.scan.boot,
            "uptime_ms": one.scan.uptime_ms,
            "stale": 0,
        }
        for one in readings
        if is_vague(one)
    ]
    insert_new(connection, vague_scans, rows)


def is_vague(one: Reading) -> bool:
    """Whether its own row does not say well enough when it was made."""
    return one.instant.bound_ms is None or one.instant.bound_ms > VAGUE_MS


def clear(connection: Connection, others: Callable[[Connection], None]) -> None:
    """Begin anew: nothing is derived any more, and deriving stands at the start."""
    others(connection)
    ours = or_(derivings.c.name == NAME, derivings.c.name.startswith(ROTTED))
    connection.execute(delete(derivings).where(ours))
    for table in (vague_scans, stale_spools):
        connection.execute(delete(table))


def keep_keys(connection: Connection, pepper: str, peppers: Sequence[str], digest: str, force: bool) -> str:
    """Note by which keys (their fingerprints) tokens and digests are made, and by which rules all that is derived.
    Returns why what is derived has to be made anew: `pepper`, where it was made with an older one; `rules`; or "".
    `peppers`: those that are there, the oldest first.

    Raises `Unusable`: `holder_other` where these are not the keys of this database.
    """
    like = or_(*(derivings.c.name.startswith(one) for one in (PEPPER, DIGEST, RULES)))
    before = set(connection.execute(select(derivings.c.name).where(like)).scalars())
    ruled = max((int(one.removeprefix(RULES)) for one in before if one.startswith(RULES)), default=0)
    keys = {one for one in before if not one.startswith(RULES)}
    if keys - {DIGEST + digest, *(PEPPER + one for one in peppers)} and not force:
        raise Unusable("holder_other", OTHER_KEYS)
    newer = peppers[peppers.index(pepper) + 1 :] if pepper in peppers else ()
    if keys & {PEPPER + one for one in newer} and not force:
        raise Unusable("holder_other", OLD_HOLDER)
    wanted = {PEPPER + pepper, DIGEST + digest, f"{RULES}{max(ruled, RULES_VERSION)}"}
    if before != wanted:
        connection.execute(delete(derivings).where(like))
        rows = [{"name": name, "tx": 0, "id": 0, "count": 0, "at_ms": 0} for name in sorted(wanted)]
        insert_new(connection, derivings, rows)
    if keys and PEPPER + pepper not in keys:
        return "pepper"
    return "rules" if ruled < RULES_VERSION and cursor(connection) != START else ""


def is_made_with(connection: Connection, pepper: str) -> bool:
    """Whether the tokens of what is derived are made with this pepper, until the end of this transaction."""
    asked = select(derivings.c.name).where(derivings.c.name == PEPPER + pepper)
    return connection.execute(asked.with_for_update(read=True)).first() is not None


def count(connection: Connection) -> int:
    """How many scans there are to derive in all; for a progress bar."""
    found = connection.execute(select(scan_table.c.id).order_by(scan_table.c.id.desc()).limit(1)).scalar()
    return int(found or 0)
