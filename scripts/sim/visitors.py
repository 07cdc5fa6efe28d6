"""Who comes to which gate, when, and holds what before the reader: a seeded plan. Pure.

1. People come as they do at a market: in a rush, steadily, or hardly at all, in turns; together at the given rate.
2. Gates are not equally liked.
3. Most people hold out their code once. Some hold it out again before they have seen the light, which is a repeat.
4. Some hold out a wrong thing: the code of a payment or of the place, or one too long to be anybody's.
5. One person keeps the same code all day, and some come back later: that is a new scan.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

# How long between two people against the mean, and how many people a turn lasts. The means make 1.
TURNS = {"rush": (0.5, 12), "steady": (1.0, 12), "quiet": (1.5, 12)}
AGAIN_SHARE = 0.06
AGAIN_AFTER_S = (0.4, 1.2)
RETURN_SHARE = 0.08
RETURN_AFTER_PEOPLE = 25
WRONG_SHARES = {"payment": 0.02, "place": 0.01, "too_long": 0.02}


class Visit(NamedTuple):
    """One code held before one reader."""

    at_s: float
    """Since the gates opened; the queue before the gate may make it later."""
    box: int
    person: int
    """Whose code: the same number is the same picture."""
    shows: str
    """`card`, or a key of WRONG_SHARES."""
    is_again: bool
    """The same code once more, before the light was seen."""


def visits(seed: int, boxes: int, rate_per_s: float) -> Iterator[Visit]:
    """Everybody who comes, in the order of `at_s`; without end."""
    draw = random.Random(f"visitors {seed}")
    liking = [draw.uniform(0.7, 1.3) for _ in range(boxes)]
    coming: list[Visit] = []  # those who will hold it out again
    people: list[tuple[int, str]] = []
    at_s = 0.0
    while True:
        for turn in draw.sample(sorted(TURNS), len(TURNS)):
            gap, length = TURNS[turn]
            for _ in range(length):
                at_s += draw.expovariate(rate_per_s * (1 - AGAIN_SHARE)) * gap
                while coming and coming[0].at_s <= at_s:
                    yield coming.pop(0)
                box = draw.choices(range(boxes), liking)[0]
                person, shows = _someone(draw, people)
                yield Visit(at_s, box, person, shows, False)
                if draw.random() < AGAIN_SHARE:
                    again_s = at_s + draw.uniform(*AGAIN_AFTER_S)
                    coming.append(Visit(again_s, box, person, shows, True))
                    coming.sort()


def _someone(draw: random.Random, people: list[tuple[int, str]]) -> tuple[int, str]:
    if len(people) > RETURN_AFTER_PEOPLE and draw.random() < RETURN_SHARE:
        return draw.choice(people[:-RETURN_AFTER_PEOPLE])
    wrong, shares = list(WRONG_SHARES), list(WRONG_SHARES.values())
    shows = draw.choices(["card", *wrong], [1 - sum(shares), *shares])[0]
    people.append((len(people), shows))
    return people[-1]
