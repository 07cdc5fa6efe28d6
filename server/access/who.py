"""Who asks: what one request knows of its sender.

1. A user, a token that speaks for a user (never for more than that user may), or a name in the settings.
2. `acting` are the roles that this request was let in by. Where all of them are bounded, it reaches only the places
   and areas that are named: an area covers everything below it, `*` covers everything, nothing covers nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from server.access import roles as known
from server.errors import Refused

EVERYWHERE = "*"
USER, TOKEN, SETTINGS = "user", "token", "settings"


@dataclass(frozen=True)
class Who:
    """`id` is what the record of looks holds: `u-…`, or `settings:NAME`; `name` is shown to people."""

    id: str
    name: str
    roles: frozenset[str]
    areas: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    by: str = SETTINGS
    is_strong: bool = False
    """A second factor was given, now or when the token was made."""
    may_change: bool = True
    must_change_password: bool = False
    acting: frozenset[str] = frozenset()

    def as_one_of(self, wanted: Collection[str]) -> "Who":
        """The same, acting as what of `wanted` it is; none wanted: as all.

        Roles that ask for a second factor count only where one was given. Raises `Refused`: `forbidden_role`,
        `totp_needed`.
        """
        acting = self.roles & frozenset(wanted) if wanted else self.roles
        if wanted and not acting:
            raise Refused("forbidden_role", "needs one of the roles: " + ", ".join(wanted))
        if not self.is_strong and acting & known.SECOND_FACTOR:
            if wanted and not acting - known.SECOND_FACTOR:
                raise Refused("totp_needed", "this role needs a second factor")
            acting -= known.SECOND_FACTOR
        return replace(self, acting=acting)

    def reaches(self, place_id: str, above: Iterable[str]) -> bool:
        """Whether it may see this place; `above`: the areas that the place lies in, all levels."""
        if self.acting - known.BOUNDED:
            return True
        if known.OPERATOR in self.acting and place_id in self.places:
            return True
        return self._covers(above)

    def reaches_area(self, above: Iterable[str]) -> bool:
        """Whether it may see this area; `above`: the area and those that it lies in."""
        return bool(self.acting - known.BOUNDED) or self._covers(above)

    def bounds(self) -> tuple[frozenset[str], frozenset[str]] | None:
        """(places, areas) that a list is to be cut down to; None: it is not bounded."""
        if self.acting - known.BOUNDED or EVERYWHERE in self._areas:
            return None
        return self.places if known.OPERATOR in self.acting else frozenset[str](), self._areas

    @property
    def _areas(self) -> frozenset[str]:
        bound = self.acting & known.BY_AREAS
        if bound == {known.TRACER} and not self.areas:  # as with cases: users made before tracers had areas
            return frozenset({EVERYWHERE})
        return self.areas if bound else frozenset[str]()

    def _covers(self, above: Iterable[str]) -> bool:
        return EVERYWHERE in self._areas or not self._areas.isdisjoint(above)
