"""One person across documents: which tokens are the same person's. Pure; the outcome depends on nobody's order.

1. Every citizen number is a person. It never joins another.
2. In rounds: a token that was shown together with exactly one person's joins that person; with two or more persons'
   it is ambiguous, and links nothing from then on (an old number that somebody typed, an insurance number of a child).
3. What no citizen number reaches begins at the next strongest type (RANKS), in the same way: without anybody's citizen
   number two personal codes stay two persons. Precision before recall.
4. A phone is nobody's number but a way to reach somebody. It joins nobody; alone it names a person only if exactly one
   has it. Shown by nobody else it is a person of its own; shared, it names nobody.
5. A masked number joins nobody either. It stands for a probable person, and beside whoever may be the same.
6. A person is called by the smallest of the tokens that joined. A token that is ambiguous is called by itself.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.codes.types import PHONE
from server.persons.types import RANKS

Edge = tuple[bytes, bytes]


class Resolved(NamedTuple):
    """`person`: of each token; None: it names nobody. `ambiguous`: tokens that stand with several persons."""

    person: dict[bytes, bytes | None]
    ambiguous: set[bytes]


def resolve(tokens: Mapping[bytes, str], edges: Iterable[Edge]) -> Resolved:
    """`tokens`: type by mac; `edges`: pairs shown by one code. Both for whole components."""
    beside = neighbours(tokens, edges)
    owner: dict[bytes, bytes] = {}  # token -> the token that its person began at
    ambiguous: set[bytes] = set()
    for rank in RANKS:
        begun = [mac for mac, type_ in tokens.items() if type_ == rank and mac not in owner and mac not in ambiguous]
        owner.update({mac: mac for mac in begun})
        _spread(begun, tokens, beside, owner, ambiguous)
    smallest: dict[bytes, bytes] = {}
    for mac, root in owner.items():
        smallest[root] = min(mac, smallest.get(root, mac))
    person: dict[bytes, bytes | None] = {mac: smallest[root] for mac, root in owner.items()}
    for mac, type_ in tokens.items():
        if type_ == PHONE:
            holders = {person[other] for other in beside[mac] if other in owner}
            person[mac] = mac if not holders else next(iter(holders)) if len(holders) == 1 else None
            if len(holders) > 1:
                ambiguous.add(mac)
        elif mac not in person:
            person[mac] = mac
    return Resolved(person, ambiguous)


def neighbours(tokens: Iterable[bytes], edges: Iterable[Edge]) -> dict[bytes, set[bytes]]:
    """What each token was shown together with."""
    beside: dict[bytes, set[bytes]] = {mac: set() for mac in tokens}
    for low, high in edges:
        beside[low].add(high)
        beside[high].add(low)
    return beside


def edges_of(macs: Iterable[bytes]) -> set[Edge]:
    """Every pair of the tokens of one code, the smaller first."""
    ordered = sorted(set(macs))
    return {(low, high) for index, low in enumerate(ordered) for high in ordered[index + 1 :]}


def _spread(
    begun: list[bytes],
    tokens: Mapping[bytes, str],
    beside: Mapping[bytes, set[bytes]],
    owner: dict[bytes, bytes],
    ambiguous: set[bytes],
) -> None:
    """Rounds, until one changes nothing. All of a round see the same."""
    fresh = begun
    while fresh:
        reached = {other for mac in fresh for other in beside[mac] if other not in owner and other not in ambiguous}
        joined: dict[bytes, bytes] = {}
        for mac in reached:
            if tokens[mac] not in RANKS:
                continue
            roots = {owner[other] for other in beside[mac] if other in owner}
            if len(roots) == 1:
                joined[mac] = roots.pop()
            else:
                ambiguous.add(mac)
        owner.update(joined)
        fresh = list(joined)
