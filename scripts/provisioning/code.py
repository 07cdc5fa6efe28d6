"""Set-up codes: what tells a new box where it belongs, signed with the fleet's key (firmware/wire/SPEC.md §13)."""

import hashlib
import secrets
import time
from typing import Any

from firmware.wire import base64url, provisioning
from scripts.provisioning.key import FleetKey

DAY_S = 24 * 3600


def ca_fingerprint(der: bytes) -> str:
    """What a code says of the gateway's CA."""
    return base64url.encode(hashlib.sha256(der).digest()).decode()


def wish(ca_der: bytes | None, **given: Any) -> dict[str, Any]:
    """A code's values: those given, and for the rest what suits a trial. It is valid for `valid_s` from now on.

    `ca` may be given, as `ca_fingerprint` makes it, in the place of the certificate.
    """
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
        "place": "cho-moi",
        "gate": "cong-1",
        "direction": "in",
    }
    if ca_der is not None:
        values["ca"] = ca_fingerprint(ca_der)
    return {**values, **{key: value for key, value in given.items() if value is not None}}


def unsigned(ca_der: bytes | None, **given: Any) -> bytes:
    """The bytes to sign. WireError: a box would not take them, whoever signed."""
    return provisioning.encode_body(provisioning.Provisioning(wish(ca_der, **given)))


def make_code(key: FleetKey, ca_der: bytes | None, **given: Any) -> bytes:
    """A signed code. WireError: a box would not take it, whoever signed."""
    signed = unsigned(ca_der, **given)
    return provisioning.join(signed, key.sign(signed))
