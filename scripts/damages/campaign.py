"""Damage to every file of a buffer, round after round: each start is quick, saves what is whole, names what is not.

    scripts/damage [--rounds N] [--seed S]

In each round: a folder of several segments (stopped cleanly, or cut off), one to three blows to its files, a start, and
everything is claimed as upload would. What must hold:
1. It is up within 30 s, however often it has to be opened anew.
2. Every row of which one copy is whole is there, with the very envelope that it had, if it was not delivered.
3. What is gone is named exactly, and declared lost; the ack asks for it again. Where the index entry of a gone row was
   hit, too, it says that there is more.
4. It takes new scans, and starts cleanly afterwards.
A seed gives the same folder, but for the random salts of SQLite's log, and the same blows. What does not hold is kept.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import NamedTuple

from firmware.wire import record
from firmware.wire.spans import Spans
from gateway.buffer import Buffer, BufferFault, Damage, Held
from gateway.buffer import index as index_file
from gateway.buffer.state import parse_spans
from gateway.seal import Sealer
from scripts.damages import sample
from scripts.damages.hits import Hits, damage
from scripts.damages.sample import BOOT, SETTINGS, Clock, Made, Name

UP_WITHIN_S = 30.0
MOST_OPENINGS = 12


class Wrong(Exception):
    """What did not hold."""


class Seen(NamedTuple):
    scans: dict[Name, bytes]
    declared: dict[str, Spans]
    damages: list[Damage]
    acks: dict[str, Spans]
    found: list[str]
    up_s: float


class Tally(NamedTuple):
    rounds: int
    rows_hit: int
    rows_named: int
    salvages: int
    slowest_s: float


async def _use(folder: Path, seals: Sealer) -> Seen:
    """Open and claim everything, as the gateway does: what is damaged in use is opened anew."""
    began_s, up_s = time.monotonic(), 0.0
    damages: list[Damage] = []
    found: list[str] = []
    for _ in range(MOST_OPENINGS):
        opened_s = time.monotonic()
        buffer = await Buffer.open(folder, boot=BOOT, mono_ms=Clock(), sealer=seals, settings=SETTINGS)
        up_s = max(up_s, time.monotonic() - opened_s)
        found.append(buffer.opening.found)
        if buffer.opening.damage is not None:
            damages.append(buffer.opening.damage)
        try:
            await buffer.claim(100_000, 1 << 30)
            held = await buffer.claim(100_000, 1 << 30)
            damages += await buffer.take_damages()
            return await _seen(buffer, held, damages, found, up_s)
        except BufferFault as fault:
            if fault.code != "damaged":
                raise
            damages += await buffer.take_damages()
        finally:
            await buffer.close()
    raise Wrong(f"not in order after {MOST_OPENINGS} openings, {time.monotonic() - began_s:.1f} s")


async def _seen(buffer: Buffer, held: list[Held], damages: list[Damage], found: list[str], up_s: float) -> Seen:
    scans: dict[Name, bytes] = {}
    declared: dict[str, Spans] = {}
    for one in held:
        if one.scan is not None:
            scans[one.box_id, one.seq] = one.record
            continue
        lost = record.decode(one.record)
        if not isinstance(lost, record.Lost) or lost.last_seq is None:
            raise Wrong(f"row {one.key} is neither a scan nor a declaration")
        declared.setdefault(one.box_id, Spans()).add(lost.seq, lost.last_seq)
    acks = {stream.box_id: stream.received for stream in buffer._store.memory.streams}
    new = sample.scan("box-9", 1, b"new")
    result = await buffer.put([sample.arrival("box-9", [new], 1)])
    if result.acks[0].complete_to != 1:
        raise Wrong("it does not take a new scan")
    return Seen(scans, declared, damages, acks, found, up_s)


class Oracle:
    """Knows where each row lay, and so which of them are gone."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self._places = sample.places(made.folder)
        self._entries = self._of_indexes()

    def _of_indexes(self) -> dict[int, tuple[str, int]]:
        found: dict[int, tuple[str, int]] = {}
        for path in self.made.folder.glob("*.idx"):
            data = path.read_bytes()
            first_id = index_file.first_id_of(data) or 1
            for at in range(index_file.ENTRY_BYTES, len(data), index_file.ENTRY_BYTES):
                found[first_id + at // index_file.ENTRY_BYTES - 1] = path.name, at
        return found

    def has_lost_the_end(self, hits: Hits) -> bool:
        """The index entry of the last commit is gone: it is as if the power had failed before that was synced."""
        file, at = self._entries[max(self.made.ids)]
        return hits.touches(file, at, at + index_file.ENTRY_BYTES)

    def gone(self, hits: Hits) -> tuple[set[Name], set[Name], set[Name]]:
        """-> (rows of which no copy is whole and that were not delivered, those of them whose entry is whole, and rows
        that were delivered: whether that is known hangs on what else was hit)"""
        all_gone: set[Name] = set()
        named: set[Name] = set()
        delivered: set[Name] = set()
        for id_, name in self.made.ids.items():
            copies = self._places.get(id_, [])
            file, at = self._entries.get(id_, ("", 0))
            # a log is handed on from segment to segment: what an earlier one left in it does not count
            own = [copy for copy in copies if copy[0][0][:8] == file[:8]]
            if any(not any(hits.touches(*place) for place in copy) for copy in own):
                continue
            if name not in self.made.held:
                delivered.add(name)
                continue
            all_gone.add(name)
            if file and not hits.touches(file, at, at + index_file.ENTRY_BYTES):
                named.add(name)
        return all_gone, named, delivered


def judge(oracle: Oracle, hits: Hits, seen: Seen) -> tuple[int, int]:
    """Raises Wrong; -> (rows that were gone, rows that were named)"""
    gone, named, delivered = oracle.gone(hits)
    for name, envelope in oracle.made.held.items():
        there = seen.scans.get(name)
        if there is None and name == oracle.made.last and oracle.has_lost_the_end(hits):
            continue
        if there is None and name not in gone:
            raise Wrong(f"{name} was whole and is not there")
        if there is not None and there != envelope:
            raise Wrong(f"{name} is not what it was")
    told: set[Name] = set()
    for one in seen.damages:
        for (box_id, _), text in one.gone.items():
            told |= {(box_id, seq) for first, last in parse_spans(text).ranges for seq in range(first, last + 1)}
    if oracle.has_lost_the_end(hits):
        gone.discard(oracle.made.last)
    lost = gone - seen.scans.keys()  # a copy that the oracle cannot follow may have been found
    if told - lost - delivered:
        raise Wrong(f"named as gone, and is not: {sorted(told - lost - delivered)[:5]}")
    if (named & lost) - told:
        raise Wrong(f"gone and not named: {sorted((named & lost) - told)[:5]}")
    if lost - told and not any(one.gone_unknown for one in seen.damages):
        raise Wrong(f"gone, not named, and not said that there is more: {sorted(lost - told)[:5]}")
    for box_id, seq in told:
        if seq not in seen.declared.get(box_id, Spans()) or seq in seen.acks.get(box_id, Spans()):
            raise Wrong(f"{box_id} {seq} is not declared lost, or not asked for again")
    return len(lost), len(told)


def _keep(to: Path, **folders: Path) -> Path:
    """The folder before the blows, after them, and as the start left it, to be looked at."""
    shutil.rmtree(to, ignore_errors=True)
    for name, one in folders.items():
        shutil.copytree(one, to / name)
    return to


async def run(rounds: int, seed: int, folder: Path, *, talks: bool = True) -> Tally:
    """Raises Wrong at the first round in which something does not hold."""
    seals = sample.SeededSealer(seed)
    oracles = []
    for is_clean in (True, False):
        made = await sample.make(folder / f"made-{is_clean}", seals, is_clean=is_clean)
        oracles.append(Oracle(made))
    hit = named = salvages = 0
    slowest_s = 0.0
    for number in range(rounds):
        draw = Random(f"{seed} {number}")
        oracle = oracles[number % 2]
        at = folder / "round"
        shutil.rmtree(at, ignore_errors=True)
        shutil.copytree(oracle.made.folder, at)
        hits = damage(at, draw)
        hit_folder = folder / "hit"
        shutil.rmtree(hit_folder, ignore_errors=True)
        shutil.copytree(at, hit_folder)
        try:
            seen = await _use(at, seals)
            lost, told = judge(oracle, hits, seen)
            again = await _use(at, seals)
            if again.found != ["clean"]:
                raise Wrong(f"the next start found {again.found}")
            if max(seen.up_s, again.up_s) > UP_WITHIN_S:
                raise Wrong(f"up after {seen.up_s:.1f} s")
        except Exception as error:  # whatever a damaged folder makes it raise is a finding
            kept = _keep(folder.with_name("damage-wrong"), before=oracle.made.folder, hit=hit_folder, after=at)
            text = str(error) if isinstance(error, Wrong) else repr(error)
            raise Wrong(f"round {number}, seed {seed}, {', '.join(hits.told)}: {text} (see {kept})") from error
        hit, named, salvages = hit + lost, named + told, salvages + ("salvaged" in seen.found)
        slowest_s = max(slowest_s, seen.up_s)
        if talks and (number + 1) % 100 == 0:
            print(
                f"{number + 1} rounds, {salvages} salvaged, {hit} rows gone, slowest start {slowest_s:.2f} s",
                flush=True,
            )
    return Tally(rounds, hit, named, salvages, slowest_s)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/damage", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tram-damage-") as folder:
        try:
            tally = asyncio.run(run(chosen.rounds, chosen.seed, Path(folder)))
        except Wrong as error:
            print(f"WRONG: {error}", file=sys.stderr)
            return 1
    print(
        f"clean: {tally.rounds} rounds, seed {chosen.seed}: {tally.salvages} salvaged, {tally.rows_hit} rows gone, "
        f"{tally.rows_named} of them named, none invented, slowest start {tally.slowest_s:.2f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
