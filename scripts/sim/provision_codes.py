"""The fleet's key, and the provisioning codes that it signs (firmware/wire/SPEC.md §13).

    scripts/provision key FILE
    scripts/provision code --key FILE --gateway ID --host HOST --ca DER … [--png PICTURE]
    scripts/provision control --key FILE in|out|default [--png PICTURE]
    scripts/provision cuts

`key` makes the fleet's key, readable by its owner alone, and prints its public half: 512 hexadecimal digits, which go
into a box's image as /fleet.key. `code` prints a signed code; it holds the Wi-Fi's password and a token, so it is shown
to the box and not kept. Networks come from a file, never from the command line: a JSON list of [name, password].
"""

import argparse
import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from firmware.gate import control
from firmware.wire import base64url, provisioning
from firmware.wire.errors import WireError

KEY_BITS = 2048
DAY_S = 24 * 3600


class FleetKey:
    """The private key of a fleet: signs provisioning codes and firmware manifests."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key

    @classmethod
    def make(cls) -> "FleetKey":
        """A new one, known to nobody else."""
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS))

    @classmethod
    def load(cls, path: Path) -> "FleetKey":
        """From a file that `save` wrote. ValueError: it holds no key of this kind."""
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != KEY_BITS:
            raise ValueError(f"{path} holds no RSA key of {KEY_BITS} bits")
        return cls(key)

    def save(self, path: Path) -> None:
        """Into a file that only its owner reads. FileExistsError: there is one, and it is not written over."""
        text = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)

    @property
    def modulus(self) -> bytes:
        """The public half, as a box checks with it."""
        return self._key.public_key().public_numbers().n.to_bytes(KEY_BITS // 8, "big")

    def sign(self, data: bytes) -> bytes:
        """PKCS#1 v1.5 with SHA-256."""
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def ca_fingerprint(der: bytes) -> str:
    """What a code says of the gateway's CA."""
    return base64url.encode(hashlib.sha256(der).digest()).decode()


def wish(ca_der: bytes, **given: Any) -> dict[str, Any]:
    """A code's values: those given, and for the rest what suits a trial. It is valid for `valid_s` from now on."""
    issued_ms = given.pop("issued_ms", None) or int(time.time() * 1000)
    valid_s = given.pop("valid_s", DAY_S)
    values = {
        "issued_ms": issued_ms,
        "expires_ms": issued_ms + valid_s * 1000,
        "token": base64url.encode(secrets.token_bytes(16)).decode(),
        "wifi": [],
        "gateway": "gw-1",
        "host": "gateway.local",
        "port": 8883,
        "enrol_port": 8884,
        "ca": ca_fingerprint(ca_der),
        "place": "cho-moi",
        "gate": "cong-1",
        "direction": "in",
    }
    return {**values, **{key: value for key, value in given.items() if value is not None}}


def make_code(key: FleetKey, ca_der: bytes, **given: Any) -> bytes:
    """A signed code. WireError: a box would not take it, whoever signed."""
    signed = provisioning.encode_body(provisioning.Provisioning(wish(ca_der, **given)))
    return provisioning.join(signed, key.sign(signed))


def main(arguments: Sequence[str] | None = None) -> int:
    """What scripts/provision does."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == "key":
            key = FleetKey.make()
            key.save(given.file)
            print(key.modulus.hex())
        elif given.command == "control":
            _show(control.make(given.key.read_text().strip(), given.verb), given.png)
        else:
            _print_code(given)
    except (OSError, ValueError, WireError) as error:
        print(f"provision: {error}", file=sys.stderr)
        return 1
    return 0


def _print_code(given: argparse.Namespace) -> None:
    wifi = json.loads(given.wifi.read_text(encoding="utf-8")) if given.wifi else []
    keys = ("gateway", "host", "port", "enrol_port", "place", "gate", "direction", "box", "valid_s")
    wanted = {name: getattr(given, name) for name in keys}
    _show(make_code(FleetKey.load(given.key), given.ca.read_bytes(), wifi=wifi, **wanted).decode(), given.png)


def _show(text: str, png: Path | None) -> None:
    if png:
        import segno  # here: only who wants a picture needs it

        segno.make_qr(text, error="l").save(str(png), scale=4, border=4)
    else:
        print(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="provision", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    key = commands.add_parser("key", help="make the fleet's key and print its public half")
    key.add_argument("file", type=Path, help="where the private key goes; must not exist")
    code = commands.add_parser("code", help="make a signed code for one box")
    code.add_argument("--key", type=Path, required=True, help="the fleet's private key")
    code.add_argument("--ca", type=Path, required=True, help="the gateway's CA certificate, DER")
    code.add_argument("--gateway", required=True, help="the gateway's id")
    code.add_argument("--host", required=True, help="where the gateway is")
    code.add_argument("--port", type=int, help="of the broker (8883)")
    code.add_argument("--enrol-port", type=int, help="of the enrolment (8884)")
    code.add_argument("--wifi", type=Path, help="a JSON file: a list of [name, password], 3 at most")
    code.add_argument("--place", required=True)
    code.add_argument("--gate", required=True)
    code.add_argument("--direction", choices=provisioning.DIRECTIONS, default="in")
    code.add_argument("--box", help="only this box may use it, and it may although it is provisioned already")
    code.add_argument("--valid-s", type=int, default=DAY_S, help="for how many seconds (a day)")
    code.add_argument("--png", type=Path, help="draw it into this file instead of printing it")
    turn = commands.add_parser("control", help="make the keeper's code that turns a box's direction for a while")
    turn.add_argument("verb", choices=control.VERBS)
    turn.add_argument("--key", type=Path, required=True, help="a file with the control key: 32 hexadecimal digits")
    turn.add_argument("--png", type=Path, help="draw it into this file instead of printing it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
