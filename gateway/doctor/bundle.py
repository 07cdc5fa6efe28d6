"""A file for who helps from afar: what was found, the gateway's numbers, its settings, its log; no secrets, no people.

1. Settings hold only the names of secret files; the files themselves stay.
2. Nothing of the buffer goes in, nor of what boxes were wished. Of each box what it says of its own health.
3. The log is the journal's of our two units: no code that anybody showed ever stands in it.
"""

import json
import os
import platform
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from gateway.config import Config
from gateway.doctor import texts
from gateway.doctor.finding import Finding
from gateway.downlink import roster

MOST_LOG_LINES = 5_000
_OF_A_BOX = ("state", "boot", "session", "rssi", "waiting", "reader", "firmware_version", "settings_version", "trust")


def write(path: Path, settings: Config, findings: Sequence[Finding]) -> None:
    """A new zip, which whoever called may send. Raises OSError, also where the file is there already."""
    data_dir = settings.path(settings.data_dir)
    with (
        open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        made.writestr("findings.json", _json([one._asdict() for one in findings]))
        made.writestr("findings.txt", "\n".join(texts.lines(findings, "en")) + "\n")
        made.writestr("settings.json", _json(_settings(settings)))
        made.writestr("boxes.json", _json(_boxes(data_dir)))
        made.writestr("machine.json", _json({"system": platform.platform(), "python": platform.python_version()}))
        metrics = data_dir / "metrics.prom"
        if metrics.exists():
            made.write(metrics, "metrics.prom")
        made.writestr("log.txt", _log())
        os.fchmod(file.fileno(), 0o644)


def _settings(settings: Config) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(settings)
    shown["place"] = {"revoked": len(settings.place.revoked), "purpose": len(settings.place.purpose)}
    return shown


def _boxes(data_dir: Path) -> dict[str, Any]:
    rows = roster.read(data_dir / "boxes.json")
    return {box: {key: row[key] for key in _OF_A_BOX if key in row} for box, row in rows.items()}


def _log() -> str:
    command = ["journalctl", "-u", "tram-gateway", "-u", "tram-broker", "-n", str(MOST_LOG_LINES), "--no-pager"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}\n"
    return done.stdout or done.stderr


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=str)
