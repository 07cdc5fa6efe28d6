"""How long a box takes to check a signature, and a whole provisioning code, on the interpreter."""

import json
import tempfile
from pathlib import Path

from scripts.figures.figure import Figure
from scripts.firmware_build import run_micropython
from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey

SCRIPT = Path(__file__).with_name("box_rsa.py")


def run() -> list[Figure]:
    """The limit of a verification is the one modular power in it. Raises RuntimeError when the check fails."""
    key = FleetKey.make()
    code = make_code(key, b"a certificate", box="box-000001", wifi=[["a network", "its password"]])
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "given")
        given.write_text(f"{key.modulus.hex()}\n{code.decode()}\n")
        done = run_micropython([SCRIPT, given], cwd=folder)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    took_us = json.loads(done.stdout)
    return [
        Figure(
            "box: RSA-2048 checked (limit: its modular power)",
            took_us["verify_us"] / 1000,
            "ms",
            limit=took_us["pow_us"] / 1000,
        ),
        Figure("box: provisioning code judged", took_us["judge_us"] / 1000, "ms"),
    ]
