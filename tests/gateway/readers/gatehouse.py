"""`python -m tests.gateway.readers.gatehouse FOLDER PATTERN`: readers and their store as a process, to be killed.

Says a line for each thing that happens: `state DEVICE STATE`, `stored BOX`, `not_kept REASON`.
"""

import asyncio
import sys
import time
from pathlib import Path

from gateway.readers import Readers, Settings
from tests.gateway.readers.store import Store, World


async def main(folder: Path, pattern: str, slow_s: float) -> None:
    store = Store(folder / "store.sqlite", slow_s)
    world = World(folder, store, lambda: time.monotonic_ns() // 1_000_000)
    house = world.house._replace(on_outcome=lambda box, outcome, reason: print(outcome, box, reason, flush=True))
    settings = Settings((pattern,), look_s=0.1)
    readers = Readers(
        settings, house, lambda state: print("state", state.device, state.state, flush=True), machine_id="m"
    )
    print("begun", flush=True)
    await readers.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
