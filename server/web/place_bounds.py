"""Which places somebody may see: what `Who` says, with the tree of areas."""

from server.access.roles import may
from server.access.who import Who
from server.errors import Refused
from server.web import entry
from server.web.desk import Desk
from server.web.place_store import Within

LOOK = may("look_at_places")
LOOK_AT_FINDINGS = may("look_at_findings")


async def within(who: Who, desk: Desk) -> Within:
    """What a list is cut down to: (places, codes of areas with all below them); None: to nothing less."""
    bounds = who.bounds()
    if bounds is None:
        return None
    places, areas = bounds
    return places, (await desk.places.areas()).below(areas) if areas else frozenset()


async def must_reach(who: Who, desk: Desk, place_id: str) -> frozenset[str]:
    """The areas that this place lies in, all levels. Raises `Refused`: `forbidden_area`; a place that is not registered
    lies in none."""
    try:
        found = await desk.places.entry(place_id)
    except Refused as err:
        if err.code != "not_found":
            raise
        entry.at_place(who, place_id)
        return frozenset()
    above = (await desk.places.areas()).above(found.place.area)
    entry.at_place(who, place_id, above)
    return above
