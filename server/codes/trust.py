"""Whose certificates are believed: keys of HC1 by their kid, keys of SMART Health Cards by their issuer.

    {"keys": [{"country": "VN", "certificate": "-----BEGIN CERTIFICATE-----…"},
              {"country": "VN", "kid": "oQcrIrgbVCg=", "key": "-----BEGIN PUBLIC KEY-----…",
               "from": "2021-12-20", "until": "2023-12-31"}]}
    {"issuers": [{"iss": "https://…", "keys": [{"kty": "EC", "crv": "P-256", "kid": …, "x": …, "y": …}]}]}

1. A certificate brings its kid (the first 8 bytes of its SHA-256) and its days; a bare key is given both.
2. A key speaks for one country. Two keys may have one kid: both are tried.
3. A key is P-256 or RSA of 2048 bits or more. What holds a private part is refused, and not shown.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from server.codes.cose import MOST_KID_BYTES, PublicKey
from server.codes.lists import Entry, entries

LIST, KEY, KID, DATES, COUNTRY, ISSUER = (
    "trust_list",
    "trust_key",
    "trust_kid",
    "trust_dates",
    "trust_country",
    "trust_issuer",
)
LEAST_RSA_BITS = 2048


class Signer(NamedTuple):
    """A key that signs HC1 certificates of one country. `from_ms`, `until_ms`: when it may have signed; None:
    no bound."""

    country: str
    key: PublicKey
    from_ms: int | None
    until_ms: int | None

    def __repr__(self) -> str:
        return f"Signer({self.country})"


class Trust(NamedTuple):
    """`NO_TRUST`: every certificate is `not_trusted`. `issuers`: iss -> kid -> key."""

    signers: Mapping[bytes, tuple[Signer, ...]] = {}
    issuers: Mapping[str, Mapping[str, ECKey]] = {}


NO_TRUST = Trust()


def load_signers(text: str, file: str) -> dict[bytes, tuple[Signer, ...]]:
    """The keys of HC1. Raises `Unusable` with file and line: `trust_list`, `trust_key`, `trust_kid`, `trust_dates`,
    `trust_country`."""
    found: dict[bytes, tuple[Signer, ...]] = {}
    for entry in entries(text, file, "keys", LIST):
        kid, signer = _signer(entry)
        if signer in found.get(kid, ()):
            raise entry.wrong("kid", "the same key stands twice", KID)
        found[kid] = (*found.get(kid, ()), signer)
    return found


def load_issuers(text: str, file: str) -> dict[str, dict[str, ECKey]]:
    """The keys of SMART Health Cards. Raises `Unusable` with file and line: `trust_list`, `trust_key`, `trust_kid`,
    `trust_issuer`."""
    found: dict[str, dict[str, ECKey]] = {}
    for entry in entries(text, file, "issuers", LIST):
        entry.only("iss", "name", "keys")
        iss, keys = entry.text("iss"), entry.values.get("keys")
        if not iss.startswith("https://") or iss.endswith("/") or iss in found:
            raise entry.wrong("iss", "an https address without a slash at its end, once", ISSUER)
        if not isinstance(keys, list) or not keys:
            raise entry.wrong("keys", "has to be a list of keys", KEY)
        made: dict[str, ECKey] = {}
        for jwk in keys:
            kid = jwk.get("kid") if isinstance(jwk, dict) else None
            if not isinstance(kid, str) or not 0 < len(kid) <= 200 or kid in made:
                raise entry.wrong("keys", "each has a kid of its own", KID)
            made[kid] = _issuer_key(entry, jwk)
        found[iss] = made
    return found


def _signer(entry: Entry) -> tuple[bytes, Signer]:
    entry.only("country", "kid", "key", "certificate", "from", "until", "name")
    country = entry.text("country", 10)
    if len(country) != 2 or not country.isascii() or not country.isalpha() or not country.isupper():
        raise entry.wrong("country", "two capitals", COUNTRY)
    from_ms, until_ms = entry.start_ms("from"), entry.start_ms("until")
    certificate = None
    if ("certificate" in entry.values) == ("key" in entry.values):
        raise entry.wrong("key", "either a key or a certificate", KEY)
    if "certificate" in entry.values:
        certificate = _certificate(entry)
        key: Any = certificate.public_key()
        from_ms = _ms(certificate.not_valid_before_utc.timestamp()) if from_ms is None else from_ms
        until_ms = _ms(certificate.not_valid_after_utc.timestamp()) if until_ms is None else until_ms
    else:
        key = _public_key(entry)
    if from_ms is not None and until_ms is not None and from_ms > until_ms:
        raise entry.wrong("until", "is before it begins", DATES)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return _kid(entry, certificate), Signer(country, key, from_ms, until_ms)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return _kid(entry, certificate), Signer(country, key, from_ms, until_ms)
    raise entry.wrong("key", "P-256, or RSA of 2048 bits or more", KEY)


def _certificate(entry: Entry) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(entry.text("certificate", 20_000).encode())
    except ValueError as err:
        raise entry.wrong("certificate", "no certificate in PEM", KEY) from err


def _public_key(entry: Entry) -> Any:
    try:
        return load_pem_public_key(entry.text("key", 20_000).encode())
    except (ValueError, UnsupportedAlgorithm):
        raise entry.wrong("key", "no public key in PEM", KEY) from None


def _kid(entry: Entry, certificate: x509.Certificate | None) -> bytes:
    if "kid" not in entry.values:
        if certificate is None:
            raise entry.wrong("kid", "is needed with a bare key", KID)
        return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()[:8]
    try:
        kid = base64.b64decode(entry.text("kid", 100), validate=True)
    except (ValueError, binascii.Error) as err:
        raise entry.wrong("kid", "no base64", KID) from err
    if not 0 < len(kid) <= MOST_KID_BYTES:
        raise entry.wrong("kid", f"1 to {MOST_KID_BYTES} bytes", KID)
    return kid


def _issuer_key(entry: Entry, jwk: dict[str, Any]) -> ECKey:
    if "d" in jwk or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or jwk.get("alg", "ES256") != "ES256":
        raise entry.wrong("keys", "public keys of P-256", KEY)
    try:
        key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
        _ = key.public_key
    except (KeyError, TypeError, ValueError, JoseError):
        raise entry.wrong("keys", "one is no point of P-256", KEY) from None
    return key


def _ms(at_s: float) -> int:
    return int(at_s * 1000)
