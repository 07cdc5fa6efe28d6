"""What is asked of the machine: packages, users, services. Everything that is run goes into a log, and fails with its
last lines."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from scripts.gateway_install.layout import CONFIG, CURRENT, NAME, STATE, SYSUSERS, Layout
from scripts.gateway_install.texts import text

STEADY_S = 4.0


class StepFailed(Exception):
    """A command said no; its last words."""


class System:
    """The machine below `layout.root`; where that is not /, or no systemd runs, nothing is started."""

    def __init__(self, layout: Layout, log: Path) -> None:
        self._layout = layout
        self._log = log
        self.is_staged = layout.root != Path("/")
        self.has_systemd = not self.is_staged and Path("/run/systemd/system").is_dir()

    def run(self, *command: str, timeout_s: float = 1800, given: str = "", **environment: str) -> str:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            input=given,
            env={**os.environ, **environment},
        )
        said = "(not for a log)\n" if given else done.stdout  # what is typed in is a password
        with open(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write(f"$ {' '.join(command)}\n{said}")
        if done.returncode:
            raise StepFailed("\n".join(done.stdout.splitlines()[-15:]) or f"{command[0]}: {done.returncode}")
        return done.stdout

    def missing_packages(self) -> list[str]:
        if self.is_staged:
            return []
        missing = [] if self.mosquitto() else ["mosquitto"]
        probe = subprocess.run(["/usr/bin/python3", "-c", "import ensurepip, venv"], capture_output=True)
        missing += ["python3-venv"] if probe.returncode else []
        return missing + ([] if Path("/etc/ssl/certs/ca-certificates.crt").exists() else ["ca-certificates"])

    def install_packages(self, names: list[str]) -> None:
        """mosquitto's own service is kept from starting: the broker is ours."""
        settings: Any = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
        apt = ("apt-get", "-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0")
        if self.has_systemd and "mosquitto" in names:
            self.run("systemctl", "mask", "--runtime", "mosquitto.service")
        try:
            try:
                self.run(*apt, "install", "-y", "--no-install-recommends", *names, **settings)
            except StepFailed:
                self.run(*apt, "update", **settings)
                self.run(*apt, "install", "-y", "--no-install-recommends", *names, **settings)
        finally:
            if self.has_systemd and "mosquitto" in names:
                self.run("systemctl", "unmask", "--runtime", "mosquitto.service")
        if self.has_systemd and "mosquitto" in names:
            self.run("systemctl", "disable", "mosquitto.service")

    def mosquitto(self) -> str:
        return shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin") or ""

    def make_user(self, source: Path) -> None:
        self._layout.write(SYSUSERS, (source / "gateway/systemd/sysusers.conf").read_text())
        self.run("systemd-sysusers", f"--root={self._layout.root}", str(self._layout.at(SYSUSERS)))

    def own(self, path: Path) -> None:
        """Give it to the gateway's user; ids are those of the root that is written to."""
        for line in self._layout.at("/etc/passwd").read_text().splitlines():
            words = line.split(":")
            if words[0] == NAME:
                os.chown(path, int(words[2]), int(words[3]), follow_symlinks=False)
                return
        raise StepFailed("/etc/passwd: no user tram")

    def gateway(self, *words: str, given: str = "") -> str:
        """The installed command line, as the gateway's user; what it prints, its notes behind."""
        python = str(self._layout.at(CURRENT) / "venv/bin/python")
        os.chdir(self._layout.at(CURRENT))
        return self.run(
            "setpriv", "--reuid=tram", "--regid=tram", "--init-groups",
            python, "-m", "gateway", *words, "--config", CONFIG,
            given=given, PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1",
        )  # fmt: skip

    def systemctl(self, *words: str) -> str:
        return self.run("systemctl", *words) if self.has_systemd else ""

    def is_active(self, unit: str) -> bool:
        asked = subprocess.run(["systemctl", "is-active", "--quiet", unit], check=False)
        return asked.returncode == 0

    def wait_well(self, limit_s: float, since_s: float) -> bool:
        """Whether both run, and the gateway's own numbers, written since then, say that it is at the broker: for
        STEADY_S without a break, for what fails at once is started again and again."""
        numbers = self._layout.at(f"{STATE}/data/metrics.prom")
        give_up = time.monotonic() + limit_s
        well_since_s: float | None = None
        while time.monotonic() < give_up:
            if all(self.is_active(unit) for unit in ("tram-broker.service", "tram-gateway.service")):
                fresh = numbers.exists() and numbers.stat().st_mtime >= since_s
                is_well = fresh and number(numbers, "tram_broker_up") == 1
            else:
                is_well = False
            well_since_s = (well_since_s or time.monotonic()) if is_well else None
            if well_since_s is not None and time.monotonic() - well_since_s > STEADY_S:
                return True
            time.sleep(0.25)
        return False


def number(path: Path, name: str) -> float | None:
    """One of the gateway's numbers; None where it does not say."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    found = [line.rpartition(" ")[2] for line in lines if line.rpartition(" ")[0] == name]
    try:
        return float(found[0]) if found else None
    except ValueError:
        return None


def say_step(at: int, of: int, key: str, **values: object) -> None:
    print(f"[{at}/{of}] {text(key, **values)}", flush=True)
