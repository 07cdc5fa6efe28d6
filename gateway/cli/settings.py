"""Wish settings of a box, all of them at once, or look at what is wished."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from firmware.wire.settings import MAX_SETTINGS_BYTES
from gateway.cli.show import EXIT_NO, EXIT_OK, EXIT_WRONG, note, say, table
from gateway.cli.texts import text as label
from gateway.config import Config
from gateway.downlink.roster import read
from gateway.downlink.store import Store, StoreError

_MOST_BYTES = 16 * MAX_SETTINGS_BYTES
"""With all the white space that one could wish for."""


def act(settings: Config, options: Namespace) -> int:
    data_dir = settings.path(settings.data_dir)
    store = Store(data_dir / "downlink", None, settings.gateway_id)
    row = read(data_dir / "boxes.json").get(options.box, {})
    if options.file == "show":
        return _show(store, options.box, row)
    try:
        if options.file == "-":
            text = sys.stdin.buffer.read(_MOST_BYTES)
        else:
            with open(Path(options.file), "rb") as file:
                text = file.read(_MOST_BYTES)
        wished = store.wish(options.box, text, _highest(row))
    except OSError as error:
        note(f"gateway: {options.file}: {error.strerror}")
        return EXIT_WRONG
    except StoreError as error:
        note(f"gateway: {error}")
        return EXIT_WRONG
    if not row:
        note(label("never_heard", box=options.box))
    say(f"{options.box}: settings {wished.version}")
    return EXIT_OK


def _show(store: Store, box: str, row: dict[str, Any]) -> int:
    wished = store.settings_of(box)
    refused = row.get("settings_refused")
    table(
        ["box", "wished", "in use", "refused"],
        [[box, "-" if wished is None else wished.version, row.get("settings_version", "?"), _words(refused)]],
    )
    if wished is None:
        return EXIT_NO
    say(wished.body.decode())
    return EXIT_OK


def _highest(row: dict[str, Any]) -> int:
    """The highest version that the box has ever named."""
    refused = row.get("settings_refused")
    named = [row.get("settings_version"), refused.get("version") if isinstance(refused, dict) else 0]
    return max([one for one in named if isinstance(one, int)], default=0)


def _words(refused: object) -> str:
    if not isinstance(refused, dict):
        return "-"
    return f"{refused.get('version')}: {refused.get('code')} {refused.get('key') or ''}".rstrip()
