"""Who is one person: what the server says against who it was.

1. Of every pair of scans under one pseudonym: the share that is of one person has to be 1.
2. Recall is the share of a person's pairs under one pseudonym. Not more can be known than codes prove: `attainable` is
   the share among pairs whose documents are joined by numbers that some code showed together.
"""

from collections import Counter
from collections.abc import Iterable

from server.sim.figures import Figure, must, share
from server.sim.truth import Truth

ROOM = "linking"


def compare(truth: Truth) -> tuple[list[Figure], dict[str, list[str]]]:
    """Figures, and evidence of what is wrong."""
    by_name: dict[bytes, Counter[int]] = {}
    by_person: dict[int, Counter[bytes]] = {}
    proofs: dict[int, dict[bytes, set[frozenset[str]]]] = {}
    unnamed = 0
    for one in truth.told():
        name = one.seen.person
        if name is None:
            unnamed += 1
            continue
        by_name.setdefault(name, Counter())[one.resident] += 1
        by_person.setdefault(one.resident, Counter())[name] += 1
        proofs.setdefault(one.resident, {}).setdefault(name, set()).add(one.document.proves)
    same = sum(_pairs(some.values()) for some in by_name.values())
    all_named = sum(_pairs([sum(some.values())]) for some in by_name.values())
    wanted = sum(_pairs([sum(some.values())]) for some in by_person.values())
    mixed = [f"{name.hex()} is {sorted(some)}" for name, some in by_name.items() if len(some) > 1]
    split = [person for person, names in by_person.items() if len(names) > 1]
    lacking = [f"resident {one}" for one in split if not _is_proved_apart(list(proofs[one].values()))]
    figures = [
        Figure(ROOM, "scans_named", sum(sum(some.values()) for some in by_name.values())),
        Figure(ROOM, "persons", len(by_person)),
        must(ROOM, "link_precision", share(same, all_named), not mixed, "= 1.0"),
        Figure(ROOM, "link_recall", share(same, wanted)),
        Figure(ROOM, "persons_under_one_name", share(len(by_person) - len(split), len(by_person))),
        must(ROOM, "persons_split_against_proof", len(lacking), not lacking, "= 0"),
        must(ROOM, "scans_of_a_person_unnamed", unnamed, unnamed == 0, "= 0"),
    ]
    return figures, {"link_precision": mixed, "persons_split_against_proof": lacking}


def _pairs(numbers: Iterable[int]) -> int:
    return sum(one * (one - 1) // 2 for one in numbers)


def _is_proved_apart(names: list[set[frozenset[str]]]) -> bool:
    """No number was shown under two of the names."""
    shown = [frozenset().union(*some) for some in names]
    return all(not one & other for at, one in enumerate(shown) for other in shown[at + 1 :])
