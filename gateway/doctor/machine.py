"""The machine: power, heat, swap, core dumps, clock, SQLite."""

import resource
import subprocess
import sys
from datetime import UTC, datetime

from gateway.clock import KernelClock
from gateway.config import Time
from gateway.doctor.finding import Around, Finding, Level

HOT_C, TOO_HOT_C = 70, 80
_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"


def check(time: Time, around: Around) -> list[Finding]:
    return [*clock(time, around), *power(around), *heat(around), swap(around), core_dumps(), sqlite(sqlite_version())]


def clock(time: Time, around: Around) -> list[Finding]:
    now = datetime.now(UTC)
    known = KernelClock(time.trust, time.bound_ms).utc()
    values = {"now": now.strftime("%Y-%m-%d %H:%M:%S UTC")}
    found = [Finding("clock_rtc" if (around.root / "dev/rtc0").exists() else "clock_no_rtc", "ok")]
    if now.year < 2025:
        return [Finding("clock_unset", "warning", values), *found]
    if known is None:
        return [Finding("clock_unsynced", "warning", values), *found]
    bound_ms = (known.latest_ms - known.earliest_ms) // 2
    return [Finding("clock", "ok", values | {"bound_ms": bound_ms}), *found]


def power(around: Around) -> list[Finding]:
    """A Raspberry Pi knows when its supply is too weak: bit 0 now, bit 16 since it was switched on."""
    said = around.text(_THROTTLED)
    if said is None:
        return []
    try:
        bits = int(said, 16)
    except ValueError:
        return []
    if bits & 0x1:
        return [Finding("power_low", "fault")]
    return [Finding("power_was_low", "warning")] if bits & 0x10000 else [Finding("power", "ok")]


def heat(around: Around) -> list[Finding]:
    said = around.text("sys/class/thermal/thermal_zone0/temp") or ""
    if not said.isdigit():
        return []
    degrees = int(said) // 1000
    level: Level = "fault" if degrees >= TOO_HOT_C else "warning" if degrees >= HOT_C else "ok"
    return [Finding("heat" if level == "ok" else "hot", level, {"degrees": degrees})]


def swap(around: Around) -> Finding:
    """Swap on a card could take personal data out of the memory; in memory (zram) it cannot."""
    lines = (around.text("proc/swaps") or "").splitlines()[1:]
    on_disk = [line.split()[0] for line in lines if line.strip() and "zram" not in line.split()[0]]
    return Finding("swap_on_disk", "warning", {"where": ", ".join(on_disk)}) if on_disk else Finding("swap", "ok")


def core_dumps() -> Finding:
    """Of this process: the gateway's own unit forbids them (LimitCORE=0)."""
    allowed = resource.getrlimit(resource.RLIMIT_CORE)[0] != 0
    return Finding("core_dumps", "note") if allowed else Finding("core_dumps_off", "ok")


def sqlite_version() -> str:
    done = subprocess.run(
        [sys.executable, "-c", "import sqlite3; print(sqlite3.sqlite_version)"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    return done.stdout.strip()


def sqlite(version: str) -> Finding:
    """The race when a write-ahead log is begun anew: only where two connections are open, and the gateway opens one."""
    return Finding(
        "sqlite_race" if has_race(version) else "sqlite", "note" if has_race(version) else "ok", {"version": version}
    )


def has_race(version: str) -> bool:
    """In 3.7.0 … 3.51.2, but for 3.44.6 and 3.50.7 and what follows them in their series."""
    parts = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if len(parts) != 3 or not (3, 7, 0) <= parts <= (3, 51, 2):
        return False
    mended_from = {(3, 44): 6, (3, 50): 7}
    return parts[2] < mended_from.get(parts[:2], parts[2] + 1)
