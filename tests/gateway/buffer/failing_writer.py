"""A process whose disk is made to fail: does what it is told on its input, one line each, and says what came of it."""

import asyncio
import sys
from pathlib import Path

from gateway.buffer import Buffer, BufferFault
from tests.gateway.buffer.conftest import SMALL
from tests.gateway.buffer.wire import BOOT, arrival, pack, scan, sealer


async def main(path: Path) -> None:
    buffer = await Buffer.open(path, boot=BOOT, mono_ms=lambda: 1000, sealer=sealer(), settings=SMALL)
    for line in sys.stdin:
        word, *numbers = line.split()
        try:
            if word == "put":
                first, last = map(int, numbers)
                records = [scan(seq, code=b"%d" % seq * 50) for seq in range(first, last + 1)]
                result = await buffer.put([arrival(pack(records, 1, last))])
                print("acked", result.acks[0].complete_to, result.acks[0].highest, flush=True)
            elif word == "waiting":
                held = await buffer.claim(100_000, 1 << 30)
                print("waiting", *[one.seq for one in held], flush=True)
            elif word == "settle":
                await buffer.settle([int(numbers[0])], ["accepted"])
                print("settled", flush=True)
            elif word == "stats":
                stats = await buffer.stats()
                print("stats", stats.state, stats.finished_files, stats.segments, flush=True)
            elif word == "tend":
                await buffer.tend()
                print("tended", flush=True)
        except BufferFault as fault:
            print("fault", fault.code, flush=True)
    await buffer.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
