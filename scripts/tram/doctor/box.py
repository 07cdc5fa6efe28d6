"""What a box says of itself -> findings: its program and firmware, its reader, what it keeps, how it lives.

Pure: `answers` are those of the console's words (firmware/wire/SPEC.md §18), by word; a word that was refused is not
there. Over the network there are fewer of them, and the same rules hold.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.tram.doctor.finding import Finding, bad, ok, warn

Answers = Mapping[str, Mapping[str, Any]]
UNSENT_OLD_S = 3600
WARM_C, HOT_C = 70, 85
CLOCK_VAGUE_MS = 60_000
WORN_YEARS, WORN_SOON_YEARS = 0.5, 2.0
_READER_BAD = ("mute", "dead", "flooding")
_SPOOL_BAD = ("full", "fault", "rescue", "damaged")


def findings(answers: Answers) -> Iterator[Finding]:
    """Everything but the network (network.py)."""
    yield from _program(answers)
    yield from _firmware(answers)
    yield from _reader(answers)
    yield from _spool(answers)
    yield from _life(answers)


def _program(answers: Answers) -> Iterator[Finding]:
    hello, status = answers.get("hello", {}), answers.get("status", {})
    facts = {
        "box": hello.get("box_id") or status.get("box_id") or "?",
        "board": hello.get("board") or status.get("board") or "?",
        "firmware": _version(hello, status),
        "micropython": hello.get("micropython") or status.get("micropython") or "?",
    }
    program = hello.get("program") or {"safe": "safe", "newcomer": "newcomer"}.get(str(status.get("mode")), "box")
    back = answers.get("firmware", {}).get("back") or {}
    if program == "safe" and status.get("wipe"):
        yield bad("program_wipe", **facts)
    elif program == "safe" and back:
        yield bad("program_safe", **facts, code=back.get("code", "?"), detail=back.get("detail", ""))
    elif program == "safe":
        yield bad("program_safe_unsaid", **facts)
    elif program == "newcomer" and status.get("busy"):
        yield warn("program_enrolling", **facts)
    elif program == "newcomer":
        yield warn("program_newcomer", **facts)
    elif "?" in (facts["board"], facts["micropython"]):  # a status over the network has neither
        yield ok("program_runs", **{key: facts[key] for key in ("box", "firmware")})
    else:
        yield ok("program_box", **facts)


def _version(hello: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    firmware = hello.get("firmware") or {"version": status.get("firmware_version"), "name": status.get("firmware")}
    version, name = firmware.get("version"), firmware.get("name")
    return f"{name} ({version})" if version else "-"


def _firmware(answers: Answers) -> Iterator[Finding]:
    slots, status = answers.get("firmware", {}), answers.get("status", {})
    back = slots.get("back")
    if back and slots.get("running") != "s":
        yield warn(
            "slot_left", slot=back.get("slot"), version=back.get("version"), code=back.get("code"),
            detail=back.get("detail", ""),
        )  # fmt: skip
    if slots.get("trial"):
        yield warn("slot_trial")
    if slots.get("fails"):
        yield warn("slot_fails", fails=slots["fails"])
    if slots.get("slots") and "s" not in slots["slots"]:
        yield warn("slot_no_safe")
    if refused := status.get("firmware_refused"):
        yield warn("firmware_refused", version=refused.get("version"), code=refused.get("code"))
    if refused := status.get("settings_refused"):
        yield warn(
            "settings_refused",
            version=refused.get("version"),
            code=refused.get("code"),
            setting=refused.get("key") or "-",
        )


def _reader(answers: Answers) -> Iterator[Finding]:
    said, status = answers.get("reader", {}), answers.get("status", {})
    test = answers.get("self_test", {}).get("reader_test", {})
    state = said.get("state") or test.get("state") or status.get("reader")
    if state is None:
        return
    facts = {
        "model": _model(said.get("model") or test.get("model") or status.get("reader_model")),
        "baud": said.get("baud") or test.get("baud") or "?",
        "detail": said.get("detail") or status.get("reader_detail") or "",
    }
    if state == "ready":
        answered = said.get("answered", test.get("answered", True))
        well = "reader_well" if facts["baud"] == "?" else "reader_ready"
        yield ok(well, **facts) if answered else warn("reader_unanswered", **facts)
    elif state == "half_configured":
        yield warn("reader_settings", **facts)
    elif state in _READER_BAD:
        yield bad(f"reader_{state}", **facts)
    else:
        yield warn("reader_listening" if state == "listening" else "reader_starting", **facts)


def _model(name: object) -> str:
    """A reader of the GM65's kin that does not say what it is has no name in a sentence."""
    return "" if name in (None, "unknown", "?") else str(name)


def _spool(answers: Answers) -> Iterator[Finding]:
    unsent, status = answers.get("unsent", {}), answers.get("status", {})
    state = unsent.get("state") or status.get("spool")
    waiting = unsent.get("waiting", status.get("waiting"))
    oldest_s = unsent.get("oldest_s", status.get("oldest_unacked_s")) or 0
    if state is None or state == "blank":
        return
    if state == "unreadable":
        yield bad("spool_unreadable")
    elif state == "closed":
        if waiting:
            yield warn("spool_closed", waiting=waiting)
    elif state in _SPOOL_BAD:
        yield bad(f"spool_{state}", waiting=waiting)
    elif waiting and oldest_s > UNSENT_OLD_S:
        yield warn("spool_waits", waiting=waiting, hours=round(oldest_s / 3600, 1))
    else:
        yield ok("spool_ok", waiting=waiting or 0)


def _life(answers: Answers) -> Iterator[Finding]:
    status, test = answers.get("status", {}), answers.get("self_test", {})
    yield from _clock(answers)
    if test.get("flash") is False:
        yield bad("flash_fails")
    if (years := status.get("flash_years")) is not None:
        if years <= WORN_SOON_YEARS:
            yield (bad if years < WORN_YEARS else warn)("flash_worn", years=years)
        else:
            yield ok("flash_life", years=years)
    if "heap" in test.get("wrong", []):
        yield bad("memory_low", free=test.get("heap_free", 0) // 1024)
    elif test.get("heap_free"):
        yield ok("memory_ok", free=test["heap_free"] // 1024)
    if (heat := status.get("temperature_c")) is not None and heat >= WARM_C:
        yield (bad if heat >= HOT_C else warn)("hot", heat=heat)
    yield from _ends(answers)


def _clock(answers: Answers) -> Iterator[Finding]:
    program = answers.get("hello", {}).get("program", "box")
    known = answers.get("link", {}) | answers.get("status", {}) | answers.get("self_test", {})  # type: ignore[operator]
    if program != "box" or not known:
        return
    bound_ms = known.get("clock_bound_ms")
    if bound_ms is None:
        yield warn("clock_unknown")
    elif bound_ms > CLOCK_VAGUE_MS:
        yield warn("clock_vague", seconds=bound_ms // 1000)
    else:
        yield ok("clock_ok", seconds=round(bound_ms / 1000, 2))


def _ends(answers: Answers) -> Iterator[Finding]:
    """How earlier runs ended."""
    status, log = answers.get("status", {}), answers.get("log", {})
    cause = status.get("reset_cause") or answers.get("hello", {}).get("reset_cause")
    resets = status.get("watchdog_resets") or 0
    if cause == "watchdog":
        yield warn("reset_watchdog", resets=max(1, resets), late=status.get("late") or "-")
    elif resets:
        yield warn("resets_before", resets=resets)
    crash = log.get("crash") or status.get("crash")
    if crash:
        yield warn("crash", text=str(crash)[-120:])
    if log.get("damaged"):
        yield warn("log_damaged", lines=log["damaged"])
