"""Which gateway speaks for which box.

1. The boxes that stand in the settings of the server are the gateway's that they stand at. Nothing takes them away.
2. Every other box is of one gateway at most: the one where it enrolled when it was nobody's, or the one that an
   operator gave it to.
3. A box that enrols at a gateway while it is another's stays where it was, and that is a finding: it hangs at a place
   that may not speak for it, and only a person knows which of the two is right.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.errors import Refused
from server.fleet.finding import ELSEWHERE, NOT_TAKEN


class Policy(NamedTuple):
    """A gateway as the settings of the server have it."""

    gateway_id: str
    boxes: frozenset[str]
    assign_enrolled: bool


class Assignments:
    """Who speaks for whom, now."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._policies = {one.gateway_id: one for one in policies}
        self._given: dict[str, str] = {}
        self._boxes: dict[str, frozenset[str]] = {one.gateway_id: one.boxes for one in self._policies.values()}

    def load(self, given: Mapping[str, str]) -> None:
        """What was given, box -> gateway; gateways that are not in the settings any more have nothing."""
        self._given = dict(given)
        boxes = {one.gateway_id: set(one.boxes) for one in self._policies.values()}
        for box_id, gateway_id in given.items():
            if gateway_id in boxes and not self._fixed(box_id):
                boxes[gateway_id].add(box_id)
        self._boxes = {gateway_id: frozenset(found) for gateway_id, found in boxes.items()}

    def give(self, box_id: str, gateway_id: str | None) -> None:
        """This box is this gateway's now; None: nobody's."""
        given = {**self._given}
        given.pop(box_id, None)
        self.load(given if gateway_id is None else {**given, box_id: gateway_id})

    def gateways(self) -> list[str]:
        """Every gateway there is."""
        return list(self._policies)

    def boxes_of(self, gateway_id: str) -> frozenset[str]:
        """The boxes that it speaks for."""
        return self._boxes.get(gateway_id, frozenset())

    def owners(self, box_id: str) -> list[str]:
        """Who speaks for it: nobody, one, or as many as the settings say."""
        return [gateway_id for gateway_id, boxes in self._boxes.items() if box_id in boxes]

    def on_enrolled(self, box_id: str, gateway_id: str) -> str | None:
        """None: it is this gateway's already. Else `assign`, or the code of a finding."""
        owners = self.owners(box_id)
        if gateway_id in owners:
            return None
        if owners:
            return ELSEWHERE
        return "assign" if self._policies[gateway_id].assign_enrolled else NOT_TAKEN

    def may_give(self, box_id: str, gateway_id: str | None) -> None:
        """Raises `Refused`: `not_found`, `box_fixed`."""
        if gateway_id is not None and gateway_id not in self._policies:
            raise Refused("not_found", "no such gateway")
        fixed = self._fixed(box_id)
        if fixed and gateway_id not in fixed:
            raise Refused("box_fixed", f"the server's settings give it to {fixed[0]}")

    def _fixed(self, box_id: str) -> list[str]:
        return [one.gateway_id for one in self._policies.values() if box_id in one.boxes]
