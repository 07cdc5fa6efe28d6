"""An answer as it is kept and given out: plain values without any person, and a hash that tells two apart.

1. A contact is told under its pseudonym. What is kept beside it, the person, never leaves the store.
2. The hash is SHA-256 over the canonical JSON of all contacts and holes: same data, same answer, same hash.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from server.tracing.types import CERTAINTIES, Answer, Contact, Hole, Meeting


class ToldStay(msgspec.Struct, frozen=True):
    """How a contact was met once. Times in ms of UTC, overlaps in minutes: low, best, high."""

    place_id: str
    gate_in: str
    gate_out: str
    zone: str
    where: str
    in_ms: tuple[int, int, int]
    out_ms: tuple[int, int, int]
    label: str
    kind: str
    overlap_min: tuple[int, int, int]
    certainty: str
    rule_set: int


class ToldContact(msgspec.Struct, frozen=True):
    """A contact. `route`: phone or none; `best_min`: minutes together by the best guess, meetings at one time once;
    `via`: pseudonyms of the first degree; `certainty`: of the surest meeting."""

    pseudonym: str
    degree: int
    route: str
    on_behalf: bool
    best_min: int
    via: list[str]
    meetings: list[ToldStay]
    certainty: str = ""

    def __post_init__(self) -> None:
        if not self.certainty and self.meetings:  # kept before it was told
            surest = min((one.certainty for one in self.meetings), key=CERTAINTIES.index)
            msgspec.structs.force_setattr(self, "certainty", surest)


class Kept(NamedTuple):
    """A contact with whose it is."""

    person: bytes
    pseudonym: str
    contact: ToldContact

    def __repr__(self) -> str:
        return f"Kept({self.pseudonym})"


def contacts(answer: Answer, name: Callable[[bytes], str]) -> list[Kept]:
    """Every contact, in the answer's order. `name` gives a person's pseudonym."""
    return [Kept(one.person, name(one.person), _contact(one, name)) for one in answer.contacts]


def fingerprint(kept: Iterable[Kept], found: Iterable[Hole]) -> str:
    """64 hex digits."""
    made = sha256()
    for one in kept:
        made.update(msgspec.json.encode(one.contact) + b"\n")
    for hole in found:
        made.update(msgspec.json.encode(hole_fields(hole)) + b"\n")
    return made.hexdigest()


def hole_fields(hole: Hole) -> dict[str, Any]:
    """A hole as JSON."""
    return hole._asdict()


def _contact(one: Contact, name: Callable[[bytes], str]) -> ToldContact:
    return ToldContact(
        pseudonym=name(one.person),
        degree=one.degree,
        route="phone" if one.has_phone else "none",
        on_behalf=any(meeting.stay.on_behalf for meeting in one.meetings),
        best_min=one.together.minutes[1],
        via=sorted(name(person) for person in one.via),
        meetings=[_meeting(meeting) for meeting in one.meetings],
        certainty=one.certainty,
    )


def _meeting(one: Meeting) -> ToldStay:
    stay = one.stay
    return ToldStay(
        place_id=stay.place_id,
        gate_in=stay.gate_in,
        gate_out=stay.gate_out,
        zone=stay.zone,
        where=one.where,
        in_ms=(stay.in_low, stay.in_at, stay.in_high),
        out_ms=(stay.out_low, stay.out_at, stay.out_high),
        label=stay.label,
        kind=stay.kind,
        overlap_min=one.overlap.minutes,
        certainty=one.certainty,
        rule_set=one.rule_set,
    )
