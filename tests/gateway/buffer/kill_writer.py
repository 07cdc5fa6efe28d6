"""A process to be killed: puts and settles without end, and says what it was told was committed, one line per call."""

import asyncio
import itertools
import random
import sys
from pathlib import Path

from gateway.buffer import Buffer, Settings
from tests.gateway.buffer.wire import BOOT, arrival, pack, scan, sealer


async def main(path: Path, seed: int, life: int) -> None:
    draw = random.Random(seed)
    settings = Settings(segment_bytes=16_384, min_free_bytes=0, ballast_bytes=0, keep_delivered_days=0)
    clock = itertools.count(life * 10**6, 500)
    buffer = await Buffer.open(path, boot=BOOT, mono_ms=lambda: next(clock), sealer=sealer(), settings=settings)
    boxes = ["box-1", "box-2", "box-3"]
    ends = {stream.box_id: stream.received.highest() for stream in buffer._store.memory.streams}
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
            keys = {one.key for one in held if draw.random() < 0.95}
            await buffer.settle(list(keys), ["accepted"] * len(keys))
            print("settled", *[f"{one.box_id}:{one.seq}" for one in held if one.key in keys], flush=True)
        await buffer.tend()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
