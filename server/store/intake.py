"""A batch, kept in one transaction: raw rows, quarantine, clocks, statements and ledgers together, or nothing of it.

The ledger says which numbers are stored, so only those are looked at before inserting; the unique key of the raw rows
stands behind it. Where the two disagree the ledger is wrong, since it is derived: it is rebuilt, and the batch kept.
"""

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from server.errors import TramError
from server.ingest.receive import Intake
from server.ingest.settle import Settlement, already_stored, settle, spools_of
from server.store import clocks, ledgers, losses, quarantine, scans, seating
from server.store.bell import FLEET, HEARD
from server.store.dialect import notify

SCANS = "scans"
"""The channel that tells of stored scans."""


class LedgerDisagrees(TramError):
    """A scan is stored of which the ledger says that it is not."""


def keep(connection: Connection, intake: Intake) -> Settlement:
    """The transaction's content."""
    spools = spools_of(intake)
    ledgers.lock(connection, spools | {sample[:2] for sample in intake.clocks})
    seating.must_hold(connection, intake.register)
    books = ledgers.load(connection, spools)
    stored = scans.marks_of(connection, already_stored(intake, books))
    found = settle(intake, books, stored, lambda item: losses.has(connection, item))
    try:
        scans.put(connection, intake, found.scans)
    except IntegrityError as err:
        raise LedgerDisagrees("ledger_disagrees", "a scan is stored that the ledger does not know") from err
    if found.scans:
        notify(connection, SCANS)
    notify(connection, FLEET, HEARD + intake.gateway_id)
    for item in found.losses:
        losses.put(connection, intake, item)
    quarantine.put(connection, intake, found.quarantined)
    clocks.put(connection, intake.clocks)
    if found.scans or found.losses or found.quarantined or intake.tips:
        ledgers.save(connection, books.values(), intake.gateway_id, intake.received_ms)
        ledgers.save_tips(connection, {tip[:2]: books[tip[:2]] for tip in intake.tips}.values())
    return found
