"""What is known of each point for judging silence: its hours, its profile, who was read there, when it was heard of.

Everything is read in pages of places, so that no read is long and no place is torn apart. The shapes of sorts of
points are kept beside the profiles, under the place `*`, with the kind as gate and the way as box.

Readings of the hour -1, of which nobody knows yet when they were made, are no part of a profile, but a sign of life.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, func, select

from server.places.opening import UNKNOWN
from server.places.profile import DAY_MS, HOUR_MS, MOST_WEEKS, WEEK_MS, Point, Profile, Sort, Ways, learn
from server.places.seats import Seats
from server.places.silence import CLOCK_MS, Clock, People, Watched
from server.store.dialect import upsert
from server.store.fleet_tables import assignments, reports
from server.store.place_tables import place_boxes, place_profiles
from server.store.tables import ledgers
from server.store.visit_hours import NO_HOUR
from server.store.visit_tables import hours, sightings

LOOK_BACK_MS = 15 * DAY_MS
FORGOTTEN_MS = 60 * DAY_MS
SHAPES, INNER = "*", "/zone"
NO_WAYS = Ways(0, 0, 0)
PAGE_PLACES = 20
_POINT = [hours.c[name] for name in Point._fields]
_PROFILE_KEY = [place_profiles.c[name] for name in Point._fields]


class Hints(NamedTuple):
    """What is the same for every page of one look: which gateway speaks for a box, when a gateway was heard last."""

    seats: Seats
    gateway_of: Mapping[str, str]
    heard_ms: Mapping[str, int]


def place_ids(connection: Connection, after: str, now_ms: int, limit: int = PAGE_PLACES) -> list[str]:
    """Places, by id, that were heard of within the last months, or at which a box has a seat."""
    heard = select(hours.c.place_id).where(hours.c.last_ms >= now_ms - FORGOTTEN_MS, hours.c.place_id > after)
    seated = select(place_boxes.c.place_id).where(place_boxes.c.place_id > after)
    both = heard.union(seated).subquery()
    return list(connection.execute(select(both.c.place_id).order_by(both.c.place_id).limit(limit)).scalars())


def hints(connection: Connection, seats: Seats, heard: Mapping[str, int], now_ms: int) -> Hints:
    """For a look that begins now. `heard`: what the server has heard of gateways besides their reports."""
    latest = select(ledgers.c.box_id, ledgers.c.gateway_id).order_by(ledgers.c.changed_ms)
    gateway_of = {row.box_id: row.gateway_id for row in connection.execute(latest)}
    given = select(assignments.c.box_id, assignments.c.gateway_id)
    gateway_of.update({row.box_id: row.gateway_id for row in connection.execute(given)})
    told = select(reports.c.gateway_id, reports.c.received_ms)
    heard_ms: dict[str, int] = {row.gateway_id: row.received_ms for row in connection.execute(told)}
    for gateway_id, at_ms in heard.items():
        heard_ms[gateway_id] = max(at_ms, heard_ms.get(gateway_id, 0))
    return Hints(seats, gateway_of, heard_ms)


def watched(connection: Connection, ids: Sequence[str], known: Hints, now_ms: int) -> list[Watched]:
    """The points of these places that are where they were, with what is known of them."""
    asked = select(place_boxes).where(place_boxes.c.place_id.in_(ids), place_boxes.c.since_ms <= now_ms)
    seats = {
        Point(row.place_id, row.gate_id, row.box_id): row.since_ms or row.given_ms
        for row in connection.execute(asked.order_by(place_boxes.c.since_ms))
    }
    last_ms = _last_ms(connection, ids, {point.box_id for point in seats}, now_ms)
    heard = {(point.place_id, point.box_id) for point in last_ms}
    silent = [point for point in seats if (point.place_id, point.box_id) not in heard]
    reads = reads_of(connection, ids, now_ms - LOOK_BACK_MS, now_ms)
    people, clocks = _people(connection, ids, now_ms), _clocks(connection, ids, now_ms)
    found: list[Watched] = []
    for point in (*last_ms, *silent):
        if _is_there(point, known, now_ms):
            place = known.seats.places.get(point.place_id)
            made = Watched(
                point,
                reads.get(point, {}),
                last_ms.get(point),
                known.heard_ms.get(known.gateway_of.get(point.box_id, "")),
                seats.get(point),
                place.opening if place else UNKNOWN,
                place.kind if place else "other",
                people.get(point.box_id),
                clocks.get(point.box_id),
            )
            found.append(made)
    return found


def _last_ms(connection: Connection, ids: Sequence[str], seated: set[str], now_ms: int) -> dict[Point, int]:
    """When each point was read last: of those heard of within the last months, and of boxes with a seat whenever."""
    ever = points_of(connection, ids, now_ms - FORGOTTEN_MS)
    missing = seated - {point.box_id for point, _, _ in ever}
    ever += points_of(connection, ids, NO_HOUR, missing) if missing else []
    found: dict[Point, int] = {}
    for point, _, last in (*ever, *_untimed(connection, ids, now_ms - FORGOTTEN_MS)):
        found[point] = max(last, found.get(point, last))
    return found


def _untimed(connection: Connection, ids: Sequence[str], from_ms: int) -> list[tuple[Point, int, int]]:
    """The same as `points_of`, of readings of which nobody knows when they were made but that they have come in."""
    asked = select(*_POINT, hours.c.first_ms, hours.c.last_ms).where(
        hours.c.place_id.in_(ids), hours.c.hour_ms == NO_HOUR, hours.c.last_ms >= from_ms
    )
    return [(Point(*row[:3]), row[3], row[4]) for row in connection.execute(asked)]


def points_of(
    connection: Connection, ids: Sequence[str], from_ms: int, box_ids: Iterable[str] | None = None
) -> list[tuple[Point, int, int]]:
    """(point, first_ms, last_ms) of what was heard of at these places since then; `box_ids`: only of these."""
    first, last = func.min(hours.c.first_ms), func.max(hours.c.last_ms)
    asked = select(*_POINT, first, last).where(hours.c.place_id.in_(ids), hours.c.hour_ms >= from_ms)
    if box_ids is not None:
        asked = asked.where(hours.c.box_id.in_(list(box_ids)))
    return [(Point(*row[:3]), row[3], row[4]) for row in connection.execute(asked.group_by(*_POINT))]


def reads_of(connection: Connection, ids: Sequence[str], from_ms: int, to_ms: int) -> dict[Point, dict[int, int]]:
    """Readings by the hour."""
    asked = select(*_POINT, hours.c.hour_ms, hours.c.reads).where(hours.c.place_id.in_(ids))
    found: dict[Point, dict[int, int]] = {}
    for *point, hour_ms, count in connection.execute(asked.where(hours.c.hour_ms.between(max(0, from_ms), to_ms))):
        found.setdefault(Point(*point), {})[hour_ms] = count
    return found


def learn_places(
    connection: Connection, ids: Sequence[str], seats: Seats, now_ms: int, holidays: frozenset[int]
) -> list[tuple[Sort, Profile]]:
    """Learn and keep the profile of every point of these places; returns (sort of point, profile)."""
    from_ms = now_ms - MOST_WEEKS * WEEK_MS - HOUR_MS
    reads, ways = reads_of(connection, ids, from_ms, now_ms), _ways(connection, ids, from_ms, now_ms)
    rows = []
    found: list[tuple[Sort, Profile]] = []
    for point, first_ms, _ in points_of(connection, ids, now_ms - FORGOTTEN_MS):
        place, gate = seats.places.get(point.place_id), seats.register.gates.get((point.place_id, point.gate_id))
        opening = place.opening if place else UNKNOWN
        profile = learn(reads.get(point, {}), first_ms, now_ms, opening, holidays)
        if profile is not None:
            direction = ways.get(point, NO_WAYS).direction
            profile = profile._replace(direction=direction, is_inner=bool(gate and gate.zone))
            rows.append({**point._asdict(), "learned_ms": now_ms, "profile": msgspec.json.encode(profile)})
            found.append((Sort(place.kind if place else "other", direction, profile.is_inner), profile))
    upsert(connection, place_profiles, rows)
    return found


def _ways(connection: Connection, ids: Sequence[str], from_ms: int, to_ms: int) -> dict[Point, Ways]:
    """Which way people went, in all."""
    sums = [func.sum(hours.c[name]) for name in Ways._fields]
    asked = select(*_POINT, *sums).where(hours.c.place_id.in_(ids), hours.c.hour_ms.between(max(0, from_ms), to_ms))
    rows = connection.execute(asked.group_by(*_POINT))
    return {Point(*row[:3]): Ways(*(int(one) for one in row[3:])) for row in rows}


def put_shapes(connection: Connection, shapes: Mapping[Sort, tuple[float, ...]], now_ms: int) -> None:
    """What a day is like at points of each sort; of others nothing is known any more."""
    connection.execute(delete(place_profiles).where(place_profiles.c.place_id == SHAPES))
    rows = [
        {
            "place_id": SHAPES,
            "gate_id": sort.kind,
            "box_id": sort.direction + (INNER if sort.is_inner else ""),
            "learned_ms": now_ms,
            "profile": msgspec.json.encode(shape),
        }
        for sort, shape in shapes.items()
    ]
    upsert(connection, place_profiles, rows)


def shapes(connection: Connection) -> dict[Sort, tuple[float, ...]]:
    """Of every sort that there is one of."""
    asked = select(place_profiles.c.gate_id, place_profiles.c.box_id, place_profiles.c.profile)
    rows = connection.execute(asked.where(place_profiles.c.place_id == SHAPES))
    return {
        Sort(kind, way.removesuffix(INNER), way.endswith(INNER)): msgspec.json.decode(data, type=tuple[float, ...])
        for kind, way, data in rows
    }


def profiles(connection: Connection, ids: Sequence[str]) -> dict[Point, Profile]:
    """The profiles of these places' points."""
    asked = select(*_PROFILE_KEY, place_profiles.c.profile).where(place_profiles.c.place_id.in_(ids))
    return {Point(*key): msgspec.json.decode(data, type=Profile) for *key, data in connection.execute(asked)}


def _is_there(point: Point, known: Hints, now_ms: int) -> bool:
    """A box that was moved says nothing of where it was before."""
    seat = known.seats.where(point.box_id, known.gateway_of.get(point.box_id, ""), now_ms)
    return seat.place_id in (point.place_id, "") and seat.gate_id in (point.gate_id, "")


def _people(connection: Connection, ids: Sequence[str], now_ms: int) -> dict[str, People]:
    each = (
        select(sightings.c.box_id, func.count().label("times"))
        .where(sightings.c.place_id.in_(ids), sightings.c.at_ms >= now_ms - DAY_MS, sightings.c.person.is_not(None))
        .group_by(sightings.c.box_id, sightings.c.person)
        .subquery()
    )
    asked = select(each.c.box_id, func.sum(each.c.times), func.count(), func.max(each.c.times)).group_by(each.c.box_id)
    return {
        box_id: People(int(some), int(persons), int(most)) for box_id, some, persons, most in connection.execute(asked)
    }


def _clocks(connection: Connection, ids: Sequence[str], now_ms: int) -> dict[str, Clock]:
    """Boxes whose scans say that they were made after they came in: the mean of how far."""
    ahead = sightings.c.at_ms - sightings.c.received_ms
    asked = select(sightings.c.box_id, func.avg(ahead), func.count()).where(
        sightings.c.place_id.in_(ids),
        sightings.c.at_ms >= now_ms - DAY_MS,
        sightings.c.earliest_ms > sightings.c.received_ms + CLOCK_MS,
    )
    rows = connection.execute(asked.group_by(sightings.c.box_id))
    return {box_id: Clock(round(float(offset)), int(samples)) for box_id, offset, samples in rows}
