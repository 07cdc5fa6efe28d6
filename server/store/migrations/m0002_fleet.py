"""2: the fleet: wishes, commands and their results, bundles, assignments, reports, events, findings."""

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.types import TypeEngine


def _key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _must(kind: type[TypeEngine[Any]] | TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names]


def _may(kind: type[TypeEngine[Any]] | TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


def up(connection: Connection) -> None:
    """Make every table of the fleet."""
    made = MetaData()
    _wished(made)
    _told(made)
    made.create_all(connection, checkfirst=False)
    connection.execute(made.tables["fleet"].insert().values(id=1, counter=1, version=1, sealing_key=None))


def _wished(made: MetaData) -> None:
    Table(
        "fleet",
        made,
        _key("id", Integer()),
        *_must(BigInteger, "counter", "version"),
        *_may(String(64), "sealing_key"),
    )
    Table("gateways", made, _key("gateway_id", String(32)), *_must(BigInteger, "version"), *_may(LargeBinary, "place"))
    Table("assignments", made, _key("box_id", String(32)), *_must(String(32), "gateway_id"), *_given())
    Table(
        "box_wishes",
        made,
        _key("box_id", String(32)),
        *_must(BigInteger, "settings_version"),
        *_may(LargeBinary, "settings"),
        *_must(BigInteger, "firmware"),
    )
    Table(
        "commands",
        made,
        _key("id", String(12)),
        *_must(String(32), "gateway_id", "box_id", "name"),
        *_may(LargeBinary, "argument"),
        *_must(BigInteger, "expires_utc_ms"),
        *_given(),
        *_may(String(32), "outcome"),
        *_may(LargeBinary, "body"),
        *_may(BigInteger, "told_ms"),
        Index("commands_gateway", "gateway_id", "given_ms"),
    )
    Table(
        "bundles",
        made,
        _key("version", BigInteger()),
        *_must(String(32), "name"),
        *_must(Text, "boards"),
        *_must(BigInteger, "manifest_length"),
        *_must(String(64), "manifest_sha256"),
        *_given(),
    )
    content = _must(LargeBinary, "content")
    Table("bundle_files", made, _key("version", BigInteger()), _key("path", String(64)), *content)


def _given() -> list[Column[Any]]:
    return [*_must(String(64), "given_by"), *_must(BigInteger, "given_ms")]


def _told(made: MetaData) -> None:
    Table(
        "reports",
        made,
        _key("gateway_id", String(32)),
        *_must(BigInteger, "received_ms"),
        *_must(LargeBinary, "report"),
    )
    stream = [_key("gateway_id", String(32)), _key("epoch", String(12))]
    Table("event_streams", made, *stream, *_must(BigInteger, "taken_to"))
    Table(
        "events",
        made,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        *_must(String(32), "gateway_id"),
        *_must(String(12), "epoch"),
        *_must(BigInteger, "no"),
        *_must(String(16), "kind"),
        *_may(BigInteger, "earliest_ms", "latest_ms"),
        *_must(BigInteger, "received_ms"),
        *_must(LargeBinary, "body"),
        Index("events_identity", "gateway_id", "epoch", "no", unique=True),
    )
    Table(
        "findings",
        made,
        *[_key(name, String(32)) for name in ("gateway_id", "box_id", "code")],
        *_must(Text, "detail"),
        *_must(BigInteger, "since_ms"),
    )
