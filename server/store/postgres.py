"""Everything that only PostgreSQL needs: connecting, settings asserted, and what its errors mean.

1. PostgreSQL 15 or later, in UTF-8, with the collation `C` or `C.UTF-8`: text is in the order of its bytes, as on
   SQLite, and no update of the system's libraries puts an index out of order.
2. COMMIT returns after the sync: `synchronous_commit`, `fsync` and `full_page_writes` are asserted.
3. A password stands in a file that only its owner may read, never in the address; it is read anew for each connection.
   Without one the server knows us by the socket (`peer`), a certificate, or its own rules.
4. Nothing waits for ever: for a lock, for a statement, for a line that is dead.
5. Statements are short and by index: what is compiled or shared among processes first only comes later.
6. What an error says of values (its DETAIL) is dropped where it is raised: it would be in every log.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import conninfo
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from server.errors import TramError, Unavailable, Unusable

OLDEST = 150000
STATEMENT_MS = 30_000
IDLE_MS = 60_000
CONNECT_S = 5
COLLATIONS = {"C", "POSIX", "C.UTF-8", "C.utf8", "ucs_basic"}
DURABLE = {"synchronous_commit": {"on", "remote_apply"}, "fsync": {"on"}, "full_page_writes": {"on"}}
# SQLSTATE, or its class -> ours
CODES = {
    "53100": "store_full",
    "53": "store_busy",
    "55P03": "store_busy",
    "57014": "store_busy",
    "40": "store_busy",
    "57": "store_failed",
    "58P01": "store_damaged",
    "58": "store_failed",
    "25006": "store_failed",
    "25P03": "store_failed",
    "08": "store_failed",
    "28": "store_failed",
    "3D": "store_failed",
    "XX001": "store_damaged",
    "XX002": "store_damaged",
    "XX": "store_failed",
}
MOVING = "moving"
"""The table that is there while a database is being moved here: see `move`."""
AGAIN = {"40001", "40P01"}
# "cached plan must not change result type": another node has migrated
STALE = "0A000"


class Cluster(NamedTuple):
    """Where a database is: `postgresql://user@host:port/name` or `postgresql:///name?host=/run/postgresql`, and the
    file with the password, if there is one."""

    url: str
    password_file: str = ""

    def password(self) -> str | None:
        """Raises `Unusable`: `settings` where others may read it."""
        if not self.password_file:
            return None
        path = Path(self.password_file)
        try:
            if path.stat().st_mode & 0o077:
                raise Unusable("settings", f"{path} may be read by others: chmod 600")
            return path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as err:
            raise Unusable("settings", f"{path} cannot be read") from err


class _Quiet(psycopg.Cursor[Any]):
    """A cursor whose errors do not tell values."""

    def execute(self, *asked: Any, **how: Any) -> "_Quiet":
        with quiet():
            super().execute(*asked, **how)
        return self

    def executemany(self, *asked: Any, **how: Any) -> None:
        with quiet():
            super().executemany(*asked, **how)


@contextmanager
def quiet() -> Iterator[None]:
    """Errors of PostgreSQL leave without what they say of values."""
    try:
        yield
    except psycopg.Error as err:
        state = err.sqlstate or ""
        said = err.diag.message_primary if not state.startswith("22") else None
        if state:
            err.args = (f"{said or type(err).__name__} ({state})",)
        raise


def connect(cluster: Cluster, busy_timeout_ms: int, name: str = "tram", **how: Any) -> psycopg.Connection[Any]:
    """A connection of the driver's own. Raises psycopg's errors, and `Unusable` for settings."""
    try:
        asked: dict[str, Any] = conninfo.conninfo_to_dict(cluster.url)
    except psycopg.ProgrammingError as err:
        raise Unusable("settings", "database_url: not an address of PostgreSQL") from err
    if asked.pop("password", None) is not None:
        raise Unusable("settings", "database_url: the password belongs in database_password_file")
    options = (
        f"{asked.pop('options', '')} -c synchronous_commit=on -c statement_timeout={STATEMENT_MS}"
        f" -c lock_timeout={busy_timeout_ms} -c idle_in_transaction_session_timeout={IDLE_MS}"
        " -c timezone=UTC -c client_min_messages=error -c jit=off -c max_parallel_workers_per_gather=0"
    )
    if (password := cluster.password()) is not None:
        asked["password"] = password
    with quiet():
        made = psycopg.connect(
            "",
            options=options.strip(),
            application_name=name,
            connect_timeout=CONNECT_S,
            client_encoding="utf-8",
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=30_000,
            **{**asked, **how},
        )
    made.cursor_factory = _Quiet
    return made


def engine(cluster: Cluster, busy_timeout_ms: int, reads: bool = False) -> Engine:
    """An engine that connects anew each time it is asked to: a connection belongs to one thread."""

    def creator() -> psycopg.Connection[Any]:
        made = connect(cluster, busy_timeout_ms)
        level = psycopg.IsolationLevel
        made.isolation_level = level.REPEATABLE_READ if reads else level.SERIALIZABLE
        made.read_only = reads
        return made

    return create_engine("postgresql+psycopg://", creator=creator, poolclass=NullPool, hide_parameters=True)


def check(connection: Connection) -> None:
    """Whether this database can be trusted with what we promise. Raises `Unusable`."""

    def ask(statement: str) -> Any:
        return connection.exec_driver_sql(statement).scalar()

    if int(ask("SHOW server_version_num")) < OLDEST:
        raise Unusable("store_old", f"PostgreSQL {OLDEST // 10_000} or later is needed")
    for name, wanted in DURABLE.items():
        if (found := ask(f"SHOW {name}")) not in wanted:
            raise Unusable("store_unsafe", f"{name} is {found}: what is answered could be lost")
    if ask("SELECT pg_is_in_recovery()"):
        raise Unusable("store_failed", "this is a standby: it takes no writes")
    encoding = ask("SHOW server_encoding")
    collation = ask("SELECT datcollate FROM pg_database WHERE datname = current_database()")
    if encoding != "UTF8" or collation not in COLLATIONS:
        how = "createdb --template=template0 --encoding=UTF8 --locale=C.UTF-8"
        raise Unusable("store_unsafe", f"encoding {encoding}, collation {collation}; make the database with {how}")


def state_of(error: BaseException) -> str | None:
    """The SQLSTATE of an error of the database; "" where the line broke; None where it is none of its errors."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return None
    if cause.sqlstate is None:
        return "" if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) else None
    return cause.sqlstate


def explain(error: BaseException) -> TramError | None:
    """What an error of the database means to us; None where it is a mistake of our own."""
    state = state_of(error)
    if state is None:
        return None
    code = "store_failed" if state == "" else CODES.get(state) or CODES.get(state[:2])
    cause = error.orig if isinstance(error, DBAPIError) else error
    return Unavailable(code, re.sub(r"\s+", " ", str(cause))[:300]) if code else None
