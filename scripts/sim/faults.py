"""What goes wrong, and when: a seeded plan. Pure; injector.py carries it out.

box      the power goes at a random flash operation, which is torn; sometimes once more while it starts again
gateway  killed, and started again
broker   killed, and started again
server   killed, and started again
net      the links boxes - broker and gateway - server, cut (reset) and half-open (nothing, or no answer,
         comes through, and nobody is told)
reader   the module: noise between frames, lost bytes, codes cut short, wrong answers, a module that goes mute or dark

A byte inside a code is never changed: the module's protocol has no checksum on scans, so no box could notice.
"""

import random
from collections.abc import Iterable
from typing import Any, NamedTuple

KINDS = ("box", "gateway", "broker", "server", "net", "reader")
EVERY_S = 12.0
"""Of each kind one about this often, and never fewer than two of a kind in a run. Readers misbehave thrice as often."""
TORN_OPERATIONS = (1, 30)
DOWN_S = (0.1, 3.0)
AIMED_SHARE = 0.7
AIM_MS = (0, 12)
"""Most kills and cuts come this long after a green light: between two hops rather than when nothing is on its way."""
LINK_S = (0.5, 6.0)
NET_WAYS = (
    (("boxes", "server"), "half_open"),
    (("boxes", "server"), "cut"),
    (("boxes", "server"), "no_answers"),
    (("boxes",), "half_open"),
    (("server",), "cut"),
    (("boxes",), "no_answers"),
    (("server",), "half_open"),
    (("boxes",), "cut"),
    (("server",), "no_answers"),
)
MISBEHAVIOURS = (
    # The next code, the next answer:
    *("lose_bytes", "truncate", "power", "noise_before", "bad_crc", "forget", "late_reply", "double_ack"),
    # At once, for a while:
    *("noise", "mute", "flood", "unplug", "dark"),
)
"""As reader_faults.py has them; `dark` is a module without power for a while."""


class Fault(NamedTuple):
    """One thing that goes wrong, `at_s` after the first visitor was due."""

    at_s: float
    kind: str
    details: dict[str, Any]


class UnknownFault(Exception):
    """A name that is none of KINDS."""


def named(text: str) -> tuple[str, ...]:
    """`none`, `all` or names joined by commas -> kinds, in the order of KINDS. Raises UnknownFault."""
    names = [] if text == "none" else list(KINDS) if text == "all" else text.split(",")
    for name in names:
        if name not in KINDS:
            raise UnknownFault(f"{name!r} is no fault; there are {', '.join(KINDS)}, and none, and all")
    return tuple(kind for kind in KINDS if kind in names)


def plan(kinds: Iterable[str], seed: int, for_s: float, boxes: int) -> list[Fault]:
    """Everything that will go wrong within `for_s`, in the order of time."""
    faults: list[Fault] = []
    for kind in kinds:
        draw = random.Random(f"{kind} {seed}")  # of its own: a kind goes wrong in the same way alone and among others
        count = max(2, round(for_s / EVERY_S)) * (3 if kind == "reader" else 1)
        for number in range(count):
            at_s = for_s * (number + draw.uniform(0.1, 0.9)) / count
            faults.append(Fault(at_s, kind, _DETAILS[kind](draw, number, boxes)))
    return sorted(faults, key=lambda fault: fault.at_s)


def _box(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    return {
        "box": draw.randrange(boxes),
        "operations": draw.randint(*TORN_OPERATIONS),
        "down_s": round(draw.uniform(0.05, 1.5), 3),
        "again_operations": draw.randint(1, 8) if draw.random() < 0.4 else 0,
    }


def _part(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    return {"down_s": round(draw.uniform(*DOWN_S), 3), "aim_ms": _aim_ms(draw)}


def _net(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    links, mode = NET_WAYS[number % len(NET_WAYS)]
    return {"links": list(links), "mode": mode, "for_s": round(draw.uniform(*LINK_S), 3), "aim_ms": _aim_ms(draw)}


def _aim_ms(draw: random.Random) -> int | None:
    return draw.randint(*AIM_MS) if draw.random() < AIMED_SHARE else None


def _reader(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    return {"box": draw.randrange(boxes), "what": draw.choice(MISBEHAVIOURS), "for_s": round(draw.uniform(0.3, 2.5), 3)}


_DETAILS = {"box": _box, "gateway": _part, "broker": _part, "server": _part, "net": _net, "reader": _reader}
