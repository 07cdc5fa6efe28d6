"""A certificate authority for one gateway, and the gateway's certificate.

1. Every box of this gateway pins the authority's certificate by its SHA-256, so it is made once and never again. A
   folder in which it is damaged, or gone while its work is still there, is refused with a name: whoever made a new one
   in silence would lock all boxes out.
2. A key and its certificate stand in one file, which is written whole or not at all: there is no half a pair. Files
   with a key are 0600, their folder is 0700.
3. A box checks certificates before it knows what time it is: both are valid from 2000 until the end of 9999. What ends
   a certificate's life is `renew`, by the same authority, which no box has to be visited for.
4. The gateway's certificate names the gateway's id, not an address: the address may change.
5. Two processes at once (the gateway, a command line) make one authority: a lock on the folder.
"""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway import files

CA_NAME = "ca.pem"
"""Key and certificate of the authority: the file to keep a copy of, in a safe place."""
CA_PUBLIC_NAME = "ca.der"
CHAIN_NAME = "gateway.pem"
NOT_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_SERVER_ONLY = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


class CertError(Exception):
    """`code` is stable: `folder`, `ca_damaged` or `ca_missing`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Papers(NamedTuple):
    """What the gateway shows, and what its boxes know it by."""

    ca_der: bytes
    chain_file: Path
    """PEM: the gateway's key, then its certificate."""
    ca_file: Path
    """DER: the authority's certificate alone; public."""

    @property
    def fingerprint(self) -> str:
        """43 characters base64url: what stands as `ca` in a provisioning code."""
        return fingerprint_of(self.ca_der)


class _Pair(NamedTuple):
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def fingerprint_of(ca_der: bytes) -> str:
    """SHA-256 as base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(ca_der).digest()).rstrip(b"=").decode()


def ensure(folder: Path, gateway_id: str) -> Papers:
    """The papers in `folder`, made where there are none. Raises CertError."""
    with _locked(folder):
        authority = _authority(folder, gateway_id)
        if not _is_good(folder / CHAIN_NAME, authority, gateway_id):
            _write_leaf(folder, authority, gateway_id)
        return _papers(folder, authority)


def renew(folder: Path, gateway_id: str) -> Papers:
    """Another key and certificate for the gateway, by the authority that its boxes know already."""
    with _locked(folder):
        authority = _authority(folder, gateway_id)
        _write_leaf(folder, authority, gateway_id)
        return _papers(folder, authority)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        with files.locked(folder):
            yield
    except OSError as error:
        raise CertError("folder", f"{folder}: {error.strerror}") from error


def _authority(folder: Path, gateway_id: str) -> _Pair:
    path = folder / CA_NAME
    if path.exists():
        pair = _read(path)
        if pair is None:
            raise CertError("ca_damaged", f"{path} cannot be read; put the copy back that you keep of it")
        return pair
    if (folder / CHAIN_NAME).exists():
        raise CertError(
            "ca_missing",
            f"{path} is gone, and boxes know it: put the copy back that you keep of it"
            f" (or remove {CHAIN_NAME} too, and provision every box again)",
        )
    pair = _new_authority(gateway_id)
    files.write(path, _pem(pair))
    return pair


def _papers(folder: Path, authority: _Pair) -> Papers:
    der = authority.certificate.public_bytes(serialization.Encoding.DER)
    path = folder / CA_PUBLIC_NAME
    if not path.exists() or path.read_bytes() != der:
        files.write(path, der)
    return Papers(der, folder / CHAIN_NAME, path)


def _new_authority(gateway_id: str) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Tram CA of {gateway_id}")])
    usage = _usage(signs_certificates=True)
    builder = _builder(name, name, key.public_key(), key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    return _Pair(key, builder.sign(key, hashes.SHA256()))


def _write_leaf(folder: Path, authority: _Pair, gateway_id: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, gateway_id)])
    builder = _builder(name, authority.certificate.subject, key.public_key(), authority.key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(_SERVER_ONLY, critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(gateway_id)]), critical=False)
    files.write(folder / CHAIN_NAME, _pem(_Pair(key, builder.sign(authority.key, hashes.SHA256()))))


def _builder(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, issuer_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _is_good(path: Path, authority: _Pair, gateway_id: str) -> bool:
    """Whether there is a certificate that is this gateway's and by this authority; what is not is made anew."""
    pair = _read(path) if path.exists() else None
    if pair is None:
        return False
    try:
        pair.certificate.verify_directly_issued_by(authority.certificate)
        names = pair.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return names.get_values_for_type(x509.DNSName) == [gateway_id]


def _read(path: Path) -> _Pair | None:
    data = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data)
    except (ValueError, TypeError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return _Pair(key, certificate)


def _pem(pair: _Pair) -> bytes:
    encoding = serialization.Encoding.PEM
    key = pair.key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key + pair.certificate.public_bytes(encoding)
