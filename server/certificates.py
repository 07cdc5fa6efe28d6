"""Certificates of the server's own, for those without any: an authority, the server's certificate, and gateways'.

1. The authority is made once and never written over: every gateway has its certificate. Its key stands in `ca.pem`,
   which nobody needs while the server runs: keep it somewhere else.
2. A key and its certificate are one file (0600). The server's may be made anew, by the same authority: no gateway
   notices.
3. A gateway that has just been switched on believes that it is 1970: certificates are valid from then to the end of
   9999. What ends a certificate's life is another one in its place.
4. EC P-256. A gateway's certificate names its id, and is good for nothing but that.
"""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server import keys
from server.errors import Unusable

CA_NAME, CA_PUBLIC_NAME, CHAIN_NAME = "ca.pem", "ca.crt", "server.pem"
NOT_BEFORE = datetime(1970, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
Purpose = x509.ObjectIdentifier


class Pair(NamedTuple):
    """A key and the certificate that goes with it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def new(folder: Path, names: Sequence[str]) -> Path:
    """The server's key and certificate for these names, made anew; the authority too, where there is none.

    Returns the chain file. Raises `Unusable`: `certificate`, `key_file`.
    """
    authority = _authority(folder)
    found = [_general_name(name) for name in names]
    pair = _issue(authority, names[0], ExtendedKeyUsageOID.SERVER_AUTH, found)
    return _replace(folder / CHAIN_NAME, pair)


def for_gateway(folder: Path, gateway_id: str) -> Path:
    """A key and certificate for a gateway, made anew. Raises `Unusable`: `certificate`, `key_file`."""
    if not (folder / CA_NAME).exists():
        raise Unusable("certificate", f"{folder / CA_NAME} is not there: `tls new` makes it")
    names = [x509.DNSName(gateway_id)]
    pair = _issue(_authority(folder), gateway_id, ExtendedKeyUsageOID.CLIENT_AUTH, names)
    return _replace(folder / f"{gateway_id}.pem", pair)


def public_pem(path: Path) -> str:
    """A certificate in a file, PEM, and nothing else of it. Raises `Unusable`: `certificate`."""
    return _certificate(path).public_bytes(serialization.Encoding.PEM).decode()


def is_issued_by(chain_file: Path, ca_file: Path) -> bool:
    """Whether this authority signed that certificate. Raises `Unusable`: `certificate`."""
    try:
        _certificate(chain_file).verify_directly_issued_by(_certificate(ca_file))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as err:
        raise Unusable("certificate", f"{path}: no certificate (PEM)") from err


def _authority(folder: Path) -> Pair:
    path = folder / CA_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as err:
        raise Unusable("certificate", f"{folder}: {err.strerror}") from err
    if path.exists():
        pair = _read(path)
    elif (folder / CA_PUBLIC_NAME).exists():
        raise Unusable("certificate", f"{path} is gone, and gateways know it: put the copy back that you keep of it")
    else:
        pair = _new_authority()
        keys.write_private(path, _pem(pair))
    (folder / CA_PUBLIC_NAME).write_bytes(pair.certificate.public_bytes(serialization.Encoding.PEM))
    return pair


def _new_authority() -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tram server CA")])
    builder = _builder(name, name, key.public_key(), key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return Pair(key, builder.sign(key, hashes.SHA256()))


def _issue(authority: Pair, name: str, purpose: Purpose, names: Sequence[x509.GeneralName]) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    builder = _builder(subject, authority.certificate.subject, key.public_key(), authority.key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Pair(key, builder.sign(authority.key, hashes.SHA256()))


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


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError as err:
        raise Unusable("certificate", f"{name}: neither a name nor an address") from err


def _read(path: Path) -> Pair:
    data = keys.read_private(path)
    try:
        key = serialization.load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data)
    except (ValueError, TypeError) as err:
        raise Unusable("certificate", f"{path} cannot be read; put the copy back that you keep of it") from err
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise Unusable("certificate", f"{path}: key and certificate do not go together")
    return Pair(key, certificate)


def _replace(path: Path, pair: Pair) -> Path:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    keys.write_private(fresh, _pem(pair))
    fresh.replace(path)
    return path


def _pem(pair: Pair) -> bytes:
    encoding = serialization.Encoding.PEM
    key = pair.key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key + pair.certificate.public_bytes(encoding)
