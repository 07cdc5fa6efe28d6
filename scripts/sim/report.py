"""What became of the codes that were shown: counts, latencies, and which promises were broken. Pure.

1. The truth is what was drawn into the pictures and which of it went green. The server's word is checked against it
   bit for bit; no count is taken from one part's word about another.
2. lost: a green scan that the server does not hold with the very bytes of a picture shown at that box. Declared or not.
3. invented: a scan on the server whose code was never shown at that box, or more often than it was shown there;
   also a record that cannot be read, and an identity handed out twice.
4. An altered scan is both: the right one is lost and the wrong one invented.
5. A scan that was on flash when the power went, before its green light, may arrive: it is neither. There cannot be
   more of them than power cuts; a box that hangs until its watchdog bites is one.
6. The module's protocol has a length but no checksum on scans: no box can notice a byte that changed inside a code.
   So the simulated reader never changes one; it drops, cuts short, adds noise between frames and goes dark.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from zlib import crc32

from firmware.wire import record
from firmware.wire.errors import WireError
from scripts.sim import report_care
from scripts.sim.evidence import Account, Evidence, Green, Sent, Shown, Stored

CLOCK_SLACK_MS = 5  # two clocks read one after the other, both cut to whole milliseconds

NO_EPOCH = "000000000000"  # what a box in safe mode calls its spool: it does not open it

Identity = tuple[str, str, int]
Spool = tuple[str, str]


class Comparison(NamedTuple):
    """What the pictures say against what the server holds."""

    lost: list[str]
    invented: list[str]
    unlit: list[Identity]
    """Stored, though no green light was seen."""


def build(evidence: Evidence) -> dict[str, Any]:
    """The report of a run, ready for JSON. `broken` in it says in sentences what was not kept; empty when all was."""
    compared = compare(evidence.shown, evidence.greens, evidence.stored)
    accepted = accepted_by_spool(evidence)
    gaps = ledger_gaps(accepted, evidence.accounts, evidence.stored)
    moments = _moments(evidence)
    report: dict[str, Any] = {
        "shown": len(evidence.shown),
        "accepted": sum(accepted.values()),
        "refused": sum(evidence.refused.values()),
        "green": len({_identity(green) for green in evidence.greens}),
        "stored": len({_identity(scan) for scan in evidence.stored}),
        "duplicates": evidence.duplicates,
        "conflicts": evidence.conflicts,
        "quarantined": evidence.quarantined + sum(account.quarantined for account in evidence.accounts),
        "declared_lost": sum(account.declared_lost for account in evidence.accounts),
        "lost": len(compared.lost),
        "invented": len(compared.invented),
        "ledger_complete": not gaps,
        "faults": [
            {"kind": fault.kind, "at_s": round(fault.at_s, 3), "details": fault.details} for fault in evidence.faults
        ],
        "latency_ms": {
            "code_to_green": quantiles(green.at_ms - read_ms for green, read_ms, _ in moments),
            "code_to_server": quantiles(
                scan.stored_utc_ms - evidence.utc_minus_mono_ms - read_ms
                for _, read_ms, scan in moments
                if scan and scan.stored_utc_ms
            ),
        },
        "micropython": evidence.micropython,
        "box_heap": {"limit": evidence.heap_limit, "peak": evidence.heap_peak},
        "seconds": round(evidence.seconds, 2),
        "refused_by": dict(sorted(evidence.refused.items())),
        "unread_by": dict(sorted(evidence.unread.items())),
        # sent by the reader, but neither green nor refused was seen: the box was without power, or kept quiet
        "no_light": max(0, len(evidence.sent) - len(evidence.greens) - sum(evidence.refused.values())),
        "stored_without_green": len(compared.unlit),
        "counted_at_the_place": evidence.counted,
        "instants": _instants(moments, evidence.utc_minus_mono_ms),
        "lost_scans": compared.lost[:50],
        "invented_scans": compared.invented[:50],
        "ledger_gaps": gaps[:50],
    }
    if evidence.fleet:
        report["care"] = report_care.build(evidence)
    report["broken"] = broken(report, evidence)
    return report


def compare(shown: Sequence[Shown], greens: Sequence[Green], stored: Sequence[Stored]) -> Comparison:
    """Rules 2 to 5, for all boxes."""
    allowed = Counter((picture.box_id, picture.code) for picture in shown)
    held: dict[Identity, list[bytes]] = {}
    invented: list[str] = []
    for scan in stored:
        code = _code_of(scan)
        name = name_of(_identity(scan))
        if _identity(scan) in held:
            invented.append(f"{name}: this identity was handed out twice")
        elif code is None:
            invented.append(f"{name}: its record cannot be read or names another identity")
        elif allowed[scan.box_id, code] <= 0:
            again = (scan.box_id, code) in allowed
            invented.append(
                f"{name}: its code was {'shown less often than it is stored' if again else 'never shown there'}"
            )
        else:
            allowed[scan.box_id, code] -= 1
        held.setdefault(_identity(scan), []).extend([] if code is None else [code])
    pictures = {(picture.box_id, picture.code) for picture in shown}
    lost = [line for green in _once(greens) if (line := _loss(green, held, pictures))]
    lit = {_identity(green) for green in greens}
    return Comparison(lost, invented, [identity for identity in held if identity not in lit])


def accepted_by_spool(evidence: Evidence) -> dict[Spool, int]:
    """How many scans each spool has accepted: its numbers have no gaps, so the highest seen anywhere on the box."""
    highest: dict[Spool, int] = {}
    seen = [((green.box_id, green.epoch), green.seq) for green in evidence.greens]
    seen += [((boot.box_id, boot.epoch), boot.last_seq) for boot in evidence.boots]
    seen += evidence.delivered.items()
    for spool, number in seen:
        highest[spool] = max(highest.get(spool, 0), number)
    return highest


def ledger_gaps(accepted: dict[Spool, int], accounts: Sequence[Account], stored: Sequence[Stored]) -> list[str]:
    """Where the server's ledger does not add up to what each box accepted, in sentences."""
    held = Counter((scan.box_id, scan.epoch) for scan in stored)
    by_spool = {(account.box_id, account.epoch): account for account in accounts}
    gaps = [
        f"{box_id} {epoch}: the server knows a spool that no box has"
        for box_id, epoch in sorted(by_spool.keys() - accepted.keys())
        if epoch != NO_EPOCH or by_spool[box_id, epoch].highest
    ]
    for spool, number in sorted(accepted.items()):
        account = by_spool.get(spool)
        if account is None:
            if number:
                gaps.append(f"{spool[0]} {spool[1]}: accepted {number}, not in the ledger")
            continue
        where = f"{spool[0]} {spool[1]}"
        total = account.stored + account.quarantined + account.declared_lost
        if account.complete_to != number or account.holes:
            gaps.append(f"{where}: accepted {number}, complete to {account.complete_to}, {account.holes} holes")
        if account.highest != number:
            gaps.append(f"{where}: accepted {number}, the ledger heard of {account.highest}")
        if total != number:
            gaps.append(f"{where}: accepted {number}, stored + quarantined + declared lost is {total}")
        if account.lost_unknown:
            gaps.append(f"{where}: something was declared lost, and nobody knows how much")
        if account.stored != held[spool]:
            gaps.append(f"{where}: the ledger counts {account.stored} stored, the server hands out {held[spool]}")
    return gaps


def broken(report: dict[str, Any], evidence: Evidence) -> list[str]:
    """The promises that were not kept, a sentence each."""
    cuts = sum(1 for fault in evidence.faults if fault.kind in ("box", "hang") or "torn" in fault.details)
    identities = {(_identity(green), green.crc, green.length) for green in evidence.greens}
    said = [
        (report["lost"], f"{report['lost']} green scans are not on the server as they were shown"),
        (report["invented"], f"{report['invented']} scans on the server were never shown"),
        (not report["ledger_complete"], "the ledger does not add up to what the boxes accepted"),
        (report["conflicts"], f"{report['conflicts']} scans came with an identity that had other bytes before"),
        (report["quarantined"], f"{report['quarantined']} messages or records of sound parts were put in quarantine"),
        (report["declared_lost"], f"{report['declared_lost']} scans were declared lost, though no flash was damaged"),
        (len(identities) > report["green"], "a box gave one identity to two different codes"),
        (
            report["stored_without_green"] > cuts,
            f"{report['stored_without_green']} stored scans never went green, with only {cuts} power cuts",
        ),
        (report["instants"]["wrong"], f"{report['instants']['wrong']} scans have a time that cannot be true"),
        (evidence.gave_up, evidence.gave_up),
    ]
    found = [sentence for is_broken, sentence in said if is_broken]
    return found + report_care.broken(evidence) + evidence.mishaps


def quantiles(values: Iterable[float]) -> dict[str, float | None]:
    """{p50, p99} by nearest rank; None where nothing was measured."""
    ordered = sorted(values)
    if not ordered:
        return {"p50": None, "p99": None}
    return {name: ordered[-(-len(ordered) * share // 100) - 1] for name, share in (("p50", 50), ("p99", 99))}


def name_of(identity: Identity) -> str:
    """`box epoch/seq`: how one scan is called in sentences."""
    return f"{identity[0]} {identity[1]}/{identity[2]}"


def _identity(scan: Green | Stored) -> Identity:
    return scan.box_id, scan.epoch, scan.seq


def _once(greens: Sequence[Green]) -> list[Green]:
    # a light may be seen twice for one code; two codes under one identity are two, of which one at least is lost
    return list({(_identity(green), green.crc, green.length): green for green in greens}.values())


def _code_of(scan: Stored) -> bytes | None:
    try:
        decoded = record.decode(scan.record)
    except WireError:
        return None
    if not isinstance(decoded, record.Scan) or (decoded.box_id, decoded.epoch, decoded.seq) != _identity(scan):
        return None
    return bytes(decoded.code)


def _loss(green: Green, held: dict[Identity, list[bytes]], pictures: set[tuple[str, bytes]]) -> str:
    codes = held.get(_identity(green))
    name = name_of(_identity(green))
    if codes is None:
        return f"{name}: green, not on the server"
    for code in codes:
        same = len(code) == green.length and f"{crc32(code):08x}" == green.crc
        if same and (green.box_id, code) in pictures:
            return ""
    return f"{name}: green, on the server with other bytes than those of a picture shown there"


def _moments(evidence: Evidence) -> list[tuple[Green, int, Stored | None]]:
    """(green, when the reader had sent the last byte of its code, the scan on the server) where all of it is known."""
    sent: dict[tuple[str, str, int], list[Sent]] = {}
    for one in sorted(evidence.sent, key=lambda one: one.last_byte_ms):
        sent.setdefault((one.box_id, one.crc, one.length), []).append(one)
    held = {_identity(scan): scan for scan in evidence.stored}
    moments = []
    for green in sorted(evidence.greens, key=lambda green: green.at_ms):
        queue = sent.get((green.box_id, green.crc, green.length), [])
        before = [one for one in queue if one.last_byte_ms <= green.at_ms + CLOCK_SLACK_MS]
        if before:
            queue[: len(before)] = []  # what was sent before this light and did not go green will not any more
            moments.append((green, before[-1].last_byte_ms, held.get(_identity(green))))
    return moments


def _instants(moments: list[tuple[Green, int, Stored | None]], utc_minus_mono_ms: int) -> dict[str, Any]:
    """Promise 5: every instant that the server gives must hold the true one, which lies between last byte and green."""
    known, wrong, widths = 0, 0, []
    for green, read_ms, scan in moments:
        if scan is None or scan.earliest_utc_ms is None or scan.latest_utc_ms is None:
            continue
        known += 1
        widths.append(scan.latest_utc_ms - scan.earliest_utc_ms)
        too_late = scan.earliest_utc_ms - utc_minus_mono_ms > green.at_ms + CLOCK_SLACK_MS
        too_early = scan.latest_utc_ms - utc_minus_mono_ms < read_ms - CLOCK_SLACK_MS
        wrong += too_late or too_early
    return {"known": known, "unknown": len(moments) - known, "wrong": wrong, "width_ms": quantiles(widths)}
