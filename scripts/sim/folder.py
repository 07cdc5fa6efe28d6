"""The folder of a run: made for it, removed after it, and removed by the next run where this one was killed.

A folder is in use as long as somebody holds the lock on its `lock` file; the kernel lets go of that when the holder
ends, whatever the reason.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "tram-demo-"


@contextmanager
def run_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder below `parent` (default: where the system keeps what is temporary)."""
    where = parent or Path(tempfile.gettempdir())
    remove_abandoned(where)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=where))
    try:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(where: Path) -> None:
    """Remove the folders of runs that were killed."""
    for lock_path in where.glob(PREFIX + "*/lock"):
        try:
            with lock_path.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock_path.parent, ignore_errors=True)
        except OSError:
            continue  # in use, gone meanwhile, or somebody else's
