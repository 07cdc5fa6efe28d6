"""A PostgreSQL of our own, for tests and figures: a folder with its data, its socket and its log.

1. A Unix socket in that folder and no port: no service of the system's is touched.
2. It syncs as it does in the field. Where that is not to cost anything, it lies in memory.
3. It ends with its program, and also where that is killed: the kernel tells it.
4. PostgreSQL does not run as root; run by root, it runs as a user that is there and has no rights.
"""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

BINARIES = "/usr/lib/postgresql"
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
USERS = ("postgres", "nobody")
START_S, LEFT_S = 30, 3600
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "logging_collector": "off",
    "log_min_messages": "fatal",
    "autovacuum_naptime": "10s",
    "dynamic_shared_memory_type": "mmap",  # in the folder, so that it goes with it
}


def binary(name: str) -> str | None:
    """Where a program of PostgreSQL is: the newest below `BINARIES`, or on the PATH."""
    found = sorted(Path(BINARIES).glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    return str(found[-1]) if found else shutil.which(name)


class OwnCluster:
    """`start`, `stop(how)`, `end`, and databases made in it. `parent`: a folder on a disk; None: in memory."""

    def __init__(self, parent: Path | None = None, **settings: str) -> None:
        memory = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None
        if parent is None and memory is not None:
            _sweep(memory)
        self.folder = Path(tempfile.mkdtemp(prefix="tram-pg-", dir=parent or memory))
        self.settings = {**SETTINGS, **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._user = next(one for one in USERS if _is_user(one)) if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user, pwd.getpwnam(self._user).pw_gid)
            self._let_through()
        options = ["-U", "tram", "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--data-checksums"]
        self._run("initdb", "-D", self.folder / "data", *options, stdout=subprocess.DEVNULL)

    def start(self) -> "OwnCluster":
        """Returns when it takes connections."""
        told = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = self._command("postgres", "-D", self.folder / "data", "-k", self.folder, *told)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        until_s = time.monotonic() + START_S
        while True:
            try:
                self.connect("postgres").close()
                return self
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until_s:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: fast; SIGQUIT: immediate, as after a power cut."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=60)
            self._process = None

    def end(self) -> None:
        """Stop it, and leave nothing."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The address of a database, as in the settings."""
        return f"postgresql://tram@/{name}?host={self.folder}"

    def connect(self, name: str, **how: Any) -> "psycopg.Connection[Any]":
        """A connection that commits each statement."""
        return psycopg.connect(self.url(name), autocommit=True, **how)

    def create(self, template: str = "template0") -> str:
        """A new database; returns its name."""
        name = f"t{next(self._numbers)}"
        with self.connect("postgres") as line:
            line.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        return name

    def drop(self, name: str) -> None:
        """This database goes, whoever works on it."""
        with self.connect("postgres") as line:
            line.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())

    def _command(self, name: str, *arguments: object) -> list[str]:
        program = binary(name)
        if program is None:
            raise RuntimeError(f"there is no {name}: scripts/install --with dev brings it")
        as_user = ["--reuid", self._user, "--regid", self._user_group(), "--clear-groups"] if self._user else []
        return ["setpriv", "--pdeathsig", "QUIT", *as_user, program, *map(str, arguments)]

    def _let_through(self) -> None:
        """Folders for temporary things are often their maker's alone."""
        temporary = Path(tempfile.gettempdir())
        for above in self.folder.parents:
            if temporary in above.parents and not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o011)

    def _user_group(self) -> str:
        return str(pwd.getpwnam(self._user or "").pw_gid)

    def _run(self, name: str, *arguments: object, **how: Any) -> None:
        subprocess.run(self._command(name, *arguments), cwd="/", check=True, **how)


def _sweep(memory: Path) -> None:
    """What programs that were killed have left in memory."""
    for folder in memory.glob("tram-pg-*"):
        with contextlib.suppress(OSError):
            is_running = (folder / "data" / "postmaster.pid").exists()
            if not is_running and time.time() - folder.stat().st_mtime > LEFT_S:
                shutil.rmtree(folder, ignore_errors=True)


def _is_user(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False
