"""Live scans as people come: at random instants, at random gates; each box sends its scan at once and alone.

`Pace` says how many a second and for how long; the instants are those of a Poisson process, drawn from a seed.
"""

import random
import select
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scripts.figures.gateway_load import Load, LoadBox, Result

ANSWER_S = 120.0


class Pace(NamedTuple):
    scans_per_s: float
    """All boxes together."""
    seconds: float


def instants(paces: Sequence[Pace], seed: int = 1) -> list[float]:
    """Seconds from the beginning, rising."""
    draw = random.Random(seed)
    found: list[float] = []
    began_s = 0.0
    for pace in paces:
        at_s = draw.expovariate(pace.scans_per_s) if pace.scans_per_s else pace.seconds
        while at_s < pace.seconds:
            found.append(began_s + at_s)
            at_s += draw.expovariate(pace.scans_per_s)
        began_s += pace.seconds
    return found


def send_at(load: Load, instants_s: Sequence[float], seed: int = 1) -> Result:
    """`load.scans` does not count here: each box sends the same number, in any order among them, and the few instants
    that are left over are left out. Returns when the last is answered."""
    each = len(instants_s) // len(load.passwords)
    turns = list(load.passwords) * each
    random.Random(seed).shuffle(turns)
    boxes = {name: LoadBox(load._replace(scans=each), name) for name in load.passwords}
    began_s = time.perf_counter()
    for at_s, name in zip(instants_s, turns):
        while (left_s := began_s + at_s - time.perf_counter()) > 0:
            _read(boxes.values(), left_s)
        boxes[name].send(1, time.perf_counter())
    give_up_s = time.perf_counter() + ANSWER_S
    while sum(len(box.took_s) for box in boxes.values()) < len(turns):
        if time.perf_counter() > give_up_s:
            raise RuntimeError("a scan was not answered for")
        _read(boxes.values(), 0.1)
        for box in boxes.values():
            box.send(0, time.perf_counter())
    took_ms = sorted(1000 * one for box in boxes.values() for one in box.took_s) or [0.0]
    for box in boxes.values():
        box.close()
    seconds = time.perf_counter() - began_s
    return Result(len(turns), seconds, took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100])


def _read(boxes: Iterable[LoadBox], limit_s: float) -> None:
    ready, _, _ = select.select(list(boxes), [], [], limit_s)
    for box in ready:
        box.read()
