# The code that tells a new box where it belongs (SPEC §13): TRAM1:<body>.<signature>
#
# 1. `decode` says what is in it and in which bytes the signature is; whether that is the fleet's is for the caller.
# 2. Every key is required but `box`, none is taken that is not known, and each is in its only form.
# 3. The body's JSON has no control characters and no \u: both runtimes read the rest alike, and nothing needs them.
# 4. The token and the Wi-Fi passwords are shown nowhere: neither by repr nor in an error.

import json

from . import base64url, fields
from .errors import WireError
from .record import UTC_MAX_MS

PREFIX = b"TRAM1:"
MAX_CODE_BYTES = 1600
MAX_NETWORKS = 3
SIGNATURE_BYTES = 256
DIRECTIONS = ("in", "out", "both")

KEYS = (
    "issued_ms",
    "expires_ms",
    "token",
    "wifi",
    "gateway",
    "host",
    "port",
    "enrol_port",
    "ca",
    "place",
    "gate",
    "direction",
    "box",
)
_HOST_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-"
_PLACE_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789-"


class Provisioning:
    # KEYS as attributes; `wifi` is a list of [ssid, password], `box` a box id or None.
    issued_ms: int
    expires_ms: int
    token: str
    wifi: list[list[str]]
    gateway: str
    host: str
    port: int
    enrol_port: int
    ca: str
    place: str
    gate: str
    direction: str
    box: "str | None"

    def __init__(self, values: "dict[str, object]") -> None:
        # raises WireError for whatever is not as the table in SPEC §13 says
        for key in KEYS[:-1]:
            if key not in values:
                raise WireError("json", "no " + key)
        for key in values:
            if key not in KEYS:
                raise WireError("json", "a key that is not known")
        self.issued_ms = _number(values, "issued_ms", 1, UTC_MAX_MS)
        self.expires_ms = _number(values, "expires_ms", self.issued_ms + 1, UTC_MAX_MS)
        self.token = _text(values, "token")
        base64url.exactly(fields.to_bytes(self.token), 16)
        self.wifi = _networks(values["wifi"])
        self.gateway = fields.box_id(fields.to_bytes(_text(values, "gateway")))
        self.host = _made_of(values, "host", 253, _HOST_BYTES)
        self.port = _number(values, "port", 1, 65535)
        self.enrol_port = _number(values, "enrol_port", 1, 65535)
        self.ca = _text(values, "ca")
        base64url.exactly(fields.to_bytes(self.ca), 32)
        self.place = _made_of(values, "place", 32, _PLACE_BYTES)
        self.gate = _made_of(values, "gate", 32, _PLACE_BYTES)
        self.direction = _text(values, "direction")
        if self.direction not in DIRECTIONS:
            raise WireError("field", "direction")
        self.box = None if values.get("box") is None else fields.box_id(fields.to_bytes(_text(values, "box")))
        if "box" in values and self.box is None:
            raise WireError("json", "box is not text")

    def __repr__(self) -> str:
        return "Provisioning(gateway=%s, place=%s, gate=%s, box=%s, ***)" % (
            self.gateway,
            self.place,
            self.gate,
            self.box,
        )


def looks_like(text: bytes) -> bool:
    # a provisioning code of any version: what no box ever takes for a scan
    return text[:4] == PREFIX[:4] and text[4:16].split(b":")[0].isdigit() and b":" in text[4:16]


def decode(text: bytes) -> "tuple[Provisioning, bytes, bytes]":
    # -> (what it says, the bytes that are signed, the signature)
    if len(text) > MAX_CODE_BYTES:
        raise WireError("too_long", "over %d bytes" % MAX_CODE_BYTES)
    if text[: len(PREFIX)] != PREFIX:
        raise WireError("version" if looks_like(text) else "word", "not TRAM1")
    parts = text.split(b".")
    if len(parts) != 2:
        raise WireError("header", "not one body and one signature")
    signature = base64url.exactly(parts[1], SIGNATURE_BYTES)
    return Provisioning(_object(base64url.decode(parts[0][len(PREFIX) :]))), parts[0], signature


def encode_body(wanted: Provisioning) -> bytes:
    # -> the bytes to sign; join() puts the signature to them
    parts = ['"v":1']
    for key in KEYS:
        value = getattr(wanted, key)
        if key == "wifi":
            pairs = ["[%s,%s]" % (_quoted(ssid), _quoted(password)) for ssid, password in value]
            parts.append('"wifi":[%s]' % ",".join(pairs))
        elif value is not None:
            parts.append('"%s":%s' % (key, _quoted(value) if isinstance(value, str) else value))
    return PREFIX + base64url.encode(("{" + ",".join(parts) + "}").encode())


def join(signed: bytes, signature: bytes) -> bytes:
    text = signed + b"." + base64url.encode(signature)
    decode(text)  # whoever makes a code learns here what a box would say to it
    return text


def _object(body: bytes) -> "dict[str, object]":
    if body[-1:] != b"}" or min(body) < 32 or b"\\u" in body.replace(b"\\\\", b""):
        raise WireError("json", "not JSON, or with escapes that are not for here")
    try:
        values = json.loads(body.decode())
    except (ValueError, UnicodeError, RuntimeError):
        raise WireError("json", "not JSON")
    if not isinstance(values, dict) or "v" not in values:
        raise WireError("json", "not a provisioning object")
    version = values.pop("v")
    if type(version) is not int or version != 1:
        raise WireError("version", "not version 1")
    return values


def _networks(value: object) -> "list[list[str]]":
    if not isinstance(value, list):
        raise WireError("json", "wifi is not a list")
    if len(value) > MAX_NETWORKS:
        raise WireError("field", "too many networks")
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(pair[1], str):
            raise WireError("json", "wifi is not a list of pairs")
        ssid_bytes, password_bytes = len(fields.to_bytes(pair[0])), len(fields.to_bytes(pair[1]))
        if not 1 <= ssid_bytes <= 32 or (password_bytes and not 8 <= password_bytes <= 63):
            raise WireError("field", "wifi")
    return value


def _number(values: "dict[str, object]", key: str, least: int, most: int) -> int:
    value = values[key]
    if type(value) is not int:
        raise WireError("json", key + " is not a number")
    if not least <= value <= most:
        raise WireError("field", key)
    return value


def _text(values: "dict[str, object]", key: str) -> str:
    value = values[key]
    if not isinstance(value, str):
        raise WireError("json", key + " is not text")
    return value


def _made_of(values: "dict[str, object]", key: str, most: int, allowed: bytes) -> str:
    value = fields.to_bytes(_text(values, key))
    if not 1 <= len(value) <= most or value.strip(allowed):
        raise WireError("field", key)
    return value.decode()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
