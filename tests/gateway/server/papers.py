"""Authorities and certificates, made when a test runs: valid, of others, over, not yet begun."""

import datetime
import ipaddress
import ssl
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY_MS = 86_400_000
NOW_MS = int(datetime.datetime.now(datetime.UTC).timestamp() * 1000)


class Paper(NamedTuple):
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def chain(self) -> bytes:
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(encoding, form, serialization.NoEncryption()) + self.pem()


@lru_cache
def authority(name: str = "Tests") -> Paper:
    return _made(name, None, NOW_MS - 30 * 365 * DAY_MS, NOW_MS + 30 * 365 * DAY_MS, ())


def certificate(
    issuer: Paper, begins_ms: int = NOW_MS - DAY_MS, ends_ms: int = NOW_MS + DAY_MS, names: tuple[str, ...] = ()
) -> Paper:
    return _made("server", issuer, begins_ms, ends_ms, names or ("127.0.0.1", "localhost"))


def _made(name: str, issuer: Paper | None, begins_ms: int, ends_ms: int, names: tuple[str, ...]) -> Paper:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_instant(begins_ms))
        .not_valid_after(_instant(ends_ms))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
    return Paper(key, builder.sign(key if issuer is None else issuer.key, hashes.SHA256()))


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _instant(ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def shows(paper: Paper, folder: Path, wants_from: Paper | None = None) -> ssl.SSLContext:
    """A server's side. `wants_from`: it asks for a certificate of that authority."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(write(folder / f"{paper.certificate.serial_number}.pem", paper.chain()))
    if wants_from is not None:
        made.load_verify_locations(cadata=wants_from.pem().decode())
        made.verify_mode = ssl.CERT_REQUIRED
    return made
