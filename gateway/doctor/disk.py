"""The disk that the scans are on: room, speed, honesty, wear.

1. A card that says "written" before it is loses what was acknowledged when the power goes. It cannot be asked, so it is
   measured: no card syncs 4 KiB in less than FASTEST_CARD_MS.
2. A disk in a virtual machine, or behind a controller with a battery, may be as fast as it likes: nothing is said.
"""

import os
import statistics
import time
from pathlib import Path
from typing import NamedTuple

from gateway.doctor.finding import Around, Finding, Level

FASTEST_CARD_MS = 0.25
SLOW_MS, STUCK_MS = 100.0, 1_000.0
MOST_SYNCS = 40
WORN_PERCENT, WORN_OUT_PERCENT = 80, 100
UNKNOWN = "?"
_PAGE_BYTES = 4096


class Device(NamedTuple):
    name: str
    kind: str
    """`card` (SD, eMMC, USB stick), `disk`, `virtual` or `unknown`."""


def check(folder: Path, min_free_bytes: int, around: Around) -> list[Finding]:
    device = device_of(folder, around)
    return [room(folder, min_free_bytes), *speed(folder, device, around), *wear(device, around)]


def room(folder: Path, min_free_bytes: int) -> Finding:
    there = os.statvfs(folder)
    free = there.f_bavail * there.f_frsize
    values = {"free_mb": free >> 20, "needed_mb": min_free_bytes >> 20}
    if there.f_flag & os.ST_RDONLY:
        return Finding("disk_read_only", "fault", values)
    if free < min_free_bytes:
        return Finding("disk_full", "fault", values)
    return Finding("disk_room", "warning" if free < 4 * min_free_bytes else "ok", values)


def speed(folder: Path, device: Device, around: Around) -> list[Finding]:
    """How long 4 KiB take until the disk says that they are there."""
    path = folder / ".doctor"
    took_ms: list[float] = []
    try:
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
            give_up = time.monotonic() + around.fsync_limit_s
            while len(took_ms) < MOST_SYNCS and (time.monotonic() < give_up or len(took_ms) < 3):
                file.seek(0)
                file.write(os.urandom(_PAGE_BYTES))
                began_ns = time.perf_counter_ns()
                os.fdatasync(file.fileno())
                took_ms.append((time.perf_counter_ns() - began_ns) / 1e6)
    except OSError as error:
        return [Finding("disk_fails", "fault", {"reason": error.strerror})]
    finally:
        path.unlink(missing_ok=True)
    middle_ms, worst_ms = statistics.median(took_ms), max(took_ms)
    values = {"middle_ms": round(middle_ms, 2), "worst_ms": round(worst_ms, 1), "device": device.name}
    return [judge_speed(middle_ms, worst_ms, values), *honesty(device, middle_ms, around)]


def judge_speed(middle_ms: float, worst_ms: float, values: dict[str, object]) -> Finding:
    if worst_ms > STUCK_MS:
        return Finding("disk_stalls", "warning", values)
    return Finding(
        "disk_slow" if middle_ms > SLOW_MS else "disk_speed", "warning" if middle_ms > SLOW_MS else "ok", values
    )


def honesty(device: Device, middle_ms: float, around: Around) -> list[Finding]:
    if device.kind == "card" and middle_ms < FASTEST_CARD_MS:
        return [Finding("disk_lies", "fault", {"device": device.name, "middle_ms": round(middle_ms, 3)})]
    if device.kind in ("virtual", "unknown"):
        return [Finding("disk_unjudged", "note", {"device": device.name})]
    cache = around.text(f"sys/block/{device.name}/queue/write_cache")
    return [Finding("disk_cache", "note", {"device": device.name, "cache": cache or "?"})]


def wear(device: Device, around: Around) -> list[Finding]:
    """What the card says of its own life; each step of eMMC's numbers is 10 %."""
    said = around.text(f"sys/block/{device.name}/device/life_time")
    if said:
        steps = [int(word, 16) for word in said.split() if word.startswith("0x")]
        percent = max(steps, default=0) * 10
        level: Level = "fault" if percent >= WORN_OUT_PERCENT else "warning" if percent >= WORN_PERCENT else "ok"
        return [Finding("disk_wear", level, {"percent": percent, "device": device.name})]
    if device.name == UNKNOWN:
        return []
    written = next(iter(sorted(around.root.glob(f"sys/fs/ext4/{device.name}*/lifetime_write_kbytes"))), None)
    if written is None:
        return []
    gigabytes = int(written.read_text().strip() or 0) >> 20
    return [Finding("disk_written", "note", {"gb": gigabytes, "device": device.name})]


def device_of(folder: Path, around: Around) -> Device:
    number = folder.stat().st_dev
    link = around.root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
    try:
        at = link.resolve(strict=True)
    except OSError:
        return Device(UNKNOWN, "unknown")
    whole = at.parent if (at / "partition").exists() else at
    return Device(whole.name, kind_of(whole.name, around))


def kind_of(name: str, around: Around) -> str:
    if name.startswith("mmcblk") or around.text(f"sys/block/{name}/removable") == "1":
        return "card"
    if name.startswith(("vd", "xvd", "loop", "ram", "zram", "dm-", "nbd")):
        return "virtual"
    return "disk" if name.startswith(("sd", "nvme")) else "unknown"
