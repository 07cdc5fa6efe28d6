"""The environment in which every sync of a child takes longer: fsync_shim.c, loaded before all else."""

import os
from pathlib import Path

from scripts.sim.compiled import shared

SOURCE = Path(__file__).with_suffix(".c")


def environment(folder: Path, delay_ms: float) -> dict[str, str]:
    """This process's environment, for a child whose syncs take `delay_ms` longer. Raises NoCompiler."""
    return {**os.environ, "LD_PRELOAD": str(shared(SOURCE, folder)), "FSYNC_DELAY_MS": f"{delay_ms:g}"}
