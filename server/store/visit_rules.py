"""What is usual at each place, from the register of places.

A zone is one within the place, behind its own gates, where the place has a gate that leads into the place as a whole.
Without such a gate each zone is reached from outside, and a zone only says where a gate is.
"""

from collections.abc import Iterable, Mapping

from server.places.types import Gate, Place
from server.visits.part import Book, book
from server.visits.types import PlaceRules, stays_of


def book_of(places: Mapping[str, Place], gates: Mapping[tuple[str, str], Gate]) -> Book:
    """The rules of a register."""
    return book(rules_of(places, gates))


def rules_of(places: Mapping[str, Place], gates: Mapping[tuple[str, str], Gate]) -> dict[str, PlaceRules]:
    """place -> its rules."""
    by_place: dict[str, list[Gate]] = {}
    for gate in gates.values():
        by_place.setdefault(gate.place_id, []).append(gate)
    return {place_id: place_rules(place, by_place.get(place_id, ())) for place_id, place in places.items()}


def place_rules(place: Place, gates: Iterable[Gate]) -> PlaceRules:
    """Of one place."""
    default_min, longest_min = stays_of(place.kind)
    if place.stay_min:
        default_min, longest_min = place.stay_min, max(longest_min, 2 * place.stay_min)
    zones = {gate.zone for gate in gates}
    hours, minutes = (int(part) for part in place.day_begins.split(":"))
    return PlaceRules(
        opening=place.opening.spans if place.opening.is_known else None,
        day_begins_min=hours * 60 + minutes,
        default_stay_min=default_min,
        max_stay_min=longest_min,
        zones=frozenset(zones - {""}) if "" in zones else frozenset(),
        capacity=place.capacity,
    )
