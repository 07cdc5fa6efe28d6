"""A small shared library, built from C with the machine's own compiler."""

import os
import shutil
import subprocess
from pathlib import Path


class NoCompiler(Exception):
    """There is no C compiler on this machine, so a disk cannot be made slow or failing."""


def shared(source: Path, folder: Path) -> Path:
    """The library of that source, made in `folder` if it is not there yet or older. Raises NoCompiler."""
    library = folder / f"{source.stem}.so"
    if library.exists() and library.stat().st_mtime >= source.stat().st_mtime:
        return library
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        raise NoCompiler("cc, gcc and clang are not on the PATH")
    folder.mkdir(parents=True, exist_ok=True)
    making = folder / f"{source.stem}.{os.getpid()}.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", making, source, "-ldl"], check=True, timeout=60)
    making.rename(library)
    return library
