"""The tables of `server/visits`: scans as sightings, sightings as visits, and counts by the hour.

All of it is derived and can be made anew. `sightings.person` is NULL where a scan is counted only. `hours.hour_ms` is
the UTC at which an hour begins, or -1 for scans of which nobody knows the hour. `visits` has the fields of
`server.visits.types.Visit`, each under its name there.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, text
from sqlalchemy.types import TypeEngine

from server.store.tables import metadata as metadata
from server.visits.timing import LOOSE_MS

NOBODY = text("person IS NULL")
VAGUE = text(f"earliest_ms IS NULL OR latest_ms - earliest_ms > {LOOSE_MS}")
"""Nobody knows well enough when: as it stands in the index"""


def _key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _must(kind: TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names]


def _may(kind: TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


sightings = Table(
    "sightings",
    metadata,
    _key("box_id", String(32)),
    _key("epoch", String(12)),
    _key("seq", BigInteger()),
    *_may(LargeBinary(16), "person"),
    *_must(String(32), "place_id", "gate_id"),
    *_must(String(40), "zone"),
    *_may(String(4), "direction"),
    *_may(BigInteger(), "earliest_ms", "at_ms"),
    *_must(BigInteger(), "latest_ms"),
    *_must(String(24), "kind"),
    *_must(String(8), "source"),
    *_must(Boolean(), "on_behalf", "has_phone"),
    *_must(BigInteger(), "received_ms"),
    *_may(LargeBinary(16), "token"),
    Index("sightings_person", "person", "at_ms"),
    Index("sightings_place", "place_id", "at_ms"),
    Index("sightings_token", "token"),
    Index("sightings_latest", "latest_ms"),
    Index("sightings_nobody", "place_id", "at_ms", sqlite_where=NOBODY, postgresql_where=NOBODY),
    Index("sightings_vague", "person", sqlite_where=VAGUE, postgresql_where=VAGUE),
)

visits = Table(
    "visits",
    metadata,
    _key("id", LargeBinary(16)),
    *_must(LargeBinary(16), "person"),
    *_must(String(32), "place_id", "gate_in", "gate_out"),
    *_must(String(40), "zone"),
    *_must(Boolean(), "is_inner"),
    *_must(BigInteger(), "in_low", "in_at", "in_high", "out_low", "out_at", "out_high"),
    *_must(String(12), "label", "in_by", "out_by"),
    *_must(String(24), "kind"),
    *_must(Boolean(), "on_behalf", "has_phone"),
    *_must(Integer(), "reads"),
    *_must(String(24), "sources"),
    *_must(Integer(), "day"),
    Index("visits_place", "place_id", "in_low", "out_high", "in_at", "out_at", "label"),
    Index("visits_person", "person", "in_low"),
)

hours = Table(
    "hours",
    metadata,
    _key("place_id", String(32)),
    _key("gate_id", String(32)),
    _key("box_id", String(32)),
    _key("hour_ms", BigInteger()),
    *_must(BigInteger(), "reads", "ins", "outs", "boths", "unread", "counted_only", "first_ms", "last_ms"),
    Index("hours_when", "place_id", "hour_ms"),
)
