"""What gateways tell: the latest report of each, every event once, and what somebody has to look at.

Of the events of a gateway the latest `MOST_KEPT` stay; what they changed (results, assignments) is kept by itself.
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from server.fleet import forms
from server.fleet.finding import Finding
from server.fleet.report import Event
from server.store.dialect import upsert
from server.store.fleet_tables import event_streams, events, findings, reports

MOST_KEPT = 5000
_FINDING = [findings.c[name] for name in Finding._fields]


class KeptEvent(NamedTuple):
    """An event as it is kept."""

    id: int
    gateway_id: str
    epoch: str
    no: int
    kind: str
    earliest_ms: int | None
    latest_ms: int | None
    received_ms: int
    body: Any


def put_report(connection: Connection, gateway_id: str, report: bytes, now_ms: int) -> None:
    """The latest of this gateway."""
    upsert(connection, reports, {"gateway_id": gateway_id, "received_ms": now_ms, "report": report})


def all_reports(connection: Connection) -> list[tuple[str, int, bytes]]:
    """-> (gateway, received_ms, report) of each."""
    return [(row.gateway_id, row.received_ms, row.report) for row in connection.execute(select(reports))]


def taken_to(connection: Connection, gateway_id: str, epoch: str) -> int:
    """Up to which number the events of an epoch are here."""
    asked = select(event_streams.c.taken_to)
    asked = asked.where(event_streams.c.gateway_id == gateway_id, event_streams.c.epoch == epoch)
    return int(connection.execute(asked).scalar() or 0)


def put_events(connection: Connection, gateway_id: str, epoch: str, found: list[Event], to: int, now_ms: int) -> None:
    """Keep events that are not here, and that they are."""
    if not found:
        return
    rows = [
        {
            "gateway_id": gateway_id,
            "epoch": epoch,
            "no": one.no,
            "kind": one.kind,
            "earliest_ms": one.earliest_ms,
            "latest_ms": one.latest_ms,
            "received_ms": now_ms,
            "body": forms.write(one.body),
        }
        for one in found
    ]
    connection.execute(insert(events), rows)
    upsert(connection, event_streams, {"gateway_id": gateway_id, "epoch": epoch, "taken_to": to})
    oldest = select(events.c.id).where(events.c.gateway_id == gateway_id).order_by(events.c.id.desc())
    last = connection.execute(oldest.offset(MOST_KEPT).limit(1)).scalar()
    if last is not None:
        connection.execute(delete(events).where(events.c.gateway_id == gateway_id, events.c.id <= last))


def events_of(connection: Connection, gateway_id: str, limit: int) -> list[KeptEvent]:
    """The latest first."""
    asked = select(events).where(events.c.gateway_id == gateway_id).order_by(events.c.id.desc()).limit(limit)
    return [
        KeptEvent(
            row.id,
            row.gateway_id,
            row.epoch,
            row.no,
            row.kind,
            row.earliest_ms,
            row.latest_ms,
            row.received_ms,
            forms.read(row.body),
        )
        for row in connection.execute(asked)
    ]


def find(connection: Connection, finding: Finding) -> None:
    """Put down a finding; since when is since it was first found."""
    where = _where(finding.gateway_id, finding.box_id, finding.code)
    before = connection.execute(select(findings.c.since_ms).where(*where)).scalar()
    values = finding._asdict()
    upsert(connection, findings, values if before is None else {**values, "since_ms": before})


def settle(connection: Connection, gateway_id: str | None, box_id: str, code: str) -> int:
    """A finding is settled; at whichever gateway, where none is named. -> how many were"""
    return connection.execute(delete(findings).where(*_where(gateway_id, box_id, code))).rowcount


def all_findings(connection: Connection) -> list[Finding]:
    """The oldest first."""
    return [Finding(*row) for row in connection.execute(select(*_FINDING).order_by(findings.c.since_ms))]


def _where(gateway_id: str | None, box_id: str, code: str) -> list[Any]:
    where = [findings.c.box_id == box_id, findings.c.code == code]
    return where if gateway_id is None else [*where, findings.c.gateway_id == gateway_id]
