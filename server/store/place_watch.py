"""What is known of each point for judging silence: its hours, its profile, who was read there, when it was heard of.

1. When a point was read last, how many in that hour, and its profile, is read at each look. Its hours, who was read
   there and what its clock says are read where a look asks for the whole of a place: they are more, and change what is
   found only slowly.
2. Profiles are made between a read and a write: so that nothing waits for the database meanwhile.
3. A clock that is ahead shows in scans that say that they were made long after they came in. That counts for nothing,
   so nobody knows when they were made: it is looked for among these only, in what was stored of them.
4. The shapes of sorts of points are kept beside the profiles, under the place `*`, with the kind as gate and the way as
   box.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, and_, delete, func, select

from server.ingest.instant import Sample, ahead_ms, beside
from server.ingest.kept import StoredScan, scan_in
from server.places.holes import LATELY_DAYS, may_be
from server.places.holidays import HOLIDAYS
from server.places.opening import UNKNOWN
from server.places.profile import DAY_MS, HOUR_MS, MOST_WEEKS, WEEK_MS, Point, Profile, Sort, learn
from server.places.seats import Seats
from server.places.silence import LEAST_SILENT_MS, Clock, People, Watched
from server.store import clocks
from server.store.dialect import upsert
from server.store.fleet_tables import assignments, reports
from server.store.place_hours import Past, busy_of, came_in, last_of, last_of_learned, past_of, reads_of
from server.store.place_tables import place_boxes, place_profiles
from server.store.tables import ledgers, scans
from server.store.visit_tables import sightings

LOOK_BACK_MS = 15 * DAY_MS
FORGOTTEN_MS = 60 * DAY_MS
SHAPES, INNER = "*", "/zone"
_PROFILE_KEY = [place_profiles.c[name] for name in Point._fields]
_SCAN = [scans.c[name.rstrip("_")] for name in StoredScan._fields]
_IS_OF = and_(*(scans.c[name] == sightings.c[name] for name in ("box_id", "epoch", "seq")))


class Hints(NamedTuple):
    """What is the same for every page of one look: which gateway speaks for a box, when a gateway was heard last."""

    seats: Seats
    gateway_of: Mapping[str, str]
    heard_ms: Mapping[str, int]


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


def watched(
    connection: Connection, ids: Sequence[str], known: Hints, now_ms: int, whole: Collection[str] | None = None
) -> list[Watched]:
    """The points of these places that are where they were, with what is known of them: of `whole` (None: of all) also
    the hours, people and clocks."""
    seats = _seats(connection, ids, now_ms)
    some = [one for one in ids if whole is None or one in whole]
    lately = busy_of(connection, some, now_ms - (LATELY_DAYS + 1) * DAY_MS, now_ms) if some else {}
    reads = _reads(connection, lately, now_ms)
    people, clocks_of = (_people(connection, some, now_ms), _clocks(connection, some, now_ms)) if some else ({}, {})
    last_ms = _last_ms(connection, ids, seats, lately, now_ms)
    came = _came(connection, last_ms, now_ms)
    heard = {(point.place_id, point.box_id) for point in last_ms}
    silent = [point for point in seats if (point.place_id, point.box_id) not in heard]
    return [
        Watched(
            point,
            reads.get(point, {}),
            last_ms.get(point),
            known.heard_ms.get(known.gateway_of.get(point.box_id, "")),
            seats.get(point),
            place.opening if place else UNKNOWN,
            place.kind if place else "other",
            people.get(point.box_id),
            clocks_of.get(point.box_id),
            came.get(point),
        )
        for point in (*last_ms, *silent)
        if _is_there(point, known, now_ms)
        for place in (known.seats.places.get(point.place_id),)
    ]


def _reads(
    connection: Connection, lately: Mapping[Point, Mapping[int, int]], now_ms: int
) -> dict[Point, dict[int, int]]:
    """By the hour, of points where there may be a hole."""
    asked = {point for point, busy in lately.items() if may_be(busy, now_ms, HOLIDAYS)}
    ids = sorted({point.place_id for point in asked})
    found = reads_of(connection, ids, now_ms - LOOK_BACK_MS, now_ms) if ids else {}
    return {point: found[point] for point in asked}


def _seats(connection: Connection, ids: Sequence[str], now_ms: int) -> dict[Point, int]:
    """Since when boxes hang there."""
    asked = select(place_boxes).where(place_boxes.c.place_id.in_(ids), place_boxes.c.since_ms <= now_ms)
    return {
        Point(row.place_id, row.gate_id, row.box_id): row.since_ms or row.given_ms
        for row in connection.execute(asked.order_by(place_boxes.c.since_ms))
    }


def _last_ms(
    connection: Connection, ids: Sequence[str], seats: Iterable[Point], reads: Iterable[Point], now_ms: int
) -> dict[Point, int]:
    """When each point was read last: of those heard of within the last months, and of boxes with a seat whenever."""
    ever = last_of_learned(connection, ids)
    learned = {(point.place_id, point.box_id) for point in ever}
    others = [point for point in (*seats, *reads) if (point.place_id, point.box_id) not in learned]
    if others:
        places, boxes = {point.place_id for point in others}, {point.box_id for point in others}
        ever = {**last_of(connection, sorted(places), boxes), **ever}
    lately = {point.box_id for point, last_ms in ever.items() if last_ms >= now_ms - FORGOTTEN_MS}
    missing = {point.box_id for point in seats}.difference(lately)
    return {
        point: last_ms
        for point, last_ms in sorted(ever.items())
        if last_ms >= now_ms - FORGOTTEN_MS or point.box_id in missing
    }


def _came(connection: Connection, last_ms: Mapping[Point, int], now_ms: int) -> dict[Point, int]:
    """How many were read in the hour of the last one, of points that may be silent."""
    silent = [(point, at_ms) for point, at_ms in last_ms.items() if at_ms <= now_ms - LEAST_SILENT_MS]
    return came_in(connection, [(*point, at_ms - at_ms % HOUR_MS) for point, at_ms in silent])


def to_learn(connection: Connection, ids: Sequence[str], now_ms: int, learned_before_ms: int) -> dict[Point, Past]:
    """What the profiles of these places are learned from; nothing of places that were learned since then."""
    latest = func.max(place_profiles.c.learned_ms)
    asked = select(place_profiles.c.place_id).where(place_profiles.c.place_id.in_(ids))
    fresh = asked.group_by(place_profiles.c.place_id).having(latest > learned_before_ms)
    some = sorted(set(ids).difference(connection.execute(fresh).scalars()))
    return past_of(connection, some, now_ms - MOST_WEEKS * WEEK_MS - HOUR_MS, now_ms) if some else {}


def learned(past: Mapping[Point, Past], seats: Seats, now_ms: int, holidays: frozenset[int]) -> dict[Point, Profile]:
    """What is usual at each of these points; of some nothing is known yet."""
    found: dict[Point, Profile] = {}
    for point, one in past.items():
        place, gate = seats.places.get(point.place_id), seats.register.gates.get((point.place_id, point.gate_id))
        profile = learn(one.reads, one.first_ms, now_ms, place.opening if place else UNKNOWN, holidays)
        if profile is not None:
            is_inner = bool(gate and gate.zone)
            found[point] = profile._replace(direction=one.ways.direction, is_inner=is_inner)
    return found


def sort_of(point: Point, profile: Profile, seats: Seats) -> Sort:
    """Which points' days are like this one's."""
    place = seats.places.get(point.place_id)
    return Sort(place.kind if place else "other", profile.direction, profile.is_inner)


def put_profiles(connection: Connection, found: Mapping[Point, Profile], now_ms: int) -> None:
    """Keep what was learned."""
    encode = msgspec.json.encode
    rows = [{**point._asdict(), "learned_ms": now_ms, "profile": encode(one)} for point, one in found.items()]
    upsert(connection, place_profiles, rows)


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
    asked = select(*_SCAN).join(sightings, _IS_OF)
    untimed = (sightings.c.at_ms.is_(None), sightings.c.received_ms >= now_ms - DAY_MS)
    samples: dict[clocks.Boot, list[Sample]] = {}
    found: dict[str, list[int]] = {}
    for row in connection.execute(asked.where(sightings.c.place_id.in_(ids), *untimed)):
        stored = StoredScan(*row)
        scan = scan_in(stored)
        boot = (stored.box_id, stored.epoch, scan.boot)
        if boot not in samples:
            samples[boot] = sorted(clocks.of(connection, *boot))
        near = beside(samples[boot], scan.uptime_ms)
        if (ahead := ahead_ms(scan, stored.earliest_ms, near, stored.received_ms)) is not None:
            found.setdefault(stored.box_id, []).append(ahead)
    return {box_id: Clock(round(sum(some) / len(some)), len(some)) for box_id, some in found.items()}
