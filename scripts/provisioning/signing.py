"""Signing on a laptop that is never on a network: what is to be signed goes there as a file, signatures come back.

1. A request names the fleet's key that is wanted and holds the very bytes to sign. It may hold Wi-Fi passwords.
2. Whoever signs sees what it is. Bytes that are no set-up code, no firmware's manifest and no release.json are
   not signed.
3. An answer holds no secret; each of its signatures is checked against the request before it is used.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from firmware.wire import base64url, manifest, provisioning, rsa
from firmware.wire.errors import WireError
from scripts.provisioning.key import KEY_BYTES, FleetKey, fingerprint_of

REQUEST, ANSWER = "tram-sign-request", "tram-signatures"
VERSION = 1
MOST_BYTES = 8 * 1024 * 1024
MOST_ITEMS = 2000
_MOST_NAME = 120


class Bad(ValueError):
    """A file that is not taken. `code`: form, other_fleet, unknown (what is to be signed is nothing of ours),
    missing (a signature for something that was asked is not there), signature (one does not fit)."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(f"{code} {name}".strip())
        self.code = code
        self.name = name


class Item(NamedTuple):
    """Something to sign, and what people call it."""

    name: str
    data: bytes


class Wanted(NamedTuple):
    """What bytes to sign are. `kind`: code, firmware or release; `facts`: what whoever signs should see; no secrets."""

    kind: str
    facts: dict[str, object]


def described(data: bytes) -> Wanted:
    """Bad `unknown`: it is nothing that a fleet's key signs."""
    try:
        if data.startswith(provisioning.PREFIX):
            return _code(data)
        if data.startswith(b"1 manifest "):
            return _firmware(data)
        if data.startswith(b"{"):
            return _release(data)
    except (WireError, ValueError):
        pass
    raise Bad("unknown")


def _code(data: bytes) -> Wanted:
    no_signature = base64url.encode(bytes(provisioning.SIGNATURE_BYTES))
    said, signed, _ = provisioning.decode(data + b"." + no_signature)
    if signed != data:
        raise Bad("unknown")
    return Wanted("code", code_facts(said))


def code_facts(said: provisioning.Provisioning) -> dict[str, object]:
    """What may be shown of a set-up code: networks by name, no password, no token."""
    return {
        "gateway": said.gateway,
        "host": said.host,
        "port": said.port,
        "enrol_port": said.enrol_port,
        "place": said.place,
        "gate": said.gate,
        "direction": said.direction,
        "box": said.box,
        "wifi": [ssid for ssid, _ in said.wifi],
        "issued": utc(said.issued_ms),
        "expires": utc(said.expires_ms),
    }


def _firmware(data: bytes) -> Wanted:
    said = manifest.decode(data + b"sig " + b"00" * KEY_BYTES + b"\n")
    if manifest.to_sign(said) != data:
        raise Bad("unknown")
    facts = {"version": said.version, "floor": said.floor, "name": said.name, "boards": list(said.boards)}
    return Wanted("firmware", {**facts, "files": len(said.files)})


def _release(data: bytes) -> Wanted:
    from scripts.tram.release.release import parse

    said = parse(data)
    facts = {"version": said.version, "floor": said.floor, "name": said.name, "boards": sorted(said.boards)}
    return Wanted("release", {**facts, "built": utc(said.built_s * 1000)})


def utc(ms: int) -> str:
    """2026-11-22T10:00Z"""
    return time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(ms / 1000))


# Files


def request(modulus: bytes, items: Sequence[Item]) -> bytes:
    """What goes to the laptop that signs. It may hold secrets: a file for its owner alone."""
    rows = [{"name": _printable(item.name), "data": _text(item.data)} for item in items]
    return _file(REQUEST, fingerprint_of(modulus), rows)


def read_request(content: bytes) -> tuple[str, list[Item]]:
    """-> (which key is wanted, what is to be signed). Bad `form`."""
    fleet, rows = _rows(content, REQUEST)
    try:
        items = [Item(_name(row), base64url.decode(row["data"].encode())) for row in rows]
    except (KeyError, AttributeError, TypeError, ValueError, WireError):
        raise Bad("form") from None
    return fleet, items


def answer(key: FleetKey, content: bytes) -> bytes:
    """Sign all of a request. Bad: form, other_fleet, or unknown, with the name."""
    fleet, items = read_request(content)
    if fleet != key.fingerprint:
        raise Bad("other_fleet")
    rows = []
    for item in items:
        try:
            described(item.data)
        except Bad:
            raise Bad("unknown", item.name) from None
        digest = hashlib.sha256(item.data).hexdigest()
        rows.append({"name": item.name, "sha256": digest, "signature": _text(key.sign(item.data))})
    return _file(ANSWER, fleet, rows)


class Answered:
    """A signer that has its signatures from an answer. Looks like a FleetKey to whoever builds firmware or codes."""

    def __init__(self, modulus: bytes, content: bytes) -> None:
        """Bad: form, other_fleet, signature."""
        self.modulus = modulus
        fleet, rows = _rows(content, ANSWER)
        if fleet != fingerprint_of(modulus):
            raise Bad("other_fleet")
        self._signatures: dict[str, bytes] = {}
        for row in rows:
            try:
                digest, signature = str(row["sha256"]), base64url.exactly(row["signature"].encode(), KEY_BYTES)
                is_right = rsa.verify(modulus, bytes.fromhex(digest), signature)
            except (KeyError, AttributeError, ValueError, WireError):
                raise Bad("form") from None
            if not is_right:
                raise Bad("signature", _name(row))
            self._signatures[digest.lower()] = signature

    def sign(self, data: bytes) -> bytes:
        """Bad `missing`: this was not asked for."""
        try:
            return self._signatures[hashlib.sha256(data).hexdigest()]
        except KeyError:
            raise Bad("missing") from None


class Asking:
    """A signer that signs with zeros and remembers what it was asked for: the first half of building twice."""

    def __init__(self, modulus: bytes, name: Callable[[bytes], str] = lambda data: "") -> None:
        self.modulus = modulus
        self._name = name
        self.items: list[Item] = []

    def sign(self, data: bytes) -> bytes:
        """Zeros: no box takes them."""
        if data not in [item.data for item in self.items]:
            self.items.append(Item(self._name(data), data))
        return bytes(KEY_BYTES)

    def request(self) -> bytes:
        """The file for the laptop that signs."""
        return request(self.modulus, self.items)


class Elsewhere:
    """A signer whose key is on another computer: gives what answers hold, remembers what is still to be asked for."""

    def __init__(self, modulus: bytes, answers: Sequence[bytes], name: Callable[[bytes], str]) -> None:
        """Bad: form, other_fleet, signature."""
        self.modulus = modulus
        self._answered = [Answered(modulus, content) for content in answers]
        self._asking = Asking(modulus, name)

    @property
    def fingerprint(self) -> str:
        """Which key it is: SHA-256 of the public half."""
        return fingerprint_of(self.modulus)

    def sign(self, data: bytes) -> bytes:
        """The signature, or zeros where it is still missing."""
        for one in self._answered:
            try:
                return one.sign(data)
            except Bad:
                continue
        return self._asking.sign(data)

    def request(self) -> bytes | None:
        """What is still to be signed, as a file for that computer. None: nothing."""
        return self._asking.request() if self._asking.items else None


def _file(form: str, fleet: str, rows: list[dict[str, str]]) -> bytes:
    whole = {"format": form, "v": VERSION, "fleet": fleet, "items": rows}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def _rows(content: bytes, form: str) -> tuple[str, list[dict[str, Any]]]:
    if len(content) > MOST_BYTES:
        raise Bad("form")
    try:
        whole = json.loads(content.decode("utf-8-sig"))
        is_right = whole["format"] == form and whole["v"] == VERSION
        fleet, rows = whole["fleet"], whole["items"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Bad("form") from None
    if not is_right or not isinstance(fleet, str) or not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ITEMS:
        raise Bad("form")
    if not all(isinstance(row, dict) for row in rows):
        raise Bad("form")
    return fleet, rows


def _printable(name: str) -> str:
    return "".join(char if char.isprintable() else " " for char in name[:_MOST_NAME])


def _name(row: dict[str, Any]) -> str:
    name = row.get("name", "")
    if not isinstance(name, str) or not name.isprintable():
        raise Bad("form")
    return name[:_MOST_NAME]


def _text(data: bytes) -> str:
    return base64url.encode(data).decode()
