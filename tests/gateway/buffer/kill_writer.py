"""A process to be killed: puts and settles without end, and says what it was told was committed, one line per call."""

import asyncio
import random
import sys
from pathlib import Path

from gateway.buffer import Buffer, Settings
from tests.gateway.buffer.wire import BOOT, arrival, pack, scan


async def main(path: Path, seed: int, life: int) -> None:
    draw = random.Random(seed)
    settings = Settings(wal_bytes=65_536)
    buffer = await Buffer.open(path, boot=BOOT, mono_ms=lambda: life * 10**6, settings=settings)
    boxes = ["box-1", "box-2", "box-3"]
    ends = {stream.box_id: stream.received.highest() for stream in buffer._store.streams}
    while True:
        box_id = draw.choice(boxes)
        first = ends.get(box_id, 0) + 1
        last = first + draw.choice((0, 0, 5, 100))
        records = [scan(seq, box_id, code=b"%d" % seq * 40) for seq in range(first, last + 1)]
        alone = [arrival(one, box_id) for one in records[:1]]
        packed = [arrival(pack(records[1:], 1, last, box_id), box_id)] if records[1:] else []
        result = await buffer.put(alone + packed)
        assert result.acks[0].complete_to == last
        ends[box_id] = last
        print("acked", box_id, first, last, flush=True)
        if draw.random() < 0.3:
            held = await buffer.claim(draw.randrange(1, 80), 1 << 20)
            keys = [one.key for one in held if draw.random() < 0.8]
            await buffer.settle(keys, ["accepted"] * len(keys))
            print("settled", *keys, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
