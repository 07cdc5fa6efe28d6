"""The table `scans` on PostgreSQL: cut by time of receipt, one identity in all of it, one order for all who follow.

1. A partition holds what was received within `PERIOD_MS` (four weeks from 1970-01-01 on): what is written to and looked
   for now is small enough for memory, whatever has gathered in years. Partitions are made `AHEAD` periods before their
   time. What comes without one goes to `scans_rest`, and is moved when its partition is made; so nothing is refused.
2. **Identity.** A unique key over a partitioned table must contain the column that it is cut by; one with the time of
   receipt in it would let the same scan in again next month. So each partition has its own unique key on (`box_id`,
   `epoch`, `seq`) alone, and that no *other* partition has an identity is asked before it is written (`any_stored`), by
   ranges of numbers, while the spool is locked (`dialect.lock` in `ledgers.load`): nobody else can be writing it.
   The ledger only says which numbers to ask for. Where it is wrong the answer says so, and it is rebuilt; where two
   writers would ever meet in spite of the lock, the key of the partition stands behind it.
3. **Order.** `id` counts up, but whoever has the lower one may commit later, and a reader who has passed it would never
   see it. So each row knows its transaction (`tx`), and readers go by (`tx`, `id`) and take only what is below every
   transaction still under way (`settled`): nothing can appear there any more. One that runs long, anywhere on the
   cluster, holds readers back as long; it never makes them miss anything.
4. Transaction numbers are the cluster's own. A copy restored on another one would begin below those that are stored:
   `mend_order` gives stored rows the numbers 0, 1, … instead, in the same order and on the same side of each cursor.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, literal_column, text

DAY_MS = 86_400_000
PERIOD_MS = 28 * DAY_MS
AHEAD = 2
LOCK = 0x74726D34
REST = "scans_rest"
Run = tuple[str, str, int, int]  # box_id, epoch, first, last

_ANY_STORED = text(
    "SELECT EXISTS (SELECT FROM unnest(CAST(:boxes AS text[]), CAST(:epochs AS text[]),"
    " CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[])) AS run (box_id, epoch, first, last),"
    " LATERAL (SELECT FROM scans WHERE scans.box_id = run.box_id AND scans.epoch = run.epoch"
    " AND scans.seq BETWEEN run.first AND run.last LIMIT 1) found)"
)


def settled() -> ColumnElement[int]:
    """Below this transaction everything is committed or gone for ever, for the statement that asks."""
    return literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def runs(identities: Iterable[tuple[str, str, int]]) -> list[Run]:
    """Identities as ranges of numbers."""
    found: list[Run] = []
    for box_id, epoch, seq in sorted(identities):
        if found and found[-1][:2] == (box_id, epoch) and found[-1][3] + 1 == seq:
            found[-1] = (*found[-1][:3], seq)
        else:
            found.append((box_id, epoch, seq, seq))
    return found


def any_stored(connection: Connection, asked: list[Run]) -> bool:
    """Whether any of these numbers is stored, in whichever partition."""
    boxes, epochs, firsts, lasts = (list(column) for column in zip(*asked, strict=True))
    values = {"boxes": boxes, "epochs": epochs, "firsts": firsts, "lasts": lasts}
    return bool(connection.execute(_ANY_STORED, values).scalar())


def cover(connection: Connection, first_ms: int, last_ms: int) -> list[str]:
    """Make the partitions for this time and some ahead, where they are not there; returns the names of new ones."""
    connection.exec_driver_sql(
        f"SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCK}, 0)"
    )
    have = set(names(connection))
    wanted = range(first_ms // PERIOD_MS, last_ms // PERIOD_MS + AHEAD + 1)
    missing = [number for number in wanted if _name(number) not in have]
    for number in missing:
        _make(connection, number)
    return [_name(number) for number in missing]


def names(connection: Connection) -> list[str]:
    """Every partition, that of the rest too."""
    asked = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'scans'::regclass ORDER BY 1"
    return list(connection.exec_driver_sql(asked).scalars())


def mend_order(connection: Connection) -> bool:
    """Rule 4; whether there was anything to mend."""
    newest = connection.exec_driver_sql("SELECT coalesce(max(tx), 0) FROM scans").scalar_one()
    ahead = connection.exec_driver_sql("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").scalar_one()
    if int(newest) < int(ahead):
        return False
    connection.exec_driver_sql(
        "UPDATE scans SET tx = (SELECT count(DISTINCT (one.tx, one.id)) FROM derivings one"
        " WHERE (one.tx, one.id) < (scans.tx, scans.id))"
    )
    connection.exec_driver_sql(
        "UPDATE derivings SET tx = (SELECT count(DISTINCT (one.tx, one.id)) FROM derivings one"
        " WHERE (one.tx, one.id) < (derivings.tx, derivings.id)), id = (SELECT max(id) FROM scans)"
    )
    return True


def _name(number: int) -> str:
    return f"scans_p{number}"


def _make(connection: Connection, number: int) -> None:
    name, first_ms, end_ms = _name(number), number * PERIOD_MS, (number + 1) * PERIOD_MS
    of_period = f"received_ms >= {first_ms} AND received_ms < {end_ms}"
    for statement in (
        f"LOCK TABLE {REST} IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE scans INCLUDING DEFAULTS)",
        f"WITH moved AS (DELETE FROM {REST} WHERE {of_period} RETURNING *) INSERT INTO {name} SELECT * FROM moved",  # noqa: S608 - numbers of our own
        f"CREATE UNIQUE INDEX {name}_identity ON {name} (box_id, epoch, seq)",
        f"ALTER TABLE scans ATTACH PARTITION {name} FOR VALUES FROM ({first_ms}) TO ({end_ms})",
    ):
        connection.exec_driver_sql(statement)
