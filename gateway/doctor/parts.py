"""What the gateway has written down: its own numbers, its boxes, its certificate, its files."""

import os
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway import certs
from gateway.admission import Admission
from gateway.clock import KernelClock
from gateway.config import Config
from gateway.doctor.finding import Around, Finding, Level
from gateway.downlink import roster

SILENT_S = 3600
WEAK_DBM = -75
MANY_WAITING = 100
_NUMBER = re.compile(r'([a-z_]+)(?:\{[a-z]+="([^"]*)"\})? ([0-9.e+-]+)')


def numbers(path: Path) -> dict[tuple[str, str], float]:
    """(name, label) -> value, from metrics.prom; empty where there is none."""
    try:
        text = path.read_text()
    except OSError:
        return {}
    return {
        (found[1], found[2] or ""): float(found[3]) for line in text.splitlines() if (found := _NUMBER.fullmatch(line))
    }


def running(settings: Config, data_dir: Path, now_s: float) -> list[Finding]:
    """By how fresh its numbers are; then by what they say of each part."""
    path = data_dir / "metrics.prom"
    age_s = now_s - path.stat().st_mtime if path.exists() else None
    if age_s is None or not -5 < age_s < 15 + 3 * settings.health.every_s:
        return [Finding("gateway_down", "fault")]
    said = numbers(path)
    found = [
        Finding("part_unwell", "warning", {"part": label})
        for (name, label), value in said.items()
        if name == "tram_part_ok" and not value
    ]
    found += [Finding("broker_shared", "fault")] if said.get(("tram_broker_shared", "")) else []
    times = int(said.get(("tram_broker_told_in_vain", ""), 0))
    found += [Finding("boxes_unheard", "fault", {"times": times})] if times else []
    waiting, oldest_s = said.get(("tram_waiting_records", ""), 0), said.get(("tram_waiting_oldest_seconds", ""), 0)
    values = {"waiting": int(waiting), "hours": round(oldest_s / 3600, 1)}
    found.append(
        Finding("backlog" if oldest_s > SILENT_S else "sending", "warning" if oldest_s > SILENT_S else "ok", values)
    )
    return [Finding("gateway_up", "ok"), *found]


def boxes(settings: Config, admission: Admission, data_dir: Path) -> list[Finding]:
    clock = KernelClock(settings.time.trust, settings.time.bound_ms)
    hashes, revoked = admission.registry.hashes()
    rows = roster.read(data_dir / "boxes.json")
    known = sorted({*hashes, *admission.listed(), *rows} - revoked)
    found = [one for box in known for one in _of_box(box, rows.get(box), clock)]
    found += [Finding("box_file", "fault", {"file": name}) for name in admission.registry.damaged]
    return found or [Finding("no_boxes", "note")]


def _of_box(box: str, row: Mapping[str, Any] | None, clock: KernelClock) -> Iterable[Finding]:
    values: dict[str, object] = {"box": box}
    if row is None:
        return [Finding("box_never", "warning", values)]
    ago_s = _ago_s(row, clock)
    values["minutes"] = "?" if ago_s is None else round(ago_s / 60)
    found = []
    if row.get("state") != "online":
        found.append(Finding("box_gone", "warning", values))
    if isinstance(row.get("rssi"), int) and row["rssi"] < WEAK_DBM:
        found.append(Finding("box_weak", "warning", values | {"dbm": row["rssi"]}))
    if isinstance(row.get("waiting"), int) and row["waiting"] > MANY_WAITING:
        found.append(Finding("box_waiting", "warning", values | {"waiting": row["waiting"]}))
    if row.get("reader") not in (None, "ok", "ready"):
        found.append(Finding("box_reader", "warning", values | {"reader": str(row["reader"])}))
    return found or [Finding("box", "ok", values)]


def _ago_s(row: Mapping[str, Any], clock: KernelClock) -> float | None:
    mono_ms, then_ms, utc = row.get("heard_mono_ms"), row.get("heard_utc_ms"), clock.utc()
    if row.get("heard_boot") == clock.boot and isinstance(mono_ms, int):
        return (clock.mono_ms() - mono_ms) / 1000
    return None if utc is None or not isinstance(then_ms, int) else (utc.latest_ms - then_ms) / 1000


def certificate(admission: Admission) -> list[Finding]:
    folder = admission.certs_folder
    ends = certs.ends(folder) if folder.is_dir() else None
    if ends is None:
        return [Finding("certificate_none", "fault")]
    days = (ends - datetime.now(UTC)).days
    level: Level = "ok" if days > 60 else "warning" if days > 0 else "fault"
    return [Finding("certificate" if level == "ok" else "certificate_ends", level, {"days": days})]


def rights(settings: Config, data_dir: Path) -> list[Finding]:
    """Whose files they are, and who else may read them."""
    names = [settings.broker.password_file, settings.server.token_file, settings.broker.boxes_file]
    paths = [settings.path(name) for name in names if name]
    paths += [data_dir, *sorted((data_dir / "certs").glob("*.pem"))]
    found = []
    for path in paths:
        if not path.exists():
            found.append(Finding("file_missing", "fault", {"file": path.name}))
        elif path.stat().st_mode & 0o077:
            found.append(Finding("file_open", "fault", {"file": path.name}))
        elif os.geteuid() and not os.access(path, os.R_OK):
            found.append(Finding("file_closed", "fault", {"file": path.name}))
    return found or [Finding("files", "ok")]


def openers(folder: Path, around: Around) -> list[Finding]:
    """Who else has the buffer open: two processes on one SQLite file is what its race needs."""
    pids = set()
    for link in around.root.glob("proc/[0-9]*/fd/*"):
        try:
            target = os.readlink(link)
        except OSError:  # it has ended, or is somebody else's
            continue
        if target.startswith(f"{folder}{os.sep}buffer") and not target.endswith(".lock"):
            pids.add(int(link.parts[-3]))
    return [Finding("buffer_shared", "fault", {"pids": ", ".join(map(str, sorted(pids)))})] if len(pids) > 1 else []


def listeners(settings: Config, admission: Admission, around: Around) -> list[Finding]:
    """Who listens on our ports, where that can be seen: the broker's are the broker's."""
    try:
        broker_pid = int(admission.pid_file.read_text()[:16])
    except (OSError, ValueError):
        return []
    owners = _owners(around)
    ports = [settings.broker.port, *([settings.broker.tls_port] if settings.broker.tls_listen else [])]
    taken = {port: pid for port in ports for pid in owners.get(port, set()) - {broker_pid}}
    return [Finding("port_taken", "fault", {"port": port, "pid": pid}) for port, pid in taken.items()]


def _owners(around: Around) -> dict[int, set[int]]:
    """Port -> processes that listen there."""
    inodes: dict[str, int] = {}
    for name in ("tcp", "tcp6"):
        for line in (around.text(f"proc/net/{name}") or "").splitlines()[1:]:
            words = line.split()
            if len(words) > 9 and words[3] == "0A":
                inodes[f"socket:[{words[9]}]"] = int(words[1].rpartition(":")[2], 16)
    owners: dict[int, set[int]] = {}
    for link in around.root.glob("proc/[0-9]*/fd/*"):
        try:
            port = inodes.get(os.readlink(link))
        except OSError:
            continue
        if port is not None:
            owners.setdefault(port, set()).add(int(link.parts[-3]))
    return owners


def now_s() -> float:
    return time.time()
