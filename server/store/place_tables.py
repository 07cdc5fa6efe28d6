"""The tables of `server/places`: the register of places, gates and who sits where, and what is expected of each.

`place_versions` has one row: it counts up with each change of the register. `places.version` is that number at the
place's last change, its gates and purposes among it. A dated row holds until the next one of its subject.
`place_findings` keeps what was found: `gone_ms` says since when it is not found any more, `settled_ms` that a person
has dealt with it.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text
from sqlalchemy.types import TypeEngine

from server.store.tables import RowId
from server.store.tables import metadata as metadata


def _key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _must(kind: TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names]


def _may(kind: TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


areas = Table(
    "areas",
    metadata,
    _key("code", String(5)),
    _key("since", String(10)),
    *_must(String(100), "name"),
    *_must(String(16), "level"),
    *_must(String(5), "parent", "successor"),
    *_must(String(10), "until"),
)

places = Table(
    "places",
    metadata,
    _key("place_id", String(32)),
    *_must(String(100), "name"),
    *_must(String(16), "kind"),
    *_must(String(5), "area"),
    *_must(Text(), "address", "opening", "operators"),
    *_must(Integer(), "capacity", "stay_min"),
    *_must(String(5), "day_begins"),
    *_must(BigInteger(), "version"),
    Index("places_area", "area", "place_id"),
)

gates = Table(
    "gates",
    metadata,
    _key("place_id", String(32)),
    _key("gate_id", String(32)),
    *_must(String(100), "name"),
    *_must(String(40), "zone"),
    *_must(String(4), "direction"),
)

place_gateways = Table(
    "place_gateways",
    metadata,
    _key("gateway_id", String(32)),
    _key("since_ms", BigInteger()),
    *_must(String(32), "place_id"),
    *_must(String(64), "given_by"),
    *_must(BigInteger(), "given_ms"),
    Index("place_gateways_place", "place_id"),
)

place_boxes = Table(
    "place_boxes",
    metadata,
    _key("box_id", String(32)),
    _key("since_ms", BigInteger()),
    *_must(String(32), "place_id", "gate_id"),
    *_must(String(64), "given_by"),
    *_must(BigInteger(), "given_ms"),
    Index("place_boxes_place", "place_id"),
)

purposes = Table(
    "purposes",
    metadata,
    _key("place_id", String(32)),
    _key("since_ms", BigInteger()),
    *_must(String(16), "mode"),
    *_must(String(200), "basis"),
    *_may(BigInteger(), "until_ms"),
)

place_versions = Table("place_versions", metadata, _key("id", Integer()), *_must(BigInteger(), "version"))

place_marks = Table(
    "place_marks",
    metadata,
    Column("no", RowId, primary_key=True),
    *_must(String(8), "subject", "reason"),
    *_must(String(32), "id"),
    *_must(BigInteger(), "from_ms"),
    *_may(BigInteger(), "to_ms"),
    *_must(BigInteger(), "made_ms"),
)

place_profiles = Table(
    "place_profiles",
    metadata,
    _key("place_id", String(32)),
    _key("gate_id", String(32)),
    _key("box_id", String(32)),
    *_must(BigInteger(), "learned_ms"),
    *_must(LargeBinary(), "profile"),
)

place_findings = Table(
    "place_findings",
    metadata,
    Column("id", RowId, primary_key=True),
    *_must(String(16), "code"),
    *_must(String(32), "place_id", "gate_id", "box_id"),
    *_must(BigInteger(), "since_ms"),
    *_must(LargeBinary(), "evidence"),
    *_must(BigInteger(), "raised_ms", "seen_ms"),
    *_may(BigInteger(), "gone_ms", "settled_ms"),
    *_may(String(64), "settled_by"),
    Index("place_findings_place", "place_id", "id"),
    Index("place_findings_there", "gone_ms", "id"),
)
