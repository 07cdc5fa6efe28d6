"""Areas: provinces, districts, communes, of before and after the mergers of 2025.

1. The key of an area is its code and since when: code 08 is Tuyên Quang before and after it took in Hà Giang (02).
   Two of the same code do not overlap in time.
2. The level is the length of the code: 2 digits province, 3 district, 5 commune. A parent is of a level above; a
   commune of today lies in its province directly, as there are no districts any more.
3. A place lies in its area, in whatever that lies in, and in whatever any of these went into: who looks after the new
   province sees what was registered under the old codes. The other way round holds nothing.

Source of `provinces.csv`: the codes of the 63 provinces are those of Decision 124/2004/QĐ-TTg as amended; the 34 of
today, and what went into what, Resolution 202/2025/QH15 and Decision 19/2025/QĐ-TTg (in force 01/07/2025); Huế by
Resolution 175/2024/QH15 (01/01/2025). Districts and communes are brought in by the operator.
"""

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import cast

from server.errors import Refused
from server.places import forms
from server.places.types import Area, Level

LEVELS: tuple[Level, ...] = ("province", "district", "commune")
FILE = Path(__file__).with_name("provinces.csv")


@cache
def provinces() -> tuple[Area, ...]:
    """The 63 provinces of before and the 34 of today: 87 entries, as ten have not changed at all."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(Area(**cast(dict[str, str], row)) for row in csv.DictReader(file))  # type: ignore[arg-type]


def level_of(code: str) -> Level:
    """Of a code in its form."""
    return cast(Level, forms.LEVELS[len(code)])


def checked(area: Area) -> Area:
    """The same, by itself. Raises `Refused`: `area_level`, `area_parent`, `area_dates`, `area_successor`."""
    if area.level != level_of(area.code):
        raise Refused("area_level", f"{area.code} is the code of a {level_of(area.code)}")
    if area.parent and LEVELS.index(level_of(area.parent)) >= LEVELS.index(area.level):
        raise Refused("area_parent", f"{area.parent} is not above a {area.level}")
    if not area.parent and area.level != "province":
        raise Refused("area_parent", f"a {area.level} lies in another area")
    if area.until and area.since and area.until <= area.since:
        raise Refused("area_dates", "it ends after it began")
    if area.successor and not area.until:
        raise Refused("area_successor", "what has a successor has an end")
    return area


def disordered(areas: Iterable[Area]) -> Area | None:
    """The first that overlaps the one before it of the same code, if there is one."""
    before: Area | None = None
    for one in sorted(areas, key=lambda area: (area.code, area.since)):
        if before is not None and before.code == one.code and (not before.until or one.since < before.until):
            return one
        before = one
    return None


class Areas:
    """The tree, to be asked."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._by_code: dict[str, list[Area]] = {}
        for one in sorted(areas, key=lambda area: (area.code, area.since)):
            self._by_code.setdefault(one.code, []).append(one)

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def now(self, code: str) -> Area | None:
        """The latest of this code."""
        found = self._by_code.get(code)
        return found[-1] if found else None

    def above(self, code: str) -> frozenset[str]:
        """This code, those it lies in, and those that any of them went into; just the code where it is not known."""
        found: set[str] = set()
        waiting = [code] if code else []
        while waiting:
            one = waiting.pop()
            if one in found:
                continue
            found.add(one)
            for area in self._by_code.get(one, ()):
                waiting += [other for other in (area.parent, area.successor) if other]
        return frozenset(found)

    def below(self, codes: Iterable[str]) -> frozenset[str]:
        """Every code that has one of these above it, these among them."""
        wanted = frozenset(codes)
        return wanted | {code for code in self._by_code if not wanted.isdisjoint(self.above(code))}
