"""6: the register of places, gates and who sits where; marks, profiles and findings of silence. The provinces are there
from the start."""

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.types import TypeEngine

from server.places.areas import provinces


def _key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _must(kind: TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names]


def _may(kind: TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


def up(connection: Connection) -> None:
    """Make the tables; the provinces of before and of today."""
    made = MetaData()
    _register(made)
    _expected(made)
    made.create_all(connection, checkfirst=False)
    connection.execute(made.tables["place_versions"].insert().values(id=1, version=1))
    connection.execute(made.tables["areas"].insert(), [one._asdict() for one in provinces()])


def _register(made: MetaData) -> None:
    Table(
        "areas",
        made,
        _key("code", String(5)),
        _key("since", String(10)),
        *_must(String(100), "name"),
        *_must(String(16), "level"),
        *_must(String(5), "parent", "successor"),
        *_must(String(10), "until"),
    )
    Table(
        "places",
        made,
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
    Table(
        "gates",
        made,
        _key("place_id", String(32)),
        _key("gate_id", String(32)),
        *_must(String(100), "name"),
        *_must(String(40), "zone"),
        *_must(String(4), "direction"),
    )
    Table(
        "place_gateways",
        made,
        _key("gateway_id", String(32)),
        _key("since_ms", BigInteger()),
        *_must(String(32), "place_id"),
        *_must(String(64), "given_by"),
        *_must(BigInteger(), "given_ms"),
        Index("place_gateways_place", "place_id"),
    )
    Table(
        "place_boxes",
        made,
        _key("box_id", String(32)),
        _key("since_ms", BigInteger()),
        *_must(String(32), "place_id", "gate_id"),
        *_must(String(64), "given_by"),
        *_must(BigInteger(), "given_ms"),
        Index("place_boxes_place", "place_id"),
    )
    Table(
        "purposes",
        made,
        _key("place_id", String(32)),
        _key("since_ms", BigInteger()),
        *_must(String(16), "mode"),
        *_must(String(200), "basis"),
        *_may(BigInteger(), "until_ms"),
    )


def _expected(made: MetaData) -> None:
    row_id = BigInteger().with_variant(Integer, "sqlite")
    Table("place_versions", made, _key("id", Integer()), *_must(BigInteger(), "version"))
    Table(
        "place_marks",
        made,
        Column("no", row_id, primary_key=True),
        *_must(String(8), "subject", "reason"),
        *_must(String(32), "id"),
        *_must(BigInteger(), "from_ms"),
        *_may(BigInteger(), "to_ms"),
        *_must(BigInteger(), "made_ms"),
    )
    Table(
        "place_profiles",
        made,
        _key("place_id", String(32)),
        _key("gate_id", String(32)),
        _key("box_id", String(32)),
        *_must(BigInteger(), "learned_ms"),
        *_must(LargeBinary(), "profile"),
    )
    Table(
        "place_findings",
        made,
        Column("id", row_id, primary_key=True),
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
