"""Builds fsync_shim.c with the machine's own compiler, and gives the environment that loads it."""

import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


class NoCompiler(Exception):
    """There is no C compiler on this machine: the figures with a slow disk cannot be taken."""


def build(folder: Path) -> Path:
    """The shared library, made in `folder` if it is not there yet or older than its source."""
    library = folder / "fsync_shim.so"
    if library.exists() and library.stat().st_mtime >= SOURCE.stat().st_mtime:
        return library
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        raise NoCompiler("cc, gcc and clang are not on the PATH")
    folder.mkdir(parents=True, exist_ok=True)
    making = folder / f"fsync_shim.{os.getpid()}.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", making, SOURCE, "-ldl"], check=True, timeout=60)
    making.rename(library)
    return library


def environment(folder: Path, delay_ms: float) -> dict[str, str]:
    """This process's environment, for a child whose syncs take `delay_ms` longer."""
    return {**os.environ, "LD_PRELOAD": str(build(folder)), "FSYNC_DELAY_MS": f"{delay_ms:g}"}
