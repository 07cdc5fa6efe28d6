"""Rule sets: what counts as a contact. They are dated, and never edited: a change is a new version.

1. A contact is judged by the set in force at its instant, which is when the later of the two came. In force is the one
   with the latest `since_ms` that is not after it; of several from one instant, the highest version. A question may
   name a version instead.
2. Before the first set the built-in one holds, version 0.
3. `min_overlap_min` 0: any real overlap counts, and touching is none.

Where the parameters come from: minimum 15 min and look-back 14 days are the usual ones (ENF; luca; CWA); a passing
meeting counted in Vietnam until 29/12/2021, so 0 is allowed; 30 min after leaving is CWA's for aerosol.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from server.errors import Refused
from server.tracing.types import CERTAINTIES, LIKELY

DAY_MIN = 1440
MOST_KINDS = 50
LONGEST_KIND = 24


class RuleSet(NamedTuple):
    """All minutes are whole. `default_stay_min`: kind of place -> minutes, `""` for every other kind: used where the
    end of a stay is only assumed. `certainty`: which bound of the overlap has to reach the minimum."""

    version: int = 0
    since_ms: int = 0
    name: str = "built-in"
    min_overlap_min: int = 15
    look_back_days: int = 14
    extend_after_min: int = 0
    max_stay_min: int = 720
    default_stay_min: Mapping[str, int] = {"": 60}
    same_zone: bool = False
    same_gate_window_min: int | None = None
    certainty: str = LIKELY
    most_contacts: int = 20_000
    most_expanded: int = 300

    def default_stay(self, kind: str) -> int:
        """Minutes for a kind of place."""
        return self.default_stay_min.get(kind, self.default_stay_min.get("", 60))


BUILT_IN = RuleSet()
LIMITS: dict[str, tuple[int, int]] = {
    "min_overlap_min": (0, DAY_MIN),
    "look_back_days": (1, 60),
    "extend_after_min": (0, DAY_MIN),
    "max_stay_min": (1, 3 * DAY_MIN),
    "most_contacts": (1, 100_000),
    "most_expanded": (0, 2_000),
}
NOT_PARAMETERS = ("version", "since_ms", "name")


def read(said: Mapping[str, Any], version: int, since_ms: int, name: str) -> RuleSet:
    """A rule set from its parameters; what is not said is as in the built-in one. Raises `Refused`: `rule_field`."""
    known = [one for one in RuleSet._fields if one not in NOT_PARAMETERS]
    for key in said:
        if key not in known:
            raise Refused("rule_field", f"{str(key)[:40]} is not a parameter")
    values = dict(said)
    for key, (least, most) in LIMITS.items():
        if key in values:
            _whole(key, values[key], least, most)
    if values.get("same_gate_window_min") is not None:
        _whole("same_gate_window_min", values["same_gate_window_min"], 0, DAY_MIN)
    if not isinstance(values.get("same_zone", False), bool):
        raise Refused("rule_field", "same_zone is true or false")
    if values.get("certainty", LIKELY) not in CERTAINTIES:
        raise Refused("rule_field", f"certainty is one of {', '.join(CERTAINTIES)}")
    if "default_stay_min" in values:
        values["default_stay_min"] = _stays(values["default_stay_min"])
    return RuleSet(version=version, since_ms=since_ms, name=name, **values)


def said(rules: RuleSet) -> dict[str, Any]:
    """The parameters, as `read` takes them."""
    found = {key: value for key, value in rules._asdict().items() if key not in NOT_PARAMETERS}
    found["default_stay_min"] = dict(rules.default_stay_min)
    return found


class Rules:
    """The rule sets of one question."""

    def __init__(self, known: Sequence[RuleSet], named: int | None = None) -> None:
        """Raises `Refused`: `no_such_rule_set`."""
        if named is not None:
            found = next((one for one in (BUILT_IN, *known) if one.version == named), None)
            if found is None:
                raise Refused("no_such_rule_set", f"there is no version {named}")
            self._sets = [found]
        else:
            self._sets = sorted(known, key=lambda one: (one.since_ms, one.version))
        self._since = [one.since_ms for one in self._sets]
        self._is_named = named is not None

    def at(self, at_ms: int) -> RuleSet:
        """The one that holds for a contact of this instant."""
        if self._is_named:
            return self._sets[0]
        number = bisect_right(self._since, at_ms)
        return self._sets[number - 1] if number else BUILT_IN

    def within(self, from_ms: int, to_ms: int) -> list[RuleSet]:
        """Every one that may hold between two instants."""
        if self._is_named:
            return self._sets
        first, last = bisect_right(self._since, from_ms), bisect_right(self._since, to_ms)
        return ([BUILT_IN] if first == 0 else []) + self._sets[max(0, first - 1) : last]


def _whole(key: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Refused("rule_field", f"{key} is a whole number from {least} to {most}")


def _stays(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or len(value) > MOST_KINDS:
        raise Refused("rule_field", "default_stay_min is an object of kinds of places and minutes")
    for kind, minutes in value.items():
        if not isinstance(kind, str) or len(kind) > LONGEST_KIND or not kind.isprintable():
            raise Refused("rule_field", "a kind of place is a short word")
        _whole("default_stay_min", minutes, 1, DAY_MIN)
    return dict(value)
