"""What a fleet has, for tests: a key, signed codes, signed bundles; and a box that asks to be let in."""

import hashlib
import secrets
import socket
import ssl
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from firmware.wire import base64url, enrol, manifest
from firmware.wire.enrol import Answer, Question
from firmware.wire.manifest import Manifest
from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey

__all__ = ["ask", "bundle", "code_for", "context_for", "fleet_key", "new_password", "stranger_key"]


@lru_cache(1)
def fleet_key() -> FleetKey:
    return FleetKey.make()


@lru_cache(1)
def stranger_key() -> FleetKey:
    """Another fleet's."""
    return FleetKey.make()


def write_fleet_key(path: Path) -> Path:
    path.write_text(fleet_key().modulus.hex() + "\n")
    return path


def code_for(key: FleetKey | None = None, **values) -> bytes:
    """A signed code for the gateway gw-1, valid from now on for a day."""
    return make_code(key or fleet_key(), b"a certificate", **values)


def new_password() -> str:
    return base64url.encode(secrets.token_bytes(32)).decode()


def context_for(ca_der: bytes | None) -> ssl.SSLContext:
    """As a box has it: that authority and no other; without one, whoever answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_der is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        pem = x509.load_der_x509_certificate(ca_der).public_bytes(serialization.Encoding.PEM)
        context.load_verify_locations(cadata=pem.decode())
    return context


def exchange(port: int, ca_der: bytes | None, sent: bytes, name: str = "gw-1", timeout_s: float = 15.0) -> bytes:
    """All that comes back over TLS for these bytes."""
    received = b""
    with (
        socket.create_connection(("127.0.0.1", port), timeout_s) as tcp,
        context_for(ca_der).wrap_socket(tcp, server_hostname=name) as tls,
    ):
        tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls.sendall(sent)
        while piece := tls.recv(4096):
            received += piece
    return received


def ask(port: int, ca_der: bytes | None, question: Question, name: str = "gw-1") -> Answer:
    return enrol.decode_answer(exchange(port, ca_der, enrol.encode_question(question), name))


def bundle(folder: Path, version: int, content: dict[str, bytes] | None = None, floor: int = 0, key=None) -> Path:
    """A folder with signed firmware of that version."""
    content = content or {"a.mpy": f"version {version}".encode() * 100, "firmware/b.mpy": bytes(range(256)) * 40}
    listed = [(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in sorted(content.items())]
    unsigned = Manifest(version, floor, f"{version}.0", ["linux"], listed, b"")
    signature = (key or fleet_key()).sign(manifest.to_sign(unsigned))
    folder.mkdir(parents=True)
    for path, data in content.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "manifest").write_bytes(manifest.encode(unsigned._replace(signature=signature)))
    return folder
