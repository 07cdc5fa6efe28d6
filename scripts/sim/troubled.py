"""The gateway on a machine whose clock does what a file says: `python -m scripts.sim.troubled …`.

`CLOCK_TROUBLE` names the file, JSON: `{"synced": false, "offset_ms": -3600000}`. While it is there, the kernel says
that it knows the time or not, and the wall clock is off by that much; the monotonic clocks are what they are.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from gateway.__main__ import main
from gateway.clock import machine

_real = machine.discipline
_path = Path(os.environ.get("CLOCK_TROUBLE", "/nonexistent"))


def _trouble() -> dict[str, Any]:
    try:
        said = json.loads(_path.read_text())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def discipline(root: Path = Path("/")) -> machine.Discipline:
    """What the kernel says of its clock, in trouble."""
    said, real = _trouble(), _real(root)
    if not said:
        return real
    synced = bool(said.get("synced", real.is_synchronised))
    wall_ms = real.wall_ms + int(said.get("offset_ms", 0))
    return real._replace(is_synchronised=synced, wall_ms=wall_ms, max_error_ms=1 if synced else real.max_error_ms)


if __name__ == "__main__":
    machine.discipline = discipline
    sys.exit(main())
