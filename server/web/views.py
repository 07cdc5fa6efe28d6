"""What the page shows of boxes and scans: plain values for the templates, decided here and not there."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from firmware.codes import kind_of
from server.ingest.kept import LedgerRow, Reading, Totals, code_in
from server.ingest.ledger import OVERDUE_MS

# Asia/Ho_Chi_Minh has had no other offset since 1975, and no summer time.
VIETNAM = timezone(timedelta(hours=7))
HOLES_SHOWN = 12
PARTS = ("stored", "quarantined", "declared_lost", "waiting", "missing")
# in place of the kind of a code: there is none, only the count was kept
COUNTED = "counted"
# A part of the bar that is there is seen, however small.
LEAST_WIDTH = 1.5


class Bar(NamedTuple):
    """One piece of a box's bar, in percent."""

    part: str
    x: float
    width: float


class SpoolView(NamedTuple):
    """One epoch of a box."""

    epoch: str
    row: LedgerRow
    holes: list[str]
    more_holes: int
    holds: tuple[int, int] | None


class BoxView(NamedTuple):
    """A box: `state` is complete, on_way, waiting, missing, lost or lost_unknown; `amount` goes with it."""

    box_id: str
    state: str
    amount: int
    numbers: dict[str, int]
    complete_to: int
    bars: list[Bar]
    spools: list[SpoolView]
    gateway_id: str
    changed: str


class ScanView(NamedTuple):
    """A scan as the page shows it: nothing of what stood in the code. `has_code` false: only the count was kept."""

    id: int
    box_id: str
    seq: int
    kind: str
    has_code: bool
    time: str
    bound: str


def box_view(box_id: str, rows: Sequence[LedgerRow], now_ms: int) -> BoxView:
    """A box over all its epochs."""
    numbers = {part: sum(getattr(row.account, part) for row in rows) for part in (*PARTS, "accepted")}
    latest = max(rows, key=lambda row: row.changed_ms)
    overdue = any(row.account.missing and row.ledger.since_ms < now_ms - OVERDUE_MS for row in rows)
    state, amount = _state(numbers, overdue, any(row.ledger.lost_unknown for row in rows))
    return BoxView(
        box_id,
        state,
        amount,
        numbers,
        latest.account.complete_to,
        _bars(numbers),
        [_spool(row) for row in sorted(rows, key=lambda row: -row.changed_ms)],
        latest.gateway_id,
        moment(latest.changed_ms, now_ms),
    )


def _state(numbers: dict[str, int], overdue: bool, lost_unknown: bool) -> tuple[str, int]:
    if overdue:
        return "missing", numbers["missing"]
    if numbers["missing"]:
        return "on_way", numbers["missing"]
    if numbers["waiting"]:
        return "waiting", numbers["waiting"]
    if lost_unknown:
        return "lost_unknown", numbers["declared_lost"]
    if numbers["declared_lost"]:
        return "lost", numbers["declared_lost"]
    return "complete", 0


def overall(totals: Totals) -> tuple[str, int]:
    """The sentence on top: `nothing_yet`, `all_missing`, `all_on_way`, `all_waiting` or `all_complete`."""
    if totals.accepted == 0:
        return "nothing_yet", 0
    if totals.overdue:
        return "all_missing", totals.overdue
    if totals.missing:
        return "all_on_way", totals.missing
    if totals.waiting:
        return "all_waiting", totals.waiting
    return "all_complete", 0


def _bars(numbers: dict[str, int]) -> list[Bar]:
    shown = [(part, numbers[part]) for part in PARTS if numbers[part]]
    total = sum(count for _, count in shown)
    if not total:
        return []
    widths = [max(LEAST_WIDTH, 100 * count / total) for _, count in shown]
    bars, x = [], 0.0
    for (part, _), width in zip(shown, widths, strict=True):
        scaled = 100 * width / sum(widths)
        bars.append(Bar(part, round(x, 2), round(scaled, 2)))
        x += scaled
    return bars


def _spool(row: LedgerRow) -> SpoolView:
    holes = [str(first) if first == last else f"{first}–{last}" for first, last in row.account.holes[:HOLES_SHOWN]]
    ledger = row.ledger
    holds = None
    if ledger.first_held is not None and ledger.last_seq is not None:
        holds = (ledger.first_held, ledger.last_seq)
    return SpoolView(ledger.epoch, row, holes, max(0, len(row.account.holes) - HOLES_SHOWN), holds)


def scan_view(one: Reading, now_ms: int) -> ScanView:
    """A scan for the list of the newest; of another day with the day."""
    code = code_in(one.scan)  # of a row of before, whose code is still to be taken out
    kind = one.stored.kind if code is None else kind_of(code)
    return ScanView(
        one.stored.id,
        one.stored.box_id,
        one.stored.seq,
        kind or COUNTED,
        kind is not None,
        moment(one.instant.at_ms, now_ms),
        bound(one.instant.bound_ms),
    )


def clock_time(at_ms: int) -> tuple[str, str]:
    """(`14:03:22`, `22/11/2026`) in Vietnam; empty for an instant that no calendar has."""
    try:
        at = datetime.fromtimestamp(at_ms / 1000, VIETNAM)
    except (ValueError, OverflowError, OSError):
        return "", ""
    return at.strftime("%H:%M:%S"), at.strftime("%d/%m/%Y")


def moment(at_ms: int | None, now_ms: int) -> str:
    """`14:03:22`, or `21/11/2026 14:03:22` where it is another day; empty where it is not known."""
    if at_ms is None:
        return ""
    time, day = clock_time(at_ms)
    return time if day == clock_time(now_ms)[1] else f"{day} {time}"


def bound(bound_ms: int | None) -> str:
    """± as short as it can honestly be said."""
    if bound_ms is None:
        return ""
    if bound_ms < 1000:
        return f"±{bound_ms} ms"
    if bound_ms < 120_000:
        return f"±{-(-bound_ms // 1000)} s"
    if bound_ms < 7_200_000:
        return f"±{-(-bound_ms // 60_000)} min"
    return f"±{-(-bound_ms // 3_600_000)} h"
