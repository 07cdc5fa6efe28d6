"""The judgement of each part of the gateway, from facts alone.

| part | states besides ok |
|---|---|
| broker | down (the reason says why), not_delivering (it takes our beacon, and does not bring it back) |
| keeping | stopped (disk_full, io: the buffer refuses), stuck (nothing refuses, and nothing is done) |
| storage | finished_file (a file was given up after an error of the disk), damaged (found so at this start) |
| sending | waiting (the code of the last try), late (a backlog), falling_behind (answers come, the backlog grows) |
| certificate | expiring, expired |
| clock | contradiction, unknown, unsynchronised, stepped |
| wishes, enrolled | stopped, damaged, refused |
| panel | down |
| readers | absent, no_permission, in_use, … (gateway/readers/states.py) |
| program | slow (its own tasks come late) |

An age is the measure wherever there is one: a connection proves nothing. What is an age is named at once when it is
over its limit; what is seen in one moment (a failed try, a lost connection) has to be seen twice.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.health.state import State

EXPIRING_DAYS = 30
STEPPED_S = 600
SLOW_S = 2.0
_READERS_WELL = ("ready", "half_configured", "listening", "typing", "starting")


class Facts(NamedTuple):
    """What the judgement rests on."""

    late_s: float
    broker_up: bool
    broker_reason: str
    oldest_in_hand_s: float
    trouble: str | None
    """Why nothing can be kept just now."""
    oldest_waiting_s: float
    """Age of the oldest scan that the server has not answered for."""
    server_reason: str | None
    """Why the server could not be reached when last tried; None: it could."""
    utc_known: bool
    boxes_gone: list[str]
    wishes_trouble: str | None = None
    """Why wishes cannot be read, or results not be kept."""
    wishes_damaged: Sequence[str] = ()
    """Files of wishes that cannot be read."""
    boxes_refusing: Sequence[str] = ()
    """What boxes refuse that is wished for them, in words."""
    boxes_damaged: Sequence[str] = ()
    """Files of enrolled boxes that cannot be read: these boxes cannot come in."""
    echo_age_s: float | None = None
    """Since our own beacon last came back, over all connections; None: nobody knows yet."""
    beacon_s: float = 5.0
    is_paused: bool = False
    """Reading is paused, so that no beacon can come back."""
    writer_silent_s: float = 0.0
    """So long a question to the buffer's writer waits for its answer."""
    finished_files: int = 0
    """Files of the buffer that were given up after an error, since this start."""
    damage: str = ""
    """What was found damaged when the buffer was opened."""
    is_falling_behind: bool = False
    certificate_days: float | None = None
    """Until the certificate that boxes see is over; None: there is none."""
    is_synchronised: bool | None = None
    """Whether the kernel says that its clock is disciplined; None: nobody asks it (trust is "always")."""
    time_service: str = ""
    contradiction_ms: int = 0
    stepped_ms: int = 0
    step_age_s: float | None = None
    panel_trouble: str | None = None
    readers: Sequence[tuple[str, str, str]] = ()
    """(device, state, reason) of readers that are no boxes: those that were never seen or could not be opened."""
    lag_s: float = 0.0
    """How much later than asked for this program's own tasks come to do their work."""


def judge(facts: Facts) -> list[State]:
    """The state of each part, with its reason."""
    return [
        _broker(facts),
        _keeping(facts),
        _storage(facts),
        _sending(facts),
        _certificate(facts),
        _clock(facts),
        _wishes(facts),
        _enrolled(facts.boxes_damaged),
        State("panel", "down", facts.panel_trouble) if facts.panel_trouble else State("panel", "ok", ""),
        _readers(facts),
        _program(facts),
    ]


def _broker(facts: Facts) -> State:
    if not facts.broker_up:
        return State("broker", "down", facts.broker_reason)
    longest_s = facts.beacon_s + max(1.0, 0.5 * facts.beacon_s)
    if facts.echo_age_s is not None and facts.echo_age_s > longest_s and not facts.is_paused:
        reason = f"it takes our beacon, and has not brought it back for {facts.echo_age_s:.0f} s"
        return State("broker", "not_delivering", reason, is_sure=True)
    return State("broker", "ok", facts.broker_reason)


def _keeping(facts: Facts) -> State:
    if facts.trouble:
        return State("keeping", "stopped", facts.trouble, is_sure=True)
    if facts.oldest_in_hand_s > facts.late_s:
        reason = f"a message waits since {facts.oldest_in_hand_s:.0f} s"
        return State("keeping", "stuck", reason, is_sure=True)
    if facts.writer_silent_s > facts.late_s:
        reason = f"the buffer's writer has not answered for {facts.writer_silent_s:.0f} s"
        return State("keeping", "stuck", reason, is_sure=True)
    return State("keeping", "ok", "what comes is kept")


def _storage(facts: Facts) -> State:
    if facts.finished_files:
        reason = f"{facts.finished_files} given up after an error of the disk: copy the card, it may be dying"
        return State("storage", "finished_file", reason, is_sure=True)
    if facts.damage:
        return State("storage", "damaged", facts.damage, is_sure=True)
    return State("storage", "ok", "no file is damaged")


def _sending(facts: Facts) -> State:
    if facts.server_reason:
        return State("sending", "waiting", facts.server_reason)
    if facts.is_falling_behind:
        return State(
            "sending", "falling_behind", "the server answers, and the backlog grows all the same", is_sure=True
        )
    if facts.oldest_waiting_s > 60 + facts.late_s:
        return State("sending", "late", "the server answers, but there is a backlog", is_sure=True)
    return State("sending", "ok", "the server answers")


def _certificate(facts: Facts) -> State:
    days = facts.certificate_days
    if days is not None and days <= 0:
        return State("certificate", "expired", f"over since {-days:.0f} days: boxes that know the time stay away")
    if days is not None and days < EXPIRING_DAYS:
        return State("certificate", "expiring", f"{days:.0f} days left")
    return State("certificate", "ok", "" if days is None else f"{days:.0f} days left")


def _clock(facts: Facts) -> State:
    if facts.contradiction_ms:
        ahead = "ahead of" if facts.contradiction_ms > 0 else "behind"
        reason = (
            f"this machine's clock is {_span(facts.contradiction_ms)} {ahead} the server's, and says that it is right"
        )
        return State("clock", "contradiction", reason)
    service = facts.time_service or "none that is known"
    if not facts.utc_known:
        return State("clock", "unknown", f"UTC is not known; time service: {service}")
    if facts.step_age_s is not None and facts.step_age_s < STEPPED_S:
        way = "forwards" if facts.stepped_ms > 0 else "backwards"
        return State("clock", "stepped", f"set {way} by {_span(facts.stepped_ms)}", is_sure=True)
    if facts.is_synchronised is False:
        reason = f"UTC is known through the server only; time service: {service}"
        return State("clock", "unsynchronised", reason)
    return State("clock", "ok", "UTC is known")


def _span(ms: int) -> str:
    seconds = abs(ms) / 1000
    for unit_s, word in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {word}"
    return f"{seconds:.1f} s"


def _wishes(facts: Facts) -> State:
    if facts.wishes_trouble:
        return State("wishes", "stopped", facts.wishes_trouble)
    if facts.wishes_damaged:
        return State("wishes", "damaged", f"cannot be read: {', '.join(sorted(facts.wishes_damaged)[:20])}")
    if facts.boxes_refusing:
        return State("wishes", "refused", "; ".join(sorted(facts.boxes_refusing)[:20]))
    return State("wishes", "ok", "no box refuses what is wished")


def _enrolled(damaged: Sequence[str]) -> State:
    if damaged:
        return State("enrolled", "damaged", f"cannot be read, enrol again: {', '.join(sorted(damaged)[:20])}")
    return State("enrolled", "ok", "every box that has enrolled is known")


def _readers(facts: Facts) -> State:
    bad = [(state, reason) for _, state, reason in facts.readers if state not in _READERS_WELL]
    if bad:
        return State("readers", bad[0][0], "; ".join(reason for _, reason in bad)[:400])
    return State("readers", "ok", "")


def _program(facts: Facts) -> State:
    if facts.lag_s > SLOW_S:
        return State("program", "slow", f"its tasks come {facts.lag_s:.1f} s late: the machine has too much to do")
    return State("program", "ok", "")
