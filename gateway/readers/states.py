"""What may be said of a reader, and why it could not be opened.

| state | means |
|---|---|
| starting, ready, half_configured, listening, mute, flooding | as firmware/scanner/uart.py says |
| typing | a keyboard reader that is ours alone |
| away | it was here and is not plugged in |
| absent | it is named in the settings and has not been seen |
| no_permission | the file may not be opened; the reason names the group |
| in_use | another program has it |
| no_device | what has this name is no serial port, or no keyboard |
| not_a_reader | it talks like something else: gps, modem, echo |
| disk_full, not_kept | it reads, and nothing is accepted, since the buffer keeps nothing |
| fault | anything else that the system says against it |
"""

import errno
import grp
import os
from typing import NamedTuple

from gateway.reasons import of

WELL = ("ready", "half_configured", "listening", "typing", "starting")
_CODES = {
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EBUSY: "in_use",
    errno.EAGAIN: "in_use",
    errno.ENOTTY: "no_device",
    errno.EINVAL: "no_device",
    errno.EISDIR: "no_device",
    errno.ENXIO: "away",
    errno.ENODEV: "away",
    errno.ENOENT: "away",
    errno.EIO: "away",
}


class Trouble(NamedTuple):
    """Why a device cannot be used."""

    code: str
    reason: str
    """Of gateway/reasons.py."""


class ReaderState(NamedTuple):
    """One reader as it is now."""

    box_id: str
    device: str
    kind: str
    """serial or keyboard"""
    state: str
    reason: str
    since_mono_ms: int
    model: str
    scans: int
    """Kept since it was plugged in."""
    counters: dict[str, int]


def trouble_of(number: int | None, path: str, kind: str) -> Trouble:
    """From the error number of an open."""
    code = _CODES.get(number or 0, "fault")
    if code == "no_permission":
        group = _group_of(path) or ("dialout" if kind == "serial" else "input")
        return Trouble(code, of("reader_no_permission", path, group))
    if code == "in_use":
        return Trouble(code, of("reader_in_use", path))
    if code == "no_device":
        return Trouble(code, of("reader_no_port" if kind == "serial" else "reader_no_keyboard", path))
    if code == "away":
        return Trouble(code, of("reader_unplugged", path))
    return Trouble(code, of("reader_fault", path, os.strerror(number) if number else "it cannot be set up"))


def _group_of(path: str) -> str:
    """The group that may open the file; empty where there is none but root's."""
    try:
        name = grp.getgrgid(os.stat(path).st_gid).gr_name
    except (OSError, KeyError):
        return ""
    return "" if name == "root" else name
