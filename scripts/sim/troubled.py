"""The gateway on a machine whose clock does what a file says: `python -m scripts.sim.troubled …`.

`CLOCK_TROUBLE` names the file, JSON: `{"synced": false, "offset_ms": -3600000}`. While it is there, the kernel says
that it knows the time or not, and the wall clock is off by that much; the monotonic clocks are what they are.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from gateway.__main__ import main
from gateway.clock import machine

_real_error_ms = machine.kernel_error_ms
_path = Path(os.environ.get("CLOCK_TROUBLE", "/nonexistent"))


def _trouble() -> dict[str, Any]:
    try:
        said = json.loads(_path.read_text())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def error_ms() -> int | None:
    """What the kernel says of its own error."""
    said = _trouble().get("synced")
    return _real_error_ms() if said is None else 1 if said else None


class _Time:
    """The module `time`, but for the wall clock."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    @staticmethod
    def time_ns() -> int:
        return time.time_ns() + int(_trouble().get("offset_ms", 0)) * 1_000_000


if __name__ == "__main__":
    machine.kernel_error_ms = error_ms
    machine.time = _Time()  # type: ignore[assignment,attr-defined]
    sys.exit(main())
