"""Make a gateway of this machine, or bring it up to date.

1. Every step looks first whether it is done: a second run changes nothing, one that was cut off goes on.
2. A program is a folder of its own, named by its content; `current` points to the one that runs. So the way back is
   one rename. Python packages are shared by all programs that pin the same ones.
3. Secrets are written 0600 for the gateway's user, before anything that could read them is started.
4. Settings that are there stay, unless somebody says otherwise.
"""

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from scripts.gateway_install import layout as places
from scripts.gateway_install.announce import service_text
from scripts.gateway_install.join import Join
from scripts.gateway_install.layout import Layout, unit_text
from scripts.gateway_install.system import StepFailed, System, say_step
from scripts.gateway_install.texts import text

PROGRAM = (
    "gateway",
    "presence",
    "firmware/__init__.py",
    "firmware/wire",
    "firmware/codes",
    "firmware/scanner",
    "firmware/modules.py",
)
PEOPLE_NAME = "panel.passwords"
FIRST_PERSON = "operator"
KEEP_PROGRAMS = 3
WELL_S = 90.0


class Wanted(NamedTuple):
    """What is to be installed, and how."""

    source: Path
    join: Join | None
    """None: the settings that are there stay."""
    listen: str = "0.0.0.0"  # noqa: S104 - it is for the boxes, over TLS
    venv: Path | None = None
    """Python packages that are there already, instead of fetching them."""


class Install:
    """run() does all steps; upgrade() the same with the way back."""

    def __init__(self, layout: Layout, system: System, wanted: Wanted) -> None:
        self._layout = layout
        self._system = system
        self._wanted = wanted
        self._step = ""

    def run(self) -> None:
        """Raises StepFailed."""
        missing = self._system.missing_packages()
        steps: list[tuple[str, dict[str, object], Callable[[], object]]] = [
            ("user", {}, lambda: self._system.make_user(self._wanted.source)),
            ("folders", {}, self._folders),
            ("program", {"path": places.OPT}, self.place_program),
            ("python", {}, self._python),
            ("settings", {"path": places.CONFIG}, self._settings),
            ("units", {}, self._units),
        ]
        if missing:
            steps.insert(0, ("packages", {"names": " ".join(missing)}, lambda: self._system.install_packages(missing)))
        if not self._system.is_staged:
            steps.append(("check", {}, self._check))
        if self._system.has_systemd:
            steps.append(("start", {}, self._start))
        for at, (key, values, act) in enumerate(steps, 1):
            self._step = text(key, **values)
            say_step(at, len(steps), key, **values)
            try:
                act()
            except (StepFailed, OSError) as error:
                raise StepFailed(f"{error}\n\n{text('failed', step=self._step)}") from error

    def _folders(self) -> None:
        for path, mode, is_ours in (
            (places.OPT, 0o755, False),
            (f"{places.OPT}/programs", 0o755, False),
            (f"{places.OPT}/venvs", 0o755, False),
            (places.SETTINGS, 0o750, True),
            (places.STATE, 0o700, True),
        ):
            at = self._layout.at(path)
            at.mkdir(parents=True, exist_ok=True)
            os.chmod(at, mode)
            if is_ours:
                self._system.own(at)

    def place_program(self) -> str:
        """The program beside the others, and `current` to it; -> its path."""
        program = f"{places.OPT}/programs/{mark_of(self._wanted.source)}"
        at = self._layout.at(program)
        if not at.exists():
            fresh = at.with_name(at.name + ".new")
            shutil.rmtree(fresh, ignore_errors=True)
            for name in (*PROGRAM, "requirements/gateway.txt"):
                _copy(self._wanted.source / name, fresh / name)
            os.sync()
            fresh.rename(at)
        venv = f"../../venvs/{_venv_mark(self._wanted.source)}"
        self._layout.link(f"{program}/venv", str(self._wanted.venv) if self._wanted.venv else venv)
        self._layout.link(places.CURRENT, f"programs/{at.name}")
        return program

    def _python(self) -> None:
        if self._wanted.venv is not None:
            return
        venv = self._layout.at(f"{places.OPT}/venvs/{_venv_mark(self._wanted.source)}")
        if (venv / "done").exists():
            return
        shutil.rmtree(venv, ignore_errors=True)
        requirements = str(self._layout.at(places.CURRENT) / "requirements/gateway.txt")
        self._system.run("/usr/bin/python3", "-m", "venv", str(venv))
        self._system.run(
            str(venv / "bin/python"), "-m", "pip", "install", "--require-hashes", "--no-input", "--no-compile",
            "--disable-pip-version-check", "-r", requirements,
        )  # fmt: skip
        self._system.run(str(venv / "bin/python"), "-m", "compileall", "-q", str(venv / "lib"))
        (venv / "done").write_text("")

    def _settings(self) -> None:
        join = self._wanted.join
        if join is None:
            return
        private = {"server.token": join.token, "sealing.key": join.sealing_key}
        password = self._layout.at(f"{places.SETTINGS}/broker.password")
        if not password.exists():
            private["broker.password"] = secrets.token_urlsafe(32)
        if join.ca_pem:
            private["server-ca.pem"] = join.ca_pem
        if join.fleet_key:
            private["fleet.key"] = join.fleet_key
        for name, value in private.items():
            self._write_ours(f"{places.SETTINGS}/{name}", value.strip() + "\n")
        self._write_ours(places.CONFIG, config_text(join, self._wanted.listen))

    def _write_ours(self, path: str, content: str) -> None:
        self._layout.write(path, content, 0o600)
        self._system.own(self._layout.at(path))

    def _units(self) -> None:
        mosquitto = self._system.mosquitto() or "/usr/sbin/mosquitto"
        for name in places.UNITS:
            self._layout.write(f"/etc/systemd/system/{name}", unit_text(self._wanted.source, name, mosquitto))
        self._layout.write(places.JOURNALD, (self._wanted.source / "gateway/systemd/journald.conf").read_text())
        self._layout.write_wrapper()
        self._announce()

    def _announce(self) -> None:
        """Where avahi runs, as on a Raspberry Pi, it says so from now on; where none does, nothing comes of it."""
        config = self._layout.at(places.CONFIG)
        text_of_it = service_text(config.read_text()) if config.exists() else None
        if text_of_it is None:
            self._layout.at(places.AVAHI).unlink(missing_ok=True)
        else:
            self._layout.write(places.AVAHI, text_of_it)

    def _check(self) -> None:
        self._system.gateway("broker")
        self._make_first_person()
        mark = re.search(r"^[A-Za-z0-9_-]{43}$", self._system.gateway("ca"), re.MULTILINE)
        if mark:
            print("      " + text("fingerprint", mark=mark[0]), flush=True)

    def _make_first_person(self) -> None:
        """Who may look at the place's page: one person, whose password is said once and kept nowhere."""
        path = f"{places.SETTINGS}/{PEOPLE_NAME}"
        if self._layout.at(path).exists():
            return
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        said = self._system.gateway("panel", "password", FIRST_PERSON, given=f"{password}\n{password}\n")
        line = next(one for one in said.splitlines() if one.startswith(f"{FIRST_PERSON} "))
        self._write_ours(path, line + "\n")
        print("      " + text("panel", host=os.uname().nodename, name=FIRST_PERSON, password=password), flush=True)

    def _start(self) -> None:
        """What runs already, as it should, is left alone."""
        if not self._layout.changes and all(self._system.is_active(unit) for unit in places.UNITS):
            return
        began_s = time.time()
        self._system.systemctl("daemon-reload")
        self._system.systemctl("try-restart", "systemd-journald.service")
        self._system.systemctl("enable", *places.UNITS)
        self._system.systemctl("restart", *places.UNITS)
        if not self._system.wait_well(WELL_S, began_s):
            raise StepFailed(self._system.run("journalctl", "-u", "tram-*", "-n", "20", "--no-pager", "-o", "cat"))


def upgrade(layout: Layout, system: System, wanted: Wanted) -> bool:
    """Whether the new program runs; where it is not well the old one does."""
    before = layout.linked(places.CURRENT)
    if before == f"programs/{mark_of(wanted.source)}" and wanted.join is None:
        print(text("upgrade_same"))
        return True
    try:
        Install(layout, system, wanted).run()
    except StepFailed as error:
        if before is None or layout.linked(places.CURRENT) == before:
            raise
        print(error)
        _back(layout, system, before)
        return False
    forget_old_programs(layout)
    return True


def _back(layout: Layout, system: System, before: str) -> None:
    layout.link(places.CURRENT, before)
    mosquitto = system.mosquitto() or "/usr/sbin/mosquitto"
    for name in places.UNITS:
        layout.write(f"/etc/systemd/system/{name}", unit_text(layout.at(places.CURRENT), name, mosquitto))
    print(text("upgrade_bad", seconds=round(WELL_S)))
    if system.has_systemd:
        began_s = time.time()
        system.systemctl("daemon-reload")
        system.systemctl("restart", *places.UNITS)
        if not system.wait_well(WELL_S, began_s):
            print(text("upgrade_worse"))


def forget_old_programs(layout: Layout) -> None:
    """The latest few stay; so do the packages that they need."""
    programs = sorted(layout.at(f"{places.OPT}/programs").iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
    current = (layout.linked(places.CURRENT) or "").rpartition("/")[2]
    kept = {current, *[one.name for one in programs[:KEEP_PROGRAMS]]}
    needed = set()
    for one in programs:
        if one.name not in kept:
            shutil.rmtree(one)
        elif (one / "venv").is_symlink():
            needed.add(os.readlink(one / "venv").rpartition("/")[2])
    for venv in layout.at(f"{places.OPT}/venvs").iterdir():
        if venv.name not in needed:
            shutil.rmtree(venv)


def mark_of(source: Path) -> str:
    """A name for a program, by its content."""
    digest = hashlib.sha256()
    for name in (*PROGRAM, "requirements/gateway.txt"):
        at = source / name
        for path in sorted(at.rglob("*")) if at.is_dir() else [at]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(source)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def config_text(join: Join, listen: str) -> str:
    """gateway.toml. What is not written here has its default: docs/examples/gateway.toml."""
    more = ", ".join(f'"{one}"' for one in join.more_urls)
    server = f"more_urls = [{more}]\n" + ('ca_file = "server-ca.pem"\n' if join.ca_pem else "")
    enrol = f'\n[enrol]\nfleet_key_file = "fleet.key"\nlisten = ["{listen}"]\n' if join.fleet_key else ""
    return f"""# Written by scripts/gateway-install. What may stand here: docs/examples/gateway.toml. Afterwards:
# sudo systemctl restart tram-broker tram-gateway
gateway_id = "{join.gateway_id}"
data_dir = "{places.STATE}/data"

[broker]
port = {places.PLAIN_PORT}
password_file = "broker.password"
folder = "{places.STATE}/broker"
tls_listen = ["{listen}"]

[server]
url = "{join.url}"
token_file = "server.token"
sealing_key_file = "sealing.key"
{server}{enrol}
[panel]
password_file = "{PEOPLE_NAME}"
listen = ["{listen}"]
"""


def _venv_mark(source: Path) -> str:
    return hashlib.sha256((source / "requirements/gateway.txt").read_bytes()).hexdigest()[:12]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)
