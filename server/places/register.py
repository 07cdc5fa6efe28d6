"""What the register takes, what it makes of it for a gateway, and what a change means for what was derived already.

1. Every field is judged by itself; a place as a whole has an id, a name, and a kind that is known.
2. `[place]` of a gateway is made from the register: name, capacity, the beginning of the day, and the purposes where
   the register has any. What the register does not know (quota, revoked cards) stays as it was wished.
3. A change that touches the past leaves a mark: what was derived within it is derived anew. What begins later than now
   leaves none.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, TypeVar

from server.errors import Refused
from server.places import forms, opening, purpose
from server.places.types import DIRECTIONS, KINDS, BoxSeat, Gate, GatewaySeat, Mark, Period, Place

MOST_NAME, MOST_ADDRESS, MOST_ZONE, MOST_BASIS = 100, 200, 40, 200
MOST_CAPACITY, MOST_STAY_MIN, MOST_OPERATORS = 10_000_000, 10_080, 50
Dated = TypeVar("Dated", BoxSeat, GatewaySeat)


def place(one: Place) -> Place:
    """In its form. Raises `Refused` with the code of the first field that is not."""
    forms.matching(one.place_id, forms.ID, "place_id")
    if one.kind not in KINDS:
        raise Refused("place_kind", f"{forms.printable(one.kind)}: one of {', '.join(KINDS)}")
    if one.area:
        forms.area_code(one.area)
    forms.matching(one.day_begins, forms.CLOCK, "place_day_begins")
    if not 0 <= one.capacity <= MOST_CAPACITY:
        raise Refused("place_capacity", f"0 to {MOST_CAPACITY}")
    if not 0 <= one.stay_min <= MOST_STAY_MIN:
        raise Refused("place_stay", f"0 to {MOST_STAY_MIN} minutes")
    if len(one.operators) > MOST_OPERATORS or len(set(one.operators)) < len(one.operators):
        raise Refused("place_operators", f"up to {MOST_OPERATORS}, each once")
    for name in one.operators:
        if forms.USER.match(name) is None:
            raise Refused("place_operators", f"{forms.printable(name)}: not a user's name")
    return one._replace(
        name=forms.text(one.name, MOST_NAME, 1),
        address=forms.text(one.address, MOST_ADDRESS),
        opening=opening.parse(opening.text_of(one.opening)),
    )


def gate(one: Gate) -> Gate:
    """In its form. Raises `Refused`: `place_id`, `gate_id`, `gate_direction`, `text…`."""
    forms.matching(one.place_id, forms.ID, "place_id")
    forms.matching(one.gate_id, forms.GATE, "gate_id")
    if one.direction not in DIRECTIONS:
        raise Refused("gate_direction", f"one of {', '.join(DIRECTIONS)}")
    return one._replace(name=forms.text(one.name, MOST_NAME), zone=forms.text(one.zone, MOST_ZONE))


def periods(asked: Sequence[Period]) -> tuple[Period, ...]:
    """In their form and in order. Raises `Refused`: `purpose…`, `text…`."""
    return purpose.checked([one._replace(basis=forms.text(one.basis, MOST_BASIS)) for one in asked])


def seat(one: Dated) -> Dated:
    """In its form. Raises `Refused`: `box_id`, `gateway_id`, `place_id`, `gate_id`, `place_instant`."""
    if isinstance(one, BoxSeat):
        forms.matching(one.box_id, forms.ID, "box_id")
        if one.gate_id and not one.place_id:
            raise Refused("gate_id", "a gate is of a place")
        if one.gate_id:
            forms.matching(one.gate_id, forms.GATE, "gate_id")
    else:
        forms.matching(one.gateway_id, forms.ID, "gateway_id")
    if one.place_id:
        forms.matching(one.place_id, forms.ID, "place_id")
    if not 0 <= one.since_ms < purpose.LAST_MS or one.since_ms % purpose.SECOND_MS:
        raise Refused("place_instant", "a whole second between 1970 and 2200")
    return one


def wish_of(one: Place, kept: Sequence[Period], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`[place]` for each gateway of this place; `before`: what is wished of that gateway now."""
    made: dict[str, Any] = dict(before or {})
    made.update(name=one.name, capacity=one.capacity, day_begins=one.day_begins)
    if kept:
        made["purpose"] = [
            {"since": forms.local(item.since_ms, "T") or "1970-01-01", "mode": item.mode, "basis": item.basis}
            for item in purpose.spelled(kept)
        ]
    return made


def wished_periods(wish: Mapping[str, Any] | None) -> tuple[Period, ...]:
    """The purposes that a `[place]` holds. What is not in its form is `counts_only`, always."""
    found: list[Period] = []
    for one in (wish or {}).get("purpose") or ():
        try:
            found.append(Period(forms.instant_ms(one["since"]), one["mode"], str(one.get("basis", ""))))
        except (Refused, KeyError, TypeError):
            return (Period(0, "counts_only"),)
    return tuple(found)


def marks_of_seats(before: Iterable[Dated], after: Iterable[Dated], now_ms: int) -> list[Mark]:
    """What is to be derived anew, where the seats of one box or gateway were these and are those now."""
    was: list[Dated] = sorted(before, key=_since)
    is_now: list[Dated] = sorted(after, key=_since)
    subjects = {_subject(one) for one in (*was, *is_now)}
    edges = sorted({one.since_ms for one in (*was, *is_now)})
    found: list[Mark] = []
    for kind, subject in sorted(subjects):
        mine_was = [one for one in was if _subject(one) == (kind, subject)]
        mine_now = [one for one in is_now if _subject(one) == (kind, subject)]
        changed = [at_ms for at_ms in edges if _held(mine_was, at_ms) != _held(mine_now, at_ms)]
        if not changed or changed[0] > now_ms:
            continue
        after_ms = [at_ms for at_ms in edges if at_ms > changed[-1]]
        found.append(Mark(kind, subject, changed[0], after_ms[0] if after_ms else None, "seat"))
    return found


def marks_of_place(before: Place | None, after: Place | None) -> list[Mark]:
    """A place's opening hours, default stay or day are what visits are made by."""
    subject = after or before
    if subject is None:
        return []
    nothing = Place(subject.place_id, "")
    is_same = _rules(before or nothing) == _rules(after or nothing)
    return [] if is_same else [Mark("place", subject.place_id, 0, None, "rules")]


def marks_of_gate(before: Gate | None, after: Gate | None) -> list[Mark]:
    """A gate's zone and direction stand in every sighting made there."""
    is_same = before is not None and after is not None and before[3:] == after[3:]
    subject = after or before
    return [] if is_same or subject is None else [Mark("place", subject.place_id, 0, None, "gate")]


def marks_of_purpose(place_id: str, before: Sequence[Period], after: Sequence[Period], now_ms: int) -> list[Mark]:
    """The time until now that was `identified` and is `counts_only` from now on."""
    was, is_now = purpose.Purpose(before), purpose.Purpose(after)
    edges = [0, *sorted({one.since_ms for one in (*purpose.spelled(before), *purpose.spelled(after))}), now_ms + 1]
    found: list[Mark] = []
    for first_ms, last_ms in pairwise(sorted({one for one in edges if one <= now_ms + 1})):
        if was.mode_of(first_ms, first_ms) == "identified" and is_now.mode_of(first_ms, first_ms) == "counts_only":
            is_next = bool(found) and found[-1].to_ms == first_ms
            begins_ms = found.pop().from_ms if is_next else first_ms
            found.append(Mark("place", place_id, begins_ms, last_ms, "purpose"))
    return found


def _rules(one: Place) -> tuple[object, ...]:
    return one.opening, one.stay_min, one.day_begins


def _since(one: BoxSeat | GatewaySeat) -> int:
    return one.since_ms


def _subject(one: BoxSeat | GatewaySeat) -> tuple[Literal["box", "gateway"], str]:
    return ("box", one.box_id) if isinstance(one, BoxSeat) else ("gateway", one.gateway_id)


def _held(rows: Sequence[BoxSeat | GatewaySeat], at_ms: int) -> tuple[str, ...]:
    found = [one for one in rows if one.since_ms <= at_ms]
    return found[-1][2:] if found and found[-1].place_id else ("",)
