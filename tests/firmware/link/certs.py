"""Certificates for tests: a CA on P-256, and what it, or somebody else, signs."""

import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NAME = "gw-1"
FROM = datetime(2000, 1, 1, tzinfo=UTC)
UNTIL = datetime(2099, 12, 31, tzinfo=UTC)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Ca:
    """`der` is what a box is given; `issue` writes what a server shows."""

    def __init__(self, name: str = "tram gateway", begins: datetime = FROM, ends: datetime = UNTIL) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self.certificate = (
            _builder(self._name, self._name, self._key.public_key(), begins, ends)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.der = self.certificate.public_bytes(Encoding.DER)

    def issue(
        self, folder: Path, name: str = NAME, begins: datetime = FROM, ends: datetime = UNTIL, itself: bool = False
    ) -> "Shown":
        """`itself`: signed by its own key."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, signer = (_name(name), key) if itself else (self._name, self._key)
        names: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
        certificate = (
            _builder(_name(name), issuer, key.public_key(), begins, ends)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(signer, hashes.SHA256())
        )
        return Shown(folder, certificate, key)


def _builder(subject, issuer, public_key, begins: datetime, ends: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


class Shown:
    """Certificate and key of a server, as files."""

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        number = f"{certificate.serial_number:x}"[:12]
        self.certificate_file = folder / f"shown-{number}.crt"
        self.key_file = folder / f"shown-{number}.key"
        self.certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        self.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def context(self, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = newest
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context
