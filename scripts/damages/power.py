"""A power cut at every sync of a buffer's life, and between: what was promised before it is there after it.

    scripts/damage --power [--images N] [--nested N] [--seed S] [--lives ones,packs,…]

Each life (lives.py) is recorded call by call; platter.py makes of it what a disk may hold when the power fails before
or after a sync, or anywhere between; each such image is opened by the real Buffer. What must hold:
1. It opens, however often the power has failed; what was kept is there under its key, as it was, or was answered for.
2. Nothing is there that nobody put; nothing is answered for to a box that is not there.
3. Batch numbers that were given are never given again.
4. What the box sends again is taken, and a new scan; the next start is clean and has all of it.
5. Of what was counted anew nothing sealed is left in any file.
Some images are lived in again under the recorder, and cut again: power that fails while the last failure is mended.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from binascii import crc32
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from firmware.wire.spans import Spans
from gateway.buffer import Buffer, BufferFault, Held, carve, row
from gateway.buffer.segment import PAGE_BYTES
from scripts.damages import sample
from scripts.damages.lives import LIVES, SETTINGS, claimed
from scripts.damages.platter import Call, Platter, calls
from scripts.damages.sample import BOOT, Clock, Name
from scripts.sim.compiled import shared

ROOT = Path(__file__).parents[2]
CHILD = "scripts.damages.lives"
MOST = 1 << 30
LATER_MS = 1 << 40
MOST_AGAIN = 60
"""So many are sent again by the boxes after a cut."""


class Wrong(Exception):
    """What did not hold."""


class Tally(NamedTuple):
    images: int
    syncs: int
    calls: int
    nested: int
    found: Counter[str]


class Truth:
    """What was promised up to a moment."""

    def __init__(self, story: list[Call]) -> None:
        self.kept: dict[Name, int] = {}
        """What must be there: its key."""
        self.tried: set[Name] = set()
        self.freed: set[Name] = set()
        self.batch_no = 0
        self.counted_to = 0
        self.is_old = False
        self.gone: set[Name] = set()
        """What damage took; it may be missing."""
        self.checks: dict[Name, set[int]] = {}
        self.is_hit = self.is_being_hit = False
        self._later(story)

    def _later(self, story: list[Call]) -> None:
        for call in story:
            if call.kind != "N":
                continue
            word, *values = json.loads(call.one)
            if word == "kept":
                for box_id, seq, _, check in values[0]:
                    self.checks.setdefault((box_id, seq), set()).add(check)

    def take(self, call: Call) -> None:
        word, *values = json.loads(call.one)
        if word == "put":
            self.tried |= {(box_id, seq) for box_id, seq in values[0]}
        elif word == "kept":
            self.kept |= {(box_id, seq): key for box_id, seq, key, _ in values[0]}
        elif word == "settle":
            self.freed |= {(box_id, seq) for box_id, seq in values[0]}
        elif word == "batch":
            self.batch_no = values[0]
        elif word == "counted":
            self.counted_to = values[0]
        elif word == "hit":
            self.is_being_hit = not self.is_hit
            self.is_hit = True
            self.gone |= {(box_id, seq) for box_id, seq in values[0]}
        elif word == "old":
            self.is_old = True
            self.tried |= {(box_id, seq) for box_id, seq in values[0]}

    def must(self) -> dict[Name, int]:
        return {name: key for name, key in self.kept.items() if name not in self.freed | self.gone}


async def _open(folder: Path, public_key: bytes, found: list[str]) -> Buffer:
    seals = sample.sealer(public_key)
    clock = Clock()
    clock.now_ms = LATER_MS
    buffer = await Buffer.open(folder, boot=BOOT, mono_ms=clock, sealer=seals, settings=SETTINGS)
    found.append(buffer.opening.found)
    return buffer


def _received(buffer: Buffer) -> dict[str, Spans]:
    return {stream.box_id: stream.received.copy() for stream in buffer._store.memory.streams}


def _judge(held: list[Held], received: dict[str, Spans], truth: Truth) -> None:
    there: dict[Name, Held] = {}
    for one in held:
        name = one.box_id, one.seq
        if one.scan is None:
            if not truth.is_hit:
                raise Wrong(f"{name} is declared lost, and nothing was damaged")
            continue
        if name in there:
            raise Wrong(f"{name} is there twice")
        if name not in truth.tried:
            raise Wrong(f"{name} is there, and nobody put it")
        if not truth.is_old and crc32(one.record) not in truth.checks.get(name, ()):
            raise Wrong(f"{name} is not what was put")
        there[name] = one
    for name, key in truth.must().items():
        if name not in there:
            raise Wrong(f"{name} was kept and is not there (received: {name[1] in received.get(name[0], Spans())})")
        if key and there[name].key != key:
            raise Wrong(f"{name} had key {key} and has {there[name].key}")
        if name[1] not in received.get(name[0], Spans()):
            raise Wrong(f"{name} is there and would be asked for again")
    for box_id, spans in received.items():
        for first, last in spans.ranges:
            for seq in range(first, last + 1):
                name = box_id, seq
                if name in there or name in truth.freed or (truth.is_old and seq <= 40):
                    continue
                if name not in truth.gone or not truth.is_hit:
                    raise Wrong(f"{name} is answered for and is not there")


def _is_sealed_left(folder: Path, to_id: int) -> bool:
    for path in folder.iterdir():
        if ".seg" not in path.name:
            continue
        data = path.read_bytes()
        pages = carve.Pages(b"", data, PAGE_BYTES) if path.name.endswith("-wal") else carve.Pages(data, b"", PAGE_BYTES)
        for packed in pages.rows():
            made = row.unpack(packed)
            if made is not None and made.kind == row.SEALED and made.id <= to_id:
                return True
    return False


async def look(folder: Path, truth: Truth, public_key: bytes, draw: Random) -> list[str]:
    """Open an image and see -> how it was found. Raises Wrong and BufferFault."""
    found: list[str] = []
    if truth.counted_to and _is_sealed_left(folder, truth.counted_to):
        raise Wrong("a sealed row is left that was counted anew")
    if truth.is_hit:
        await claimed(folder, sample.sealer(public_key), Clock())
    buffer = await _open(folder, public_key, found)
    try:
        await buffer.claim(100_000, MOST)
        held = await buffer.claim(100_000, MOST)
        if buffer.opening.damage is not None and not truth.is_hit and (truth.kept or not truth.is_old):
            raise Wrong(f"the power failed, and it tells of damage: {buffer.opening.damage}")
        received = _received(buffer)
        _judge(held, received, truth)
        if truth.batch_no and await buffer.take_batch_nos(1) <= truth.batch_no:
            raise Wrong("a batch number is given twice")
        again = sorted(one for one in truth.tried if one[1] not in received.get(one[0], Spans()))[:MOST_AGAIN]
        again += [("box-new", 1)]
        for box_id in sorted({one[0] for one in again}):
            seqs = [seq for box, seq in again if box == box_id]
            records = [sample.scan(box_id, seq, draw.randbytes(60)) for seq in seqs]
            result = await buffer.put([sample.arrival(box_id, [one], max(seqs)) for one in records])
            if result.stored != len(seqs):
                raise Wrong(f"{result.stored} of {len(seqs)} were taken from {box_id}")
        await buffer.tend()
    finally:
        await buffer.close()
    wanted = {(one.box_id, one.seq) for one in held} | set(again)
    buffer = await _open(folder, public_key, found)
    try:
        there = {(one.box_id, one.seq) for one in await buffer.claim(100_000, MOST)}
        if found[-1] != "clean" or not wanted <= there:
            raise Wrong(
                f"the next start was {found[-1]}, {len(wanted - there)} are not there: {sorted(wanted - there)[:4]}"
            )
    finally:
        await buffer.close()
    return found


def lay_out(image: dict[str, bytes], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "buffer").mkdir(parents=True)
    for name, data in image.items():
        (folder / name).write_bytes(data)


class Recorder:
    def __init__(self, folder: Path, public_key: bytes) -> None:
        self.folder = folder
        self.public_key = public_key
        self._library = shared(Path(__file__).with_name("recorder.c"), folder)

    def record(self, at: Path, life: str, parts: int) -> list[Call]:
        """Live a life in a folder -> every call."""
        log = at.with_name(at.name + ".calls")
        log.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LD_PRELOAD": str(self._library),
            "RECORD_TO": str(log),
            "RECORD_FOLDER": str(at),
        }
        for part in range(parts):
            command = [sys.executable, "-m", CHILD, str(at), life, str(part), self.public_key.hex()]
            done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Wrong(f"{life}, part {part}: {done.stderr[-2000:]}")
        return list(calls(log.read_bytes()))


class Cut(NamedTuple):
    call: int
    how: str
    number: int


def choose(story: list[Call], images: int, draw: Random) -> Iterator[Cut]:
    """Where to cut, rising: before and after each sync in turn, and as often anywhere between."""
    syncs = [n for n, call in enumerate(story) if call.kind == "S"]
    near = [n + after for n in syncs for after in (0, 1)]
    first = draw.sample(near, min(len(near), max(1, images // 4)))
    cuts = [(n, how) for n in first for how in ("none", "all")][: images // 2]
    while len(cuts) < images:
        cuts.append((draw.choice(near) if draw.random() < 0.6 else draw.randrange(1, len(story)), "mixed"))
    for number, (n, how) in enumerate(sorted(cuts)):
        yield Cut(n, how, number)


class Campaign:
    def __init__(self, recorder: Recorder, seed: int, *, talks: bool) -> None:
        self._recorder = recorder
        self._seed = seed
        self._talks = talks
        self._found: Counter[str] = Counter()
        self._images = self._syncs = self._calls = self._nested = 0

    async def life(self, name: str, images: int, nested: int) -> None:
        at = self._recorder.folder / name
        (at).mkdir()
        story = self._recorder.record(at, name, len(LIVES[name]))
        self._syncs += sum(call.kind == "S" for call in story)
        self._calls += sum(call.kind not in "NPOC" for call in story)
        await self._cut(name, story, Platter(str(at)), images, nested, None)

    async def _cut(
        self, name: str, story: list[Call], platter: Platter, images: int, nested: int, before: Truth | None
    ) -> None:
        draw = Random(f"{self._seed} {name}")
        truth = before or Truth(story)
        at, folder = 0, self._recorder.folder / "image"
        cuts = list(choose(story, images, draw))
        again = set(draw.sample(range(len(cuts)), min(nested, len(cuts))))
        for cut in cuts:
            for call in story[at : cut.call]:
                platter.take(call)
                if call.kind == "N" and before is None:
                    truth.take(call)
            at = cut.call
            if truth.is_being_hit:
                continue
            image = platter.image(cut.how, Random(f"{self._seed} {name} {cut.number}"))
            try:
                if cut.number in again and image:
                    await self._again(f"{name}, cut {cut.number}", image, truth)
                lay_out(image, folder)
                found = await look(folder / "buffer", truth, self._recorder.public_key, draw)
            except (Wrong, BufferFault) as error:
                lay_out(image, self._recorder.folder.with_name("power-wrong"))  # to be looked at
                raise Wrong(f"{name}, call {cut.call} of {len(story)}, {cut.how}, cut {cut.number}: {error}") from error
            self._found[found[0]] += 1
            self._images += 1
            if self._talks and cut.number % 50 == 49:
                print(f"\r{name}: {cut.number + 1} of {len(cuts)}, {dict(self._found)}   ", end="", flush=True)

    async def _again(self, name: str, image: dict[str, bytes], truth: Truth) -> None:
        """The power fails while an image is opened."""
        at = self._recorder.folder / "again"
        lay_out(image, at)
        story = self._recorder.record(at, "open", 1)
        self._nested += 1
        if any(call.kind == "S" for call in story):
            await self._cut(name, story, Platter(str(at), image), 12, 0, truth)

    def tally(self) -> Tally:
        return Tally(self._images, self._syncs, self._calls, self._nested, self._found)


async def run(images: int, nested: int, seed: int, lives: list[str], folder: Path, *, talks: bool = True) -> Tally:
    """`images` and `nested` for each life. Raises Wrong at the first that does not hold."""
    public_key = X25519PrivateKey.generate().public_key().public_bytes_raw()
    campaign = Campaign(Recorder(folder, public_key), seed, talks=talks)
    for name in lives:
        await campaign.life(name, images, nested)
    return campaign.tally()


def told(tally: Tally, seed: int) -> str:
    found = ", ".join(f"{count} {name}" for name, count in sorted(tally.found.items()))
    return (
        f"clean: {tally.images} images of {tally.syncs} syncs and {tally.calls} calls, {tally.nested} cut again while "
        f"they were opened, seed {seed}: {found}; none lost, none invented"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/damage --power", description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1000, help="of each life")
    parser.add_argument("--nested", type=int, default=30, help="of them cut again while they are opened")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lives", default=",".join(LIVES))
    parser.add_argument("--folder", type=Path, help="where; a folder in memory is quick (default: the temporary one)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tram-power-", dir=chosen.folder) as folder:
        try:
            tally = asyncio.run(run(chosen.images, chosen.nested, chosen.seed, chosen.lives.split(","), Path(folder)))
        except Wrong as error:
            print(f"\nWRONG: seed {chosen.seed}: {error}", file=sys.stderr)
            return 1
    print("\r" + told(tally, chosen.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
