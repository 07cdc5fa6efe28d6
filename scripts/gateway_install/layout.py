"""Where everything of an installed gateway stands, below a root folder; and small files that are written whole."""

import os
from pathlib import Path

NAME = "tram"
OPT = "/opt/tram"
SETTINGS = "/etc/tram"
CONFIG = "/etc/tram/gateway.toml"
STATE = "/var/lib/tram"
CURRENT = "/opt/tram/current"
UNITS = ("tram-broker.service", "tram-gateway.service")
WRAPPER = "/usr/local/bin/tram-gateway"
AVAHI = "/etc/avahi/services/tram.service"
JOURNALD = "/etc/systemd/journald.conf.d/50-tram.conf"
PLAIN_PORT = 18830
"""Of the broker on the loopback: not 1883, where another mosquitto may be, which would let the gateway in too."""
SYSUSERS = "/usr/lib/sysusers.d/tram.conf"

_WRAPPER_TEXT = """#!/bin/sh
# The gateway's command line, as the gateway's own user: tram-gateway doctor, tram-gateway boxes, …
# Files are looked for where you are. Root may read any file: this keeps of root's rights that one, for files that you
# name and for the journal.
program=/opt/tram/current
export PYTHONDONTWRITEBYTECODE=1 PYTHONSAFEPATH=1 PYTHONPATH="$program"
[ $# -gt 0 ] || set -- --help
if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid=tram --regid=tram --init-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search \\
        "$program/venv/bin/python" -m gateway "$@" --config /etc/tram/gateway.toml
fi
[ "$(id -un)" = tram ] || exec sudo "$0" "$@"
exec "$program/venv/bin/python" -m gateway "$@" --config /etc/tram/gateway.toml
"""


class Layout:
    """Paths below `root`, which is / but for staging."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.changes = 0
        """Files and names that are another than before."""

    def at(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def write(self, path: str, text: str, mode: int = 0o644) -> bool:
        """Replace the file as a whole; False: it was so already."""
        target = self.at(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and target.read_text() == text and target.stat().st_mode & 0o777 == mode:
            return False
        fresh = target.with_name(target.name + ".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(fresh, mode)
        os.replace(fresh, target)
        self.changes += 1
        return True

    def link(self, path: str, target: str) -> None:
        """Point a name somewhere else, at once."""
        if self.linked(path) == target:
            return
        self.changes += 1
        fresh = self.at(path + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        os.replace(fresh, self.at(path))

    def linked(self, path: str) -> str | None:
        at = self.at(path)
        return os.readlink(at) if at.is_symlink() else None

    def write_wrapper(self) -> None:
        self.write(WRAPPER, _WRAPPER_TEXT, 0o755)


def unit_text(source: Path, name: str, mosquitto: str) -> str:
    """A unit from its template, with what hardens all of them put in."""
    hardened = (source / "gateway/systemd/hardened.conf").read_text()
    text = (source / "gateway/systemd" / name).read_text().replace("@HARDENED@\n", hardened)
    given = {"PROGRAM": CURRENT, "CONFIG": CONFIG, "STATE": STATE, "SETTINGS": SETTINGS, "MOSQUITTO": mosquitto}
    for key, value in given.items():
        text = text.replace(f"@{key}@", value)
    return text
