"""What comes in at the API of `server/places`, and what goes out. Instants are UTC in milliseconds."""

from hashlib import sha256
from typing import Any

import msgspec

from server.errors import Refused
from server.places import forms, opening, register
from server.places.finding import said
from server.places.importing import Problem
from server.places.sentences import sentence
from server.places.types import MODES, Area, BoxSeat, Gate, GatewaySeat, Period, Place


class Form(msgspec.Struct, forbid_unknown_fields=True):
    """A body of this API: nothing that is not known."""


class PlaceForm(Form):
    """A place as it is to be. `opening`: as `mon-fri 05:00-18:30; sat 22:00-02:00`, `24/7`, or empty."""

    name: str
    kind: str = "other"
    area: str = ""
    address: str = ""
    opening: str = ""
    capacity: int = 0
    stay_min: int = 0
    day_begins: str = "00:00"
    operators: list[str] = []


class GateForm(Form):
    """A gate as it is to be."""

    name: str = ""
    zone: str = ""
    direction: str = "both"


class PeriodForm(Form):
    """For what scans are kept from then on."""

    since_ms: int
    mode: str
    basis: str = ""
    until_ms: int | None = None


class PurposesForm(Form):
    """All of them, in order."""

    purposes: list[PeriodForm]


class SeatForm(Form):
    """Where a box hangs from then on; `place_id` empty: where its gateway is."""

    since_ms: int
    place_id: str
    gate_id: str = ""


class SeatsForm(Form):
    """All of them."""

    seats: list[SeatForm]


class GatewayForm(Form):
    """From when on the gateway serves this place; 0: as long as anything is known of it."""

    since_ms: int = 0


class AreaView(msgspec.Struct):
    """An area; `since`, `until` are dates, empty where not bounded."""

    code: str
    name: str
    level: str
    parent: str
    since: str
    until: str
    successor: str


class AreaList(msgspec.Struct):
    """In the order of code and date; `next` null: there are no more."""

    areas: list[AreaView]
    next: str | None


class PlaceView(msgspec.Struct):
    """A place; `version` is its ETag."""

    place_id: str
    name: str
    kind: str
    area: str
    address: str
    opening: str
    capacity: int
    stay_min: int
    day_begins: str
    operators: list[str]
    version: int


class GateView(msgspec.Struct):
    """A gate."""

    gate_id: str
    name: str
    zone: str
    direction: str


class PeriodView(msgspec.Struct):
    """For what scans are kept from then on, and on what legal basis."""

    since_ms: int
    mode: str
    basis: str
    until_ms: int | None


class SeatView(msgspec.Struct):
    """A box's or a gateway's seat; `id` is whose."""

    id: str
    since_ms: int
    place_id: str
    gate_id: str


class PlaceDetail(msgspec.Struct):
    """A place with all that hangs on it; `boxes` and `gateways`: of now and of before."""

    place: PlaceView
    above: list[str]
    gates: list[GateView]
    purposes: list[PeriodView]
    gateways: list[SeatView]
    boxes: list[SeatView]


class PlaceList(msgspec.Struct):
    """In the order of ids; `next` null: there are no more."""

    places: list[PlaceView]
    next: str | None


class PurposeList(msgspec.Struct):
    """In order."""

    purposes: list[PeriodView]


class GateList(msgspec.Struct):
    """In the order of ids."""

    gates: list[GateView]


class MarkView(msgspec.Struct):
    """What is derived anew; `to_ms` null: to the end."""

    subject: str
    id: str
    from_ms: int
    to_ms: int | None
    reason: str


class BoxView(msgspec.Struct):
    """Where a box hangs and hung; `version`: its ETag; `to_derive`: what a change makes derived anew."""

    box_id: str
    seats: list[SeatView]
    version: str
    to_derive: list[MarkView] = []


class GatewaySeatsView(msgspec.Struct):
    """What a gateway serves and served; `version`: its ETag."""

    gateway_id: str
    seats: list[SeatView]
    version: str


class BoxList(msgspec.Struct):
    """In the order of ids; `next` null: there are no more."""

    boxes: list[BoxView]
    next: str | None


class ProblemView(msgspec.Struct):
    """A row that is not taken. `row`: the line of the file on which it ends."""

    row: int
    key: str
    code: str
    detail: str
    en: str
    vi: str


class ImportView(msgspec.Struct):
    """What came of a file; `is_kept` false: nothing was kept."""

    sheet: str
    rows: int
    added: int
    changed: int
    same: int
    is_kept: bool
    problems: list[ProblemView]


class FindingView(msgspec.Struct):
    """`gone_ms` null: it is found still; `settled_ms` null: nobody has dealt with it."""

    id: int
    code: str
    place_id: str
    gate_id: str
    box_id: str
    since_ms: int
    raised_ms: int
    seen_ms: int
    gone_ms: int | None
    settled_ms: int | None
    settled_by: str | None
    evidence: dict[str, float | int | str]
    en: str
    vi: str


class FindingList(msgspec.Struct):
    """In the order of numbers; `next` null: there are no more."""

    findings: list[FindingView]
    next: int | None


def place_of(place_id: str, form: PlaceForm) -> Place:
    """In its form. Raises `Refused`."""
    hours, operators = opening.parse(form.opening), tuple(form.operators)
    facts = (form.area, form.address, hours, form.capacity, form.stay_min, form.day_begins, operators)
    return register.place(Place(place_id, form.name, form.kind, *facts))


def gate_of(place_id: str, gate_id: str, form: GateForm) -> Gate:
    """In its form. Raises `Refused`."""
    direction: Any = form.direction
    return register.gate(Gate(place_id, gate_id, form.name, form.zone, direction))


def periods_of(form: PurposesForm) -> tuple[Period, ...]:
    """In their form and order. Raises `Refused`."""
    for one in form.purposes:
        if one.mode not in MODES:
            raise Refused("purpose_mode", forms.printable(one.mode))
    made: Any = [Period(one.since_ms, one.mode, one.basis, one.until_ms) for one in form.purposes]  # type: ignore[arg-type]
    return register.periods(made)


def seats_of(box_id: str, form: SeatsForm) -> list[BoxSeat]:
    """In their form, by instant. Raises `Refused`: `row_duplicate` for two of the same instant, and others."""
    made = sorted(register.seat(BoxSeat(box_id, one.since_ms, one.place_id, one.gate_id)) for one in form.seats)
    if len({one.since_ms for one in made}) < len(made):
        raise Refused("row_duplicate", "two seats since the same instant")
    return made


def area_view(one: Area) -> AreaView:
    return AreaView(**one._asdict())


def place_view(one: Place, version: int) -> PlaceView:
    facts = {**one._asdict(), "opening": opening.text_of(one.opening), "operators": list(one.operators)}
    return PlaceView(**facts, version=version)


def gate_view(one: Gate) -> GateView:
    return GateView(*one[1:])


def period_view(one: Period) -> PeriodView:
    return PeriodView(**one._asdict())


def detail_view(found: Any, above: frozenset[str]) -> PlaceDetail:
    return PlaceDetail(
        place_view(found.place, found.version),
        sorted(above),
        [gate_view(one) for one in found.gates],
        [period_view(one) for one in found.periods],
        [SeatView(one.gateway_id, one.since_ms, one.place_id, "") for one in found.gateways],
        [SeatView(*one) for one in found.boxes],
    )


def box_view(box_id: str, seats: list[BoxSeat], marks: list[Any] | None = None) -> BoxView:
    version = sha256(msgspec.json.encode(seats)).hexdigest()[:16]
    return BoxView(box_id, [SeatView(*one) for one in seats], version, [MarkView(*one) for one in marks or ()])


def gateway_seats_view(gateway_id: str, seats: list[GatewaySeat]) -> GatewaySeatsView:
    version = sha256(msgspec.json.encode(seats)).hexdigest()[:16]
    return GatewaySeatsView(
        gateway_id, [SeatView(one.gateway_id, one.since_ms, one.place_id, "") for one in seats], version
    )


def import_view(made: Any) -> ImportView:
    problems = [_problem_view(one) for one in made.problems]
    return ImportView(made.sheet, made.rows, made.added, made.changed, made.same, made.is_kept, problems)


def finding_view(kept: Any) -> FindingView:
    one = kept.finding
    english, vietnamese = said(one)
    facts = {**one._asdict(), "evidence": dict(one.evidence)}
    times = {name: getattr(kept, name) for name in ("raised_ms", "seen_ms", "gone_ms", "settled_ms", "settled_by")}
    return FindingView(id=kept.id, **facts, **times, en=english, vi=vietnamese)


def _problem_view(one: Problem) -> ProblemView:
    english, vietnamese = sentence(one.code)
    return ProblemView(one.row, one.key, one.code, one.detail, english, vietnamese)
