"""Where `tram` keeps its own files on this computer, and how it writes them."""

import os
import tempfile
from pathlib import Path


def home() -> Path:
    """The tool's folder: TRAM_HOME, or where this system keeps programs' settings. Made for its owner alone."""
    if given := os.environ.get("TRAM_HOME"):
        folder = Path(given)
    else:
        from platformdirs import user_config_path

        folder = user_config_path("tram", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that there is the old one or the new one, never a part. OSError: it could not be."""
    name = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException as bad:
        if name is not None:
            Path(name).unlink(missing_ok=True)
        if isinstance(bad, OSError):
            bad.filename = str(path)  # and not that of the file beside it; a full disk names none
        raise
