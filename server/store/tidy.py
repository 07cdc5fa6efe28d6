"""What was deleted is not left in the database's files.

1. SQLite: deleted bytes are overwritten with zeros as they are deleted (`secure_delete`); here the log (WAL) is brought
   into the file and cut to nothing. `compact` writes the whole file anew, which takes as long as its size says, and
   nothing else is done meanwhile.
2. PostgreSQL: VACUUM gives the space of dead rows free to be written over; `compact` writes each table anew (VACUUM
   FULL), and nobody can use it meanwhile. Its log (pg_wal) is written over as time goes by; so are copies of it.
3. Neither is what secrecy stands on: that is the destruction of the key.
"""

import asyncio

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from server.errors import Unavailable
from server.store import postgres, sqlite
from server.store.database import Database
from server.store.postgres import Cluster


async def tidy(database: Database, tables: tuple[str, ...], compact: bool) -> None:
    """Raises `Unavailable` where it cannot be done now."""
    if isinstance(database.place, Cluster):
        await asyncio.to_thread(_vacuum, database.place, tables, compact)
    else:
        await database.alone(lambda connection: _empty_log(connection, compact))


async def overwrite_deleted(database: Database) -> None:
    """SQLite: from now on deleted bytes are overwritten."""
    if not isinstance(database.place, Cluster):
        await database.alone(lambda connection: connection.exec_driver_sql("PRAGMA secure_delete = ON").fetchall())


def _empty_log(connection: Connection, compact: bool) -> None:
    """A job that is alone has a transaction that holds nothing yet: it is ended for a moment."""
    connection.exec_driver_sql("COMMIT")
    try:
        if compact:
            connection.exec_driver_sql("VACUUM")
        sqlite.checkpoint(connection)
    finally:
        connection.exec_driver_sql("BEGIN")


def _vacuum(cluster: Cluster, tables: tuple[str, ...], compact: bool) -> None:
    how = "FULL, ANALYZE" if compact else "ANALYZE"
    try:
        with postgres.connect(cluster, 0, autocommit=True) as line:
            line.execute("SET statement_timeout = 0")
            for table in tables:
                line.execute(f'VACUUM ({how}) "{table}"'.encode())
    except (SQLAlchemyError, psycopg.Error) as err:
        ours = postgres.explain(err)
        raise ours or Unavailable("store_failed", type(err).__name__) from err
