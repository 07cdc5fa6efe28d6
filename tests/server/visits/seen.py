"""Sightings and rules made easily, for the tests of visits. Clock times are local; day 0 is Monday 2026-03-02."""

from server.visits.types import PlaceRules, Sighting

MONDAY_MS = 1_772_384_400_000  # 2026-03-02T00:00 in Asia/Ho_Chi_Minh
PERSON = b"person-of-a-test"
EPOCH = "0123456789ab"
MARKET = PlaceRules(
    opening=tuple((day * 1440 + 240, day * 1440 + 1080) for day in range(7)),  # 04:00-18:00
    default_stay_min=45,
    max_stay_min=360,
)


def at(clock, day=0):
    """UTC in ms of `HH:MM[:SS]` on that day; hours may go beyond 24."""
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    return MONDAY_MS + (((day * 24 + hours) * 60 + minutes) * 60 + sum(seconds)) * 1000


def clock(ms):
    """The same, backwards: `HH:MM`, with the day where it is not the first."""
    day, minute = divmod((ms - MONDAY_MS) // 60_000, 1440)
    return f"{f'{day}/' if day else ''}{minute // 60:02}:{minute % 60:02}"


def seen(when, way="in", place="cho", day=0, off_s=2, seq=None, gate="g1", zone="", **more):
    """A sighting at `HH:MM`; `off_s`: how far its clock may be off."""
    at_ms = at(when, day) if isinstance(when, str) else when
    values = {
        "box_id": f"box-{place}-{gate}",
        "epoch": EPOCH,
        "seq": at_ms // 1000 if seq is None else seq,
        "person": PERSON,
        "place_id": place,
        "gate_id": gate,
        "zone": zone,
        "direction": way,
        "earliest_ms": at_ms - off_s * 1000,
        "at_ms": at_ms,
        "latest_ms": at_ms + off_s * 1000,
        "kind": "citizen_card",
    }
    return Sighting(**(values | more))


def shown(visit):
    """A visit in short: in, out, label, by what it ended."""
    return clock(visit.in_at), clock(visit.out_at), visit.label, visit.out_by
