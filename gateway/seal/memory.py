"""What is in the clear is in memory only, and memory must not come to lie on the disk.

1. No core dumps: the limit is set to nothing, and the process is not dumpable, so that the kernel writes none through
   a helper program either, and nobody but root may look into it.
2. Where it is allowed without end (LimitMEMLOCK=infinity in the unit, or CAP_IPC_LOCK), all of the process stays out of
   the swap. Pages are locked as they come into use, so that it takes no more memory than without. Under a limit nothing
   is locked: a new thread would fail. Then it is the machine that must have no swap on its disk.
3. Keys on tmpfs can be swapped out too: MemorySwapMax=0 in the unit keeps the unit's own there, where the kernel
   counts memory by unit; `swaps_to_disk` says whether the machine swaps to a disk at all.
"""

import ctypes
import resource
from pathlib import Path
from typing import NamedTuple

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_CAP_IPC_LOCK = 14
_STATUS = Path("/proc/self/status")
_SWAPS = Path("/proc/swaps")
_MEMORY_ONLY = ("/dev/zram", "/zram")


class Hardened(NamedTuple):
    """What could be done."""

    no_dumps: bool
    is_locked: bool


def harden() -> Hardened:
    """At the start, before anything personal is in memory."""
    libc = ctypes.CDLL(None, use_errno=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    no_dumps = libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
    flags = _MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT
    return Hardened(no_dumps, _may_lock() and libc.mlockall(flags) == 0)


def _may_lock() -> bool:
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        return True
    try:
        status = _STATUS.read_text()
    except OSError:
        return False
    effective = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")]
    return bool(effective) and bool(int(effective[0], 16) >> _CAP_IPC_LOCK & 1)


def swaps_to_disk(swaps: Path = _SWAPS) -> list[str]:
    """The swap areas that are not in memory, by name; for the doctor."""
    try:
        lines = swaps.read_text().splitlines()[1:]
    except OSError:
        return []
    names = [line.split()[0] for line in lines if line.strip()]
    return [name for name in names if not name.startswith(_MEMORY_ONLY)]
