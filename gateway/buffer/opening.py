"""How a file is found at start, and what is done about it.

1. No file: a new one. A log beside it: the last stop was not a clean one, so the file is checked before it is used.
2. A file that cannot be read is never used further, deleted or made anew in place. What is whole in it is copied to a
   fresh file (salvage.py); when that is complete and synced, the damaged one is moved aside and the fresh one takes
   its place. A start that finds a complete fresh file finishes the move.
3. The log goes aside before its file: a log must never stand beside a database that it does not belong to.
4. A file of a newer gateway, or one that another process has open, is left as it is, and the start refused.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.buffer import wal
from gateway.buffer.ages import Ages
from gateway.buffer.answered import Answered
from gateway.buffer.errors import BufferFault
from gateway.buffer.mark import read_mark
from gateway.buffer.places import Places
from gateway.buffer.salvage import Salvage, damage_of
from gateway.buffer.schema import check_migrations, configure, fault_of, migrate, sync_folder
from gateway.buffer.source import Source
from gateway.buffer.streams import Streams
from gateway.buffer.types import Damage, Opening, Settings


def prepare(path: Path, settings: Settings) -> tuple[Opening, bytes]:
    """Leave a file that can be opened; say what was found, and give the strays of its log (wal.py)."""
    try:
        return _prepare(path, settings)
    except (sqlite3.Error, OSError) as err:
        raise fault_of(err) from err


def _prepare(path: Path, settings: Settings) -> tuple[Opening, bytes]:
    log = _beside(path, "-wal")
    if _beside(path, ".salvaged").exists():
        return Opening("salvaged", _change_over(path)), b""
    has_log = log.exists() and log.stat().st_size > 0
    if not path.exists() and not has_log:
        return Opening("new", None), b""
    strays = wal.strays(log)
    if suspicion(path).exists() or not path.exists() or not _is_sound(path, thorough=has_log):
        _salvage(path, settings)
        return Opening("salvaged", _change_over(path)), b""
    return Opening("unclean" if has_log else "clean", None), strays


def suspicion(path: Path) -> Path:
    """A file that is there when damage was met in use: the next start salvages."""
    return _beside(path, ".suspect")


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _is_sound(path: Path, *, thorough: bool) -> bool:
    """Look without writing. Raises for what must be left alone."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=0.0)) as db:
            is_current = check_migrations(db)
            pages, page_bytes = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            if not thorough and path.stat().st_size != pages * page_bytes:
                return False
            if thorough and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return False
            if is_current:
                Streams.load(db)
                Answered(db)
                Places(db)
                Ages(db, "", lambda: 0)
    except BufferFault as fault:
        if fault.code != "damaged":
            raise
        return False
    except (sqlite3.Error, TypeError, ValueError) as err:
        if fault_of(err).code in ("in_use", "disk_full"):
            raise
        return False
    finally:
        _beside(path, "-shm").unlink(missing_ok=True)
    return True


def make_ready(db: sqlite3.Connection, settings: Settings) -> None:
    """Set and migrate a connection to a file that is in order."""
    configure(db, settings.page_bytes, settings.wal_bytes, settings.max_bytes)
    migrate(db)


def _salvage(path: Path, settings: Settings) -> None:
    """Make the fresh file, complete and synced, beside the damaged one."""
    making = _beside(path, ".making")
    for leftover in (making, _beside(making, "-wal")):
        leftover.unlink(missing_ok=True)
    with Source(path) as source, closing(sqlite3.connect(making, isolation_level=None)) as db:
        make_ready(db, settings)
        Salvage(source, db, read_mark(_beside(path, ".mark"))).run(_free_name(path))
    making.rename(_beside(path, ".salvaged"))
    sync_folder(path.parent)


def _free_name(path: Path) -> Path:
    number = 1
    while _beside(path, f".damaged-{number}").exists():
        number += 1
    return _beside(path, f".damaged-{number}")


def _change_over(path: Path) -> Damage:
    """The damaged file goes aside, the fresh one takes its place -> what its salvage wrote down."""
    fresh = _beside(path, ".salvaged")
    with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
        report = db.execute("SELECT report FROM damage ORDER BY id DESC LIMIT 1").fetchone()[0]
    damage = damage_of(report)
    log = _beside(path, "-wal")
    if log.exists():
        log.rename(f"{damage.moved_to}-wal")
        sync_folder(path.parent)
    if path.exists():
        path.rename(damage.moved_to)
    fresh.rename(path)
    suspicion(path).unlink(missing_ok=True)
    _beside(path, ".mark").unlink(missing_ok=True)
    sync_folder(path.parent)
    return damage
