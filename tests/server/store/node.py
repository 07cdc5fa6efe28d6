"""A node of its own process: `python -m tests.server.store.node URL NOW_MS FOLDER NAME…` keeps these batches.

One line of JSON for each answer: the batch's name and its verdicts; what is Unavailable is sent again.
"""

import asyncio
import json
import sys
from pathlib import Path

from server.errors import Unavailable
from server.ingest.receive import receive
from server.store.postgres import Cluster
from server.store.shelf import Shelf
from tests.server.rig import GATEWAY


class Everything:
    def __contains__(self, box_id):
        return True


async def keep_all(shelf, now_ms, folder, names):
    async def one(name):
        intake = receive((folder / name).read_bytes(), GATEWAY, Everything(), now_ms)
        while True:
            try:
                found = await shelf.keep(intake)
                break
            except Unavailable:
                await asyncio.sleep(0.01)
        print(json.dumps([name, [[v.box_id, v.epoch, v.seq, v.verdict] for v in found.verdicts]]), flush=True)

    waiting = list(reversed(names))

    async def sender():
        while waiting:
            await one(waiting.pop())

    await asyncio.gather(*(sender() for _ in range(3)))


def main(url, now_ms, folder, *names):
    shelf = Shelf(Cluster(url), lambda: int(now_ms))
    shelf.start()
    print(json.dumps("started"), flush=True)
    asyncio.run(keep_all(shelf, int(now_ms), Path(folder), list(names)))
    shelf.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
