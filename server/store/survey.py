"""`store check`: what can be said of a stopped server's database by reading all of it.

Each finding is a key with a number; one that should be 0 and is not makes the answer "not well".
"""

from sqlalchemy import Connection, func, select, text

from server.store import sqlite
from server.store.dialect import is_postgres, take_time
from server.store.migrations import verify, version
from server.store.tables import ledgers, metadata, scans

WRONG = ("identities_twice", "not_in_a_ledger", "without_partition")


def survey(connection: Connection) -> dict[str, int | str]:
    """Everything that is found. Raises `Unusable`: `store_damaged`, `store_schema`."""
    take_time(connection)
    verify(connection)
    found: dict[str, int | str] = {"database": connection.dialect.name, "migration": version(connection)}
    for table in metadata.sorted_tables:
        found[f"rows {table.name}"] = _number(connection, select(func.count()).select_from(table))
    found["not_in_a_ledger"] = int(found["rows scans"]) - _number(
        connection, select(func.coalesce(func.sum(ledgers.c.stored), 0))
    )
    twice = select(scans.c.seq).group_by(*scans.c["box_id", "epoch", "seq"]).having(func.count() > 1).subquery()
    found["identities_twice"] = _number(connection, select(func.count()).select_from(twice))
    if is_postgres(connection):
        found["without_partition"] = _number(connection, text("SELECT count(*) FROM scans_rest"))
        found["data_checksums"] = str(connection.execute(text("SHOW data_checksums")).scalar())
    else:
        sqlite.check(connection)
    return found


def is_well(found: dict[str, int | str]) -> bool:
    """Whether nothing is wrong."""
    return not any(found.get(name) for name in WRONG)


def _number(connection: Connection, asked: object) -> int:
    return int(connection.execute(asked).scalar_one())  # type: ignore[call-overload]
