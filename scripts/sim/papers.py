"""Certificates that a part must not believe: like the right one, but by a stranger, or over.

Keys are drawn here, in memory and for one run.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Wrong = Literal["foreign", "expired"]


def chain(good: bytes, wrong: Wrong, authority: bytes = b"") -> bytes:
    """Key and certificate, PEM, for the same names as in `good`. `authority`: the right one's key and certificate, PEM:
    an expired certificate is signed with it; without it, that too is by a stranger."""
    first = x509.load_pem_x509_certificate(good[good.index(b"-----BEGIN CERTIFICATE-----") :])
    names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    now = datetime.now(UTC)
    begins, ends = (now - timedelta(days=30), now - timedelta(days=1)) if wrong == "expired" else (now, None)
    key, by = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody else")])
    if authority and wrong == "expired":
        found = serialization.load_pem_private_key(authority, None)
        if not isinstance(found, ec.EllipticCurvePrivateKey):
            raise ValueError("the authority has no key of an elliptic curve")
        by, issuer = found, first.issuer
    made = (
        x509.CertificateBuilder()
        .subject_name(first.subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - timedelta(hours=1))
        .not_valid_after(ends or now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(by, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret + made.public_bytes(serialization.Encoding.PEM)


def replace(path: Path, data: bytes) -> None:
    """As a whole; only its owner reads it."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    fresh.replace(path)
