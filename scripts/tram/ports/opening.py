"""Opening a port so that the board behind it goes on with what it does.

DTR and RTS are wired to a board's reset and boot pins. On Linux and macOS opening raises both at once, which resets
nothing; on Windows they are put to rest before the port is opened, as mpremote does, so that closing resets nothing.
"""

import errno
import os
from typing import TYPE_CHECKING

from scripts.tram import exits
from scripts.tram.ports.words import WORDS
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    import serial

_GONE = (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO)
_BUSY = (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK)
_NO_RIGHT = (errno.EACCES, errno.EPERM)
_WINDOWS_GONE = 2
_WINDOWS_DENIED = 5


def opened(device: str, baud: int, timeout_s: float) -> "serial.Serial":
    """-> an open pyserial port, ours alone. `timeout_s` is for reads and writes.

    Raises Trouble port_no_right (with the group that owns it), port_busy, port_gone, port_fails.
    """
    import serial

    line = serial.serial_for_url(device, baud, timeout=timeout_s, exclusive=True, do_not_open=True)
    if "://" not in device:
        line.write_timeout = timeout_s  # a port over the network cannot have one
    if os.name == "nt":
        line.dtr = False
        line.rts = False
    try:
        line.open()
    except (OSError, ValueError) as bad:
        raise trouble_of(device, bad) from bad
    return line


def trouble_of(device: str, bad: BaseException) -> Trouble:
    """Why a port could not be opened, or is not there any more."""
    number = _number_of(bad)
    if os.name == "nt":
        number = {_WINDOWS_GONE: errno.ENOENT, _WINDOWS_DENIED: errno.EBUSY}.get(number, number)
    if number in _NO_RIGHT:
        group = _group_of(device)
        code = "port_no_right" if group else "port_denied"
        return Trouble(code, exits.NO_RIGHT, WORDS, port=device, group=group)
    if number in _BUSY or "exclusively lock" in str(bad):
        return Trouble("port_busy", exits.NO_DEVICE, WORDS, port=device)
    if number in _GONE:
        return Trouble("port_gone", exits.CUT, WORDS, port=device)
    return Trouble("port_fails", exits.NO_DEVICE, WORDS, port=device, text=str(bad))


def _number_of(bad: BaseException) -> int:
    """The system's error number: pyserial keeps it in itself, in its cause, or (on Windows) only in its words."""
    seen: BaseException | None = bad
    while seen is not None:
        number = getattr(seen, "winerror", None) or getattr(seen, "errno", None)
        if isinstance(number, int):
            return number
        seen = seen.__cause__ or seen.__context__
    words = str(bad)
    if "PermissionError(13" in words:
        return _WINDOWS_DENIED if os.name == "nt" else errno.EACCES
    return errno.ENOENT if "FileNotFoundError(2" in words else 0


def _group_of(device: str) -> str:
    """The group that may use it, where that is not everybody's or root's; empty: joining a group would not help."""
    try:
        import grp

        facts = os.stat(device)
        if facts.st_gid == 0 or not facts.st_mode & 0o060:
            return ""
        return grp.getgrgid(facts.st_gid).gr_name
    except (ImportError, OSError, KeyError):
        return ""
