"""Lives of a buffer, each in parts that are processes of their own: what recorder.c writes down while they run.

    lives.py FOLDER LIFE PART PUBLIC_KEY        (with recorder.c loaded)

1. A part ends with a clean close, or without any, as if it had been killed.
2. What was promised, and when, is noted among the calls, one JSON list each: ["put", [[box, seq], …]] before,
   ["kept", [[box, seq, key, crc of the envelope], …]] after; ["settle", names], ["batch", highest], ["counted"].
3. Segments and the log are small here, so that a short life has all that a long one has.
"""

import asyncio
import ctypes
import json
import os
import shutil
import sys
import tempfile
from binascii import crc32
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

from gateway.buffer import Buffer, BufferFault, Held, Refused, Settings, segment
from gateway.seal import DigestKeys, Sealer, Shelf
from scripts.damages.old_file import old_file
from scripts.damages.sample import BOOT, BOXES, Clock, Name, arrival, scan

SETTINGS = Settings(keep_delivered_days=0, segment_bytes=24_576, min_free_bytes=0, ballast_bytes=65_536)
LOG_BYTES = 24 * 1024
OLD_ROWS = 700
MOST_OPENINGS = 8


class Life:
    def __init__(self, folder: Path, name: str, part: int, public_key: bytes) -> None:
        self._folder = folder
        self._sealer = Sealer(public_key, lambda _scan, _boot, _ms: "identified", DigestKeys(Shelf(None), lambda: 0))
        self.draw = Random(f"{name} {part}")
        self.clock = Clock()
        self.clock.now_ms = 1 + part * 100_000_000
        self.buffer: Buffer
        self._kept: set[Name] = set()

    def note(self, *values: object) -> None:
        if "RECORD_TO" in os.environ:
            ctypes.CDLL(None).record_note(json.dumps(values).encode())

    async def open(self) -> None:
        self.note("open")
        self.buffer = await Buffer.open(
            self._folder / "buffer", boot=BOOT, mono_ms=self.clock, sealer=self._sealer, settings=SETTINGS
        )
        self.ends = {stream.box_id: stream.received.highest() for stream in self.buffer._store.memory.streams}
        opening = self.buffer.opening
        gone = {} if opening.damage is None else {box: text for (box, _), text in opening.damage.gone.items()}
        self.note("opened", opening.found, gone)
        self._tell(0)

    def _tell(self, after_id: int) -> None:
        """What is kept of the rows since."""
        store = self.buffer._store
        rows = [store._held(one) for one in store.reads.each(after_id, store.memory.last_id) if one.fields is not None]
        self.note("kept", [[one.box_id, one.seq, one.key, crc32(one.record)] for one in rows])
        self._kept |= {(one.box_id, one.seq) for one in rows}

    async def put(self, count: int, box_id: str = "") -> None:
        box_id = box_id or self.draw.choice(BOXES)
        first = self.ends.get(box_id, 0) + 1
        seqs = range(first, first + count)
        records = [scan(box_id, seq, self.draw.randbytes(self.draw.choice((8, 40, 110, 110)))) for seq in seqs]
        self.note("put", [[box_id, seq] for seq in seqs])
        before = self.buffer._store.memory.last_id
        await self.buffer.put([arrival(box_id, records, seqs[-1])])
        self.ends[box_id] = seqs[-1]
        self._tell(before)
        self.clock.now_ms += 1_000
        await self.buffer.tend()

    async def settle(self, most: int) -> None:
        held = await self.buffer.claim(most, 1 << 30)
        self.note("settle", [[one.box_id, one.seq] for one in held])
        await self.buffer.settle([one.key for one in held], ["accepted"] * len(held))

    async def tend(self, count: int, step_ms: int) -> None:
        for _ in range(count):
            self.clock.now_ms += step_ms
            await self.buffer.tend()

    async def batch_no(self) -> None:
        self.note("batch", await self.buffer.take_batch_nos(600) + 599)

    async def close(self) -> None:
        await self.buffer.close()
        self.note("closed")

    async def missing(self) -> list[Name]:
        """What damage has taken, by a salvage of a copy."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(self._folder / "buffer", Path(folder) / "buffer")
            held = await claimed(Path(folder) / "buffer", self._sealer, self.clock)
        return sorted(self._kept - {(one.box_id, one.seq) for one in held if one.scan is not None})

    def hit(self, count: int, ending: str) -> None:
        """Bits of synced files turn."""
        for path in sorted((self._folder / "buffer").glob(f"*{ending}"))[-count:]:
            handle = os.open(path, os.O_RDWR)
            for at in (self.draw.randrange(600, os.fstat(handle).st_size) for _ in range(3)):
                os.pwrite(handle, self.draw.randbytes(40), at)
            os.fsync(handle)
            os.close(handle)


async def claimed(folder: Path, seals: Sealer, clock: Clock) -> list[Held]:
    """Everything that waits, opened as often as that takes."""
    for _ in range(MOST_OPENINGS):
        buffer = await Buffer.open(folder, boot=BOOT, mono_ms=clock, sealer=seals, settings=SETTINGS)
        try:
            await buffer.claim(100_000, 1 << 30)
            return await buffer.claim(100_000, 1 << 30)
        except BufferFault as fault:
            if fault.code != "damaged":
                raise
        finally:
            await buffer.close()
    raise BufferFault("damaged", "it does not come to rest")


async def ones(life: Life) -> None:
    await life.open()
    for n in range(50):
        await life.put(1)
        if n == 20:
            await life.batch_no()
        if n % 10 == 9:
            await life.settle(4)
    await life.tend(1, 40_000)


async def ones_closed(life: Life) -> None:
    await ones(life)
    await life.close()


async def packs(life: Life) -> None:
    await life.open()
    for n in range(12):
        await life.put(life.draw.choice((100, 20, 1)))
        await life.buffer.put([], [Refused("a/topic", life.draw.randbytes(300), "header", BOOT, 5)])
        if n % 3 == 2:
            await life.settle(150)
            await life.tend(2, 40_000)
    await life.batch_no()
    await life.settle(10_000)
    await life.tend(8, 60_000)
    for count in (1, 100, 1):
        await life.put(count)
    await life.tend(2, 400_000)


async def packs_closed(life: Life) -> None:
    await packs(life)
    await life.close()


async def finished(life: Life) -> None:
    await life.open()
    for count in (30, 1, 1):
        await life.put(count)
    life.buffer._store.files.finish()  # as after a sync that failed
    for count in (1, 30, 1):
        await life.put(count)
    await life.tend(2, 86_400_000)
    await life.put(2)


async def damaged(life: Life) -> None:
    await life.open()
    for count in (100, 40, 60, 1, 1):
        await life.put(count)
    await life.close()
    life.note("hit", [])
    life.hit(2, ".seg")
    life.note("hit", await life.missing())


async def salvaged(life: Life) -> None:
    await life.open()
    for count in (1, 20, 1):
        await life.put(count)
    await life.close()


async def taking_over(life: Life) -> None:
    rows = [("box-1", seq) for seq in range(41, OLD_ROWS + 1)]
    life.note("old", rows)
    old_file(life._folder / "buffer.sqlite", OLD_ROWS)
    for path in (life._folder / "buffer.sqlite", life._folder):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    life.note("kept", [[*name, 0, 0] for name in rows])
    await life.open()
    await life.put(3)


async def recounted(life: Life) -> None:
    await life.open()
    for count in (100, 60, 1, 20):
        await life.put(count)
    life.note("count")
    await life.buffer.recount(lambda _one: True)
    life._tell(0)
    life.note("counted", life.buffer._store.memory.last_id)
    await life.put(2)
    await life.close()


Part = Callable[[Life], Awaitable[None]]
LIVES: dict[str, list[Part]] = {
    "ones": [ones, ones_closed, ones],
    "packs": [packs, packs_closed, packs],
    "finished": [finished, finished],
    "salvage": [damaged, salvaged],
    "takeover": [taking_over],
    "recount": [ones, recounted],
}


async def main(folder: Path, name: str, part: int, public_key: bytes) -> None:
    segment.WAL_BYTES = LOG_BYTES
    life = Life(folder, name, part, public_key)
    await (life.open() if name == "open" else LIVES[name][part](life))
    os._exit(0)  # what was not closed stays as it is


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), bytes.fromhex(sys.argv[4])))
