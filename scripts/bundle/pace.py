"""How long an update takes: a whole bundle, over a modelled link, onto a modelled flash, with the real updater."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from scripts.bundle import bundle
from scripts.bundle.bundle import Release
from scripts.firmware_build import ROOT, build, run_micropython
from scripts.provisioning.key import FleetKey

SCRIPT = Path(__file__).with_name("pace_run.py")
HEAP = "8M"  # the flash itself lies in the interpreter's memory here


class Model(NamedTuple):
    """Wi-Fi in a market hall, and a board's flash as its data sheet has it at worst; the settings' own defaults."""

    round_trip_ms: int = 60
    bytes_per_s: int = 100_000
    erase_ms: int = 45
    program_us: int = 700
    """For each page of 256 bytes."""
    piece_bytes: int = 1024
    window: int = 2


def update_time(board: str, model: Model) -> dict[str, Any]:
    """-> {"seconds", "bytes", "pieces", "erases", "longest_block_ms"}: see pace_run.py. Raises RuntimeError."""
    key = FleetKey.make()
    files = bundle.make(build(), board, Release(2, 0, "pace"), key)
    with TemporaryDirectory(prefix="tram-pace-") as name:
        folder, given, made = Path(name, "bundle"), Path(name, "given.json"), Path(name, "made.json")
        bundle.write_folder(files, folder)
        facts = {"key": key.modulus.hex(), "folder": str(folder), "version": 2, "board": board}
        given.write_text(json.dumps(facts))
        path = f"{build()}:{ROOT / 'scripts' / 'spool'}"
        arguments = [str(argument) for argument in (SCRIPT, given, made, *model)]
        done = run_micropython(arguments, HEAP, path=path, cwd=folder.parent, timeout_s=300)
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return dict(json.loads(made.read_text()))
