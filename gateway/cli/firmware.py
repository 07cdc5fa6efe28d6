"""Take firmware in, and say which version is wanted where."""

import argparse
from argparse import Namespace

from firmware.wire.fields import U32_MAX
from gateway.cli.show import EXIT_OK, EXIT_WRONG, note, say, table
from gateway.cli.texts import text
from gateway.config import Config, read_fleet_key
from gateway.downlink.bundle import BundleError
from gateway.downlink.store import EVERY_BOX, Store, StoreError


def version(text: str) -> int:
    if text == "none":
        return 0
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:11]) <= U32_MAX:
        raise argparse.ArgumentTypeError(f"not a version: {text!r}")
    return int(text)


def show(settings: Config, _options: Namespace) -> int:
    wishes = _store(settings).wishes()
    rows: list[list[object]] = []
    for number, found in sorted(wishes.bundles.items()):
        said = found.manifest
        wanted = [
            ("every box" if box == EVERY_BOX else box) for box, one in sorted(wishes.wanted.items()) if one == number
        ]
        size = sum(found.lengths.values())
        rows.append(
            [number, said.name, ",".join(said.boards), len(said.files), size, said.floor, ", ".join(wanted) or "-"]
        )
    table(["version", "name", "boards", "files", "bytes", "floor", "wanted for"], rows)
    if not rows:
        note(text("no_firmware"))
    return EXIT_OK


def add(settings: Config, options: Namespace) -> int:
    try:
        found = _store(settings).add(options.folder)
    except (BundleError, OSError) as error:
        note(f"gateway: {error}")
        return EXIT_WRONG
    say(str(found.version))
    return EXIT_OK


def want(settings: Config, options: Namespace) -> int:
    return _wish(settings, options, options.version)


def back(settings: Config, options: Namespace) -> int:
    return _wish(settings, options, None)


def _wish(settings: Config, options: Namespace, wanted: int | None) -> int:
    scope = options.box or EVERY_BOX
    store = _store(settings)
    try:
        if wanted is None:
            wanted = store.back(scope)
        else:
            store.want(wanted, scope)
    except StoreError as error:
        note(f"gateway: {error}")
        return EXIT_WRONG
    say(f"{'every box' if scope == EVERY_BOX else scope}: {f'firmware {wanted}' if wanted else 'no firmware'}")
    return EXIT_OK


def _store(settings: Config) -> Store:
    key_file = settings.enrol.fleet_key_file
    key = read_fleet_key(settings.path(key_file)) if key_file else None
    return Store(settings.path(settings.data_dir) / "downlink", key, settings.gateway_id)
