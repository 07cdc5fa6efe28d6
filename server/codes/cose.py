"""COSE_Sign1: what is signed, by whom, and whether the signature is right. ES256 and PS256, nothing else.

1. The algorithm stands in the protected header, the key's id in either; the protected one wins.
2. The key decides what it may be used for: ES256 wants P-256, PS256 RSA of 2048 bits or more.
Source: RFC 9052 §4.2-4.4; RFC 9053 §2.1; RFC 8230 §2; hcert_spec §2.6.
"""

from typing import Any, NamedTuple

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from server.codes import cbor
from server.codes.cbor import CborError

ES256, PS256 = -7, -37
ALGORITHM, KID = 1, 4
MOST_SIGNATURE_BYTES = 1024
MOST_KID_BYTES = 64

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class Signed(NamedTuple):
    """`claims` is what was signed, decoded."""

    algorithm: int
    kid: bytes
    claims: dict[Any, Any]
    to_be_signed: bytes
    signature: bytes


def decode(data: bytes) -> Signed:
    """A COSE_Sign1 whose payload is a map. Raises `CborError`."""
    parts = cbor.decode(data)
    if not isinstance(parts, list) or len(parts) != 4:
        raise CborError("not four parts")
    protected, unprotected, payload, signature = parts
    if not all(isinstance(one, bytes) for one in (protected, payload, signature)) or not isinstance(unprotected, dict):
        raise CborError("parts of other types")
    header = cbor.decode(protected) if protected else {}
    claims = cbor.decode(payload)
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise CborError("no maps")
    algorithm, kid = header.get(ALGORITHM), header.get(KID, unprotected.get(KID))
    if algorithm not in (ES256, PS256) or not isinstance(kid, bytes) or not 0 < len(kid) <= MOST_KID_BYTES:
        raise CborError("no algorithm of ours, or no key")
    if not 0 < len(signature) <= MOST_SIGNATURE_BYTES:
        raise CborError("no signature")
    to_be_signed = cbor2.dumps(["Signature1", protected, b"", payload])
    return Signed(algorithm, kid, claims, to_be_signed, signature)


def is_signed_by(signed: Signed, key: PublicKey) -> bool:
    """Whether this key made the signature."""
    try:
        if signed.algorithm == ES256 and isinstance(key, ec.EllipticCurvePublicKey):
            if not isinstance(key.curve, ec.SECP256R1) or len(signed.signature) != 64:
                return False
            r, s = (int.from_bytes(half, "big") for half in (signed.signature[:32], signed.signature[32:]))
            key.verify(encode_dss_signature(r, s), signed.to_be_signed, ec.ECDSA(SHA256()))
            return True
        if signed.algorithm == PS256 and isinstance(key, rsa.RSAPublicKey):
            key.verify(signed.signature, signed.to_be_signed, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
            return True
    except (InvalidSignature, ValueError):
        return False
    return False
