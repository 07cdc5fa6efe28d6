"""What goes wrong, and when: a seeded plan. Pure; injector.py carries it out.

box      the power goes at a random flash operation, which is torn; sometimes once more while it starts again
gateway  killed, and started again
broker   killed, and started again
server   killed, and started again
net      the links boxes - broker and gateway - server, cut (reset) and half-open (nothing, or no answer,
         comes through, and nobody is told)
reader   the module: noise between frames, lost bytes, codes cut short, wrong answers, a module that goes mute or dark
wifi     a box's network is away, gives no address or hangs, and its link with it; sometimes those of all boxes at once
update   other firmware is wanted, sometimes the earlier one again; sometimes the power goes while it is written
settings are wished: good ones, ones that no box may take, ones that cut the box off
address  the broker moves: its name stands for another address
hang     a box stands still for longer than its watchdog waits
disk     the gateway's disk is full, read-only, does not sync, or takes two seconds for it
corrupt  bits flip in the gateway's buffer, or the end of a file is gone, while it is not running
clock    the gateway's machine forgets the time, and its clock jumps
tls      certificates: the server's is a stranger's or over, the broker's is a stranger's, the broker's is made anew

Conditions, which hold for the whole run:
timeless the gateway's machine never knows the time
slow     the flash is as slow as that of a board: 45 ms for an erase, 700 µs for a page

A byte inside a code is never changed: the module's protocol has no checksum on scans, so no box could notice.
"""

import random
from collections.abc import Iterable
from typing import Any, NamedTuple

KINDS = (
    *("box", "gateway", "broker", "server", "net", "reader", "wifi", "update", "settings", "address", "hang"),
    *("disk", "corrupt", "clock", "tls"),
)
CONDITIONS = ("timeless", "slow")
"""Named like kinds, but not part of `all`."""
CARED = ("wifi", "update", "settings", "hang")
"""Kinds that need boxes which are looked after: with a system volume and a launcher that starts them again."""
TROUBLES = ("disk", "clock", "timeless")
"""Kinds that need a gateway whose machine does what files say."""
ERASE_MS, PROGRAM_US = 45, 700
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


WIFI_STATES = ("away", "no_dhcp", "hang")
WIFI_S = (1.0, 5.0)
EVERY_BOX_SHARE = 0.3
UPDATE_WAYS = ((False, None), (False, "system"), (True, None), (False, ""), (True, "system"))
"""Whether the earlier firmware is wanted again, and at whose flash the power goes; in turns: all of it comes."""
UPDATE_OPERATIONS = (1, 120)
NATURES = ("good", "cutting", "invalid", "good")
HANG_S = (0.3, 1.5)
"""Longer than the watchdog waits."""
DISK_WAYS = ("full", "error", "slow 2000", "readonly")
CLOCK_WAYS = ((False, -3_600_000), (False, 86_400_000), (False, -1_700_000_000_000), (True, 0), (False, 0))
"""What the kernel says of it, and by how much the wall clock is off."""
TLS_WAYS = ("server_foreign", "renewed", "broker_foreign", "server_expired")
ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1")
INVALID: tuple[dict[str, Any], ...] = (
    {"gate": {"direction": "up"}},
    {"gate": {"name": 5}},
    {"link": {"port": 0}},
    {"link": {"tls": 1}},
    {"flash": {"size_bytes": 2097152}},
    {"reader": {"baud": 7}},
    {"box_id": "box-0"},
    {"nonsense": {"a": 1}},
)
CUTTING: tuple[dict[str, Any], ...] = (
    {"link": {"host": "127.0.0.9"}},
    {"link": {"host": "no-such-gateway.local"}},
    {"link": {"port": 9}},
    {"wifi": [["no-such-network", "so-such-password"]]},
    {"wifi": [["cho-moi", "not-its-password"]]},
)


class Fault(NamedTuple):
    """One thing that goes wrong, `at_s` after the first visitor was due."""

    at_s: float
    kind: str
    details: dict[str, Any]


class UnknownFault(Exception):
    """A name that is none of KINDS and CONDITIONS."""


def named(text: str) -> tuple[str, ...]:
    """`none`, or names joined by commas -> kinds, in the order of KINDS and CONDITIONS. `all` is a name for all KINDS.
    Raises UnknownFault."""
    names = [] if text == "none" else text.split(",")
    known = (*KINDS, *CONDITIONS)
    for name in names:
        if name not in known and name != "all":
            raise UnknownFault(f"{name!r} is no fault; there are {', '.join(known)}, and none, and all")
    return tuple(kind for kind in known if kind in names or ("all" in names and kind in KINDS))


def plan(kinds: Iterable[str], seed: int, for_s: float, boxes: int) -> list[Fault]:
    """Everything that will go wrong within `for_s`, in the order of time."""
    faults: list[Fault] = []
    for kind in kinds:
        if kind in CONDITIONS:
            continue
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


def _wifi(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    which = None if draw.random() < EVERY_BOX_SHARE else draw.randrange(boxes)
    for_s, mode = round(draw.uniform(*WIFI_S), 3), draw.choice(("cut", "half_open"))
    return {"which": which, "state": draw.choice(WIFI_STATES), "mode": mode, "for_s": for_s}


def _update(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    is_back, of = UPDATE_WAYS[number % len(UPDATE_WAYS)]
    found: dict[str, Any] = {"box": draw.randrange(boxes), "is_back": is_back, "cut": 0}
    if of is not None:
        found |= {"cut": draw.randint(*UPDATE_OPERATIONS), "of": of, "down_s": round(draw.uniform(0.05, 1.0), 3)}
    return found


def _settings(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    box, nature = draw.randrange(boxes), NATURES[number % len(NATURES)]
    if nature == "good":
        gate = {"name": f"Cổng {number + 1}", "gate": f"cong-{number + 1}", "direction": draw.choice(("in", "out"))}
        return {"box": box, "nature": nature, "wish": {"gate": gate}}
    return {"box": box, "nature": nature, "wish": draw.choice(INVALID if nature == "invalid" else CUTTING)}


def _address(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    return {"address": ADDRESSES[number % len(ADDRESSES)], "down_s": round(draw.uniform(0.0, 1.0), 3)}


def _hang(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    return {"box": draw.randrange(boxes), "over_s": round(draw.uniform(*HANG_S), 3)}


def _disk(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    return {"what": DISK_WAYS[number % len(DISK_WAYS)], "for_s": round(draw.uniform(0.5, 5.0), 3)}


def _corrupt(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    hits, seed = draw.randint(1, 6), draw.randrange(1 << 32)
    return {"hits": hits, "cut": number % 2 == 1, "seed": seed, "down_s": round(draw.uniform(0.05, 1.0), 3)}


def _clock(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    synced, offset_ms = CLOCK_WAYS[number % len(CLOCK_WAYS)]
    return {"synced": synced, "offset_ms": offset_ms, "for_s": round(draw.uniform(1.0, 6.0), 3)}


def _tls(draw: random.Random, number: int, boxes: int) -> dict[str, Any]:
    return {"what": TLS_WAYS[number % len(TLS_WAYS)], "for_s": round(draw.uniform(1.0, 4.0), 3)}


_DETAILS = {
    "box": _box,
    "gateway": _part,
    "broker": _part,
    "server": _part,
    "net": _net,
    "reader": _reader,
    "wifi": _wifi,
    "update": _update,
    "settings": _settings,
    "address": _address,
    "hang": _hang,
    "disk": _disk,
    "corrupt": _corrupt,
    "clock": _clock,
    "tls": _tls,
}
