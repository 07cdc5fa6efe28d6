"""The judgement of each part of the gateway, from facts alone.

| part | states besides ok |
|---|---|
| broker | down (the reason says why), in_use (by another gateway, under our name), not_delivering (it takes our beacon,
and does not bring it back) |
| keeping | stopped (disk_full, io: the buffer refuses), stuck (nothing refuses, and nothing is done) |
| storage | finished_file (given up after an error), damaged (found so at this start), slow (commits of over 1 s) |
| sending | waiting (the code of the last try), late (a backlog), falling_behind (answers come, the backlog grows) |
| certificate | expiring, expired |
| clock | contradiction, unknown, unsynchronised, stepped |
| wishes | stopped, damaged, refused |
| enrolled | stopped (new boxes cannot enrol, or the broker cannot be told of them), damaged |
| panel | down |
| readers | absent, no_permission, in_use, … (gateway/readers/states.py) |
| program | slow (its own tasks come late) |

An age is the measure wherever there is one: a connection proves nothing. What is an age is named at once when it is
over its limit; what is seen in one moment (a failed try, a lost connection) has to be seen twice.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.health.state import State
from gateway.reasons import of, of_code

EXPIRING_DAYS = 30
STEPPED_S = 600
SLOW_S = 2.0
SLOW_COMMIT_S = 1.0
_READERS_WELL = ("ready", "half_configured", "listening", "typing", "starting")


class Facts(NamedTuple):
    """What the judgement rests on."""

    late_s: float
    broker_up: bool
    broker_reason: str
    oldest_in_hand_s: float
    trouble: str | None
    """Why nothing can be kept just now: `code: detail`."""
    oldest_waiting_s: float
    """Age of the oldest scan that the server has not answered for."""
    server_reason: str | None
    """Why the server could not be reached when last tried, `code: detail`; None: it could."""
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
    rows_saved: int | None = None
    """Out of what was found damaged when the buffer was opened; None: nothing was."""
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
    """`code: detail`."""
    readers: Sequence[tuple[str, str, str]] = ()
    """(device, state, reason) of readers that are no boxes: those that were never seen or could not be opened."""
    enrol_trouble: str | None = None
    """Why new boxes cannot come in."""
    commit_s: float = 0.0
    """How long the longest commit of the last minute took."""
    is_shared: bool = False
    """Somebody else comes in under our name, and each cuts the other off."""
    told_in_vain: int = 0
    """How often in a row a broker that runs could not be told who may come in."""
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
        _enrolled(facts),
        _panel(facts),
        _readers(facts),
        _program(facts),
    ]


def _broker(facts: Facts) -> State:
    if facts.is_shared:
        return State("broker", "in_use", of("broker_shared"), is_sure=True)
    if not facts.broker_up:
        return State("broker", "down", of("broker_down", facts.broker_reason))
    longest_s = facts.beacon_s + max(1.0, 0.5 * facts.beacon_s)
    if facts.echo_age_s is not None and facts.echo_age_s > longest_s and not facts.is_paused:
        return State("broker", "not_delivering", of("broker_no_echo", round(facts.echo_age_s)), is_sure=True)
    return State("broker", "ok", "")


def _keeping(facts: Facts) -> State:
    if facts.trouble:
        return State("keeping", "stopped", of_code("keeping", facts.trouble), is_sure=True)
    if facts.oldest_in_hand_s > facts.late_s:
        reason = of("keeping_message_waits", round(facts.oldest_in_hand_s))
        return State("keeping", "stuck", reason, is_sure=True)
    if facts.writer_silent_s > facts.late_s:
        reason = of("keeping_writer_silent", round(facts.writer_silent_s))
        return State("keeping", "stuck", reason, is_sure=True)
    return State("keeping", "ok", "")


def _storage(facts: Facts) -> State:
    if facts.finished_files:
        return State("storage", "finished_file", of("storage_given_up", facts.finished_files), is_sure=True)
    if facts.rows_saved is not None:
        return State("storage", "damaged", of("storage_saved", facts.rows_saved), is_sure=True)
    if facts.commit_s > SLOW_COMMIT_S:
        return State("storage", "slow", of("storage_slow", round(facts.commit_s, 1)), is_sure=True)
    return State("storage", "ok", "")


def _sending(facts: Facts) -> State:
    if facts.server_reason:
        return State("sending", "waiting", of_code("sending", facts.server_reason))
    if facts.is_falling_behind:
        return State("sending", "falling_behind", of("sending_grows"), is_sure=True)
    if facts.oldest_waiting_s > 60 + facts.late_s:
        return State("sending", "late", of("sending_backlog"), is_sure=True)
    return State("sending", "ok", "")


def _certificate(facts: Facts) -> State:
    days = facts.certificate_days
    if days is not None and days <= 0:
        return State("certificate", "expired", of("certificate_over", round(-days)))
    left = "" if days is None else of("certificate_left", round(days))
    return State("certificate", "expiring" if days is not None and days < EXPIRING_DAYS else "ok", left)


def _clock(facts: Facts) -> State:
    if facts.contradiction_ms:
        key = "clock_ahead" if facts.contradiction_ms > 0 else "clock_behind"
        return State("clock", "contradiction", of(key, abs(facts.contradiction_ms)))
    if not facts.utc_known:
        return State("clock", "unknown", _with_service("clock_no_utc", facts.time_service))
    if facts.step_age_s is not None and facts.step_age_s < STEPPED_S:
        key = "clock_set_forwards" if facts.stepped_ms > 0 else "clock_set_backwards"
        return State("clock", "stepped", of(key, abs(facts.stepped_ms)), is_sure=True)
    if facts.is_synchronised is False:
        return State("clock", "unsynchronised", _with_service("clock_server_only", facts.time_service))
    return State("clock", "ok", "")


def _with_service(key: str, service: str) -> str:
    return of(key, service) if service else of(f"{key}_alone")


def _wishes(facts: Facts) -> State:
    if facts.wishes_trouble:
        return State("wishes", "stopped", of("wishes_unread", facts.wishes_trouble))
    if facts.wishes_damaged:
        return State("wishes", "damaged", of("wishes_files", ", ".join(sorted(facts.wishes_damaged)[:20])))
    if facts.boxes_refusing:
        return State("wishes", "refused", of("wishes_refusals", "; ".join(sorted(facts.boxes_refusing)[:20])))
    return State("wishes", "ok", "")


def _enrolled(facts: Facts) -> State:
    if facts.boxes_damaged:
        return State("enrolled", "damaged", of("enrolled_files", ", ".join(sorted(facts.boxes_damaged)[:20])))
    if facts.enrol_trouble:
        return State("enrolled", "stopped", of("enrolled_closed", facts.enrol_trouble))
    if facts.told_in_vain:
        return State("enrolled", "stopped", of("enrolled_unheard", facts.told_in_vain))
    return State("enrolled", "ok", "")


def _panel(facts: Facts) -> State:
    if facts.panel_trouble:
        return State("panel", "down", of_code("panel", facts.panel_trouble))
    return State("panel", "ok", "")


def _readers(facts: Facts) -> State:
    bad = [(state, reason) for _, state, reason in facts.readers if state not in _READERS_WELL]
    if not bad:
        return State("readers", "ok", "")
    state, reason = bad[0]
    return State("readers", state, reason if len(bad) == 1 else of("readers_more", len(bad) - 1, reason))


def _program(facts: Facts) -> State:
    if facts.lag_s > SLOW_S:
        return State("program", "slow", of("program_late", round(facts.lag_s, 1)))
    return State("program", "ok", "")
