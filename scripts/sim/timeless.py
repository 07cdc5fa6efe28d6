"""The gateway on a machine whose kernel does not know the time, and says so: `python -m scripts.sim.timeless …`."""

import sys

from gateway.__main__ import main
from gateway.clock import machine


def unknown() -> None:
    """What the kernel's error is while nobody has set its clock."""


if __name__ == "__main__":
    machine.kernel_error_ms = unknown
    sys.exit(main())
