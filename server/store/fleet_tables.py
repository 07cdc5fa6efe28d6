"""The tables of the fleet as they are now: what is wished, what is told, who speaks for whom. JSON is kept as bytes.

`fleet` has one row: the counter from which every version of wishes is taken, and the key that gateways seal to.
`gateways.version` is that counter at the gateway's last change; one without a row has changed with the fleet only.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text
from sqlalchemy.types import TypeEngine

from server.store.tables import RowId, metadata


def _key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


fleet = Table(
    "fleet",
    metadata,
    _key("id", Integer()),
    Column("counter", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("sealing_key", String(64)),
)

gateways = Table(
    "gateways",
    metadata,
    _key("gateway_id", String(32)),
    Column("version", BigInteger, nullable=False),
    Column("place", LargeBinary),
)

assignments = Table(
    "assignments",
    metadata,
    _key("box_id", String(32)),
    Column("gateway_id", String(32), nullable=False),
    Column("given_by", String(64), nullable=False),
    Column("given_ms", BigInteger, nullable=False),
)

box_wishes = Table(
    "box_wishes",
    metadata,
    _key("box_id", String(32)),
    Column("settings_version", BigInteger, nullable=False),
    Column("settings", LargeBinary),
    Column("firmware", BigInteger, nullable=False),
)

commands = Table(
    "commands",
    metadata,
    _key("id", String(12)),
    Column("gateway_id", String(32), nullable=False),
    Column("box_id", String(32), nullable=False),
    Column("name", String(32), nullable=False),
    Column("argument", LargeBinary),
    Column("expires_utc_ms", BigInteger, nullable=False),
    Column("given_by", String(64), nullable=False),
    Column("given_ms", BigInteger, nullable=False),
    Column("outcome", String(32)),
    Column("body", LargeBinary),
    Column("told_ms", BigInteger),
    Index("commands_gateway", "gateway_id", "given_ms"),
)

bundles = Table(
    "bundles",
    metadata,
    _key("version", BigInteger()),
    Column("name", String(32), nullable=False),
    Column("boards", Text, nullable=False),
    Column("manifest_length", BigInteger, nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("given_by", String(64), nullable=False),
    Column("given_ms", BigInteger, nullable=False),
)

bundle_files = Table(
    "bundle_files",
    metadata,
    _key("version", BigInteger()),
    _key("path", String(64)),
    Column("content", LargeBinary, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    _key("gateway_id", String(32)),
    Column("received_ms", BigInteger, nullable=False),
    Column("report", LargeBinary, nullable=False),
)

event_streams = Table(
    "event_streams",
    metadata,
    _key("gateway_id", String(32)),
    _key("epoch", String(12)),
    Column("taken_to", BigInteger, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("gateway_id", String(32), nullable=False),
    Column("epoch", String(12), nullable=False),
    Column("no", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("earliest_ms", BigInteger),
    Column("latest_ms", BigInteger),
    Column("received_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("events_identity", "gateway_id", "epoch", "no", unique=True),
)

findings = Table(
    "findings",
    metadata,
    _key("gateway_id", String(32)),
    _key("box_id", String(32)),
    _key("code", String(32)),
    Column("detail", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)
