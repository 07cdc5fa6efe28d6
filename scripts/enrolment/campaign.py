"""A power cut at every flash operation of an enrolment, of a move to another gateway, of a rotation, and of a change
of the gateway's authority.

    scripts/powercut --enrolment

powercut.py says what is tried and what must hold; here it is started on MicroPython for every story, for the program
sizes of both chips, and in every tearing mode.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from scripts.firmware_build import ROOT, build, run_micropython
from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey

POWERCUT = ROOT / "scripts" / "enrolment" / "powercut.py"
FLASH = ROOT / "scripts" / "spool"  # ramflash.py
STORIES = ("new_box", "moved_box", "same_gateway", "rotated", "trusted", "restarts")
MODES = ("nothing", "half", "other_half", "bits", "all")
PROG_BYTES = (32, 256)
BOX = "box-000001"
ISSUED_MS = 1_795_000_000_000


class CutError(Exception):
    """A cut broke a rule; the text is what powercut.py said."""


def campaign(story: str, prog_bytes: int, stride: int = 1, offset: int = 0, nested: int = 4, modes: str = "") -> Any:
    """-> {"operations", "cuts", "images"}: how much was tried. Raises CutError where a rule was broken."""
    with tempfile.TemporaryDirectory() as folder:
        codes = Path(folder, "codes.json")
        codes.write_text(json.dumps(_codes()))
        arguments = [str(one) for one in (story, prog_bytes, stride, offset, nested, modes or ",".join(MODES))]
        done: subprocess.CompletedProcess[bytes] = run_micropython(
            [POWERCUT, codes, *arguments], heap="8M", path=f"{build()}:{FLASH}", cwd=folder, timeout_s=900
        )
    said = done.stdout.decode()
    if done.returncode:
        raise CutError(f"{story}, {prog_bytes} bytes:\n{said[-2000:]}{done.stderr.decode()}")
    return json.loads(said.splitlines()[-1].removeprefix("done "))


def _codes() -> dict[str, Any]:
    key, ca_der = FleetKey.make(), bytes(range(256)) * 2
    codes = {
        "here": make_code(key, ca_der, gateway="gw-here", issued_ms=ISSUED_MS),
        "there": make_code(key, ca_der, gateway="gw-there", issued_ms=ISSUED_MS + 1),
        "again": make_code(key, ca_der, gateway="gw-here", issued_ms=ISSUED_MS + 1),
    }
    texts = {name: code.decode() for name, code in codes.items()}
    return {"modulus": key.modulus.hex(), "box_id": BOX, "ca": ca_der.hex(), "ca2": ca_der[::-1].hex(), "codes": texts}


def main() -> int:
    """All of it, a line for each story."""
    total = 0
    for prog_bytes in PROG_BYTES:
        for story in STORIES:
            counts = campaign(story, prog_bytes)
            total += counts["images"]
            print(f"{story}, {prog_bytes} bytes per program: {counts}", flush=True)
    print(f"{total} images, each of them a box that is itself")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
