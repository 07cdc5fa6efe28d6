"""Give a box a command, and see what came of it."""

import argparse
import re
import time
from argparse import Namespace
from typing import Any

from gateway.cli.show import EXIT_LATER, EXIT_NO, EXIT_OK, EXIT_WRONG, note, say, say_json
from gateway.cli.texts import text
from gateway.clock import KernelClock
from gateway.config import Config
from gateway.downlink.roster import read
from gateway.downlink.store import Store, StoreError

GRACE_MS = 3_000
"""So much longer than the deadline does `--wait` wait, for the gateway to say that it has passed."""
_MOST_MS = 7 * 86_400_000
_UNITS = {"": 1_000, "s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration_ms(given: str) -> int:
    """ "60s", "5m", "2h" """
    parts = re.fullmatch(r"([0-9]{1,6})(s|m|min|h|d|)", given)
    found_ms = int(parts[1]) * _UNITS[parts[2]] if parts else 0
    if not 0 < found_ms <= _MOST_MS:
        raise argparse.ArgumentTypeError(f"not a time of at most 7 days: {given!r} (60s, 5m, 2h)")
    return found_ms


def act(settings: Config, options: Namespace) -> int:
    store = _store(settings)
    clock = KernelClock(settings.time.trust, settings.time.bound_ms)
    deadline_ms = clock.mono_ms() + options.within
    try:
        order = store.order(options.box, options.name, options.arg.strip(), clock.boot, deadline_ms)
    except StoreError as error:
        note(f"gateway: {error}")
        return EXIT_WRONG
    if options.box not in read(settings.path(settings.data_dir) / "boxes.json"):
        note(text("never_heard", box=options.box))
    if not options.wait:
        say(order.id)
        note(text("see_result", id=order.id))
        return EXIT_OK
    while clock.mono_ms() < deadline_ms + GRACE_MS:
        found = store.result(order.id)
        if found is not None:
            return _print(found)
        time.sleep(0.1)
    note(text("no_answer"))
    return EXIT_LATER


def show(settings: Config, options: Namespace) -> int:
    if not re.fullmatch("[0-9a-f]{12}", options.id):
        note("gateway: " + text("not_a_command", id=repr(options.id)))
        return EXIT_WRONG
    store = _store(settings)
    found = store.result(options.id)
    if found is not None:
        return _print(found)
    waits = options.id in store.wishes().orders
    note(text("not_answered" if waits else "no_command"))
    return EXIT_LATER if waits else EXIT_NO


def _print(found: dict[str, Any]) -> int:
    """The outcome for the person, what the box said for whatever reads it."""
    note(f"{found.get('box_id')}: {found.get('name')}: {found.get('outcome')}")
    if found.get("said") is not None:
        say_json(found["said"])
    if "text" in found:
        say(str(found["text"]).removesuffix("\n"))
    return EXIT_OK if found.get("outcome") == "done" else EXIT_NO


def _store(settings: Config) -> Store:
    return Store(settings.path(settings.data_dir) / "downlink", None, settings.gateway_id)
